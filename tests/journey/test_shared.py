"""Common: ancestors, places and parties of several complaints, over nodes, in pages, for each reader."""

from dataclasses import replace

import pytest

from tests.journey.bread import net
from tests.journey.network import AUTHORITY, EVERYONE, FARM, MILL, Network, Node, begun, looked, made, packed
from tracehold.core.errors import Rejected
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience
from tracehold.journey.shared import CommonAnswer, CommonQuestion, answer_common

__all__ = ["net"]

GRAIN, FLOUR, BREAD, CAKE = "urn:x:grain", "urn:x:flour", "urn:x:bread", "urn:x:cake"
SILO, STORE = {"id": "urn:x:silo"}, {"id": "urn:x:store"}
SHIPPER = "https://id.gs1.org/417/9521000000063"


async def ask(node: Node, *items: str, reader=EVERYONE, token="", size=1_000, **options) -> CommonAnswer:
    """One page."""
    question = CommonQuestion(items or (BREAD, CAKE), **options)
    return await answer_common(node.knowledge, reader, question, page_size=size, page_token=token)


async def chain(here: Node, there: Node) -> None:
    """Flour of one silo at one node, bread and cake of it at another."""
    await here.say(begun(GRAIN, 0, bizLocation=SILO), made([GRAIN], [FLOUR], 10))
    await there.say(
        made([FLOUR], [BREAD], 20), made([FLOUR, "urn:x:egg"], [CAKE], 21), begun("urn:x:egg", 1), party=MILL
    )
    await there.finish()
    await here.finish()


async def test_ancestors_places_and_parties_over_two_nodes(net: Network):
    """The same from either node: nearest to all first, places and parties with who said so of each item."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    for node in (here, there):
        answer = await ask(node)
        assert answer.asked == (BREAD, CAKE)
        assert [(each.item, each.depths) for each in answer.items] == [(FLOUR, (1, 1)), (GRAIN, (2, 2))]
        assert [place.id for place in answer.places] == ["urn:x:silo"]
        assert [party.id for party in answer.parties] == [FARM, MILL]
        told = {event.fingerprint: event for event in answer.events}
        assert [told[name].speaker.party for name in answer.parties[1].told_by] == [MILL, MILL]
        assert {told[name].place for name in answer.places[0].told_by} == {"urn:x:silo"}
        assert all(event.verified for event in answer.events)
        assert not answer.truncated
        assert not [gap for gap in answer.gaps if gap.reason is not GapReason.NEVER_COMMISSIONED]


async def test_what_they_met_on_the_way_is_found_where_no_ancestor_is(net: Network):
    """Two goods of nothing in common, on two pallets that stood in one store, moved by one shipper."""
    node = await net.join()
    moved = {"sourceList": [{"type": "possessing_party", "source": SHIPPER}], "readPoint": STORE}
    await node.say(begun("urn:x:a", 0), packed("urn:x:p1", ["urn:x:a"], 1), looked("urn:x:p1", 5, **moved))
    await node.say(
        begun("urn:x:b", 0), packed("urn:x:p2", ["urn:x:b"], 1), looked("urn:x:p2", 7, **moved), party=MILL
    )
    await node.say(looked("urn:x:p2", 8, bizLocation=SILO), party=MILL)
    await node.index()
    answer = await ask(node, "urn:x:a", "urn:x:b")
    assert answer.items == ()
    assert [place.id for place in answer.places] == ["urn:x:store"]
    assert [party.id for party in answer.parties] == [SHIPPER]


async def test_what_else_was_made_of_an_ancestor_is_no_meeting(net: Network):
    """The rest of the flour went into a pie elsewhere: the complaints did not pass there."""
    node = await net.join()
    await node.say(begun(FLOUR, 0), made([FLOUR], [BREAD], 1), made([FLOUR], [CAKE], 2))
    await node.say(made([FLOUR], ["urn:x:pie"], 3, bizLocation=STORE), party=MILL)
    await node.index()
    answer = await ask(node)
    assert ([place.id for place in answer.places], [party.id for party in answer.parties]) == ([], [FARM])


async def test_pages_put_together_are_the_whole_answer(net: Network):
    """One row of each list a page; places and parties on the first."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    whole = await ask(here)
    page = await ask(here, size=1)
    items, events, seen = list(page.items), list(page.events), [page.places]
    while page.next_page_token:
        page = await ask(here, size=1, token=page.next_page_token)
        items, events = [*items, *page.items], [*events, *page.events]
        seen.append(page.places)
    assert (tuple(items), tuple(events)) == (whole.items, whole.events)
    assert (seen[0], set(seen[1:])) == (whole.places, {()})


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ((BREAD,), "/items"),
        ((BREAD, BREAD), "/items"),
        (("(01)09521234543213(10)A", "urn:epc:class:lgtin:9521234.054321.A"), "/items"),
        ((BREAD, "javascript:1"), "/items/1"),
        (("", BREAD), "/items/0"),
    ],
)
async def test_less_than_two_items_are_no_question(net: Network, items: tuple[str, ...], path: str):
    """One item in two spellings is one; each bad one is named by its place."""
    node = await net.join()
    with pytest.raises(Rejected) as caught:
        await ask(node, *items)
    assert caught.value.path == path


