"""Questions over nodes: parts add up to the whole, and no peer's word steers a walk."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.bread import BREAD, STORY, WHOLE, names, net, pair, trace
from tests.journey.network import (
    AUTHORITY,
    EVERYONE,
    MILL,
    begun,
    made,
    network,
    replicate,
    said,
)
from tracehold.core.lineage import Direction, GapReason
from tracehold.core.record import Audience, Kind
from tracehold.journey.answers import Location
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.locate import LocateQuestion, answer_locate
from tracehold.journey.states import State
from tracehold.journey.trace import TraceQuestion, answer_trace

__all__ = ["net", "pair"]


async def test_two_nodes_that_each_hold_a_part_answer_as_one_that_holds_all(net, pair):
    """Every question, from either node: what is said, who says it, and how far it is proved."""
    here, there = pair
    both = await net.join()
    await replicate(here, both)
    await replicate(there, both)
    await both.finish()
    both.knowledge = replace(both.knowledge, peers=None)
    questions: list[Callable] = [
        lambda k: answer_trace(k, EVERYONE, TraceQuestion(BREAD, Direction.UPSTREAM)),
        lambda k: answer_trace(k, EVERYONE, TraceQuestion("urn:x:seed", Direction.DOWNSTREAM)),
        lambda k: answer_history(k, EVERYONE, HistoryQuestion("urn:x:flour")),
        lambda k: answer_contents(k, EVERYONE, ContentsQuestion("urn:x:flour")),
    ]
    for ask in questions:
        one, two, whole = await ask(here.knowledge), await ask(there.knowledge), await ask(both.knowledge)
        for answer in (one, two):
            events = [replace(event, signature_checked=False) for event in answer.events]
            assert events == list(whole.events)
            assert getattr(answer, "items", ()) == getattr(whole, "items", ())
            assert answer.gaps == whole.gaps == ()
    assert names(await trace(here)) == WHOLE
    assert here.peer.asked
    assert there.peer.asked


@settings(max_examples=15)
@given(
    st.lists(st.integers(0, 2), min_size=len(STORY), max_size=len(STORY)), st.randoms(use_true_random=False)
)
async def test_however_a_story_is_spread_over_nodes_each_tells_the_same(spread, random):
    """Three nodes, each event at one of them, in any order."""
    async with network() as net:
        nodes = [await net.join() for _ in range(3)]
        told = list(zip(spread, STORY, strict=True))
        random.shuffle(told)
        for at, payload in told:
            await nodes[at].say(payload)
        for node in nodes:
            await node.finish()
        answers = [await trace(node) for node in nodes]
        assert [names(answer) for answer in answers] == [WHOLE] * 3
        fingerprints = [[event.fingerprint for event in answer.events] for answer in answers]
        assert fingerprints[1:] == fingerprints[:1] * 2
        assert all(event.verified for answer in answers for event in answer.events)
        assert not any(gap.reason is not GapReason.NEVER_COMMISSIONED for a in answers for gap in a.gaps)


async def test_what_is_only_sealed_elsewhere_is_shown_and_not_verified(net):
    """The checkpoint is signed by a member's log, and no anchor covers it."""
    here, there = await net.join(), await net.join()
    await there.say(STORY[3])
    await there.index()
    answer = await trace(here)
    assert names(answer) == ["urn:x:flour", "urn:x:water"]
    assert [(event.state, event.verified) for event in answer.events] == [(State.SEALED, False)]


async def test_known_at_is_the_same_over_nodes(pair):
    """A peer's record counts from the block of its anchor, not from when it came."""
    here, there = pair
    blocks = {e.node: e.block_time * 1000 for e in here.network.chain.events()}
    assert blocks[2] < blocks[1]
    for node in (here, there):
        assert names(await trace(node, "urn:x:flour", known_at=blocks[2])) == ["urn:x:grain", "urn:x:seed"]
        assert names(await trace(node, known_at=blocks[1] - 1)) == []
        assert names(await trace(node, known_at=blocks[1])) == WHOLE


