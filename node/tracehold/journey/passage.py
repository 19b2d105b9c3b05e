"""The way of one package, for somebody who holds it: what happened to it, and to what it was made from.

Put together of the questions that everybody may ask, with the asker's own right to read; bounded, for the
asker is anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.gs1.levels import class_of
from tracehold.core.lineage import Direction, Gap, GapReason
from tracehold.core.speaker import Speaker
from tracehold.journey.answers import Statement
from tracehold.journey.called import Called, called
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.masterdata import versions
from tracehold.journey.trace import TraceQuestion, answer_trace

MAX_STEPS, MAX_SOURCES, MAX_FOLLOWED, MAX_NAMES = 200, 200, 8, 40
"""How many events, ingredients, ingredients with their own history, and names an answer may hold."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. `item`: to what; the package itself, or what it was made from."""

    item: str
    said: Statement


@dataclass(frozen=True, slots=True)
class Passage:
    """The way, in the order of time. `sources`: what it was made from, nearest first. `names` by identifier,
    each with who calls it so; `cut`: there is more than this answer may hold.
    """

    item: str
    steps: tuple[Step, ...]
    sources: tuple[str, ...]
    names: Mapping[str, Called]
    gaps: tuple[Gap, ...]
    cut: bool


@dataclass(slots=True)
class _Told:
    steps: dict[bytes, Step] = field(default_factory=dict)
    gaps: dict[Gap, None] = field(default_factory=dict)
    cut: bool = False


async def passage(knowledge: Knowledge, reader: Reader, item: str) -> Passage:
    """The way of an item, as far as `reader` may read it. Raises `Rejected` (no identifier) and
    `Unavailable`.
    """
    item = named(item)
    told = _Told()
    await _tell(knowledge, reader, item, told)
    question = TraceQuestion(item, Direction.UPSTREAM, max_items=MAX_SOURCES)
    trace = await answer_trace(knowledge, reader, question, page_size=MAX_SOURCES)
    told.gaps |= dict.fromkeys(trace.gaps)
    sources = tuple(each.item for each in trace.items)
    told.cut |= trace.truncated or bool(trace.next_page_token) or len(sources) > MAX_FOLLOWED
    for source in sources[:MAX_FOLLOWED]:
        await _tell(knowledge, reader, source, told)
    steps = sorted(told.steps.values(), key=lambda step: (step.said.instant, step.said.fingerprint))
    inquiry = Inquiry(knowledge, reader)
    names = await _named(knowledge, inquiry, _spoken_of(item, sources, steps), steps, told)
    gaps = sorted(told.gaps, key=lambda gap: (gap.item, gap.reason, gap.detail))
    return Passage(item, tuple(steps), sources, names, tuple(gaps), told.cut)


async def _tell(knowledge: Knowledge, reader: Reader, item: str, told: _Told) -> None:
    answer = await answer_history(knowledge, reader, HistoryQuestion(item), page_size=MAX_STEPS)
    told.gaps |= dict.fromkeys(answer.gaps)
    told.cut |= answer.truncated or bool(answer.next_page_token)
    for statement in answer.events:
        told.steps.setdefault(statement.fingerprint, Step(item, statement))


def _spoken_of(item: str, sources: Iterable[str], steps: Iterable[Step]) -> list[str]:
    """What wants a name, most important first: the goods, then places and parties."""
    goods = [each for one in (item, *sources) for each in (one, class_of(one))]
    said = [each for step in steps for each in (step.said.place, step.said.speaker.party)]
    return list(dict.fromkeys(each for each in (*goods, *said) if each))


def _heeded(id: str, steps: Iterable[Step]) -> list[Speaker]:
    """Who tells of it in these steps, in their order: at the place, for the party, or of the goods."""
    told = [
        each.said.speaker
        for each in steps
        if id in (each.said.place, each.said.speaker.party, each.item, class_of(each.item))
    ]
    return list(dict.fromkeys(told))


async def _named(
    knowledge: Knowledge, inquiry: Inquiry, wanted: Iterable[str], steps: Iterable[Step], told: _Told
) -> dict[str, Called]:
    """Names of the first of these; that some are not public is no gap in the way."""
    asked = [each for each in wanted if _can_be_asked(each)][:MAX_NAMES]
    found, gaps = await versions(knowledge, inquiry, asked)
    every = await inquiry.gaps(gaps)
    told.gaps |= dict.fromkeys(gap for gap in every if gap.reason is GapReason.HOLDER_DOWN)
    names = {each: called(each, found.get(each, ()), _heeded(each, steps)) for each in asked}
    return {id: name for id, name in names.items() if name is not None}


def _can_be_asked(id: str) -> bool:
    try:
        return named(id) == id
    except Rejected:
        return False  # what events call a place need not be a name that can be asked for
