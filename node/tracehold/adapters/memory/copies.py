"""Copies in memory, for tests: it keeps what the port promises. Nothing here is durable; a "restart" is a new
owner of the same object.
"""

from collections.abc import Sequence
from dataclasses import replace

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.ports import Copy, Fork, Witness


class MemoryCopies:
    """`journey.ports.Copies` in memory; what each method promises stands there."""

    def __init__(self) -> None:
        self._holders: dict[tuple[int, int], Copy] = {}
        self._witness: dict[LogId, Witness] = {}
        self._forks: dict[tuple[LogId, int], Fork] = {}

    async def holders(self, segment: int) -> Sequence[Copy]:
        """The holders of a segment, in the order in which they were chosen."""
        return [copy for copy in self._holders.values() if copy.segment == segment]

    async def segments(self) -> Sequence[int]:
        """Segments with at least one holder."""
        return sorted({segment for segment, _ in self._holders})

    async def choose(self, copy: Copy) -> None:
        """Make a node a holder, with nothing acknowledged yet."""
        self._holders.setdefault((copy.segment, copy.node), replace(copy, size=0))

    async def release(self, segment: int, node: int) -> None:
        """The node is no holder of the segment any more."""
        self._holders.pop((segment, node), None)

    async def acknowledged(self, copy: Copy) -> None:
        """The holder keeps the segment up to `copy.size`, or further."""
        known = self._holders.setdefault((copy.segment, copy.node), copy)
        self._holders[copy.segment, copy.node] = replace(known, size=max(known.size, copy.size))

    async def witness(self, log: LogId) -> Witness | None:
        """The largest state acknowledged."""
        return self._witness.get(log)

    async def pledge(self, witness: Witness) -> None:
        """Keep what is about to be signed, if it is larger than what was."""
        known = self._witness.get(witness.log)
        if known is not None and known.size == witness.size and known.root != witness.root:
            raise Rejected("CONFLICT", f"another root was acknowledged at size {witness.size}")
        if known is None or known.size < witness.size:
            self._witness[witness.log] = witness

    async def save_fork(self, fork: Fork) -> None:
        """Keep evidence; asserts that it shows two things."""
        assert fork.kept != fork.shown, "a fork of one branch"
        self._forks.setdefault((fork.log, fork.size), fork)

    async def forks(self, log: LogId | None = None) -> Sequence[Fork]:
        """Evidence of forks, by log and size."""
        return [fork for _, fork in sorted(self._forks.items()) if log in (None, fork.log)]
