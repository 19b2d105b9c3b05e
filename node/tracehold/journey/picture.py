"""Answers as pictures: each of the questions, asked and drawn, so that two answers can be compared."""

import asyncio
from collections.abc import Sequence

from tracehold.core.access import Reader
from tracehold.core.lineage import STANDING, Affected, Aspect, Part, standing
from tracehold.journey import contents, history, recall, shared, state, trace
from tracehold.journey.answers import TIME_ORDER, Statement
from tracehold.journey.contents import ContentsQuestion
from tracehold.journey.history import ROLES, HistoryQuestion
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.recall import RecallQuestion
from tracehold.journey.shared import MET, CommonQuestion
from tracehold.journey.side import Side, held_words
from tracehold.journey.state import StateQuestion
from tracehold.journey.subject import name_of
from tracehold.journey.trace import TraceQuestion
from tracehold.journey.whereabouts import Hands, told_in, whereabouts

Question = (
    TraceQuestion | HistoryQuestion | ContentsQuestion | StateQuestion | CommonQuestion | RecallQuestion
)


async def drawn(knowledge: Knowledge, reader: Reader, question: Question) -> Side:
    """The answer to the question. Raises `Rejected` as the question does, and `Unavailable`."""
    side = Side(Inquiry(knowledge, reader, full=question.full, known_at=question.known_at))
    match question:
        case TraceQuestion():
            await _draw_trace(side, question)
        case HistoryQuestion():
            await _draw_history(side, question)
        case ContentsQuestion():
            await _draw_contents(side, question)
        case StateQuestion():
            await _draw_state(side, question)
        case CommonQuestion():
            await _draw_common(side, question)
        case RecallQuestion():
            await _draw_recall(side, question)
    side.gaps = await side.inquiry.gaps(side.gaps)
    return side


async def _draw_trace(side: Side, question: TraceQuestion) -> None:
    side.asked = (name_of(question.item),)
    result = await side.inquiry.drive(trace.walk_of(question, *side.asked))
    side.gaps, side.truncated = result.gaps, result.truncated
    for each in result.items:
        side.draw_reached(each.item, f"depth {each.depth}", each.via, each.against_time)
    side.draw_records(dict.fromkeys(result.events, ""), result.contradicted_by)


async def _draw_history(side: Side, question: HistoryQuestion) -> None:
    side.asked = (name_of(question.item),)
    result = await side.inquiry.drive(history.walk_of(question, *side.asked))
    side.gaps, side.truncated = result.gaps, result.truncated
    words = {
        each.fingerprint: f"{ROLES.get(each.role, str(each.role))} by {each.through}"
        for each in result.events
    }
    side.draw_records(words, {each.fingerprint for each in result.events if each.contradicts})


async def _draw_contents(side: Side, question: ContentsQuestion) -> None:
    side.asked = (name_of(question.item),)
    result = await side.inquiry.drive(contents.walk_of(question, *side.asked))
    side.gaps, side.truncated = result.gaps, result.truncated
    depths = contents.depths_of(*side.asked, [*result.children, *result.components])
    for way, all_held in (("packed", result.children), ("attached", result.components)):
        for held in all_held:
            side.draw(Part(Aspect.EDGE, held.item, held.parent), held_words(way, held.amounts, held.since))
            side.draw(Part(Aspect.ITEM, held.item), f"depth {depths.get(held.item, 1)}", held.opened_by)
    side.draw_records(dict.fromkeys(result.events, ""), result.contradicted_by)


async def _draw_state(side: Side, question: StateQuestion) -> None:
    side.asked = (name_of(question.item),)
    result = await side.inquiry.drive(state.walk_of(question, *side.asked))
    stands = whereabouts(Hands(side.inquiry), *side.asked, result, state.ROWS)
    side.gaps, side.truncated = result.gaps, result.truncated or stands.cut
    side.draw_standing(*side.asked, stands)
    side.draw_statements(told_in(side.inquiry, result, state.ROWS))


async def _draw_common(side: Side, question: CommonQuestion) -> None:
    side.asked = shared.asked_of(question)
    look = shared.look_of(side.inquiry, question, side.asked)
    result = await side.inquiry.drive(shared.walk_of(question, side.asked), look)
    parties = shared.shared_parties(side.inquiry, result)
    side.gaps = result.common.gaps
    side.truncated = result.common.truncated or max(len(result.places), len(parties)) > MET
    for item in result.common.items:
        words = " ".join(["depths", *map(str, item.depths)])
        side.draw_reached(item.item, words, (), item.against_time)
    evidence = {*result.common.events, *result.contradicted_by}
    met = [(Aspect.PLACE, each.place, each.told_by) for each in result.places[:MET]]
    met += [(Aspect.PARTY, each.id, each.told_by) for each in parties[:MET]]
    for aspect, name, told_by in met:
        side.draw(Part(aspect, name=name), "in common", *told_by)
        for asked, record in zip(side.asked, told_by, strict=True):
            side.draw(Part(Aspect.EDGE, asked, record=record, name=name), "passed")
        evidence.update(told_by)
    side.draw_records(dict.fromkeys(evidence, ""), result.contradicted_by)


async def _draw_recall(side: Side, question: RecallQuestion) -> None:
    side.asked = recall.asked_of(question)
    result = await side.inquiry.drive(recall.walk_of(question, side.asked))
    side.gaps, side.truncated = result.gaps, result.truncated or len(result.items) > STANDING
    told: list[Statement] = []
    for each in result.items:
        late = (TIME_ORDER,) if each.against_time else ()
        told += [side.inquiry.statement(name, flags=late) for name in each.via]
        side.draw_reached(each.item, f"depth {each.depth}, says {_issuer(side, each)}", each.via, bool(late))
        for origin in each.comes_from:
            side.draw(Part(Aspect.EDGE, each.item, origin), "comes from it", *each.via)
    names = [*side.asked, *(each.item for each in result.items[:STANDING])]
    for start in range(0, len(names), recall.TOGETHER):
        told += await _draw_stands(side, question, names[start : start + recall.TOGETHER])
    told += recall.against(side.inquiry, result)
    side.draw_statements(told)


def _issuer(side: Side, affected: Affected) -> str:
    """Who says first that it is affected."""
    return side.inquiry.admission.admitted[affected.via[0]].speaker.party


async def _draw_stands(side: Side, question: RecallQuestion, names: Sequence[str]) -> list[Statement]:
    """How these stand, and what says so."""
    states = await side.inquiry.drive(standing(names, at=question.at, known_at=question.known_at))
    hands, told = Hands(side.inquiry), list[Statement]()
    for name, found in zip(names, states, strict=True):
        stands = whereabouts(hands, name, found, recall.ROWS)
        side.draw_standing(name, stands)
        side.gaps = (*side.gaps, *found.gaps)
        side.truncated |= found.truncated or stands.cut
        told += told_in(side.inquiry, found, recall.ROWS)
    await asyncio.sleep(0)  # an answer of many items lets others have their turn
    return told
