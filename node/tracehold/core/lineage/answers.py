"""What the questions of lineage answer. All identifiers
canonical, all instants microseconds since 1970 UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tracehold.core.ids import Fingerprint
from tracehold.core.spans import Spans


class Direction(StrEnum):
    """UPSTREAM: what an item was made of. DOWNSTREAM: what was made of it."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class GapReason(StrEnum):
    """Why the chain of an item stops, or may be longer than what is shown."""

    NEVER_COMMISSIONED = "never_commissioned"
    HOLDER_DOWN = "holder_down"
    ACCESS_REFUSED = "access_refused"
    PROOF_FAILED = "proof_failed"
    ERASED = "erased"
    NOT_COVERED = "not_covered"
    HINTED = "hinted"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something is missing at this item; `item` is empty where it is not known which items are concerned."""

    item: str
    reason: GapReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a walk must see next: all facts that touch these items, and all of these transformation ids; and
    of each of these places the `readings` within its spans of instants (`core.lineage.readings`)."""

    items: frozenset[str]
    transformations: frozenset[str] = frozenset()
    readings: tuple[tuple[str, Spans], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.items or self.transformations or self.readings)

    @property
    def names(self) -> frozenset[str]:
        """The items and the places."""
        return self.items.union([place for place, _ in self.readings]) if self.readings else self.items


def spoken_for(found: Iterable[Gap], kept_back: Iterable[Gap]) -> list[Gap]:
    """Those gaps of a walk that may be told: where records were kept back from it, nothing may be said about
    what they do not say."""
    stopped = {gap.item for gap in kept_back}
    missing = GapReason.NEVER_COMMISSIONED
    return [gap for gap in found if gap.reason is not missing or gap.item not in stopped]


BREATH = Wanted(frozenset())
"""Nothing to look up: after much work a walk lets others have their turn."""


class TracedItem(NamedTuple):
    """An ancestor or descendant. `depth` counts transformations and lot memberships between; `via` are the
    statements that tie it into the answer. `against_time` (TIME_ORDER): only reached along an input that was
    used before it was made, by what the clocks say."""

    item: str
    depth: int
    via: tuple[Fingerprint, ...]
    against_time: bool = False


@dataclass(frozen=True, slots=True)
class TraceResult:
    """Items by depth, then name; `events` are the statements the answer rests on, in time order, and beside
    them those of others that say otherwise for the same instant: `contradicted_by`."""

    items: tuple[TracedItem, ...]
    events: tuple[Fingerprint, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    contradicted_by: frozenset[Fingerprint] = frozenset()


class Role(StrEnum):
    """How an event concerns the item asked about. HELD: it happened to a container that held the item then.
    SENSED: sensors read it at a place where the item was. DEALT: it names the transaction asked about."""

    OBSERVED = "observed"
    CHILD = "child"
    PARENT = "parent"
    INPUT = "input"
    OUTPUT = "output"
    HELD = "held"
    SENSED = "sensed"
    DEALT = "transaction"


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One statement of a history; `through` is what it names: the item asked about, a container or a place
    of it. `contradicts`: another one says otherwise of it, for the same instant."""

    fingerprint: Fingerprint
    instant: int
    role: Role
    through: str
    contradicts: bool = False


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """Statements in time order; several speakers may state one event."""

    events: tuple[HistoryEvent, ...]
    gaps: tuple[Gap, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Held:
    """An item in a container or assembly since `since`. `amounts` are (amount, unit) of a class or lot, empty
    for a piece; an amount None means some."""

    item: str
    parent: str
    since: int
    amounts: tuple[tuple[float | None, str | None], ...]
    opened_by: Fingerprint


@dataclass(frozen=True, slots=True)
class ContentsResult:
    """What is in an item (`children`, by aggregation) and part of it (`components`, by association); `events`
    and `contradicted_by` as in `TraceResult`."""

    children: tuple[Held, ...]
    components: tuple[Held, ...]
    events: tuple[Fingerprint, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    contradicted_by: frozenset[Fingerprint] = frozenset()


@dataclass(frozen=True, slots=True)
class At:
    """At a business location since then, by this statement."""

    place: str
    since: int
    told_by: Fingerprint


@dataclass(frozen=True, slots=True)
class Holding:
    """A disposition that holds since then, by this statement; `lasting`: a persistent one."""

    word: str
    lasting: bool
    since: int
    told_by: Fingerprint


@dataclass(frozen=True, slots=True)
class StateResult:
    """How an item stands. `places`: where it is, one for a piece and all that are known for a class or lot;
    none while it is on its way. `disposition` and `lasting` (persistent dispositions, sorted) as said of the
    item itself; `conditions` are both, with who says so. `around`: what it is in, with what that is in and so
    on; `part_of` the same for assemblies. `amounts` (amount, unit) are what is left of a class or lot, None:
    some. `ended`: decommissioned, or nothing is left. `handled_by`: the statements by which it is told who
    has it. `contradicted_by`: statements of others that say otherwise for the same instant. `events`: all
    that says any of this, in time order, those that `amounts` and `ended` were counted from included."""

    places: tuple[At, ...]
    disposition: str | None
    lasting: tuple[str, ...]
    around: tuple[Held, ...]
    part_of: tuple[Held, ...]
    amounts: tuple[tuple[float | None, str | None], ...]
    ended: bool
    events: tuple[Fingerprint, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    conditions: tuple[Holding, ...] = ()
    handled_by: tuple[Fingerprint, ...] = ()
    contradicted_by: tuple[Fingerprint, ...] = ()


@dataclass(frozen=True, slots=True)
class SharedItem:
    """Something that all items asked about came from. `depths`: to each of them, in the order of the
    question; 0 where it is that item itself."""

    item: str
    depths: tuple[int, ...]
    against_time: bool = False


@dataclass(frozen=True, slots=True)
class CommonResult:
    """Shared ancestors, nearest to all first, then by name; `events` are the statements that lead from the
    items asked about to their ancestors, in time order, and `contradicted_by` as in `TraceResult`."""

    items: tuple[SharedItem, ...]
    events: tuple[Fingerprint, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    contradicted_by: frozenset[Fingerprint] = frozenset()


@dataclass(frozen=True, slots=True)
class Met:
    """A place that all items asked about passed, or what they came from did: for each of them the first
    statement that says so."""

    place: str
    told_by: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """Something that came of an item called back: as `TracedItem`, `depth` to the nearest of those it
    `comes_from`."""

    item: str
    depth: int
    via: tuple[Fingerprint, ...]
    comes_from: tuple[str, ...]
    against_time: bool


@dataclass(frozen=True, slots=True)
class RecallResult:
    """What is affected beyond the items called back, by depth, then name; `contradicted_by` of what ties it
    in, as in `TraceResult`."""

    items: tuple[Affected, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    contradicted_by: frozenset[Fingerprint] = frozenset()
