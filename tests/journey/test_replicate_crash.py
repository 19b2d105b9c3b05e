"""A creator that crashes before or after anything that replication makes durable, or sends: the next process
ends where an undisturbed one does.
"""

from dataclasses import dataclass, field

import pytest

from tests.journey.replicate_scene import Answer, World, world
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.core.errors import Broken, Unavailable
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.holders import QUORUM, CopyCount
from tracehold.journey.ports import Copy, Kept, Shipment
from tracehold.journey.states import State, frontier


@dataclass
class Failing(MemoryCopies):
    """Copies whose `at`-th write fails, before or after it took effect; each later one works."""

    at: int = 0
    after: bool = False
    error: type[Broken] | type[Unavailable] = Broken
    writes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def choose(self, copy: Copy) -> None:
        """Fails once."""
        self._before("choose")
        await super().choose(copy)
        self._behind()

    async def acknowledged(self, copy: Copy) -> None:
        """Fails once."""
        self._before("acknowledged")
        await super().acknowledged(copy)
        self._behind()

    async def release(self, segment: int, node: int) -> None:
        """Fails once."""
        self._before("release")
        await super().release(segment, node)
        self._behind()

    def _before(self, what: str) -> None:
        self.writes.append(what)
        if not self.after:
            self._fail()

    def _behind(self) -> None:
        if self.after:
            self._fail()

    def _fail(self) -> None:
        if len(self.writes) == self.at:
            raise self.error(CODE[self.error], "injected")


CODE: dict[type, str] = {Broken: "STORE_FAILED", Unavailable: "STORE_BUSY"}


async def _undisturbed_end(it: World) -> None:
    """Two anchors, both final, by both holders, who keep all of it; nothing is there twice."""
    assert await it.final() == 15
    assert it.count(14) == CopyCount(3, 3)
    assert len({event.size for event in it.chain.events()}) == len(it.chain.events())
    for keeper in it.keepers.values():
        assert (await check_log(keeper.store, it.log)).entries == 15
    await check_against_chain(it.store, it.ledger, it.log, 1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 7))
async def test_a_crash_at_a_write_loses_nothing(at: int, after: bool) -> None:
    """The disk refuses the write, the node stops with that error, and the next one goes on."""
    copies = Failing(at=at, after=after)
    async with world(copies=copies) as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        if any(task.done() for task in it.tasks):
            await it.stop()
            assert {str(error) for error in it.ended if isinstance(error, Broken)} == {
                "STORE_FAILED: injected"
            }
        await it.restart()
        await it.upload(start=6)
        await it.pass_by(30)
        assert len(copies.writes) >= at
        await _undisturbed_end(it)


@pytest.mark.parametrize("at", range(1, 7))
async def test_a_store_that_is_busy_delays_and_stops_nothing(at: int) -> None:
    """The same step is taken again by the same process."""
    copies = Failing(at=at, error=Unavailable)
    async with world(copies=copies) as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        await it.upload(start=6)
        await it.pass_by(30)
        assert not any(task.done() for task in it.tasks)
        await _undisturbed_end(it)


@pytest.mark.parametrize("moment", range(8))
async def test_a_kill_at_any_moment_loses_nothing(moment: int) -> None:
    """After so many shipments the process is gone, their answers on the way."""
    async with world() as it:
        count = 0

        async def cut(honest: Answer, asked: Shipment) -> Kept:
            nonlocal count
            kept = await honest(asked)
            count += 1
            if count == moment + 1:
                for task in it.tasks:
                    task.cancel()
            return kept

        for number in it.keepers:
            it.lies(number, cut)
        await it.start()
        await it.upload()
        await it.pass_by(3)
        await it.upload(start=6)
        await it.pass_by(12)
        assert count > moment
        await it.restart()
        await it.pass_by(40)
        await _undisturbed_end(it)


async def test_what_was_told_of_copies_survives_a_restart_without_the_chain() -> None:
    """States rest on acknowledgements on this disk, and on the quorum that was read last."""
    async with world() as it:
        await it.start()
        await it.creator.upload()
        await it.quiet()
        assert (await frontier(it.store, it.log, it.holders)).state(2) is State.REPLICATED
        it.ledger.down = True
        await it.restart()
        assert it.holders.roll is None
        assert await it.store.bookmark(QUORUM) == 1
        assert (await frontier(it.store, it.log, it.holders)).state(2) is State.REPLICATED
        assert it.count(2) == CopyCount(3, 3)


async def test_a_restart_asks_only_for_what_is_missing() -> None:
    """What was acknowledged is on disk: whole copies are asked for once, and not shipped again."""
    async with world() as it:
        await it.start()
        await it.upload()
        await it.pass_by(8)
        before = {number: len(peer.shipped) for number, peer in it.peers.items()}
        await it.restart()
        await it.pass_by(30)
        for number, peer in it.peers.items():
            assert [len(each.entries) for each in peer.shipped[before[number] :]] == [0]


async def test_an_answer_that_was_lost_costs_one_question() -> None:
    """The entries had arrived: nothing is shipped twice."""
    async with world(1) as it:
        lost = 0

        async def cut(honest: Answer, asked: Shipment) -> Kept:
            nonlocal lost
            kept = await honest(asked)
            if asked.entries and not lost:
                lost += 1
                raise Unavailable("PEER_DOWN", "the answer was lost")
            return kept

        it.lies(2, cut)
        await it.start()
        await it.upload()
        await it.pass_by(10)
        assert lost == 1
        assert sum(len(each.entries) for each in it.peers[2].shipped) == 9
        assert await it.final() == 9


async def test_a_holder_that_lost_a_part_of_its_copy_gets_it_again() -> None:
    """It was restored from before: it says where its copy ends, and is sent what follows."""
    async with world(1) as it:
        await it.start()
        await it.upload()
        await it.pass_by(8)
        await it.join(3)
        old = it.keepers[2]
        await it.pass_by(20)
        # The same node with an empty disk.
        await it.join(2)
        del it.chain.members[-1]
        assert it.keepers[2] is not old
        await it.upload(start=6)
        await it.pass_by(20)
        assert await it.keepers[2].store.size(it.log) == 15
        assert it.count(14) == CopyCount(3, 3)
