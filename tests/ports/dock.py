"""A creator and a holder that talk over gRPC, and calls in the creator's name."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journey.network import Node, network
from tests.ports.mesh import Mesh, Post, Tamper, dialled, honest, mesh
from tests.ports.shipping import Shelf
from tracehold.journey.ports import Peer

SHIP = "/tracehold.v1.PeerService/Replicate"


@dataclass
class Dock:
    """A creator and a holder with a shelf."""

    mesh: Mesh
    creator: Node
    holder: Node
    shelf: Shelf

    @property
    def post(self) -> Post:
        """Where the holder listens."""
        return self.mesh.posts[self.holder.number]

    async def peer(self) -> Peer:
        """The holder, as the creator asks it."""
        assert self.creator.knowledge.peers is not None
        found = await self.creator.knowledge.peers.node(self.holder.number)
        assert found is not None
        return found

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[Callable[[Any], Any]]:
        """Calls with messages of any bytes, in the creator's name."""
        async with dialled(self.post, self.mesh.posts[self.creator.number].pair) as channel:
            call = channel.stream_unary(SHIP)
            yield lambda parts: call(iter(parts) if isinstance(parts, list) else parts)

    async def code(self, parts: list[bytes]) -> str:
        """What such a call ends with."""
        async with self.raw() as call:
            return str((await call(parts).code()).name)

    async def refused(self, parts: list[bytes]) -> str:
        """What a call ends with that is refused for the last of these messages. It waits then: whoever still
        sends may hear of its own library, and not why.
        """

        async def sending() -> AsyncIterator[bytes]:
            for each in parts:
                yield each
            await asyncio.Event().wait()

        async with self.raw() as call:
            return str((await call(sending()).code()).name)


@asynccontextmanager
async def docked(folder: Path, tamper: Tamper = honest, deadline_s: float = 10.0) -> AsyncIterator[Dock]:
    """Two nodes of a network; the holder may tamper with its answers."""
    async with network() as net, mesh(net, folder, deadline_s) as made:
        creator, holder = await net.join(), await net.join()
        shelf = holder.peer.keeper = Shelf()
        await made.add(creator)
        await made.add(holder, tamper=tamper)
        await made.refresh()
        yield Dock(made, creator, holder, shelf)