async def test_a_peer_that_is_down_is_a_gap_and_is_asked_once(pair):
    """Its own records are missing, and so is the coverage of its log."""
    here, there = pair
    there.peer.down = True
    before = len(there.peer.asked)
    answer = await trace(here)
    assert names(answer) == ["urn:x:flour", "urn:x:water"]
    reasons = [(gap.item, gap.reason) for gap in answer.gaps]
    assert ("", GapReason.HOLDER_DOWN) in reasons
    assert ("", GapReason.NOT_COVERED) in reasons
    assert len(there.peer.asked) == before + 1


async def test_a_peer_whose_graph_is_down_is_down(pair):
    """It cannot answer from local knowledge."""
    here, there = pair
    there.graph.down = True
    assert GapReason.HOLDER_DOWN in {gap.reason for gap in (await trace(here)).gaps}


async def test_a_slow_peer_holds_up_nothing_but_its_own_answer(pair):
    """Its answer still counts when it comes."""
    here, there = pair
    waited = []

    async def slowly() -> None:
        waited.append(True)

    there.peer.delay = slowly
    assert names(await trace(here)) == WHOLE
    assert waited


async def test_a_log_that_nobody_searched_is_named(net, pair):
    """A third node has anchored and answers no one: complete would be a lie."""
    here, _ = pair
    third = await net.join()
    await third.say(begun("urn:x:else", 1))
    await third.finish()
    del net.peers[third.number]
    (gap,) = (await trace(here)).gaps
    assert gap.reason is GapReason.NOT_COVERED
    assert third.log.hex() in gap.detail


async def test_security_what_a_peer_hands_over_is_kept_from_who_may_not_read_it(net, pair):
    """Members see what they hold; the asker's reader does not."""
    here, there = pair
    await there.say(made(["urn:x:secret"], ["urn:x:water"], 2), audience=Audience.AUTHORITY, party=MILL)
    await there.finish()
    answer = await trace(here)
    assert "secret" not in repr(answer)
    assert ("urn:x:water", GapReason.ACCESS_REFUSED) in [(gap.item, gap.reason) for gap in answer.gaps]
    assert "urn:x:secret" in names(await trace(here, reader=AUTHORITY))


async def test_a_record_that_is_damaged_here_comes_whole_from_a_peer(net, pair):
    """The fault is reported, the answer is complete: another holder makes good for it."""
    here, there = pair
    await replicate(here, there)
    await there.index()
    here.store.damage(here.log, 2)
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert not [gap for gap in answer.gaps if gap.reason is GapReason.PROOF_FAILED]
    assert here.faults


async def test_without_a_ledger_nothing_from_elsewhere_is_believed(pair):
    """Own records are answered, and the gap says why there is no more."""
    here, _ = pair
    here.knowledge = replace(here.knowledge, ledger=None)
    answer = await trace(here)
    assert names(answer) == ["urn:x:flour", "urn:x:water"]
    assert [gap.reason for gap in answer.gaps if not gap.item] == [GapReason.NOT_COVERED]


async def test_a_ledger_that_is_down_is_the_same(pair):
    """Nothing can be checked meanwhile; nothing is claimed."""
    here, _ = pair
    here.ledger.down = True
    answer = await trace(here)
    assert names(answer) == ["urn:x:flour", "urn:x:water"]
    assert {gap.reason for gap in answer.gaps if not gap.item} == {GapReason.NOT_COVERED}


async def test_locate_names_the_nodes_that_keep_each_record(net, pair):
    """Own, foreign and both; master data too; by log position; in pages."""
    here, there = pair
    await there.say(said("urn:x:flour", "Flour"), kind=Kind.MASTERDATA)
    await there.finish()
    await replicate(here, there)
    await there.index()
    answer = await answer_locate(here.knowledge, EVERYONE, LocateQuestion("urn:x:flour"))
    places = {(loc.log, loc.index): (loc.holders, loc.kind) for loc in answer.locations}
    assert places == {
        (here.log, 2): ((1, 2), Kind.EVENT),
        (there.log, 4): ((2,), Kind.EVENT),
        (there.log, 5): ((2,), Kind.MASTERDATA),
    }
    assert {loc.state for loc in answer.locations} == {State.FINAL}
    paged: list[Location] = []
    token = ""
    while not paged or token:
        page = await answer_locate(
            here.knowledge, EVERYONE, LocateQuestion("urn:x:flour"), page_size=2, page_token=token
        )
        paged, token = [*paged, *page.locations], page.next_page_token
    assert tuple(paged) == answer.locations
