"""Posts of a mesh that take part in the directory: over real gRPC with mutual TLS, each with a certificate
and a member record of its own.

The same members as in the simulation, in a network that is none, so that one scene runs in both.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.journey.network import network
from tests.journey.scene import NETWORK, START
from tests.network.liars import Giant
from tests.network.member import Front, Member
from tests.network.ring import Weather, join
from tests.ports.gates import Gate
from tests.ports.mesh import Mesh, Post, Raw, honest, mesh
from tracehold.adapters.peers import GrpcTalk
from tracehold.core.dht.keys import Key, distance
from tracehold.core.dht.provider import sign_provider
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.placement import dht_id
from tracehold.journey.announce import REPLICAS
from tracehold.journey.ports.directory import Register, Talk
from tracehold.journey.register import NeighbourRegister
from tracehold.journey.search import Patience
from tracehold.v1 import peer_pb2

PATIENCE = 5.0
"""Of tests, on a machine that many share: so many seconds count as one."""


class GrpcRing:
    """See `Around`. Members that are down or hung are so on the wire, at the gates in front of them."""

    def __init__(self, patience: float = PATIENCE, haste: float = 1.0, *, real: bool = False) -> None:
        """Followers live `haste` times as fast as calls. `real`: what others ask is counted by the clock, and
        not a second for each call.
        """
        self.random = Random(1)
        self.patience = Patience()
        self.members: dict[LogId, Member] = {}
        self.posts: dict[LogId, Post] = {}
        self.gates: dict[LogId, Gate] = {}
        self.giant = 0
        self.passed = 0.0
        """Seconds since the start, by everybody's calendar."""
        self._patience = patience
        self._haste = haste
        self._calls = itertools.count()
        self._real = real
        self._down = frozenset[LogId]()
        self._hung = frozenset[LogId]()
        self._opening: set[asyncio.Task[None]] = set()

    def add(self, post: Post) -> Member:
        """Let the post take part: it answers, and knows nobody yet. Its lookups are to be closed."""
        log = post.node.log
        self.posts[log] = post
        self.members[log] = member = Member(self, log, post.node.sealer.own.identity.key)
        post.service._directory, post.ring = Front(member), member
        return member

    def network(self) -> NetworkId:
        """See `Around.network`."""
        return NETWORK

    def register(self, log: LogId) -> Register:
        """See `Around.register`: what the node read of the contract."""
        return NeighbourRegister(self.posts[log].neighbours)

    def talk(self, log: LogId) -> Talk:
        """See `Around.talk`."""
        return GrpcTalk(self.posts[log].peers.line)

    def now(self) -> float:
        """See `Around.now`."""
        return START + self.passed

    def ticks(self) -> float:
        """See `Around.ticks`."""
        return asyncio.get_running_loop().time() / self._patience

    def spent(self) -> float:
        """See `Around.spent`."""
        return asyncio.get_running_loop().time() if self._real else float(next(self._calls))

    async def sleep(self, seconds: float) -> None:
        """See `Around.sleep`."""
        await asyncio.sleep(seconds * self._patience)

    async def idle(self, seconds: float) -> None:
        """See `Around.idle`."""
        await asyncio.sleep(seconds / self._haste)

    def up(self) -> list[Member]:
        """See `Around.up`."""
        return [each for each in self.members.values() if each.log not in self.down | self.hung]

    def nearest(self, key: Key, count: int = REPLICAS, *, alive: bool = True) -> list[Member]:
        """See `Around.nearest`."""
        among = self.up() if alive else self.members.values()
        return sorted(among, key=lambda each: distance(dht_id(each.log), key))[:count]

    @property
    def calls(self) -> int:
        """Messages that were answered, so far."""
        return sum(len(post.asked) for post in self.posts.values())

    @property
    def down(self) -> AbstractSet[LogId]:
        """See `Around.down`. Who comes back listens a moment later; `settle` waits for it."""
        return self._down

    @down.setter
    def down(self, logs: AbstractSet[LogId]) -> None:
        self._down = frozenset(logs)
        for log, gate in self.gates.items():
            if log in self._down:
                gate.shut()
            elif gate.is_shut:
                opening = asyncio.ensure_future(self._open(log))
                self._opening.add(opening)
                opening.add_done_callback(self._opening.discard)

    @property
    def hung(self) -> AbstractSet[LogId]:
        """See `Around.hung`."""
        return self._hung

    @hung.setter
    def hung(self, logs: AbstractSet[LogId]) -> None:
        self._hung = frozenset(logs)
        for log, gate in self.gates.items():
            gate.hang(log in self._hung)

    async def settle(self) -> None:
        """Until all listen who are down no more."""
        await asyncio.gather(*self._opening)

    async def _open(self, log: LogId) -> None:
        while self.gates[log].is_shut:
            try:
                await self.gates[log].listen(self.posts[log].server.port)
            except OSError:  # a connection to elsewhere has the port just now
                await asyncio.sleep(0.2)
        if log in self._down:
            self.gates[log].shut()

    def blow(self, weather: Weather) -> None:
        """Weather at all gates from now on."""
        for gate in self.gates.values():
            spread = self.random.lognormvariate(0, weather.spread)
            gate.delay_s, gate.loss = weather.delay_s * spread, weather.loss

    async def close(self) -> None:
        """End what runs."""
        await self.settle()
        for member in self.members.values():
            await member.lookups.close()


