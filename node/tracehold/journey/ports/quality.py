"""FindingStore: what is found doubtful about events, and what waits to be judged."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.quality import Finding, Subject
from tracehold.core.spans import Spans


@dataclass(frozen=True, slots=True)
class Mark:
    """A subject is to be judged again, with `reach` levels of what it holds. `alone`: also where this is all
    that is known of it. `moves`: what happens to what holds it concerns it from now on. `weight`: what it
    adds to
    the subject's load; `event`: what says it.
    """

    subject: Subject
    reach: int = 0
    alone: bool = True
    moves: bool = False
    weight: int = 1
    event: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event names a place, at this path of its payload."""

    place: str
    event: Fingerprint
    path: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What entries [start, stop) of a log concern, each with its entry's index."""

    log: LogId
    start: int
    stop: int
    marks: Sequence[tuple[int, Mark]]
    sightings: Sequence[tuple[int, Sighting]] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A subject that waits to be judged. `load` is the weight of all that was marked of it; `stamp` tells
    whether it was marked again meanwhile; `event` is the last that was, None where it waits for other
    reasons.
    """

    subject: Subject
    reach: int
    load: int
    stamp: int
    event: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """All that is found of a subject now; None: as it was."""

    due: Due
    findings: Sequence[Finding] | None


class FindingStore(Protocol):
    """Findings, derived from a graph; may be dropped and made again at any time. Every method may raise
    `Unavailable("GRAPH_DOWN")`. What writes is one durable transaction, harmless to repeat; one task writes
    at a time, others may read at once.
    """

    async def mark(self, step: Marks) -> None:
        """Have these subjects and sightings judged, and count the entries as marked. A subject's load grows
        by the marks of entries that were not counted before; those are passed over of which nothing else is
        known and that need not be judged alone.
        """
        ...

    async def covered(self) -> Mapping[LogId, Spans]:
        """Per log, which entries were marked."""
        ...

    async def loads(self, subjects: Collection[Subject]) -> Mapping[Subject, int]:
        """The weight of what was marked of each of these; what was never marked is left out."""
        ...

    async def due(self, most: int) -> Sequence[Due]:
        """Those that wait longest, at most so many."""
        ...

    async def settle(self, judged: Sequence[Judged], further: Sequence[Mark] = ()) -> int:
        """Put these findings in place of what was found of these subjects before, and have `further` ones
        judged: those that are to be judged alone, and those that were ever marked as moving. None of them
        waits any more, unless it was marked since it was read. NOT_JUDGED stays at the event that has it. How
        many
        events changed.
        """
        ...

    async def sightings(self, most: int) -> Sequence[Sighting]:
        """Sightings that wait to be judged, at most so many."""
        ...

    async def placed(self, judged: Sequence[Sighting], unknown: Collection[str]) -> int:
        """These sightings wait no more; of those whose place is `unknown` it is a finding. How many events
        changed."""
        ...

    async def described(self, place: str, most: int) -> int:
        """Master data describes this place, and so those within it: take back at most so many findings.
        How many were.
        """
        ...

    async def unsettle(self, event: Fingerprint) -> None:
        """Have every subject judged again of which something was found about this event, or beside it."""
        ...

    async def of(self, events: Collection[Fingerprint], most: int) -> Mapping[Fingerprint, Sequence[Finding]]:
        """The first findings of each of these events, at most so many of one, in order; events of which
        nothing is found are left out."""
        ...

    async def changes(self, after: int, most: int) -> Sequence[tuple[int, Fingerprint]]:
        """Events whose findings changed behind position `after`, each once, at its newest position, in order.
        Positions only grow, also when the store was cleared or made anew.
        """
        ...

    async def newest(self) -> int:
        """The newest position."""
        ...

    async def clear(self) -> None:
        """Forget everything but the position. Events of which something was found have changed."""
        ...
