"""Scrub: what would keep it from going on for good: a clock that was wrong once, a slow node."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journey.kept_scene import short_segments
from tests.journey.scene import Clock
from tests.journey.scrub_scene import Disk, asking, both, bytes_, disk, fingerprint_, tile_of
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.ids import LogId
from tracehold.journey import mending
from tracehold.journey.mending import SOURCE_S, Copies
from tracehold.journey.ports import Base, BasePart, Entries, Peer
from tracehold.journey.scrub import AGAIN_S, DAY_S, Hearers, Scrubber, Speed

YEARS_S = 8 * 365 * DAY_S


@pytest.fixture(autouse=True)
def segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short ones."""
    short_segments(monkeypatch)
    monkeypatch.setattr(mending, "SEGMENT_ENTRIES", 256)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Disk]:
    """A sound disk."""
    made = await disk(tmp_path)
    try:
        yield made
    finally:
        made.store.close()


async def steps(scrubber: Scrubber) -> int:
    """Until nothing is due; how many there were."""
    done = 0
    while await scrubber.once():
        done += 1
    return done


@pytest.mark.parametrize("cut", [False, True])
async def test_a_pass_under_a_clock_that_was_ahead_does_not_stop_the_next_ones(node: Disk, cut: bool) -> None:
    """One whole pass, or with `cut` the begin of one, in a year to come; then the clock is set right."""
    right = node.clock.time
    node.clock.time = right + YEARS_S
    scrubber = node.scrubber(bytes_per_s=1)
    await scrubber.load()
    if cut:
        await scrubber.once()
    else:
        assert await steps(scrubber)
    node.clock.time = right
    scrubber = node.scrubber(bytes_per_s=1)
    await scrubber.load()
    assert await steps(scrubber) > 1
    if cut:
        return
    assert abs(scrubber.standing.last_whole_pass_at - right) < DAY_S
    assert await steps(scrubber) == 0, "one pass a day, as ever"
    node.clock.time += DAY_S
    assert await steps(scrubber) > 1


async def test_damage_tried_under_a_clock_that_was_ahead_is_tried_again(node: Disk) -> None:
    """The list outlives no process, but a clock may be set right while one runs."""
    bytes_(node, node.own, 5)
    asked = 0

    class Counted(MemoryLine):
        async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
            nonlocal asked
            asked += 1
            return replace(await super().entries(log, start, stop, max_bytes), entries=())

    node.clock.time += YEARS_S
    scrubber = asking(node, Counted(node.others[0]))
    await scrubber.whole(lambda done, of: None)
    assert scrubber.standing.bad == 1
    before, node.clock.time = asked, node.clock.time - YEARS_S
    await scrubber.once()
    assert asked == before + 1
    node.clock.time += AGAIN_S - 1
    await scrubber.once()
    assert asked == before + 1


class Slow(MemoryLine):
    """Answers everything just in time, with nothing that is of use, and says that there is more."""

    clock: Clock

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """See `ports.Peer.entries`."""
        found = await super().entries(log, start, stop, max_bytes)
        return replace(found, entries=())

    async def base(self, log: LogId, start: int, part: int) -> BasePart | None:
        """See `ports.Peer.base`."""
        await self.clock.pass_by(18)
        return BasePart(Base(log, start, (), ()), True)


async def test_a_source_that_trickles_a_base_is_left_when_its_time_is_over(node: Disk) -> None:
    """Attack: 1,000 parts of a base, each of which takes 18 seconds, would be five hours for one tile."""
    both(bytes_, fingerprint_, tile_of(0))(node, node.own, 5)
    Slow.clock, begun = node.clock, node.clock.now()

    async def sources(log: LogId, index: int) -> list[Peer]:
        return [Slow(node.others[0]), MemoryLine(node.others[1])]

    pace = Speed(0, node.clock.sleep, node.clock.now)
    copies = Copies(sources, node.faults.append, node.clock.sleep)
    scrubber = Scrubber(node.store, copies, pace, Hearers(node.faults.append))
    await scrubber.whole(lambda done, of: None)
    assert scrubber.standing.bad == 0
    assert node.clock.now() - begun < 4 * SOURCE_S
    await node.sound()
