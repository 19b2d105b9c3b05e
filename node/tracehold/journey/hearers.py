"""What replication is handed: who is told, how long is waited, and by which clock."""

from collections.abc import Callable
from dataclasses import dataclass

from tracehold.journey.follow import Trouble, unrung, untold
from tracehold.journey.own_log import Now
from tracehold.journey.repair import Moved, nowhere
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep


def silent(_: str) -> Trouble:
    """Tells nobody what holds up which part."""
    return untold


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told. `trouble` gives, for the name of a part, what hears of its troubles; `fault` hears of
    answers of holders that cannot be; `moved` is called when an acknowledgement brought something further;
    `repair` hears when a place goes from one node to another, and when that ended.
    """

    trouble: Callable[[str], Trouble] = silent
    fault: Fault = untold
    moved: Callable[[], None] = unrung
    repair: Callable[[Moved], None] = nowhere


@dataclass(frozen=True, slots=True)
class Patience:
    """`seconds` that an anchor waits for all holders before the contract's quorum is enough; how to wait, and
    any clock in seconds. `repair_bytes_per_s` (0: no limit) are shipped at most of what no anchor waits for;
    `wall` is the time since 1970.
    """

    seconds: float
    sleep: Sleep
    now: Now
    repair_bytes_per_s: int = 0
    wall: Now = lambda: 0.0
