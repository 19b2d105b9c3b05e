"""Members that answer falsely. Each kind stands in the place of a member's `Directory`."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from tests.network.member import Around, Member
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import PROVIDER_BYTES, Provider, sign_provider
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId, NetworkId
from tracehold.journey.dialogue import ADD_S, CALL_S
from tracehold.journey.ports.directory import Told


class Liar:
    """It says that it keeps everything, keeps nothing, and answers as `lie` makes it up."""

    def __init__(self, member: Member, accomplices: Sequence[Member]) -> None:
        self.member = member
        self.ring = member.ring
        self.accomplices = [each.log for each in accomplices]

    def lie(self, key: Key) -> Told:
        """An empty one."""
        return Told((), False, ())

    async def find_node(self, caller: LogId, key: Key) -> Sequence[LogId]:
        """See `Directory.find_node`."""
        return self.lie(key).near

    async def get_providers(self, caller: LogId, key: Key) -> Told:
        """See `Directory.get_providers`."""
        return self.lie(key)

    async def add_providers(self, caller: LogId, records: Sequence[bytes]) -> Collection[int]:
        """See `Directory.add_providers`."""
        return ()


class Forger(Liar):
    """Records of other members that they never signed, newer than the true ones."""

    def lie(self, key: Key) -> Told:
        """Sixty-four of them."""
        now = int(self.ring.now() * 1000) + 1
        records = [
            Provider(key, log, 1, now, now + 1_000_000, self.ring.random.randbytes(64)).raw
            for log in list(self.ring.members)[:64]
        ]
        return Told(records, False, self.accomplices)


class Replayer(Liar):
    """What others once signed, for another key, another network, or a time that is over."""

    def lie(self, key: Key) -> Told:
        """All of that."""
        other = self.ring.random.choice(list(self.ring.members.values()))
        now = int(self.ring.now() * 1000)
        old = sign_provider(key, other.log, 1, now - 172_800_001, self.ring.network(), other.key)
        foreign = sign_provider(key, other.log, 1, now, NetworkId(bytes(32)), other.key)
        return Told([old.raw, foreign.raw], False, self.accomplices)


class Mover(Liar):
    """True records under another key than was asked."""

    def lie(self, key: Key) -> Told:
        """Its own."""
        other = Key(bytes(20))
        now = int(self.ring.now() * 1000)
        record = sign_provider(other, self.member.log, 1, now, self.ring.network(), self.member.key)
        return Told([record.raw], False, self.accomplices)


class Inventor(Liar):
    """Nodes that do not exist, each nearer than the last."""

    def lie(self, key: Key) -> Told:
        """Twenty of them."""
        return Told((), False, [LogId(key + self.ring.random.randbytes(12)) for _ in range(20)])


class Clique(Liar):
    """Nobody but its accomplices."""

    def lie(self, key: Key) -> Told:
        """All of them."""
        return Told((), False, self.accomplices)


class Pretender(Liar):
    """Says that it holds everything itself, truly signed, and that nobody else does."""

    def lie(self, key: Key) -> Told:
        """Its own record."""
        now = int(self.ring.now() * 1000)
        record = sign_provider(key, self.member.log, 1, now, self.ring.network(), self.member.key)
        return Told([record.raw], False, self.accomplices)


class Junk(Liar):
    """Bytes of all lengths."""

    def lie(self, key: Key) -> Told:
        """No two answers are alike."""
        random = self.ring.random
        records = [random.randbytes(random.choice([0, 1, 76, PROVIDER_BYTES, 4_096])) for _ in range(9)]
        return Told(records, True, [LogId(random.randbytes(32))])


class Giant(Liar):
    """Far more than anybody asked for."""

    def lie(self, key: Key) -> Told:
        """Records and names without end."""
        count = self.ring.giant
        return Told([key + bytes(120)] * count, True, [self.member.log] * count)


class Refuser(Liar):
    """Always has too much to do."""

    def lie(self, key: Key) -> Told:
        """Not even a lie."""
        raise Unavailable("TOO_MANY_CALLS", "later")


class Silent(Liar):
    """Takes every question and never answers."""

    async def find_node(self, caller: LogId, key: Key) -> Sequence[LogId]:
        """Not in this life."""
        return await asyncio.Future()

    async def get_providers(self, caller: LogId, key: Key) -> Told:
        """Likewise."""
        return await asyncio.Future()

    async def add_providers(self, caller: LogId, records: Sequence[bytes]) -> Collection[int]:
        """Likewise."""
        return await asyncio.Future()


class Slow(Liar):
    """Answers just before nobody waits any longer, and then with nothing."""

    async def find_node(self, caller: LogId, key: Key) -> Sequence[LogId]:
        """Its accomplices."""
        await self.ring.sleep(CALL_S - 0.1)
        return self.accomplices

    async def get_providers(self, caller: LogId, key: Key) -> Told:
        """Likewise."""
        return Told((), False, await self.find_node(caller, key))

    async def add_providers(self, caller: LogId, records: Sequence[bytes]) -> Collection[int]:
        """It has room for none of them."""
        await self.ring.sleep(ADD_S - 0.5)
        return range(len(records))


KINDS: Sequence[Callable[[Member, Sequence[Member]], Liar]] = (
    Liar, Forger, Replayer, Mover, Inventor, Clique, Pretender, Junk, Giant, Refuser, Silent,
    Slow,
)  # fmt: skip


def turn(kind: Callable[[Member, Sequence[Member]], Liar], members: Sequence[Member]) -> None:
    """Let these members lie from now on, together."""
    for member in members:
        member.directory = kind(member, members)  # type: ignore[assignment]


def honest(ring: Around, liars: Sequence[Member]) -> list[Member]:
    """All but these; only they hold, announce and ask from now on: `up` gives these."""
    gone = {member.log for member in liars}
    left = [each for each in ring.members.values() if each.log not in gone]
    ring.up = lambda: left  # type: ignore[method-assign]
    return left
