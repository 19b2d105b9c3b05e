"""A holder whose folder is an older copy: what it signed last is forgotten with the entries."""

from copy import deepcopy

from tests.journey.holding_scene import Holder, Scene, scene
from tests.journey.scene import statement
from tracehold.journey.doubts import Doubts
from tracehold.journey.holding import Holding
from tracehold.journey.kept_anchors import Intervals, KeptAnchors
from tracehold.journey.ports import Kept
from tracehold.journey.room import Room
from tracehold.journey.states import States
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing


class Restored:
    """The holder after a restore: whether its folder is marked, and its follower of anchors."""

    def __init__(self, holder: Holder, *, marked: bool = False) -> None:
        self.marked = marked
        self.doubts = Doubts(holder.store, lambda: self.marked)
        ports = (holder.store, holder.copies, holder.ledger, holder.clock.now, holder.faults.append)
        witnessing = Witnessing(*ports, self.doubts)
        holder.holding = Holding(witnessing, Room(Disk(holder.free)))
        states, fault = States(holder.store), holder.faults.append
        self.anchors = KeptAnchors(witnessing, states, Intervals(), holder.clock.sleep, fault)


async def anchored(made: Scene) -> Restored:
    """The copy has four entries, which are anchored; then the whole folder is put back to that."""
    holder, branch = made.holder, made.branch
    branch.seal(statement(1).raw)
    await holder.take(branch, branch.shipment(0))
    await made.anchor(branch, 4)
    await Restored(holder).anchors.step()
    backup = deepcopy(holder.store), deepcopy(holder.copies)
    left = branch.fork()
    left.seal(statement(2).raw)
    await holder.check(left, await holder.take(left, left.shipment(4, prev_size=4)), 5, 4)
    holder.store, holder.copies = backup
    return Restored(holder, marked=True)


async def test_a_holder_restored_with_its_witness_signs_no_second_branch() -> None:
    """Attack: entries and witness come from one backup. The copy grows, and nothing is signed, not after
    another start either, until an anchor beyond the backup is final.
    """
    made = await scene()
    restored = await anchored(made)
    holder, right = made.holder, made.branch
    right.seal(statement(3).raw)
    assert await holder.take(right, right.shipment(4, prev_size=4)) == Kept(5)
    await restored.doubts.note([right.log])
    restored = Restored(holder)
    assert await holder.take(right, right.shipment(5, prev_size=4)) == Kept(5)
    for _ in range(3):
        await restored.anchors.step()
        made.chain.mine()
    # The anchor that the backup had already is final, and says nothing new.
    assert await holder.take(right, right.shipment(5, prev_size=4)) == Kept(5)
    assert await holder.copies.witness(right.log) is not None


async def test_a_final_anchor_beyond_the_backup_ends_the_doubt() -> None:
    """The chain decided; from there on the holder signs as ever, and over a restart."""
    made = await scene()
    restored = await anchored(made)
    holder, right = made.holder, made.branch
    await restored.doubts.note([right.log])
    restored.marked = False
    right.seal(statement(3).raw)
    assert await holder.take(right, right.shipment(4, prev_size=4)) == Kept(5)
    await made.anchor(right, 5)
    await restored.anchors.step()
    assert await holder.take(right, right.shipment(5, prev_size=4)) == Kept(5)
    for _ in range(3):
        made.chain.mine()
        await restored.anchors.step()
    await holder.check(right, await holder.take(right, right.shipment(5, prev_size=4)), 5, 4)
    Restored(holder)
    await holder.check(right, await holder.take(right, right.shipment(5, prev_size=4)), 5, 4)


async def test_the_branch_that_was_signed_and_lost_shows_when_it_is_anchored() -> None:
    """The creator anchors the one and ships the other: the chain contradicts the copy."""
    made = await scene()
    restored = await anchored(made)
    holder, right = made.holder, made.branch.fork()
    made.branch.seal(statement(4).raw)
    right.seal(statement(3).raw)
    assert await holder.take(right, right.shipment(4, prev_size=4)) == Kept(5)
    await made.anchor(made.branch, 5)
    await restored.anchors.step()
    assert (await holder.take(right, right.shipment(5, prev_size=4))).refused == "FORK_SEEN"


async def test_other_logs_are_not_doubted() -> None:
    """A log whose creator joined after the restore is signed for as ever."""
    made = await scene()
    restored = Restored(made.holder)
    await restored.doubts.note([])
    await made.holder.check(made.branch, await made.holder.take(made.branch, made.branch.shipment(0)), 3)