def ringed(post: Post) -> Member:
    """Let a post take part, alone in a ring of its own."""
    return GrpcRing().add(post)


@asynccontextmanager
async def grpc_ring(
    folder: Path, count: int, tamper: dict[int, Any] | None = None, **given: Any
) -> AsyncIterator[GrpcRing]:
    """So many members that know nobody yet, their seed the first; `tamper` by number as in `Mesh.add`,
    `given` as `GrpcRing` has it.
    """
    ring = GrpcRing(**given)
    async with network() as net, mesh(net, folder) as made:
        for number in range(1, count + 1):
            await _gated(made, ring, (tamper or {}).get(number, honest))
        await made.refresh()
        first, *others = ring.members
        ring.members[first].seeds = others[:1]
        for log in others:
            ring.members[log].seeds = [first]
        try:
            yield ring
        finally:
            await ring.close()
            for gate in ring.gates.values():
                await gate.close()


@asynccontextmanager
async def grpc_ring_joined(folder: Path, count: int, **given: Any) -> AsyncIterator[GrpcRing]:
    """The same, when all have joined."""
    async with grpc_ring(folder, count, **given) as ring:
        await join(list(ring.members.values()))
        yield ring


@cache
def _endless(method: str) -> Raw:
    """An answer of a hundred thousand records or names, made once, as all share a processor here."""
    if method == "FindNode":
        return Raw(peer_pb2.FindNodeResponse(logs=[bytes(32)] * 100_000).SerializeToString())
    return Raw(peer_pb2.GetProvidersResponse(providers=[bytes(140)] * 100_000).SerializeToString())


async def _gated(made: Mesh, ring: GrpcRing, tamper: Any) -> None:
    node = await made.net.join()

    async def inflated(method: str, answer: Any) -> Any:
        giant = isinstance(ring.members[node.log].directory, Giant) and method != "AddProviders"
        return _endless(method) if giant else await tamper(method, answer)

    post = await made.add(node, tamper=inflated, publish=False)
    gate = Gate(ring.random)
    await gate.listen(post.server.port)
    made.publish(post.node.number, post.record(peer=f"127.0.0.1:{gate.port}"))
    ring.add(post)
    ring.gates[post.node.log] = gate


def providers(post: Post, count: int = 50) -> Sequence[bytes]:
    """Honest provider records of a post, each of another key."""
    key, now = post.node.sealer.own.identity.key, int(START * 1000)
    keys = [Key(bytes([number]) * 20) for number in range(count)]
    return [sign_provider(each, post.node.log, 1, now, NETWORK, key).raw for each in keys]
