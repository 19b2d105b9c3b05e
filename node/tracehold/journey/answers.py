"""What questions answer, ready to be written to any wire. Identifiers are canonical.

`instant` and `since` are microseconds since 1970 UTC, times in `_ms` milliseconds, timings microseconds.
"""

from collections.abc import Collection
from dataclasses import dataclass

from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Direction, Fact, Gap, TracedItem
from tracehold.core.record import Record
from tracehold.core.roster import Speaker
from tracehold.journey.admission import Admitted
from tracehold.journey.ports import Dispute
from tracehold.journey.states import State

DISPUTED = "DISPUTED"
"""Flag of an event that another speaker declares an error: shown, and not applied (protocol section 4)."""
TIME_ORDER = "TIME_ORDER"
"""Flag of an event that only counts against the order of time: an input that was used before it was made."""
CLAIMED = "SUPERSEDE_CLAIMED"
"""Flag of an event that the chain says to be superseded, by what is not honoured: shown, and not applied."""
CONTRADICTS = "CONTRADICTS"
"""Flag of an event that says otherwise than the answer for the same instant, by another speaker."""
SUPERSEDES = "SUPERSEDES"
"""Flag of an event that takes the place of another one, which the answer does not use any more."""


Flags = tuple[str, ...]


def noted(name: Fingerprint, late: Collection[Fingerprint], against: Collection[Fingerprint]) -> Flags:
    """The flags of an event: whether it counts only against the order of time, and whether it contradicts."""
    return (TIME_ORDER,) * (name in late) + (CONTRADICTS,) * (name in against)


@dataclass(frozen=True, slots=True)
class Statement:
    """One event of an answer, in one speaker's words, at its place.

    `verified`: bytes hashed and entry proved under an anchored root in this request. `signature_checked`: the
    signature too. `role` and `via` say in a history how it concerns the item asked about, and through which.
    """

    fingerprint: Fingerprint
    event_id: str
    instant: int
    type: str
    action: str
    step: str
    place: str
    speaker: Speaker
    verified: bool
    signature_checked: bool
    state: State
    log: LogId
    index: int
    role: str = ""
    via: str = ""
    flags: tuple[str, ...] = ()

    @property
    def anchored(self) -> bool:
        """Whether an anchor covers it; where not, it is shown
        all the same, and proved against a checkpoint.
        """
        return self.state in (State.ANCHORED, State.FINAL)


def statement(
    fact: Fact, admitted: Admitted, *, role: str = "", via: str = "", flags: tuple[str, ...] = ()
) -> Statement:
    """The event of a fact and the record that it was read from."""
    return Statement(
        fact.fingerprint,
        fact.event_id or "",
        fact.instant,
        str(fact.type),
        str(fact.action or ""),
        fact.step or "",
        fact.place or "",
        admitted.speaker,
        admitted.verified,
        admitted.signature_checked,
        admitted.state,
        admitted.log,
        admitted.index,
        role,
        via,
        flags,
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a log an answer rests on: entries known, searched, and covered by a mined anchor."""

    log: LogId
    size: int
    indexed: int
    anchored: int


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of an answer went: relations read, rules applied, records checked."""

    graph_us: int
    rules_us: int
    verify_us: int


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """Items nearest first, and the events that connect them in time order; one page of each."""

    item: str
    direction: Direction
    items: tuple[TracedItem, ...]
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    timings: Timings
    next_page_token: str


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """What happened to an item, in time order; one page."""

    item: str
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    timings: Timings
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Content:
    """Something in an item. `depth`: levels between, from 1.
    `quantity` None: unknown, or one single thing.
    """

    item: str
    parent: str
    depth: int
    since: int
    quantity: float | None
    uom: str
    opened_by: Fingerprint


@dataclass(frozen=True, slots=True)
class ContentsAnswer:
    """What is packed in an item (`children`) and what is
    attached to it (`components`), through all levels.
    """

    item: str
    children: tuple[Content, ...]
    components: tuple[Content, ...]
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    timings: Timings


@dataclass(frozen=True, slots=True)
class Said:
    """One version of master data: the payload as it was signed, and by whom."""

    type: str
    payload: bytes
    speaker: Speaker
    fingerprint: Fingerprint
    verified: bool
    state: State
    known_ms: int | None


@dataclass(frozen=True, slots=True)
class MasterDataAnswer:
    """All versions, oldest first; statements of several speakers stand side by side."""

    id: str
    versions: tuple[Said, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """One record about an item and the nodes (by number) that
    handed it over in this request or keep it here.
    """

    fingerprint: Fingerprint
    log: LogId
    index: int
    state: State
    speaker: Speaker
    kind: str
    holders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LocateAnswer:
    """The records about an item, by log and index; one page."""

    item: str
    locations: tuple[Location, ...]
    gaps: tuple[Gap, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """One record as it was signed, where it stands, and who speaks: nobody, where it is disputed for that."""

    record: Record
    log: LogId
    index: int
    state: State
    speaker: Speaker | None
    verified: bool
    disputes: tuple[Dispute, ...] = ()
