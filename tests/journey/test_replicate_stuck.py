"""Holders that move for ever and never arrive, and copies that are lost: an anchor goes round them, other
segments are not held up, and nothing is asked in a hot loop.
"""

import asyncio
from collections.abc import Sequence

import pytest

import tracehold.journey.giving
from tests.journey.holding_scene import Holder
from tests.journey.replicate_scene import PATIENCE, Answer, World, world
from tests.journey.scene import statement
from tests.journey.test_replicate_segments import fill, first
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.peers import MemoryPeer
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Unavailable
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.holders import CopyCount
from tracehold.journey.ports import Kept, Member, Shipment


async def forgetful(it: World, size: int, seconds: float) -> int:
    """The one holder acknowledges what is anchored already, up to `size`, and says that it has nothing of
    anything newer; it takes its time for each answer.
    """
    liar = it.holders.of(0)[0].node

    async def says(honest: Answer, asked: Shipment) -> Kept:
        if seconds:
            await it.creator.clock.sleep(seconds)
        return await honest(asked) if asked.checkpoint.size <= size else Kept(0)

    it.lies(liar, says)
    return liar


async def test_a_holder_that_takes_the_same_again_and_again_stops_no_anchor() -> None:
    """Attack: it acknowledges the old states each time they are brought again, so it seemed to be on its way
    for ever. The next nearest holds too, and the anchor goes on.
    """
    async with world(3, target=2) as it:
        await it.start()
        await it.upload()
        await it.pass_by(20)
        liar = await forgetful(it, await it.final(), 2.0)
        await it.upload(start=100)
        await it.pass_by(2 * PATIENCE + 10)
        assert await it.final() == 15
        assert [liar not in ackers for ackers in it.ackers()] == [False, True]
        assert it.count(14) == CopyCount(2, 2)


async def test_a_holder_that_lost_what_it_acknowledged_is_asked_more_and_more_rarely() -> None:
    """Attack: instant answers. It is a fault, told once, and the copy counts no more."""
    async with world(1, target=2) as it:
        await it.start()
        await it.upload()
        await it.pass_by(20)
        assert it.count(0) == CopyCount(2, 2)
        liar = await forgetful(it, await it.final(), 0)
        before = len(it.peers[liar].shipped)
        await it.upload(start=100)
        await it.creator.clock.pass_by(600)
        assert len(it.peers[liar].shipped) - before < 150
        assert [str(fault) for fault in it.faults] == [
            "PROOF_INVALID: holder 2 keeps 0 entries of segment 0, and acknowledged 9"
        ]
        assert it.count(8) == CopyCount(1, 2)


async def test_a_holder_that_moves_and_is_always_behind_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attack: it acknowledges one more state of the backlog now and then, and never what the anchor waits
    for. After some patience only that counts.
    """
    async with world(3, target=2) as it:
        for number in range(30):
            await it.creator.upload(statement(number))
        steps = range(4, 33)
        liar = first(it.log, 0, it)

        async def says(honest: Answer, asked: Shipment) -> Kept:
            if it.kept_at(liar):
                await it.creator.clock.sleep(PATIENCE - 1)
            small = asked.checkpoint.size < 33
            return await honest(asked) if small else Kept(min(32, it.kept_at(liar)))

        it.lies(liar, says)
        await it.start()
        assert [copy.node for copy in it.holders.of(0)] == [liar]
        # What it lacks is brought one checkpoint at a time.
        cut = it.replicator._cargo.next

        async def next_one(start: int, target: int) -> Checkpoint:
            return await cut(start, next((at for at in steps if start < at <= target), target))

        monkeypatch.setattr(it.replicator._cargo, "next", next_one)
        await it.pass_by(2 * PATIENCE)
        assert [copy.node for copy in it.holders.of(0)] == [liar]
        await it.pass_by(4 * PATIENCE)
        assert it.kept_at(liar) > 5
        assert await it.final() == 33
        assert liar not in it.ackers()[0]


async def test_a_holder_that_takes_a_base_and_then_is_silent_stops_no_anchor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attack: in a later segment it accepts every part of the base, and does not answer to the entries. The
    next nearest holds too, and the liar is asked with growing waits.
    """
    monkeypatch.setattr(tracehold.journey.giving, "BASE_BYTES", 1)
    async with world(3, target=2) as it:
        await fill(it)

        async def says(honest: Answer, asked: Shipment) -> Kept:
            if asked.checkpoint.size <= SEGMENT_ENTRIES:
                return await honest(asked)
            if asked.base and not asked.entries:
                return Kept(asked.base.start)
            if not asked.entries:
                return Kept(0)
            raise Unavailable("PEER_DOWN", "busy")

        liar = first(it.log, 1, it)
        it.lies(liar, says)
        await it.start()
        await it.upload()
        await it.pass_by(4 * PATIENCE)
        assert await it.final() == SEGMENT_ENTRIES + 5
        before = len(it.peers[liar].shipped)
        await it.pass_by(60)
        assert len(it.peers[liar].shipped) - before < 50
        await it.creator.crash()


