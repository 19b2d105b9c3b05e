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
from tracehold.journey.states import Sleep


@dataclass(frozen=True, slots=True)
class Round:
    """What all couriers of a node share. `creator` is this node's number; `goal` what an anchor waits for
    now, if anything; `moved` is called when an acknowledgement brought something further.
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


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be acknowledged next, and for which goal, if for any."""

    line: Line
    target: Checkpoint
    goal: Goal | None
