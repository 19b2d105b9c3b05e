"""Recall: what is affected, where it is now, whom to call; in pages, over nodes, for each reader."""

import json

import pytest

from tests.journey.bread import net
from tests.journey.network import (
    AUTHORITY,
    CONTEXT,
    EVERYONE,
    FARM,
    MILL,
    Network,
    Node,
    begun,
    looked,
    made,
    packed,
)
from tracehold.core.epcis import parse_event
from tracehold.core.errors import Rejected
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience, Kind
from tracehold.journey import whereabouts
from tracehold.journey.recall import RecallAnswer, Recalled, RecallQuestion, answer_recall

__all__ = ["net"]

GRAIN, FLOUR, BREAD, CAKE, PALLET = (
    f"urn:x:{name}" for name in ("grain", "flour", "bread", "cake", "pallet")
)
SHOP = {"id": "urn:x:shop"}


async def ask(node: Node, *items: str, reader=EVERYONE, token="", size=500, **options) -> RecallAnswer:
    """One page."""
    question = RecallQuestion(items or (GRAIN,), **options)
    return await answer_recall(node.knowledge, reader, question, page_size=size, page_token=token)


def party(id: str, name: str, **attributes: object) -> bytes:
    """Master data of a party."""
    said: list[dict[str, object]] = [{"id": "urn:epcglobal:cbv:mda#name", "attribute": name}]
    said += [{"id": f"urn:epcglobal:cbv:mda#{key}", "attribute": value} for key, value in attributes.items()]
    element = {"id": id, "attributes": said}
    return json.dumps(
        {"@context": CONTEXT, "type": "urn:epcglobal:epcis:vtype:Party", "element": element}
    ).encode()


async def chain(here: Node, there: Node) -> None:
    """Grain of the farm becomes flour at one node; the mill bakes bread and cake at another and packs the
    bread.
    """
    await here.say(begun(GRAIN, 0), made([GRAIN], [FLOUR], 10))
    await there.say(
        made([FLOUR], [BREAD], 20),
        made([FLOUR], [CAKE], 21),
        packed(PALLET, [BREAD], 25),
        looked(PALLET, 30, bizLocation=SHOP),
        party=MILL,
    )
    await there.say(party(MILL, "Mill Inc", city="Town", telephone="+1 5"), party=MILL, kind=Kind.MASTERDATA)
    await there.finish()
    await here.finish()


async def test_what_came_of_a_lot_stands_by_issuer_with_place_hands_and_contact(net: Network):
    """The same from either node; what was asked about stands apart."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    for node in (here, there):
        answer = await ask(node)
        assert [(row.item, row.depth, row.issuer) for row in answer.items] == [
            (FLOUR, 1, FARM),
            (BREAD, 2, MILL),
            (CAKE, 2, MILL),
        ]
        assert [row.item for row in answer.recalled] == [GRAIN]
        assert answer.issuers == ((FARM, 1), (MILL, 2))
        bread = answer.items[1]
        assert bread.stands.place == "urn:x:shop"
        assert [held.parent for held in bread.stands.containers] == [PALLET]
        assert [each.party for each in bread.stands.custodians] == [MILL]
        assert bread.comes_from == (GRAIN,)
        (contact,) = answer.contacts
        assert (contact.id, contact.name, contact.speaker.party) == (MILL, "Mill Inc", MILL)
        assert contact.lines == (("city", "Town"), ("telephone", "+1 5"))
        assert contact.verified
        told = {event.fingerprint for event in answer.events}
        assert set(bread.via) | {bread.stands.places[0].told_by} <= told
        assert [gap for gap in answer.gaps if gap.reason is not GapReason.NEVER_COMMISSIONED] == []


async def test_pages_put_together_are_the_whole_answer(net: Network):
    """One row a page: no row is missing or twice, and what stands once stands on the first page."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    whole = await ask(here)
    rows: list[Recalled] = []
    token, first = "", True
    while first or token:
        page = await ask(here, token=token, size=1)
        assert bool(page.recalled) is first
        assert page.issuers == whole.issuers
        rows += page.items
        token, first = page.next_page_token, False
    assert rows == list(whole.items)


