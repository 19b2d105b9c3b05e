"""How the upkeep of copies stands, as the parts that do it report it: repairs, the other members, the reading
over of what is kept, and leaving in order.
"""

from dataclasses import dataclass

from tracehold.core.ids import LogId


@dataclass(frozen=True, slots=True)
class RepairStanding:
    """A copy of a segment that is being made good, by the numbers of the node that hands it over and of the
    one that takes it. `done_entries` of `entries` were taken, from the segment's start; `done_bytes` are
    record bytes since the repair began, at `since` (seconds since the epoch).
    """

    log: LogId
    segment: int
    from_node: int
    to_node: int
    done_entries: int
    entries: int
    done_bytes: int
    since: float


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """Another member as this node sees it: `health` is `up`, `suspect` or `lost`, `silent_s` how many seconds
    it was not heard.
    """

    node: int
    operator: str
    health: str
    silent_s: float
    draining: bool = False


@dataclass(frozen=True, slots=True)
class ScrubStanding:
    """The pass over what is kept, and what the passes since the start found. Times are seconds since the
    epoch, 0 where there is none.
    """

    pass_started_at: float = 0.0
    done_entries: int = 0
    entries: int = 0
    bad: int = 0
    mended: int = 0
    last_whole_pass_at: float = 0.0


@dataclass(frozen=True, slots=True)
class DrainStanding:
    """How far a node is with leaving: `left_segments` of `segments` of others' logs have too few other
    keepers yet, and `left_entries` of its own log are not final and kept by others yet. `revoked`: it has
    left.
    """

    since: float
    left_segments: int
    segments: int
    left_entries: int = 0
    done: bool = False
    revoked: bool = False
