"""What questions are answered from: the logs and relations kept here,
other nodes, and the ledger where there is one.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from tracehold.core.ids import Fingerprint
from tracehold.journey.horizon import Horizon
from tracehold.journey.locating import EVERYBODY, Whom
from tracehold.journey.misses import Misses
from tracehold.journey.ports import Earlier, Graph, Ledger, Peers, RecordLog
from tracehold.journey.ports.followed import Followed
from tracehold.journey.speakers import Speakers

_T = TypeVar("_T")


class Run(Protocol):
    """Does work that only computes, away from the event loop where there is such a place."""

    async def __call__(self, work: Callable[[], _T], /) -> _T:
        """What `work` returns or raises."""


async def at_once(work: Callable[[], _T], /) -> _T:
    """Here and now."""
    return work()


async def everybody(_: Collection[str], /) -> Whom:
    """All members, whatever the items."""
    return EVERYBODY


def untold(_: str) -> None:
    """Tells nobody of a fault."""


def unseen(_: Fingerprint, /) -> None:
    """Tells nobody of damage."""


def timeless() -> int:
    """The clock that measures nothing."""
    return 0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The parts that answer, and what they report to.

    `node` is this node's number in the contract (0 before it is enrolled); `micros` a clock in microseconds
    for the timings of answers; `fault` is told of stored bytes that do not match, in a line without their
    content, and `damaged` of the record that they should be; `run` does what strangers may make slow; `whom`
    says which members are asked about items; `followed` what the chain says of records;
    `earlier` leads to the contracts that came before.
    """

    log: RecordLog
    graph: Graph
    peers: Peers | None = None
    ledger: Ledger | None = None
    node: int = 0
    micros: Callable[[], int] = timeless
    fault: Callable[[str], None] = untold
    damaged: Callable[[Fingerprint], None] = unseen
    run: Run = at_once
    whom: Callable[[Collection[str]], Awaitable[Whom]] = everybody
    followed: Followed | None = None
    earlier: Earlier | None = None
    speakers: Speakers = field(init=False)
    horizon: Horizon | None = field(init=False)
    misses: Misses = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "speakers", Speakers(self.log))
        horizon = Horizon(self.ledger, self.node, self.micros) if self.ledger else None
        object.__setattr__(self, "horizon", horizon)
        object.__setattr__(self, "misses", Misses(self.micros))
