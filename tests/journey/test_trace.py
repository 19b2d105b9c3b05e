"""Trace: what is answered, how far it is proved, and in what pages."""

from dataclasses import replace

import pytest

from tests.journey.asking import DOWN, UP, names, node, trace
from tests.journey.network import EVERYONE, Node, begun, made, packed, seen
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Gap, GapReason, Quantity, TracedItem
from tracehold.journey.answers import Statement
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.states import State
from tracehold.journey.trace import TraceQuestion, answer_trace

__all__ = ["node"]


async def chain(node: Node) -> None:
    """farm -> flour -> bread, with a look at the flour between."""
    await node.say(begun("urn:x:farm", 0), made(["urn:x:farm"], ["urn:x:flour"], 10))
    await node.say(seen("urn:x:flour", 20), made(["urn:x:flour"], ["urn:x:bread"], 30))


@pytest.mark.parametrize(
    "spelling",
    [
        "urn:epc:class:lgtin:9521234.054321.ABC",
        "https://id.gs1.org/01/09521234543213/10/ABC",
        "https://example.com/some/where/01/09521234543213/10/ABC?17=271231",
        "(01)09521234543213(10)ABC",
    ],
)
async def test_any_spelling_finds_the_item(node, spelling):
    """URN, Digital Link of any domain, element string: one item."""
    await node.say(made(["urn:x:grain"], ["urn:epc:class:lgtin:9521234.054321.ABC"], 1))
    await node.index()
    answer = await trace(node, spelling)
    assert answer.item == "https://id.gs1.org/01/09521234543213/10/ABC"
    assert names(answer) == ["urn:x:grain"]


@pytest.mark.parametrize("bad", ["javascript:alert(1)", "", "(01)09521234543210"])
async def test_what_can_be_no_item_is_refused(node, bad):
    """Scripts, nothing, a slip in a check digit: the caller is told, instead of an empty answer."""
    with pytest.raises(Rejected):
        await trace(node, bad)


async def test_an_item_that_nobody_named_has_no_answer_and_a_gap(node):
    """Nothing is known of it, and that is said."""
    answer = await trace(node, "urn:x:nothing")
    assert (answer.items, answer.events) == ((), ())
    assert [gap.reason for gap in answer.gaps if gap.item] == [GapReason.NEVER_COMMISSIONED]


async def test_sealed_records_are_shown_as_not_verified_until_they_are_anchored(node):
    """They are proved against the checkpoint; only an anchored root makes them verified."""
    await chain(node)
    await node.index()
    sealed = await trace(node, "urn:x:bread")
    assert names(sealed) == ["urn:x:flour", "urn:x:farm"]
    assert {(e.state, e.verified, e.anchored) for e in sealed.events} == {(State.SEALED, False, False)}
    await node.finish()
    final = await trace(node, "urn:x:bread")
    assert {(e.state, e.verified, e.anchored) for e in final.events} == {(State.FINAL, True, True)}
    assert [e.fingerprint for e in final.events] == [e.fingerprint for e in sealed.events]


async def test_records_after_the_newest_anchor_stand_beside_verified_ones(node):
    """The states of one answer differ record by record."""
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 10))
    await node.finish()
    await node.say(made(["urn:x:flour"], ["urn:x:bread"], 30))
    await node.index()
    answer = await trace(node, "urn:x:bread")
    assert [(e.verified, e.state) for e in answer.events] == [(True, State.FINAL), (False, State.SEALED)]


async def test_known_at_goes_by_the_blocks_of_the_anchors(node):
    """Before the second anchor's block only what the first covers was known; unanchored goes by its
    checkpoint.
    """
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 10))
    await node.finish()
    (first,) = {event.block_time for event in node.network.chain.events()}
    await node.say(made(["urn:x:seed"], ["urn:x:farm"], 1))
    await node.finish()
    second = max(event.block_time for event in node.network.chain.events())
    assert first < second
    assert names(await trace(node, "urn:x:flour", known_at=first * 1000)) == ["urn:x:farm"]
    assert names(await trace(node, "urn:x:flour", known_at=second * 1000 - 1)) == ["urn:x:farm"]
    assert names(await trace(node, "urn:x:flour", known_at=second * 1000)) == ["urn:x:farm", "urn:x:seed"]
    assert names(await trace(node, "urn:x:flour", known_at=first * 1000 - 1)) == []


async def test_full_verification_says_that_signatures_were_checked(node):
    """And proof alone does not."""
    await chain(node)
    await node.finish()
    assert {e.signature_checked for e in (await trace(node, "urn:x:bread", full=True)).events} == {True}
    assert {e.signature_checked for e in (await trace(node, "urn:x:bread")).events} == {False}


async def test_a_graph_that_lies_cannot_change_what_a_record_says(node):
    """The graph only points: inputs that it invents do not appear, those that it hides do."""
    await chain(node)
    await node.finish()
    honest = await trace(node, "urn:x:bread")
    hints = {fact.fingerprint: fact for fact in await node.graph.facts(["urn:x:bread"])}

    class Liar:
        """The graph, but its facts about the bread are made up."""

        def __getattr__(self, name):
            return getattr(node.graph, name)

        async def facts(self, items, transformations=()):
            found = await node.graph.facts(items, transformations)
            invented = (Quantity("urn:x:poison"),)
            return [replace(f, inputs=invented) if f.fingerprint in hints else f for f in found]

    node.knowledge = replace(node.knowledge, graph=Liar())
    assert await trace(node, "urn:x:bread") == honest


