"""A simulated network: members with their whole directory in one process, behind the `Talk` port.

Seeded and in virtual time, so a run is the same every time. Each message has a delay; one that is lost is
sent
again by the transport, as TCP does; a member may be down (refuses), hung (accepts and never answers), cut
off,
or lie.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from blake3 import blake3

from tests.logs import NETWORK
from tracehold.adapters.dht import KademliaTable
from tracehold.adapters.memory.directory import MemoryOffers, MemoryShelf
from tracehold.core.dht.keys import Key, distance
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import Ed25519Key, PublicKey
from tracehold.core.placement import dht_id
from tracehold.journey.announce import REPLICAS, Announcer
from tracehold.journey.contacts import Contacts
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import Directory, Seat
from tracehold.journey.lookup import Lookups
from tracehold.journey.ports.directory import Offered, ShelfLimits, Told
from tracehold.journey.search import Pace

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

    def __init__(self, seed: int = 1, weather: Weather | None = None, pace: Pace | None = None) -> None:
        self.random = Random(seed)
        self.weather = weather or Weather()
        self.pace = pace or Pace()
        self.members: dict[LogId, Member] = {}
        self.down: set[LogId] = set()
        self.hung: set[LogId] = set()
        self.parts: dict[LogId, int] = {}
        self.calls = 0
        self._delays: dict[tuple[LogId, LogId], float] = {}

    def network(self) -> NetworkId:
        """See `ports.Register.network`: every member has the same register."""
        return NETWORK

    def node_key(self, log: LogId) -> PublicKey | None:
        """See `ports.Register.node_key`: members that are down are members."""
        member = self.members.get(log)
        return member.key.public if member else None

    def enrol(self, count: int) -> list["Member"]:
        """New members. They know nobody yet."""
        new = [Member(self, len(self.members) + number) for number in range(count)]
        self.members.update((member.log, member) for member in new)
        return new

    def up(self) -> list["Member"]:
        """Those that run and answer."""
        return [each for each in self.members.values() if each.log not in self.down | self.hung]

    def nearest(self, key: Key, count: int = REPLICAS, *, alive: bool = True) -> list["Member"]:
        """The members that are truly nearest to a key."""
        among = self.up() if alive else self.members.values()
        return sorted(among, key=lambda each: distance(dht_id(each.log), key))[:count]

    async def carry(self, sender: LogId, to: LogId, work: Callable[["Member"], Awaitable[_Done]]) -> _Done:
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


class Member:
    """A node, as far as the directory goes."""

    def __init__(self, ring: Ring, number: int, limits: ShelfLimits | None = None) -> None:
        self.ring = ring
        self.log = LogId(blake3(f"member {number}".encode()).digest())
        self.key = Ed25519Key.from_seed(blake3(f"key {number}".encode()).digest())
        self.offers = MemoryOffers()
        self.shelf = MemoryShelf(limits)
        self.seeds: Sequence[LogId] = ()
        self.start()

    def start(self) -> None:
        """Begin anew, with nothing in memory: offers and shelf are on disk."""
        now = asyncio.get_running_loop().time
        table = KademliaTable(self.log, lambda log: self.ring.node_key(log) is not None)
        self.seat = Seat(self.log, self.ring, table, self.shelf, lambda: EPOCH + now())
        self.directory: Directory = Directory(self.seat, now)
        self.dialogue = Dialogue(self.seat, Line(self.ring, self.log), asyncio.sleep)
        self.lookups = Lookups(self.seat, self.dialogue, now, asyncio.sleep, self.ring.pace)
        randbytes = self.ring.random.randbytes
        self.contacts = Contacts(
            self.seat, self.lookups, self.dialogue, self.offers, lambda: self.seeds, asyncio.sleep, randbytes
        )
        self.announcer = Announcer(
            self.seat, self.key, self.lookups, self.dialogue, self.offers, randbytes, per_s=1e9
        )

    async def offer(self, keys: Iterable[Key]) -> None:
        """Have records under these keys, to be announced."""
        start = (await self.offers.coverage()).get((self.log, 0), 0)
        counts = dict.fromkeys(keys, 1)
        await self.offers.add(Offered(self.log, start, start + 1, counts))

    async def announce(self) -> int:
        """Announce all that is due; how many keys."""
        total = 0
        while done := await self.announcer.once():
            total += done
        return total

    async def held_by(self, key: Key) -> set[LogId]:
        """A lookup from here: who holds records under the key."""
        return {each.holder for each in (await self.lookups.holders(key)).providers}


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


async def joined(count: int, seed: int = 1, weather: Weather | None = None, pace: Pace | None = None) -> Ring:
    """A network whose members all joined by the first of them, ten at a time."""
    ring = Ring(seed, weather, pace)
    first, *others = ring.enrol(count)
    for at in range(0, len(others), 10):
        for member in others[at : at + 10]:
            member.seeds = [first.log]
        await asyncio.gather(*(_join(member) for member in others[at : at + 10]))
    return ring


async def _join(member: Member) -> None:
    """As a node does that tries until somebody answers."""
    while not await member.contacts.join():  # noqa: ASYNC110
        await asyncio.sleep(10)


def key_of(name: str) -> Key:
    """A key of the directory."""
    return Key(blake3(name.encode()).digest()[:20])


async def announced(ring: Ring, keys: Sequence[Key], holders: int = 3) -> dict[Key, set[LogId]]:
    """Who holds what, after each holder announced it: members by chance."""
    truth: dict[Key, set[LogId]] = {}
    for key in keys:
        truth[key] = {each.log for each in ring.random.sample(ring.up(), holders)}
    for member in ring.up():
        await member.offer([key for key in keys if member.log in truth[key]])
    for member in ring.up():
        await member.announce()
    return truth
