"""Peers in memory, for tests: nodes of one process that answer each
other, and can be told to be slow, gone or false.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.expand import expand
from tracehold.journey.ports import Entries, Expansion, Graph, Peer, RecordLog


async def at_once() -> None:
    """No delay."""


def honest(answer: Expansion) -> Expansion:
    """The answer as it is."""
    return answer


@dataclass
class MemoryPeer:
    """The `Peer` port over another node's log and graph.

    While `down` is set it raises PEER_DOWN; `delay` is awaited before each answer;
    `tell` may change what is said.
    """

    node: int
    log: RecordLog
    graph: Graph
    down: bool = False
    delay: Callable[[], Awaitable[None]] = at_once
    tell: Callable[[Expansion], Expansion] = honest
    asked: list[frozenset[str]] = field(default_factory=list)
    """The items of each call, in order."""

    async def expand(
        self, items: Collection[str], event_ids: Collection[str] = (), transformations: Collection[str] = ()
    ) -> Expansion:
        """See `ports.Peer.expand`."""
        self.asked.append(frozenset(items))
        await self.delay()
        if self.down:
            raise Unavailable("PEER_DOWN", f"node {self.node} was told to be down")
        try:
            return self.tell(await expand(self.log, self.graph, items, event_ids, transformations))
        except Unavailable as error:
            raise Unavailable("PEER_DOWN", f"node {self.node} cannot answer") from error

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """See `ports.Peer.entries`."""
        await self.delay()
        if self.down:
            raise Unavailable("PEER_DOWN", f"node {self.node} was told to be down")
        found = await self.log.read(log, start, stop, max_bytes)
        return Entries(start, [entry.raw for entry in found], await self.log.size(log))


@dataclass
class MemoryPeers:
    """The `Peers` port over a table of nodes by number. `myself` is not asked."""

    nodes: Mapping[int, MemoryPeer]
    myself: int

    async def holders(self, items: Collection[str]) -> Sequence[Peer]:
        """See `ports.Peers.holders`."""
        return [peer for number, peer in sorted(self.nodes.items()) if number != self.myself]