async def test_a_row_that_is_gone_between_pages_takes_none_with_it(net: Network):
    """The next page begins behind it, with the rows of its own issuer."""
    node = await net.join()
    outputs = [f"urn:x:out{at}" for at in range(4)]
    await node.say(begun(GRAIN, 0), *(made([GRAIN], [out], 1 + at) for at, out in enumerate(outputs)))
    await node.index()
    first = await ask(node, size=2)
    gone = made([GRAIN], [outputs[1]], 2, errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z"})
    await node.say(gone)
    await node.index()
    rest = await ask(node, size=2, token=first.next_page_token)
    assert [row.item for row in (*first.items, *rest.items)] == outputs


@pytest.mark.parametrize(
    "other",
    [
        {"known_at": 10**15},
        {"at": 10**18},
        {"max_depth": 3},
        {"max_items": 7},
        {"strict_time": True},
        {"full": True},
    ],
)
async def test_a_token_of_another_question_is_refused(net: Network, other: dict[str, object]):
    """Every field of the question counts, `known_at` among them."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    token = (await ask(here, size=1)).next_page_token
    with pytest.raises(Rejected) as caught:
        await ask(here, size=1, token=token, **other)
    assert (caught.value.code, caught.value.path) == ("BAD_PAGE_TOKEN", "/pageToken")
    with pytest.raises(Rejected):
        await ask(here, FLOUR, size=1, token=token)


@pytest.mark.parametrize("token", ["x", "=", "é", "A" * 40, "AAAAAAAAAAAAAAAAAAAAAFsiIiwwLCIiXQ", "W10"])
async def test_what_is_no_token_is_refused(net: Network, token: str):
    """A token made by hand is of no question."""
    node = await net.join()
    with pytest.raises(Rejected) as caught:
        await ask(node, token=token)
    assert caught.value.code == "BAD_PAGE_TOKEN"


async def test_several_lots_are_one_recall(net: Network):
    """Each item once, with the lots that it comes from and the least depth; a lot asked about is no row."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    answer = await ask(here, GRAIN, FLOUR, GRAIN)
    assert [row.item for row in answer.recalled] == [GRAIN, FLOUR]
    assert [(row.item, row.depth, row.comes_from) for row in answer.items] == [
        (BREAD, 1, (GRAIN, FLOUR)),
        (CAKE, 1, (GRAIN, FLOUR)),
    ]


async def test_known_at_is_of_items_states_and_contacts(net: Network):
    """Before the mill's anchor nobody knew of bread, nor of how to reach the mill."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    first = min(e.block_time for e in net.chain.events()) * 1000
    early = await ask(here, known_at=first - 1)
    assert (early.items, early.contacts, early.events) == ((), (), ())
    late = await ask(here, known_at=max(e.block_time for e in net.chain.events()) * 1000)
    assert [row.item for row in late.items] == [FLOUR, BREAD, CAKE]
    assert [contact.id for contact in late.contacts] == [MILL]


async def test_nothing_of_a_hidden_record_shows(net: Network):
    """Neither its items nor contacts that are for authorities only; gaps say that there is something."""
    here, there = await net.join(), await net.join()
    await here.say(begun(GRAIN, 0), made([GRAIN], [FLOUR], 10))
    await there.say(made([FLOUR], [BREAD], 20), party=MILL, audience=Audience.AUTHORITY)
    secret = party(FARM, "Farm", telephone="secret number")
    await there.say(secret, kind=Kind.MASTERDATA, audience=Audience.AUTHORITY)
    await there.finish()
    await here.finish()
    answer = await ask(here)
    assert [row.item for row in answer.items] == [FLOUR]
    assert BREAD not in repr(answer)
    assert "secret" not in repr(answer)
    refused = {gap.item for gap in answer.gaps if gap.reason is GapReason.ACCESS_REFUSED}
    assert refused == {FLOUR, FARM}
    whole = await ask(here, reader=AUTHORITY)
    assert [row.item for row in whole.items] == [FLOUR, BREAD]
    assert [contact.name for contact in whole.contacts] == ["Farm"]


async def test_contacts_are_the_newest_of_each_speaker_its_own_first(net: Network):
    """Nothing is merged; long values are cut, and what is no contact is left out."""
    node = await net.join()
    await node.say(begun(GRAIN, 0))
    for name, speaker in (("old", FARM), ("theirs", MILL), ("own", FARM)):
        await node.say(
            party(FARM, name, city="C" * 300, informationProvider="nobody", vesselID=7),
            party=speaker,
            kind=Kind.MASTERDATA,
        )
    await node.index()
    answer = await ask(node)
    assert [(each.name, each.speaker.party) for each in answer.contacts] == [("own", FARM), ("theirs", MILL)]
    assert answer.contacts[0].lines == (("city", "C" * 200),)


async def test_limits_are_said_and_what_is_beyond_them_is_refused(net: Network):
    """Truncated by depth and by items; too many items times too many, and none, are errors at their field."""
    here, there = await net.join(), await net.join()
    await chain(here, there)
    shallow = await ask(here, max_depth=1)
    assert ([row.item for row in shallow.items], shallow.truncated) == ([FLOUR], True)
    small = await ask(here, max_items=2)
    assert (len(small.items), small.truncated) == (2, True)
    for items, options, path in (
        ((GRAIN, FLOUR), {"max_items": 1_000_001}, "/maxItems"),
        (("urn:x:a", "javascript:1"), {}, "/items/1"),
    ):
        with pytest.raises(Rejected) as caught:
            await ask(here, *items, **options)
        assert caught.value.path == path
    with pytest.raises(Rejected) as caught:
        await answer_recall(here.knowledge, EVERYONE, RecallQuestion(()))
    assert (caught.value.code, caught.value.path) == ("BAD_REQUEST", "/items")


async def test_more_items_than_are_looked_up_at_once(net: Network, monkeypatch: pytest.MonkeyPatch):
    """Batches of states are put together in order."""
    node = await net.join()
    outputs = [f"urn:x:out{at}" for at in range(7)]
    await node.say(made([GRAIN], outputs, 1, bizLocation=SHOP))
    await node.index()
    whole = await ask(node)
    monkeypatch.setattr("tracehold.journey.recall.TOGETHER", 3)
    assert (await ask(node)).items == whole.items
    assert {row.stands.place for row in whole.items} == {"urn:x:shop"}


async def test_time_order_and_disputes_stand_on_the_row(net: Network):
    """An item only reached against time, and one whose event somebody else declares an error."""
    node = await net.join()
    await node.say(made([GRAIN], [FLOUR], 30), made([FLOUR], [BREAD], 20))
    error = {"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z"}}
    await node.say(made([GRAIN], [FLOUR], 30, **error), party=MILL)
    await node.index()
    flags = {row.item: row.flags for row in (await ask(node)).items}
    assert flags[FLOUR] == ("DISPUTED",)
    assert "TIME_ORDER" in flags[BREAD]
    strict = await ask(node, strict_time=True)
    assert [row.item for row in strict.items] == [FLOUR]


async def test_an_event_on_many_items_is_read_once_for_all_of_them(
    net: Network, monkeypatch: pytest.MonkeyPatch
):
    """Resource attack: one large event is the evidence of every row, and is not parsed for each."""
    node = await net.join()
    await node.say(made([GRAIN], [f"urn:x:out{at}" for at in range(40)], 1, bizLocation=SHOP))
    await node.index()
    read: list[bytes] = []
    parse = parse_event

    def counted(payload, mode):
        read.append(payload)
        return parse(payload, mode)

    monkeypatch.setattr(whereabouts, "parse_event", counted)
    answer = await ask(node)
    assert len(answer.items) == 40
    assert {each.party for row in answer.items for each in row.stands.custodians} == {FARM}
    assert len(read) == 1
