"""Repair of the own log from end to end, in memory: a holder is lost, leaves, fails, or comes back."""

import asyncio

from tests.journey.repair_scene import begun, holders, idle
from tests.journey.replicate_scene import PATIENCE, Answer, world
from tests.journey.scene import statement
from tracehold.core.placement import Candidate, nearest
from tracehold.journey.fsck import check_log
from tracehold.journey.health import Health
from tracehold.journey.holders import CopyCount
from tracehold.journey.ports import Kept, Shipment
from tracehold.journey.states import State, frontier


async def test_a_lost_holder_is_replaced_by_the_next_nearest_and_released() -> None:
    """Its copy counts until it is lost; then another has all of it, and the lost one is a holder no more."""
    async with world(5) as it:
        lost, other = await begun(it)
        it.peers[lost].down = True
        await idle(it, 200)
        assert it.liveness is not None
        assert (it.liveness.health(lost), it.count(0)) == (Health.SUSPECT, CopyCount(3, 3))
        assert holders(it) == {lost, other}
        (segment,) = await it.replicator.standing()
        assert {(each.node, each.health) for each in segment.holders} == {
            (lost, Health.SUSPECT),
            (other, Health.UP),
        }
        await idle(it, 150)
        (new,) = holders(it) - {other}
        assert new != lost
        assert it.count(0) == CopyCount(3, 3)
        assert {copy.node for copy in await it.copies.holders(0)} == {other, new}
        assert [(each.gone, each.node, each.ended) for each in it.moves] == [
            (lost, new, False),
            (lost, new, True),
        ]
        assert it.moves[1].shipped == sum(len(e.raw) for e in await it.store.read(it.log, 0, 9))
        assert it.replicator.repairs() == []
        await check_log(it.keepers[new].store, it.log)
        await it.upload(start=50)
        await it.pass_by(12)
        assert set(it.ackers()[-1]) == {other, new}
        assert it.faults == []


async def test_anchors_go_on_without_the_patience_while_a_holder_is_lost() -> None:
    """Nobody waits for who is lost, nor for who is just being brought the segment."""
    async with world(5) as it:
        lost, other = await begun(it)
        it.peers[lost].down = True
        silent = asyncio.Event()

        async def never(honest: Answer, asked: Shipment) -> Kept:
            await silent.wait()
            return await honest(asked)

        for number in it.peers.keys() - {lost, other}:
            it.lies(number, never)
        await idle(it, 350)
        (repair,) = it.replicator.repairs()
        assert (repair.from_node, repair.done_entries, repair.entries) == (1, 0, 9)
        assert it.count(0) == CopyCount(2, 3)
        await it.upload(start=50)
        await it.pass_by(PATIENCE - 4)
        assert it.ackers()[-1] == (other,)
        silent.set()
        await it.pass_by(40)
        assert it.count(0) == CopyCount(3, 3)
        assert holders(it) == {other, repair.to_node}


async def test_the_quorum_is_gathered_while_a_segment_is_in_repair() -> None:
    """Quorum 2, and one of both holders lost: the one that takes its place acknowledges, and is not held
    to the pace of repairs for what the anchor waits for.
    """
    async with world(5, quorum=2) as it:
        it.rate = 1
        lost, other = await begun(it)
        it.peers[lost].down = True
        await idle(it, 305)
        await it.upload(start=50)
        await it.pass_by(3 * PATIENCE)
        assert await it.final() == 15
        assert other in it.ackers()[-1]
        assert lost not in it.ackers()[-1]


async def test_a_state_that_was_told_is_not_taken_back() -> None:
    """Acknowledged by both, not anchored since no block comes: REPLICATED stays while one is lost, while it
    is replaced, and after its release.
    """
    async with world(5, quorum=2) as it:
        lost, _ = await begun(it)
        await it.creator.upload(statement(77))
        await it.quiet()
        size = await it.store.size(it.log)
        it.peers[lost].down = True
        for _ in range(40):
            await idle(it, 10)
            front = await frontier(it.store, it.log, it.holders)
            assert front.state(size - 1) is State.REPLICATED
        assert lost not in holders(it)
        await it.pass_by(60)
        assert (await frontier(it.store, it.log, it.holders)).state(size - 1) is State.FINAL


async def test_nobody_is_replaced_in_a_storm_and_who_stays_away_afterwards_is() -> None:
    """Three of five are silent for ten times the limit: nobody is chosen. Two come back; the third one is
    replaced.
    """
    async with world(5) as it:
        lost, other = await begun(it)
        down = [lost, *sorted(it.peers.keys() - {lost, other})[:2]]
        for number in down:
            it.peers[number].down = True
        await idle(it, 3000)
        assert (holders(it), it.moves) == ({lost, other}, [])
        assert it.count(0) == CopyCount(2, 3)
        for number in down[1:]:
            it.peers[number].down = False
        await idle(it, 60)
        assert lost not in holders(it)
        assert it.count(0) == CopyCount(3, 3)


async def test_a_member_that_flaps_is_not_replaced() -> None:
    """It is silent for most of the time, and never for as long as it takes to be lost."""
    async with world(5) as it:
        flaps, other = await begun(it)
        for _ in range(6):
            it.peers[flaps].down = True
            await idle(it, 250)
            it.peers[flaps].down = False
            await idle(it, 15)
        assert (holders(it), it.moves) == ({flaps, other}, [])


