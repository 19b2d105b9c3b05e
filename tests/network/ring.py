"""A simulated network: members with their whole directory in one process, behind the `Talk` port.

Seeded and in virtual time, so a run is the same every time. Each message has a delay; one that is lost is
sent again by the transport, as TCP does; a member may be down (refuses), hung (accepts and never answers),
cut off, or lie.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from blake3 import blake3

from tests.logs import NETWORK
from tests.network.member import Around, Member
from tracehold.core.dht.keys import Key, distance
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import Ed25519Key, PublicKey
from tracehold.core.placement import dht_id
from tracehold.journey.announce import REPLICAS
from tracehold.journey.ports.directory import Register, Talk, Told
from tracehold.journey.search import Patience

EPOCH = 1_764_000_000.0
"""Wall clock time at which every simulation begins."""

_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Weather:
    """Half a round trip between two members in seconds (lognormal over the pairs), and the share of messages
    that is lost on the way.
    """

    delay_s: float = 0.0002
    spread: float = 0.3
    loss: float = 0.0


class Ring:
    """The network, and everything about it that no member knows."""

    def __init__(
        self, seed: int = 1, weather: Weather | None = None, patience: Patience | None = None
    ) -> None:
        self.random = Random(seed)
        self.weather = weather or Weather()
        self.patience = patience or Patience()
        self.members: dict[LogId, Member] = {}
        self.down: AbstractSet[LogId] = set()
        self.hung: AbstractSet[LogId] = set()
        self.parts: dict[LogId, int] = {}
        self.calls = 0
        self.giant = 100_000
        self._delays: dict[tuple[LogId, LogId], float] = {}

    def network(self) -> NetworkId:
        """See `ports.Register.network`: every member has the same register."""
        return NETWORK

    def node_key(self, log: LogId) -> PublicKey | None:
        """See `ports.Register.node_key`: members that are down are members."""
        member = self.members.get(log)
        return member.key.public if member else None

    def register(self, log: LogId) -> Register:
        """See `Around.register`: the same for all."""
        return self

    def talk(self, log: LogId) -> Talk:
        """See `Around.talk`."""
        return Line(self, log)

    def ticks(self) -> float:
        """See `Around.ticks`: virtual time."""
        return asyncio.get_running_loop().time()

    spent = ticks

    def now(self) -> float:
        """See `Around.now`."""
        return EPOCH + self.ticks()

    async def sleep(self, seconds: float) -> None:
        """See `Around.sleep`."""
        await asyncio.sleep(seconds)

    idle = sleep

    def enrol(self, count: int) -> list[Member]:
        """New members. They know nobody yet."""
        first = len(self.members)
        new = [self._member(number) for number in range(first, first + count)]
        self.members.update((member.log, member) for member in new)
        return new

    def _member(self, number: int) -> Member:
        log, key = (blake3(f"{what} {number}".encode()).digest() for what in ("member", "key"))
        return Member(self, LogId(log), Ed25519Key.from_seed(key))

    def up(self) -> list[Member]:
        """Those that run and answer."""
        return [each for each in self.members.values() if each.log not in self.down | self.hung]

    def nearest(self, key: Key, count: int = REPLICAS, *, alive: bool = True) -> list[Member]:
        """The members that are truly nearest to a key."""
        among = self.up() if alive else self.members.values()
        return sorted(among, key=lambda each: distance(dht_id(each.log), key))[:count]

    async def carry(self, sender: LogId, to: LogId, work: Callable[[Member], Awaitable[_Done]]) -> _Done:
        """A call and its answer, over this weather. Raises `Unavailable`."""
        self.calls += 1
        await self._way(sender, to)
        if to in self.down or sender in self.down:
            raise Unavailable("PEER_DOWN", "it is down")
        if to in self.hung or self.parts.get(sender) != self.parts.get(to):
            await asyncio.Event().wait()
        try:
            answer = await work(self.members[to])
        except TraceholdError as error:
            await self._way(sender, to)
            # As over gRPC: what was refused is no answer; being busy is one.
            code = error.code if error.code in ("TOO_MANY_CALLS", "STORE_BUSY") else "PEER_DOWN"
            raise Unavailable(code, "it refuses") from None
        await self._way(sender, to)
        return answer

    async def _way(self, one: LogId, other: LogId) -> None:
        pair = min(one, other), max(one, other)
        if pair not in self._delays:
            self._delays[pair] = self.weather.delay_s * self.random.lognormvariate(0, self.weather.spread)
        delay, again = self._delays[pair], max(0.2, 3 * self._delays[pair])
        while self.random.random() < self.weather.loss:
            delay, again = delay + again, 2 * again
        await asyncio.sleep(delay)


class Line:
    """The `Talk` port of one member."""

    def __init__(self, ring: Ring, own: LogId) -> None:
        self._ring = ring
        self._own = own

    async def find_node(self, to: LogId, key: Key) -> Sequence[LogId]:
        """See `ports.Talk.find_node`."""
        return await self._ring.carry(self._own, to, lambda it: it.directory.find_node(self._own, key))

    async def get_providers(self, to: LogId, key: Key) -> Told:
        """See `ports.Talk.get_providers`."""
        return await self._ring.carry(self._own, to, lambda it: it.directory.get_providers(self._own, key))

    async def add_providers(self, to: LogId, records: Sequence[bytes]) -> Collection[int]:
        """See `ports.Talk.add_providers`."""
        return await self._ring.carry(
            self._own, to, lambda it: it.directory.add_providers(self._own, records)
        )


async def joined(
    count: int, seed: int = 1, weather: Weather | None = None, patience: Patience | None = None
) -> Ring:
    """A network whose members all joined by the first of them, ten at a time."""
    ring = Ring(seed, weather, patience)
    await join(ring.enrol(count))
    return ring


async def join(members: Sequence[Member]) -> None:
    """By the first of them, ten at a time, which is more than one network grows by."""
    first, *others = members
    for at in range(0, len(others), 10):
        for member in others[at : at + 10]:
            member.seeds = [first.log]
        await asyncio.gather(*(_join(member) for member in others[at : at + 10]))


async def _join(member: Member) -> None:
    """As a node does that tries until somebody answers."""
    while not await member.contacts.join():
        await member.ring.idle(10)


def key_of(name: str) -> Key:
    """A key of the directory."""
    return Key(blake3(name.encode()).digest()[:20])


async def announced(
    ring: Around, keys: Sequence[Key], holders: int = 3, among: Sequence[Member] = ()
) -> dict[Key, set[LogId]]:
    """Who holds what, after each holder announced it: members by chance, of those that are up or `among`."""
    truth: dict[Key, set[LogId]] = {}
    members = among or ring.up()
    for key in keys:
        truth[key] = {each.log for each in ring.random.sample(members, holders)}
    for member in members:
        await member.offer([key for key in keys if member.log in truth[key]])
    await asyncio.gather(*(member.announce() for member in members))
    return truth