async def test_a_segment_that_comes_no_further_holds_up_no_other() -> None:
    """A newcomer has all of the first segment and cannot acknowledge it yet: that is no fault, since it
    signed for more, and the open segment goes on meanwhile.
    """
    async with world(1) as it:
        await fill(it)
        await it.start()
        await it.upload()
        await it.pass_by(20)
        await it.join(3)

        async def says(honest: Answer, asked: Shipment) -> Kept:
            kept = await honest(asked)
            closed = asked.checkpoint.size <= SEGMENT_ENTRIES
            return Kept(min(kept.size, SEGMENT_ENTRIES)) if closed else kept

        it.lies(3, says)
        await it.upload(start=6)
        await it.pass_by(20)
        size = SEGMENT_ENTRIES + 11
        assert it.ackers()[-1] == (2, 3)
        shipped = len(it.peers[3].shipped)
        await it.creator.upload(statement(50))
        await it.quiet()
        assert [it.count(at) for at in (0, size)] == [CopyCount(2, 3), CopyCount(3, 3)]
        await it.pass_by(120)
        assert len(it.peers[3].shipped) - shipped < 20
        assert it.faults == []
        it.listen(3)
        await it.pass_by(40)
        assert it.count(0) == CopyCount(3, 3)
        await it.creator.crash()


async def test_a_closed_segment_that_its_holder_lost_is_noticed_and_brought_again() -> None:
    """Its disk is another one. The first question after the start shows it; nothing is told as kept that is
    not, and in the end it is.
    """
    async with world(1, target=2) as it:
        await fill(it)
        await it.start()
        await it.upload()
        await it.pass_by(20)
        await it.stop()
        it.keepers[2] = await Holder.started(it.creator.clock, it.chain, 2)
        it.peers[2] = MemoryPeer(2, it.keepers[2].store, MemoryGraph())
        await it.start()
        assert it.count(0) == CopyCount(2, 2)

        async def full(_: Answer, asked: Shipment) -> Kept:
            return Kept(0) if not asked.entries else Kept(0, refused="DISK_LOW")

        it.lies(2, full)
        await it.restart()
        await it.pass_by(5)
        assert it.count(0) == CopyCount(1, 2)
        assert next(each.copies.kept for each in await it.replicator.standing()) == 1
        assert any(fault.message.endswith(f"acknowledged {SEGMENT_ENTRIES}") for fault in it.faults)
        it.listen(2)
        await it.pass_by(60)
        assert it.count(0) == CopyCount(2, 2)
        assert list(await it.keepers[2].store.spans(it.log)) == [(0, SEGMENT_ENTRIES + 5)]
        await it.creator.crash()


async def test_each_segment_is_asked_for_once_after_a_start() -> None:
    """Questions without entries."""
    async with world(1, target=2) as it:
        await fill(it)
        await it.start()
        await it.upload()
        await it.pass_by(20)
        before = len(it.peers[2].shipped)
        await it.restart()
        await it.pass_by(60)
        asked = [(each.checkpoint.size, len(each.entries)) for each in it.peers[2].shipped[before:]]
        assert asked == [(SEGMENT_ENTRIES, 0), (SEGMENT_ENTRIES + 5, 0)]
        assert it.faults == []
        await it.creator.crash()


async def test_of_two_looks_that_overlap_the_newer_reading_of_the_members_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A holder is revoked between two readings, of which the older one takes long: it counts no more."""
    async with world(2) as it:
        await it.start()
        await it.upload()
        await it.pass_by(15)
        real, gate, calls = it.ledger.members, asyncio.Event(), []

        async def members() -> Sequence[Member]:
            calls.append(found := await real())
            if len(calls) == 1:
                await gate.wait()
            return found

        monkeypatch.setattr(it.ledger, "members", members)
        older = asyncio.ensure_future(it.replicator.look())
        await it.quiet()
        it.change(3, active=False)
        newer = asyncio.ensure_future(it.replicator.look())
        await it.quiet()
        gate.set()
        await asyncio.gather(older, newer)
        assert it.holders.roll is not None
        assert sorted(it.holders.roll.holders) == [2]
        assert it.count(0) == CopyCount(2, 3)