async def test_who_comes_back_before_its_release_counts_again_and_the_replacement_stays() -> None:
    """A copy more than wanted, which harms nobody."""
    async with world(5) as it:
        lost, other = await begun(it)
        it.peers[lost].down = True
        slow = asyncio.Event()

        async def waits(honest: Answer, asked: Shipment) -> Kept:
            await slow.wait()
            return await honest(asked)

        for number in it.peers.keys() - {lost, other}:
            it.lies(number, waits)
        await idle(it, 330)
        assert it.count(0) == CopyCount(2, 3)
        it.peers[lost].down = False
        await idle(it, 20)
        assert it.count(0) == CopyCount(3, 3)
        slow.set()
        await idle(it, 60)
        assert it.count(0) == CopyCount(4, 3)
        assert {lost, other} < holders(it)
        assert len(it.moves) == 2


async def test_who_comes_back_after_its_release_is_no_holder() -> None:
    """Its old copy is not counted, and nothing is brought to it."""
    async with world(5) as it:
        lost, _ = await begun(it)
        it.peers[lost].down = True
        await idle(it, 400)
        before, shipped = holders(it), len(it.peers[lost].shipped)
        it.peers[lost].down = False
        await idle(it, 100)
        await it.upload(start=50)
        await it.pass_by(12)
        assert holders(it) == before
        assert len(it.peers[lost].shipped) == shipped
        assert it.count(0) == CopyCount(3, 3)


async def test_a_holder_that_leaves_is_replaced_while_it_counts() -> None:
    """At no moment is there a copy less; then it is released."""
    async with world(5) as it:
        leaves, other = await begun(it)
        it.peers[leaves].leaving = True
        counts = []
        for _ in range(30):
            await idle(it, 1)
            counts.append(it.count(0).kept)
        assert min(counts) == 3
        assert leaves not in holders(it)
        assert other in holders(it)
        it.peers[leaves].leaving = False
        await idle(it, 100)
        assert leaves not in holders(it)


async def test_a_holder_that_leaves_stays_where_nobody_can_take_its_place() -> None:
    """Three operators in all: its copies are the only ones."""
    async with world(2) as it:
        leaves, _ = await begun(it)
        it.peers[leaves].leaving = True
        await idle(it, 200)
        assert leaves in holders(it)
        assert it.count(0) == CopyCount(3, 3)


async def test_copies_stay_at_distinct_operators() -> None:
    """Another node of the lost one's operator may take its place; one of a present holder's never does."""
    async with world(2) as it:
        lost, other = await begun(it)
        await it.join(8, operator=lost)
        await it.join(9, operator=other)
        await it.join(10, operator=1)
        it.peers[lost].down = True
        await idle(it, 400)
        assert holders(it) == {other, 8}
        assert it.count(0) == CopyCount(3, 3)


async def test_who_is_silent_takes_no_place() -> None:
    """The next nearest is suspect when a holder is lost: the one behind it holds. It is no holder when it is
    back.
    """
    async with world(7) as it:
        lost, other = await begun(it)
        members = [Candidate(each.number, each.operator_number, each.log) for each in it.chain.members]
        _, _, silent, third, *_ = [each.node for each in nearest(it.log, 0, members, own=1)]
        it.peers[lost].down = True
        await idle(it, 200)
        it.peers[silent].down = True
        await idle(it, 150)
        it.peers[silent].down = False
        await idle(it, 60)
        assert holders(it) == {other, third}


async def test_two_looks_at_once_choose_one_replacement() -> None:
    """An anchor asks while the follower looks."""
    async with world(7) as it:
        lost, other = await begun(it)
        it.peers[lost].down = True
        await idle(it, 295)
        while holders(it) == {lost, other}:
            await asyncio.gather(*(it.replicator.look() for _ in range(3)))
            await it.creator.clock.pass_by(1)
        await idle(it, 30)
        assert len(holders(it)) == 2
        assert [each.ended for each in it.moves] == [False, True]


async def test_a_replacement_that_is_lost_itself_is_replaced_in_turn() -> None:
    """It never took anything."""
    async with world(7) as it:
        lost, other = await begun(it)
        it.peers[lost].down = True
        away = asyncio.Event()

        async def waits(honest: Answer, asked: Shipment) -> Kept:
            await away.wait()
            return await honest(asked)

        for number in it.peers.keys() - {lost, other}:
            it.lies(number, waits)
        await idle(it, 330)
        (second,) = holders(it) - {lost, other}
        it.peers[second].down = True
        away.set()
        for number in it.peers.keys() - {lost, other, second}:
            it.listen(number)
        await idle(it, 400)
        assert not holders(it) & {lost, second}
        assert it.count(0) == CopyCount(3, 3)


async def test_a_newcomer_that_takes_nothing_gives_up_the_place() -> None:
    """Attack: it is the next nearest, answers every look, and refuses the segment. After the time of a lost
    one the place goes to another, and neither it nor the lost one is a holder then.
    """
    async with world(7) as it:
        lost, other = await begun(it)
        members = [Candidate(each.number, each.operator_number, each.log) for each in it.chain.members]
        _, _, liar, third, *_ = [each.node for each in nearest(it.log, 0, members, own=1)]

        async def full(honest: Answer, asked: Shipment) -> Kept:
            return Kept(0, refused="DISK_LOW")

        it.lies(liar, full)
        it.peers[lost].down = True
        await idle(it, 400)
        assert holders(it) == {lost, other, liar}
        await idle(it, 400)
        assert holders(it) == {other, third}
        assert it.count(0) == CopyCount(3, 3)