async def test_an_edge_against_time_is_flagged_and_may_be_left_out(node):
    """A mill whose clock errs hides nothing from a recall."""
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 40), made(["urn:x:flour"], ["urn:x:bread"], 30))
    await node.index()
    answer = await trace(node, "urn:x:bread")
    assert names(answer) == ["urn:x:flour", "urn:x:farm"]
    assert [e.flags for e in answer.events] == [(), ("TIME_ORDER",)]
    assert names(await trace(node, "urn:x:bread", strict_time=True)) == ["urn:x:flour"]


async def test_limits_of_depth_and_items_are_said(node):
    """Truncated, and what was reached is right."""
    await chain(node)
    await node.index()
    shallow = await trace(node, "urn:x:bread", max_depth=1)
    assert (names(shallow), shallow.truncated) == (["urn:x:flour"], True)
    small = await trace(node, "urn:x:bread", max_items=1)
    assert (names(small), small.truncated) == (["urn:x:flour"], True)


async def test_entries_that_are_not_indexed_yet_are_a_gap(node):
    """The index follows; until it is there the answer says what it does not rest on."""
    await chain(node)
    answer = await trace(node, "urn:x:bread")
    assert (
        Gap("", GapReason.NOT_COVERED, f"entries 0 to 5 of log {node.log.hex()} were not searched")
        in answer.gaps
    )


async def test_pages_make_up_the_answer_while_more_is_sealed(node):
    """Each row once and in order; what came meanwhile shows only where the pages have not been yet."""
    sources = [f"urn:x:s{at}" for at in range(7)]
    await node.say(made(sources, ["urn:x:mix"], 10), *(begun(item, at) for at, item in enumerate(sources)))
    await node.finish()
    question = TraceQuestion("urn:x:mix", UP)
    whole = await answer_trace(node.knowledge, EVERYONE, question)
    items: list[TracedItem] = []
    events: list[Statement] = []
    token, pages = "", 0
    while pages == 0 or token:
        page = await answer_trace(node.knowledge, EVERYONE, question, page_size=3, page_token=token)
        items += page.items
        events += page.events
        token, pages = page.next_page_token, pages + 1
        await node.say(begun(f"urn:x:other{pages}", 1))
        await node.index()
    assert pages == 3
    assert (tuple(items), tuple(events)) == (whole.items, whole.events)


async def test_a_page_token_is_of_one_question(node):
    """Another item, direction or time: refused, and so is what was never a token."""
    await chain(node)
    await node.index()
    question = TraceQuestion("urn:x:bread", UP)
    page = await answer_trace(node.knowledge, EVERYONE, question, page_size=1)
    assert page.next_page_token
    for other in (
        replace(question, item="urn:x:flour"),
        replace(question, direction=DOWN),
        replace(question, at=5),
    ):
        with pytest.raises(Rejected) as caught:
            await answer_trace(node.knowledge, EVERYONE, other, page_token=page.next_page_token)
        assert caught.value.code == "BAD_PAGE_TOKEN"
    for junk in ("x", "AAAA", "ä", page.next_page_token + "A", page.next_page_token[:-4]):
        with pytest.raises(Rejected) as caught:
            await answer_trace(node.knowledge, EVERYONE, question, page_token=junk)
        assert caught.value.code == "BAD_PAGE_TOKEN"


async def test_one_voice_takes_back_and_another_does_not(node):
    """An error declaration of the same party by the same operator voids; of another party it changes
    nothing.
    """
    error = {"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00.000Z", "reason": "did_not_occur"}}
    told = {"eventID": "urn:uuid:00000000-0000-4000-8000-000000000001"}
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 10, **told), party="urn:x:mill")
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 10, **told, **error), party="urn:x:rival")
    await node.index()
    assert names(await trace(node, "urn:x:flour")) == ["urn:x:farm"]
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 10, **told, **error), party="urn:x:mill")
    await node.index()
    assert names(await trace(node, "urn:x:flour")) == []


async def test_the_timings_add_up_the_stages(node):
    """Every stage is measured with the clock that was handed in."""
    ticks = iter(range(0, 1_000_000, 7))
    await chain(node)
    await node.index()
    node.knowledge = replace(node.knowledge, micros=lambda: next(ticks))
    spent = (await trace(node, "urn:x:bread")).timings
    assert spent.graph_us > 0
    assert spent.rules_us > 0
    assert spent.verify_us > 0


async def test_pieces_packed_on_a_pallet_are_no_ancestors_of_each_other(node):
    """Packing mates: on one pallet, and nothing else."""
    one, two = "urn:x:one", "urn:x:two"
    pallet = "https://id.gs1.org/00/095212345678901235"
    await node.say(packed(pallet, [one, two], 5), made([one], ["urn:x:cake"], 9))
    await node.index()
    assert names(await trace(node, "urn:x:cake")) == [one]
    held = await answer_contents(node.knowledge, EVERYONE, ContentsQuestion(pallet))
    assert [content.item for content in held.children] == [one, two]
