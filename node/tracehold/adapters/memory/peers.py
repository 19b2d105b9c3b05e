"""Peers in memory, for tests: nodes of one process that answer each
other, and can be told to be slow, gone or false.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tracehold.core.audit import Answered, Asked
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import fingerprint
from tracehold.core.spans import joined
from tracehold.journey.expand import Names, expand
from tracehold.journey.giving import base_part, handing
from tracehold.journey.keeper import Keeper, take
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import (
    BasePart,
    Entries,
    Expansion,
    Found,
    Graph,
    Greeting,
    Handed,
    Kept,
    Peer,
    RecordLog,
    Sent,
    Shipment,
)
from tracehold.journey.ports.possession import Possessor, Showing


async def at_once() -> None:
    """No delay."""


def honest(answer: Expansion) -> Expansion:
    """The answer as it is."""
    return answer


@dataclass
class MemoryPeer:
    """Another node: its log and graph, and what keeps the logs of others there (none: nothing is kept).

    While `down` is set it raises PEER_DOWN, while `busy` is, TOO_MANY_CALLS; `delay` is awaited before each
    answer; `tell` may change what is said.
    """

    node: int
    log: RecordLog
    graph: Graph
    down: bool = False
    busy: bool = False
    delay: Callable[[], Awaitable[None]] = at_once
    tell: Callable[[Expansion], Expansion] = honest
    asked: list[frozenset[str]] = field(default_factory=list)
    """The items, or else the fingerprints (as hexadecimal digits), of each call, in order."""
    keeper: Keeper | None = None
    shipped: list[Shipment] = field(default_factory=list)
    """What was sent to be kept, in order."""
    leaving: bool = False
    """Whether it says that it drains."""
    showing: Showing | None = None
    """What shows there what it keeps (none: it takes no part in audits)."""

    async def reach(self) -> None:
        """Returns when it answers; raises PEER_DOWN, TOO_MANY_CALLS."""
        await self.delay()
        if self.down:
            raise Unavailable("PEER_DOWN", f"node {self.node} was told to be down")
        if self.busy:
            raise Unavailable("TOO_MANY_CALLS", f"node {self.node} was told to be busy")


@dataclass(frozen=True)
class MemoryLine:
    """The `Peer` and `Possessor` ports: a node as one other asks it, that is known there as `caller`."""

    to: MemoryPeer
    caller: Neighbour | None = None

    @property
    def node(self) -> int:
        """See `ports.Peer.node`."""
        return self.to.node

    async def hello(self) -> Greeting:
        """See `ports.Peer.hello`."""
        await self.to.reach()
        log = self.to.log
        return Greeting({each: joined(await log.spans(each)) for each in await log.logs()}, self.to.leaving)

    async def expand(
        self,
        items: Collection[str],
        event_ids: Collection[str] = (),
        transformations: Collection[str] = (),
        *,
        fingerprints: Collection[Fingerprint] = (),
    ) -> Expansion:
        """See `ports.Peer.expand`."""
        self.to.asked.append(frozenset(items or (name.hex() for name in fingerprints)))
        await self.to.reach()
        try:
            names = Names(items, event_ids, transformations, fingerprints)
            found = await expand(self.to.log, self.to.graph, names)
        except Unavailable as error:
            raise self._unable(error) from error
        return self.to.tell(found)

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """See `ports.Peer.entries`."""
        await self.to.reach()
        found = await self.to.log.read(log, start, stop, max_bytes)
        sent = [Sent(e.raw, fingerprint(e.raw) if e.raw else e.fingerprint) for e in found]
        return Entries(start, sent, await self.to.log.size(log))

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """See `ports.Peer.handing`."""
        await self.to.reach()
        return await handing(self.to.log, log, start, stop, max_bytes)

    async def base(self, log: LogId, start: int, part: int) -> BasePart | None:
        """See `ports.Peer.base`."""
        await self.to.reach()
        return await base_part(self.to.log, log, start, part)

    async def replicate(self, shipment: Shipment) -> Kept:
        """See `ports.Peer.replicate`."""
        await self.to.reach()
        self.to.shipped.append(shipment)
        if self.caller is None:
            raise AssertionError("the table of nodes was not told who asks")
        try:
            return await take(self.to.keeper, self.caller, shipment)
        except TraceholdError as error:
            raise self._unable(error) from error

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """See `ports.Peer.checkpoint`."""
        await self.to.reach()
        try:
            return await (self.to.keeper or self.to.log).checkpoint(log, size)
        except TraceholdError as error:
            raise self._unable(error) from error

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """See `ports.Possessor.custody`."""
        async with self._showing() as showing:
            return await showing.custody(epoch_s, epoch)

    async def challenge(self, asked: Asked) -> Answered:
        """See `ports.Possessor.challenge`."""
        if self.caller is None:
            raise AssertionError("the table of nodes was not told who asks")
        async with self._showing() as showing:
            return await showing.challenge(self.caller.log, asked)

    async def transcripts(self, holder: LogId, epoch_from: int) -> Sequence[bytes]:
        """See `ports.Possessor.transcripts`."""
        async with self._showing() as showing:
            page = await showing.transcripts(holder, epoch_from, 0)
            found = list(page.transcripts)
            while page.after:
                page = await showing.transcripts(holder, epoch_from, page.after)
                found += page.transcripts
            return found

    @asynccontextmanager
    async def _showing(self) -> AsyncIterator[Showing]:
        await self.to.reach()
        if self.to.showing is None:
            raise Unavailable("PEER_DOWN", f"node {self.node} takes no part in audits")
        try:
            yield self.to.showing
        except TraceholdError as error:
            raise self._unable(error) from error

    def _unable(self, error: TraceholdError) -> Unavailable:
        code = "TOO_MANY_CALLS" if error.code in {"TOO_MANY_CALLS", "STORE_BUSY"} else "PEER_DOWN"
        return Unavailable(code, f"node {self.node} cannot answer")


@dataclass
class MemoryPeers:
    """The `Peers` and `Possessors` ports over a table of nodes by number. `myself` is not asked; the others
    know it as `caller`, who must be given where shipments are sent.
    """

    nodes: Mapping[int, MemoryPeer]
    myself: int
    caller: Neighbour | None = None

    async def holders(self, items: Collection[str], among: Collection[LogId] | None = None) -> Sequence[Peer]:
        """See `ports.Peers.holders`."""
        others = [peer for number, peer in sorted(self.nodes.items()) if number != self.myself]
        # The first log of a store is its node's own.
        logs = {peer.node: (await peer.log.logs())[0] for peer in others} if among is not None else {}
        return [MemoryLine(peer, self.caller) for peer in others if among is None or logs[peer.node] in among]

    async def node(self, number: int) -> Peer | None:
        """See `ports.Peers.node`."""
        found = self.nodes.get(number)
        return MemoryLine(found, self.caller) if found and number != self.myself else None

    async def of(self, number: int) -> Possessor | None:
        """See `ports.Possessors.of`."""
        found = self.nodes.get(number)
        return MemoryLine(found, self.caller) if found and number != self.myself else None
