"""The way of one package, for somebody who holds it: what happened to it, and to what it was made from.

One question with the asker's own right to read. The asker is anybody, so it is bounded, and it costs each
member a few questions, however much the package was made from.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.gs1.levels import class_of
from tracehold.core.lineage import Gap, HistoryEvent
from tracehold.core.lineage.way import WayResult, way
from tracehold.core.speaker import Speaker
from tracehold.journey.answers import Statement
from tracehold.journey.called import Called, called
from tracehold.journey.history import told
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.masterdata import versions

T = TypeVar("T")

MAX_STEPS, MAX_SOURCES, MAX_FOLLOWED, MAX_NAMES = 200, 200, 8, 40
"""How many events, ingredients, ingredients with their own history, and names an answer may hold."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. `item`: to what; the package itself, or what it was made from."""

    item: str
    said: Statement


@dataclass(frozen=True, slots=True)
class Passage:
    """The way, in the order of time: its `newest` steps, and how many are `left` out. `sources`: what it was
    made from, nearest first. `names` by identifier, each with who calls it so; `cut`: there is more than this
    answer may hold.
    """

    item: str
    steps: tuple[Step, ...]
    left: int
    sources: tuple[str, ...]
    names: Mapping[str, Called]
    gaps: tuple[Gap, ...]
    cut: bool


async def passage(knowledge: Knowledge, reader: Reader, item: str) -> Passage:
    """The way of an item, as far as `reader` may read it. Raises `Rejected` (no identifier) and
    `Unavailable`.
    """
    item = named(item)
    inquiry = Inquiry(knowledge, reader)
    result = await inquiry.drive(way(item, max_sources=MAX_SOURCES, max_told=MAX_FOLLOWED))
    happened = _happened(result)
    chosen = newest(happened, lambda each: each[0] == item, MAX_STEPS)
    steps = [_step(inquiry, about, event) for about, event in chosen]
    names = await _named(knowledge, inquiry, _spoken_of(item, result.sources, steps), steps)
    left = len(happened) - len(steps)
    cut = result.truncated or left > 0 or len(result.sources) > MAX_FOLLOWED
    gaps = await inquiry.gaps(result.gaps)
    return Passage(item, tuple(steps), left, result.sources, names, gaps, cut)


def newest(told: Sequence[T], is_own: Callable[[T], bool], most: int) -> list[T]:
    """So many of what stands in the order of time, in that order: the newest of the package itself, then the
    newest of what it was made from, which may have gone into a thousand other things since.
    """
    ranked = sorted(range(len(told)), key=lambda at: (is_own(told[at]), at))
    return [told[at] for at in sorted(ranked[-most:])]


def _happened(result: WayResult) -> list[tuple[str, HistoryEvent]]:
    """Every event once, in the order of time, with what it happened to: the package itself, where to both."""
    found: dict[bytes, tuple[str, HistoryEvent]] = {}
    for about, events in result.told:
        for event in events:
            found.setdefault(event.fingerprint, (about, event))
    return sorted(found.values(), key=lambda each: (each[1].instant, each[1].fingerprint))


def _step(inquiry: Inquiry, about: str, event: HistoryEvent) -> Step:
    return Step(about, told(inquiry, event))


def _spoken_of(item: str, sources: Iterable[str], steps: Sequence[Step]) -> list[str]:
    """What wants a name, most important first: the package, who says where what happened, the newest first,
    and what it was made from.
    """
    said = [each for step in reversed(steps) for each in (step.said.speaker.party, step.said.place)]
    goods = [each for one in sources for each in (one, class_of(one))]
    return list(dict.fromkeys(each for each in (item, class_of(item), *said, *goods) if each))


def _heeded(id: str, steps: Iterable[Step]) -> list[Speaker]:
    """Who tells of it in these steps, in their order: at the place, for the party, or of the goods."""
    told = [
        each.said.speaker
        for each in steps
        if id in (each.said.place, each.said.speaker.party, each.item, class_of(each.item))
    ]
    return list(dict.fromkeys(told))


async def _named(
    knowledge: Knowledge, inquiry: Inquiry, wanted: Iterable[str], steps: Sequence[Step]
) -> dict[str, Called]:
    """Names of the first of these; that some are not public is no gap in the way."""
    asked = dict([(each, name) for each in wanted if (name := _asked_for(each))][:MAX_NAMES])
    found, _ = await versions(knowledge, inquiry, list(dict.fromkeys(asked.values())))
    names = {each: called(name, found.get(name, ()), _heeded(each, steps)) for each, name in asked.items()}
    return {id: name for id, name in names.items() if name is not None}


def _asked_for(id: str) -> str:
    """The name under which it is asked for: records spell parties in any way. "" where there is none: what
    events call a place need not be a name that can be asked for.
    """
    try:
        return named(id)
    except Rejected:
        return ""
