"""What two parties say otherwise of one thing is shown by every question, on every kind of graph."""

from collections.abc import Iterable

from tests.journey.asking import DOWN, UP, history, node, trace
from tests.journey.network import EVERYONE, MILL, Node, begun, looked, made, network, packed
from tests.journey.test_compare import compared, told
from tracehold.api.page.words import checks
from tracehold.core.access import ANONYMOUS
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Aspect
from tracehold.core.record import Audience
from tracehold.journey import recall
from tracehold.journey.answers import Statement
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.history import HistoryQuestion
from tracehold.journey.passage import passage
from tracehold.journey.recall import RecallQuestion, answer_recall
from tracehold.journey.shared import CommonQuestion, answer_common
from tracehold.journey.trace import TraceQuestion

__all__ = ["node"]

GRAIN, BREAD, CAKE = "https://id.gs1.org/01/09521000001237/21/1", "urn:x:bread", "urn:x:cake"
OTHER, PALLET = (f"https://id.gs1.org/00/09521234000000{n}" for n in ("0013", "0020"))


def flagged(events: Iterable[Statement]) -> set[Fingerprint]:
    """The events that say otherwise."""
    return {each.fingerprint for each in events if "CONTRADICTS" in each.flags}


async def story(node: Node) -> tuple[Fingerprint, Fingerprint]:
    """The farm packs a sack on one pallet and bakes what is on it; the mill says that it packed the sack on
    another pallet, at that very moment. The farm's packing, and the mill's.
    """
    await node.say(begun(GRAIN, 0))
    (ours,) = await node.say(packed(PALLET, [GRAIN], 1))
    (theirs,) = await node.say(packed(OTHER, [GRAIN], 1), party=MILL)
    await node.say(made([PALLET], [BREAD], 5), made([PALLET], [CAKE], 6))
    await node.finish()
    assert ours.fingerprint
    assert theirs.fingerprint
    return ours.fingerprint, theirs.fingerprint


async def test_every_question_shows_it(node):
    """Trace both ways, history, contents, common, recall; of the same events nothing else is flagged."""
    ours, theirs = await story(node)
    knowledge = node.knowledge
    assert flagged((await trace(node, BREAD)).events) == {theirs}
    assert flagged((await trace(node, GRAIN, DOWN)).events) == {theirs}
    assert flagged((await history(node, GRAIN)).events) == {ours, theirs}
    held = await answer_contents(knowledge, EVERYONE, ContentsQuestion(PALLET))
    assert ([row.item for row in held.children], flagged(held.events)) == ([GRAIN], {theirs})
    common = await answer_common(knowledge, EVERYONE, CommonQuestion((BREAD, CAKE)))
    assert flagged(common.events) == {theirs}
    recalled = await answer_recall(knowledge, EVERYONE, RecallQuestion((GRAIN,)))
    assert flagged(recalled.events) == {theirs}
    assert [(row.item, row.flags) for row in recalled.items] == [(BREAD, ()), (CAKE, ())]
    assert [row.flags for row in recalled.recalled] == [("CONTRADICTS",)]


async def test_a_recall_shows_it_when_the_sack_is_long_gone(node, monkeypatch):
    """It is of no state any more, and still of the way; on the first page, and what is too much is cut."""
    _, theirs = await story(node)
    await node.say(packed(PALLET, [GRAIN], 7, action="DELETE"), packed(OTHER, [GRAIN], 8))
    await node.finish()
    question = RecallQuestion((GRAIN,))
    found = await answer_recall(node.knowledge, EVERYONE, question, page_size=1)
    assert (flagged(found.events), found.truncated) == ({theirs}, False)
    token = found.next_page_token
    later = await answer_recall(node.knowledge, EVERYONE, question, page_size=1, page_token=token)
    assert ([row.item for row in later.items], flagged(later.events)) == ([CAKE], set())
    monkeypatch.setattr(recall, "AGAINST", 0)
    cut = await answer_recall(node.knowledge, EVERYONE, question)
    assert (flagged(cut.events), cut.truncated) == (set(), True)


async def test_who_may_not_read_it_does_not_see_it(node):
    """It is a gap to others, and nothing is flagged."""
    await node.say(begun(GRAIN, 0), packed(PALLET, [GRAIN], 1))
    await node.say(packed(OTHER, [GRAIN], 1), party=MILL, audience=Audience.AUTHORITY)
    await node.finish()
    found = await answer_contents(node.knowledge, EVERYONE, ContentsQuestion(PALLET))
    assert flagged(found.events) == set()
    assert [gap.reason.value for gap in found.gaps] == ["access_refused"]


async def test_one_that_became_known_is_a_difference(node):
    """In a history the record that stood there alone stands in doubt; a trace has one record more."""
    known, (ours,) = await told(node, packed(PALLET, [GRAIN], 1))
    _, (theirs,) = await told(node, packed(OTHER, [GRAIN], 1), party=MILL)
    answer = await compared(node, HistoryQuestion(GRAIN, known_at=known))
    stands = {
        each.part.record.hex(): (each.before, each.after)
        for each in answer.differences
        if each.part.aspect is Aspect.RECORD and each.part.record
    }
    assert stands[ours] == (f"child by {GRAIN}", f"child by {GRAIN} CONTRADICTS")
    assert stands[theirs] == ("", f"child by {GRAIN} CONTRADICTS")
    await told(node, made([PALLET], [BREAD], 5))
    answer = await compared(node, TraceQuestion(BREAD, UP, known_at=known))
    assert theirs in {each.part.record.hex() for each in answer.differences if each.part.record}
    assert "CONTRADICTS" in {each.after for each in answer.differences}


async def test_the_page_says_so():
    """In plain words, at the events in question."""
    async with network() as net:
        node = await net.join()
        await node.say(looked(BREAD, 1, bizLocation={"id": "urn:x:here"}), audience=Audience.PUBLIC)
        there = looked(BREAD, 1, bizLocation={"id": "urn:x:there"})
        await node.say(there, party=MILL, audience=Audience.PUBLIC)
        await node.say(looked(BREAD, 2), audience=Audience.PUBLIC)
        await node.finish()
        found = await passage(node.knowledge, ANONYMOUS, BREAD)
        words = [checks(step.said) for step in found.steps]
        assert [proved for proved, _ in words] == [False, False, True]
        assert words[0] == words[1] == (False, "Another company says otherwise of the same moment.")
