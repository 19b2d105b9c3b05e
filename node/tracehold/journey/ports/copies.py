"""Copies: who keeps which segment of the own log, and what this node promised about the logs of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.ids import LogId, Root


@dataclass(frozen=True, slots=True)
class Copy:
    """A holder of a segment of the own log: node and operator by their numbers in the contract, and up to
    which size of the log it acknowledged to keep the segment durably (0 before its first acknowledgement).
    """

    segment: int
    node: int
    operator: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """The largest state of a foreign log that this node ever acknowledged."""

    log: LogId
    size: int
    root: Root


@dataclass(frozen=True, slots=True)
class Fork:
    """Two states of one size of a foreign log that cannot both be true: the one kept here, and the one that
    was shown. `kept` and `shown` are what proves each: a checkpoint note of the log's creator, or the CBOR
    of an anchor (`core.anchor`) where `shown_by_chain`.
    """

    log: LogId
    size: int
    kept: bytes
    shown: bytes
    shown_by_chain: bool
    seen_ms: int


class Copies(Protocol):
    """Durable notes of replication, in the same file as the logs. All may be called at once. Every method may
    raise what `RecordLog` raises: `Broken("STORE_FAILED")`, `Unavailable("STORE_BUSY")`.
    """

    async def holders(self, segment: int) -> Sequence[Copy]:
        """The holders of a segment of the own log, in the order in which they were chosen."""
        ...

    async def segments(self) -> Sequence[int]:
        """Segments with at least one holder, ascending."""
        ...

    async def choose(self, copy: Copy) -> None:
        """Make a node a holder of a segment. Durable on return; harmless to repeat: what it acknowledged
        before stays.
        """
        ...

    async def release(self, segment: int, node: int) -> None:
        """The node is no holder of the segment any more. Durable on return; harmless to repeat, also where
        it was none. If it is chosen again, it is as one that acknowledged nothing.
        """
        ...

    async def acknowledged(self, copy: Copy) -> None:
        """The holder keeps the segment up to `copy.size`; an earlier, larger size stays. Durable on return;
        harmless to repeat. Chooses the node too where it was not.
        """
        ...

    async def witness(self, log: LogId) -> Witness | None:
        """The largest state acknowledged of a foreign log."""
        ...

    async def pledge(self, witness: Witness) -> None:
        """Keep what is about to be signed; a smaller size than the one kept changes nothing. Durable on
        return; harmless to repeat. Raises `Rejected("CONFLICT")` where another root was kept for this size.
        """
        ...

    async def save_fork(self, fork: Fork) -> None:
        """Keep evidence of a fork; the first of each log and size stays. Durable on return."""
        ...

    async def forks(self, log: LogId | None = None) -> Sequence[Fork]:
        """Evidence of forks, of one log or of all, by log and size."""
        ...
