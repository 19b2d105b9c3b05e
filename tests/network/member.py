"""A member with its whole directory, in whatever network: simulated, or over real gRPC."""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from random import Random
from typing import Protocol

from tracehold.adapters.dht import KademliaTable
from tracehold.adapters.memory.directory import MemoryOffers, MemoryShelf
from tracehold.core.dht.keys import Key
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import SigningKey
from tracehold.journey.announce import REPLICAS, Announcer
from tracehold.journey.contacts import Contacts
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import Directory, Seat
from tracehold.journey.lookup import Lookups
from tracehold.journey.ports.directory import Offered, Register, Shelf, Talk, Told
from tracehold.journey.search import Patience


class Around(Protocol):
    """What a member finds around it, and what no member knows: all members, and chance."""

    random: Random
    patience: Patience
    members: "dict[LogId, Member]"
    down: AbstractSet[LogId]
    """Members that refuse: to be replaced, not changed."""
    hung: AbstractSet[LogId]
    """Members that accept and never answer; likewise."""

    giant: int
    """Records and names in the answer of a giant, where it is not made so large on the wire."""

    def network(self) -> NetworkId:
        """The network's id."""

    def register(self, log: LogId) -> Register:
        """The members as this one knows them."""

    def talk(self, log: LogId) -> Talk:
        """Messages of this member."""

    def now(self) -> float:
        """Seconds since 1970."""

    def ticks(self) -> float:
        """Seconds of a clock that does not jump."""

    def spent(self) -> float:
        """The same, by which members count what others ask of them."""

    def up(self) -> "list[Member]":
        """Those that run and answer."""

    def nearest(self, key: Key, count: int = REPLICAS, *, alive: bool = True) -> "list[Member]":
        """The members that are truly nearest to a key."""

    async def sleep(self, seconds: float) -> None:
        """For calls and lookups."""

    async def idle(self, seconds: float) -> None:
        """For followers."""


class Member:
    """A node, as far as the directory goes."""

    def __init__(self, ring: Around, log: LogId, key: SigningKey, *, shelf: Shelf | None = None) -> None:
        self.ring = ring
        self.log = log
        self.key = key
        self.offers = MemoryOffers()
        self.shelf: Shelf = shelf or MemoryShelf()
        self.seeds: Sequence[LogId] = ()
        self.start()

    def start(self) -> None:
        """Begin anew, with nothing in memory: offers and shelf are on disk."""
        ring, log = self.ring, self.log
        register = ring.register(log)
        table = KademliaTable(log, lambda other: register.node_key(other) is not None)
        self.seat = Seat(log, register, table, self.shelf, ring.now)
        self.directory: Directory = Directory(self.seat, ring.spent)
        self.dialogue = Dialogue(self.seat, ring.talk(log), ring.sleep)
        self.lookups = Lookups(self.seat, self.dialogue, ring.ticks, ring.sleep, ring.patience)
        randbytes = ring.random.randbytes
        self.contacts = Contacts(
            self.seat, self.lookups, self.dialogue, self.offers, lambda: self.seeds, ring.idle, randbytes
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


class Front:
    """Stands where others call a member: whatever answers for it now, honest or not."""

    def __init__(self, member: Member) -> None:
        self._member = member

    async def find_node(self, caller: LogId, key: Key) -> Sequence[LogId]:
        """See `Directory.find_node`."""
        return await self._member.directory.find_node(caller, key)

    async def get_providers(self, caller: LogId, key: Key) -> Told:
        """See `Directory.get_providers`."""
        return await self._member.directory.get_providers(caller, key)

    async def add_providers(self, caller: LogId, records: Sequence[bytes]) -> Collection[int]:
        """See `Directory.add_providers`."""
        return await self._member.directory.add_providers(caller, records)
