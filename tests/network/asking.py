"""Lookups in a simulated network, and how they went."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.network.member import Around, Member
from tracehold.core.dht.keys import Key
from tracehold.core.ids import LogId
from tracehold.journey.announce import REPLICAS


@dataclass
class Outcome:
    """How many lookups found every holder, and any; and how long each took, in seconds of the simulation."""

    every: int = 0
    some: int = 0
    times: list[float] = field(default_factory=list)

    def add(self, more: "Outcome") -> None:
        """Count these too."""
        self.every, self.some, self.times = (
            self.every + more.every,
            self.some + more.some,
            self.times + more.times,
        )

    @property
    def total(self) -> int:
        """Lookups in all."""
        return len(self.times)

    def quantile(self, share: float) -> float:
        """The time within which this share of them ended."""
        return sorted(self.times)[min(self.total - 1, int(share * self.total))]


async def ask(ring: Around, truth: Mapping[Key, set[LogId]], times: int, at_once: int = 5) -> Outcome:
    """So many lookups of keys by members that are up, both drawn by chance; nobody asks for a key twice. One
    whose asker falls silent meanwhile does not count.
    """
    outcome, keys, seen = Outcome(), sorted(truth), set()

    async def one() -> None:
        member, key = ring.random.choice(ring.up()), ring.random.choice(keys)
        while (member.log, key) in seen:
            member, key = ring.random.choice(ring.up()), ring.random.choice(keys)
        seen.add((member.log, key))
        start = asyncio.get_running_loop().time()
        try:
            found = await member.held_by(key)
        except asyncio.CancelledError:
            if member in ring.up():
                raise
            return  # it fell silent itself: nobody waits for the answer
        outcome.times.append(asyncio.get_running_loop().time() - start)
        outcome.every += found >= truth[key]
        outcome.some += bool(found & truth[key])

    for _ in range(0, times, at_once):
        await asyncio.gather(*(one() for _ in range(at_once)))
    return outcome


async def right(members: Sequence[Member], truth: Mapping[Key, set[LogId]]) -> int:
    """Lookups that name all holders and nobody else, of one from each member for each key."""
    return sum([await each.held_by(key) == truth[key] for each in members for key in truth])


async def placed(ring: Around, truth: Mapping[Key, set[LogId]], replicas: int = REPLICAS) -> float:
    """Which share of the records is where it should be: at the members that are truly nearest."""
    there = total = 0
    for key, holders in truth.items():
        for member in ring.nearest(key, replicas):
            kept = {each.holder for each in (await member.seat.shelf.get(key, member.seat.now_ms)).providers}
            there += len(holders & kept)
            total += len(holders)
    return there / total