async def test_limits_and_tokens_of_other_questions(net: Network):
    """Truncated by depth; refused for too much at once and for a foreign token."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    shallow = await ask(here, max_depth=1)
    assert ([each.item for each in shallow.items], shallow.truncated) == ([FLOUR], True)
    token = (await ask(here, size=1)).next_page_token
    for items, options in (((CAKE, BREAD), {}), ((), {"known_at": 10**15}), ((), {"strict_time": True})):
        with pytest.raises(Rejected) as caught:
            await ask(here, *items, token=token, **options)
        assert caught.value.code == "BAD_PAGE_TOKEN"
    with pytest.raises(Rejected) as caught:
        await ask(here, max_items=1_000_001)
    assert (caught.value.code, caught.value.path) == ("BAD_REQUEST", "/maxItems")


async def test_nothing_of_a_hidden_record_shows(net: Network):
    """A shared supplier that only authorities may know is a gap for others."""
    here, there = await net.join(), await net.join()
    await here.say(made([GRAIN], [FLOUR], 10, bizLocation=STORE), audience=Audience.AUTHORITY)
    await there.say(made([FLOUR], [BREAD], 20), made([FLOUR], [CAKE], 21), party=MILL)
    await there.finish()
    await here.finish()
    answer = await ask(there)
    assert [each.item for each in answer.items] == [FLOUR]
    assert all(word not in repr(answer) for word in (GRAIN, "urn:x:store", FARM))
    assert GapReason.ACCESS_REFUSED in {gap.reason for gap in answer.gaps}
    whole = await ask(there, reader=AUTHORITY)
    assert [each.item for each in whole.items] == [FLOUR, GRAIN]
    assert [place.id for place in whole.places] == ["urn:x:store"]


async def test_at_and_known_at_hold(net: Network):
    """Before the cake was made nothing is shared; before it was known neither."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    first = min(e.block_time for e in net.chain.events()) * 1000
    assert (await ask(here, known_at=first - 1)).items == ()
    assert [each.item for each in (await ask(here, known_at=first)).items] == [FLOUR]
    assert (await ask(here, at=(1772323200 + 60 * 20) * 10**6)).items == ()


async def test_too_many_places_are_cut_and_said(net: Network, monkeypatch: pytest.MonkeyPatch):
    """As many as fit, by name."""
    monkeypatch.setattr("tracehold.journey.shared.MET", 1)
    here, there = await net.join(), await net.join()
    await chain(here, there)
    answer = await ask(here)
    assert ([party.id for party in answer.parties], answer.truncated) == ([FARM], True)


async def test_a_long_answer_lets_others_have_their_turn_and_stays_the_same(
    net: Network, monkeypatch: pytest.MonkeyPatch
):
    """Breaths look nothing up, here or at others."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    whole, asked = await ask(here), len(there.peer.asked)
    monkeypatch.setattr("tracehold.core.lineage.passing.TURN", 1)
    assert replace(await ask(here), coverage=()) == replace(whole, coverage=())
    assert len(there.peer.asked) == 2 * asked
