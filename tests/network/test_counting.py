"""What the directory tells those who watch a node."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

from tests.network.member import Member
from tests.network.ring import joined, key_of
from tests.network.virtual import run
from tracehold.adapters.memory.directory import MemoryShelf
from tracehold.journey.counted import Counted
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.lookup import Lookups
from tracehold.journey.ports.directory import ShelfLimits
from tracehold.journey.tidying import tidy

KEYS = [key_of(f"item {number}") for number in range(10)]
HOUR = 3_600


@dataclass
class Tally:
    """The `Counters`."""

    counts: Counter[Counted] = field(default_factory=Counter)
    lookups: list[tuple[float, bool]] = field(default_factory=list)

    def count(self, what: Counted, times: int) -> None:
        """See `Counters.count`."""
        self.counts[what] += times

    def looked_up(self, seconds: float, *, ended: bool) -> None:
        """See `Counters.looked_up`."""
        self.lookups.append((seconds, ended))


def counting(member: Member) -> Tally:
    """Count what this member does from now on."""
    tally = Tally()
    member.seat = seat = replace(member.seat, counters=tally)
    ring = member.ring
    member.dialogue = Dialogue(seat, ring.talk(member.log), ring.sleep)
    member.lookups = Lookups(seat, member.dialogue, ring.ticks, ring.sleep, ring.patience)
    member.announcer._seat, member.announcer._dialogue = seat, member.dialogue
    member.announcer._lookups = member.lookups
    return tally


def test_keys_that_are_announced_and_records_that_are_refused():
    """Each key once; each record for which one of the members has no room."""

    async def scene() -> None:
        ring = await joined(5)
        holder, full, *_ = ring.up()
        full.shelf = MemoryShelf(ShelfLimits(of_holder=4))
        full.directory._seat = replace(full.seat, shelf=full.shelf)
        tally = counting(holder)
        await holder.offer(KEYS)
        await holder.announce()
        assert tally.counts == {Counted.ANNOUNCED: 10, Counted.REFUSED: 6}

    run(scene())


def test_lookups_and_whether_they_came_to_an_end():
    """One that asks others, none that is remembered; one that nobody answers."""

    async def scene() -> None:
        ring = await joined(10)
        tally = counting(ring.up()[0])
        asker = ring.up()[0]
        for _ in range(2):
            await asker.held_by(KEYS[0])
        ring.hung = {each.log for each in ring.up()[1:]}
        await asker.held_by(KEYS[1])
        (first, ended), (second, cut) = tally.lookups
        assert (ended, cut) == (True, False)
        assert first < 0.1 < second <= 8.0

    run(scene())


def test_contacts_that_are_given_up():
    """The second silence in a row of one that was a contact; no further one."""

    async def scene() -> None:
        ring = await joined(10)
        asker, gone = ring.up()[:2]
        tally = counting(asker)
        ring.down = {gone.log}
        for key in KEYS:
            await asker.held_by(key)
        assert tally.counts == {Counted.DEAD: 1}

    run(scene())


def test_records_that_are_forgotten():
    """All of them, at their end."""

    async def scene() -> None:
        ring = await joined(2)
        holder, keeper = ring.up()
        tally = Tally()
        tidying = asyncio.ensure_future(tidy(replace(keeper.seat, counters=tally), asyncio.sleep))
        await holder.offer(KEYS)
        await holder.announce()
        await asyncio.sleep(48 * HOUR - 120)
        assert tally.counts[Counted.EXPIRED] == 0
        await asyncio.sleep(240)
        assert tally.counts == {Counted.EXPIRED: 10}
        tidying.cancel()

    run(scene())
