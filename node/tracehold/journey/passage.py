"""The way of one package, for somebody who holds it: what happened to it, and to what it was made from.

Put together of the questions that everybody may ask, with the asker's own right to read; bounded, for the
asker is
anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracehold.core.access import Reader
from tracehold.core.epcis import parse_masterdata
from tracehold.core.errors import Rejected
from tracehold.core.gs1.levels import class_of
from tracehold.core.lineage import Direction, Gap, GapReason
from tracehold.journey.answers import Said, Statement
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.inquiry import named
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.trace import TraceQuestion, answer_trace

MAX_STEPS, MAX_SOURCES, MAX_FOLLOWED, MAX_NAMES = 200, 200, 8, 40
"""How many events, ingredients, ingredients with their own history, and names an answer may hold."""

_NAMES = (
    "name",
    "descriptionshort",
    "tradeitemdescription",
    "productname",
    "regulatedproductname",
    "functionalname",
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. `item`: to what; the package itself, or what it was made from."""

    item: str
    said: Statement


@dataclass(frozen=True, slots=True)
class Passage:
    """The way, in the order of time. `sources`: what it was made from, nearest first. `names` by identifier,
    as
    parties say them; `cut`: there is more than this answer may hold.
    """

    item: str
    steps: tuple[Step, ...]
    sources: tuple[str, ...]
    names: Mapping[str, str]
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
    names = await _named(knowledge, reader, _spoken_of(item, sources, steps), told)
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


async def _named(knowledge: Knowledge, reader: Reader, wanted: list[str], told: _Told) -> dict[str, str]:
    """Names of the first of these; that some are not public is no gap in the way."""
    names: dict[str, str] = {}
    for each in wanted[:MAX_NAMES]:
        try:
            answer = await answer_masterdata(knowledge, reader, each)
        except Rejected:
            continue  # what events call a place need not be a name that can be asked for
        told.gaps |= dict.fromkeys(gap for gap in answer.gaps if gap.reason is GapReason.HOLDER_DOWN)
        for version in answer.versions:
            if name := _name(version):
                names[each] = name
    return names


def _name(version: Said) -> str:
    said = {_local(each.id): each.value for each in parse_masterdata(version.payload).attributes}
    for name in _NAMES:
        value = said.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _local(name: str) -> str:
    for mark in ("#", "/", ":"):
        name = name.rpartition(mark)[2]
    return name.lower()
