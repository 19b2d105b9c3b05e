"""A creator that crashes anywhere in a repair: the next process ends where an undisturbed one does, and
nobody is chosen twice for one place.
"""

import pytest

from tests.journey.repair_scene import begun, holders, idle
from tests.journey.replicate_scene import Answer, World, world
from tests.journey.test_replicate_crash import Failing
from tracehold.core.errors import Broken, Unavailable
from tracehold.journey.fsck import check_log
from tracehold.journey.holders import CopyCount
from tracehold.journey.ports import Kept, Shipment

WRITES = ["choose", "acknowledged", "release"]
"""What an undisturbed repair makes durable, in order."""


async def lose(it: World) -> tuple[int, int]:
    """The nearest holder falls silent for good; its number and that of the other one."""
    lost, other = await begun(it)
    it.peers[lost].down = True
    return lost, other


async def _repaired(it: World, lost: int, other: int) -> None:
    """One node took the place, has all of it, and the lost one is released: on disk too."""
    (new,) = holders(it) - {other}
    assert new != lost
    assert {copy.node for copy in await it.copies.holders(0)} == {other, new}
    assert it.count(0) == CopyCount(3, 3)
    assert (await check_log(it.keepers[new].store, it.log)).entries == 9
    took = [number for number, peer in it.peers.items() if any(each.entries for each in peer.shipped)]
    assert sorted(took) == sorted({lost, other, new})


async def test_what_a_repair_writes() -> None:
    """So that the tables below miss nothing."""
    copies = Failing()
    async with world(5, copies=copies) as it:
        lost, other = await lose(it)
        copies.writes.clear()
        await idle(it, 360)
        assert copies.writes == WRITES
        await _repaired(it, lost, other)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, len(WRITES) + 1), ids=WRITES)
async def test_a_crash_at_a_write_of_a_repair(at: int, after: bool) -> None:
    """Between choice and first shipment, between acknowledgement and release, and at both."""
    copies = Failing()
    async with world(5, copies=copies) as it:
        lost, other = await lose(it)
        copies.writes.clear()
        copies.at, copies.after = at, after
        await idle(it, 360)
        assert any(task.done() for task in it.tasks)
        await it.stop()
        assert {str(error) for error in it.ended if isinstance(error, Broken)} == {"STORE_FAILED: injected"}
        await it.start()
        await idle(it, 400)
        await _repaired(it, lost, other)


@pytest.mark.parametrize("at", range(1, len(WRITES) + 1), ids=WRITES)
async def test_a_store_that_is_busy_delays_a_repair(at: int) -> None:
    """The same process goes on."""
    copies = Failing(error=Unavailable)
    async with world(5, copies=copies) as it:
        lost, other = await lose(it)
        copies.writes.clear()
        copies.at = at
        await idle(it, 420)
        assert not any(task.done() for task in it.tasks)
        await _repaired(it, lost, other)


@pytest.mark.parametrize("moment", [1, 2])
async def test_a_kill_at_any_moment_of_a_repair(moment: int) -> None:
    """After so many exchanges with the one that takes the place, answers on the way."""
    async with world(5) as it:
        lost, other = await lose(it)
        count = 0

        async def cut(honest: Answer, asked: Shipment) -> Kept:
            nonlocal count
            kept = await honest(asked)
            count += 1
            if count == moment:
                for task in it.tasks:
                    task.cancel()
            return kept

        for number in it.keepers.keys() - {lost, other}:
            it.lies(number, cut)
        await idle(it, 330)
        await it.restart()
        await idle(it, 400)
        await _repaired(it, lost, other)


async def test_a_start_forgets_who_was_lost_and_finds_it_again() -> None:
    """Silence counts from the start on: until then the copy of a lost holder counts again."""
    async with world(2) as it:
        await lose(it)
        await idle(it, 330)
        assert it.count(0) == CopyCount(2, 3)
        await it.restart()
        assert it.count(0) == CopyCount(3, 3)
