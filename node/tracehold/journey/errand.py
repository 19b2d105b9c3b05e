"""What couriers work with: what they share, and what one of them is to bring next."""

from collections.abc import Callable
from dataclasses import dataclass

from tracehold.core.checkpoint import Checkpoint
from tracehold.journey.cargo import Cargo
from tracehold.journey.follow import Bell
from tracehold.journey.goal import Goal
from tracehold.journey.holders import Holders
from tracehold.journey.line import Line
from tracehold.journey.own_log import Now
from tracehold.journey.ports import Ledger, Peers
from tracehold.journey.settle import Fault
from tracehold.journey.signs import Signs
from tracehold.journey.states import Sleep
from tracehold.journey.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Round:
    """What all couriers of a node share. `creator` is this node's number; `goal` what an anchor waits for
    now, if anything; `moved` is called when an acknowledgement brought something further. `throttle` holds
    what is shipped behind the anchors, and `signs` hears who answers.
    """

    cargo: Cargo
    holders: Holders
    ledger: Ledger
    peers: Peers
    bell: Bell
    goal: Callable[[], Goal | None]
    sleep: Sleep
    now: Now
    fault: Fault
    moved: Callable[[], None]
    throttle: Throttle
    signs: Signs


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be acknowledged next, for which goal, if for any, and the bytes reserved for it."""

    line: Line
    target: Checkpoint
    goal: Goal | None
    reserved: int = 0
