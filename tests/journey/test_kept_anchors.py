"""Anchors of kept logs: found on the chain, brought to FINAL with their proof, and held against what is
kept.
"""

from contextlib import suppress
from dataclasses import replace

import pytest

from tests.journey.holding_scene import CREATOR, Branch, Holder, Scene, scene
from tests.journey.replicate_scene import World, world
from tests.journey.scene import statement
from tests.recovery.faults import BUSY, Fault, Faulty
from tracehold.core import cbor
from tracehold.core.anchor import decode_anchor
from tracehold.core.checkpoint import check_note, parse_note
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.tiles import Coord
from tracehold.journey.kept_anchors import Intervals, KeptAnchors
from tracehold.journey.ports import AnchorState
from tracehold.journey.receipts import Receipts
from tracehold.journey.states import State, States
from tracehold.journey.witness import Witnessing


def follower(holder: Holder) -> KeptAnchors:
    """What a start of the holder's process makes; its looks find final anchors undone at once."""
    witnessing = Witnessing(
        holder.store, holder.copies, holder.ledger, holder.clock.now, holder.faults.append
    )
    states = States(holder.store)
    return KeptAnchors(witnessing, states, Intervals(watch=0.0), holder.clock.sleep, holder.faults.append)


async def sizes(holder: Holder, log: LogId, *states: AnchorState) -> list[int]:
    """Sizes of the anchors that the holder has stored, in all states or in these."""
    return [task.size for task in await holder.store.anchors(log, set(states or AnchorState))]


async def finished(it: World) -> list[Fingerprint]:
    """Several anchors of the creator are final; fingerprints of all its records."""
    await it.start()
    for round_ in range(3):
        await it.upload(start=6 * round_)
        await it.pass_by(6)
    await it.pass_by(6)
    assert await it.final() == 21
    return [entry.fingerprint for entry in await it.store.read(it.log, 0, 100)]


async def test_receipts_and_evidence_of_a_holder_are_the_creators() -> None:
    """Byte for byte, for every record that is final; and the states are the same."""
    async with world() as it:
        names = await finished(it)
        for holder in it.keepers.values():
            anchors = follower(holder)
            for _ in range(2):
                await anchors.step()
            theirs, ours = Receipts(it.store), Receipts(holder.store)
            assert await ours.receipts(names) == await theirs.receipts(names)
            for name in names:
                assert await ours.evidence(name) == await theirs.evidence(name)
            states = await States(holder.store).of(names)
            assert {known.state for known in states.values()} == {State.FINAL}
            tasks = await holder.store.anchors(it.log, {AnchorState.FINAL})
            assert len(tasks) == 3
            assert all(task.anchor is not None and task.anchor.proof is not None for task in tasks)


async def test_an_anchor_is_followed_from_its_block_to_its_finality() -> None:
    """First ANCHORED, then FINAL; whoever waits for it is woken."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    anchors = follower(made.holder)
    await anchors.step()
    assert await sizes(made.holder, made.branch.log) == []
    await made.anchor(made.branch, 3)
    await anchors.step()
    assert await sizes(made.holder, made.branch.log, AnchorState.MINED) == [3]
    made.chain.mine(3)
    await anchors.step()
    assert await sizes(made.holder, made.branch.log, AnchorState.FINAL) == [3]


async def many(made: Scene) -> None:
    """Five anchors on the chain, of sizes 3 to 7."""
    await made.anchor(made.branch, 3)
    for number in range(4):
        await made.anchor(made.branch, made.branch.seal(statement(number).raw))
    made.chain.mine(3)


async def test_a_holder_that_was_away_finds_all_anchors() -> None:
    """Whatever happened meanwhile, from the chain's head down to what it has."""
    made = await scene()
    await many(made)
    for size in (3, 4, 5, 6, 7):
        await made.holder.take(made.branch, made.branch.shipment(0 if size == 3 else size - 1, size))
    anchors = follower(made.holder)
    await anchors.step()
    await anchors.step()
    assert await sizes(made.holder, made.branch.log, AnchorState.FINAL) == [3, 4, 5, 6, 7]


async def test_what_lies_beyond_the_copy_is_waited_for() -> None:
    """The creator ships what is missing; until then no anchor is taken over that nothing here could prove."""
    made = await scene()
    await many(made)
    anchors = follower(made.holder)
    await made.holder.take(made.branch, made.branch.shipment(0, 4))
    await anchors.step()
    assert await sizes(made.holder, made.branch.log) == []
    await made.holder.take(made.branch, made.branch.shipment(4, 7))
    await anchors.step()
    assert await sizes(made.holder, made.branch.log) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("lost", [{3}, {5}, {3, 4, 6}])
async def test_anchors_that_are_missing_below_others_are_found(lost: set[int]) -> None:
    """Where parts of a copy have joined, the anchors of one are there and those below are not."""
    made = await scene()
    await many(made)
    await made.holder.take(made.branch, made.branch.shipment(0))
    await follower(made.holder).step()
    for size in lost:
        await made.holder.store.drop_anchor(made.branch.log, size)
    await made.holder.store.save_bookmark(f"kept-anchors/{made.branch.log.hex()}", 2)
    await follower(made.holder).step()
    assert await sizes(made.holder, made.branch.log) == [3, 4, 5, 6, 7]


async def test_the_branch_that_the_chain_contradicts_is_acknowledged_no_more() -> None:
    """Attack: two forks at two holders. The chain takes one; the holder of the other has evidence against the
    creator, signed by it and shown by the chain, and signs nothing more for the log. The first goes on.
    """
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    fork.seal(statement(2).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.other.take(fork, fork.shipment(0))
    await made.anchor(made.branch, 4)
    for holder in (made.holder, made.other):
        await follower(holder).step()
    assert await made.holder.copies.forks() == []
    (found,) = await made.other.copies.forks(fork.log)
    assert found.shown_by_chain
    note = parse_note(found.kept)
    check_note(note, fork.own.identity.key.public)
    assert (note.size, note.root) == (4, fork.checkpoints[4].root)
    anchor = decode_anchor(cbor.decode(found.shown))
    assert (anchor.node, anchor.size, anchor.root) == (CREATOR, 4, made.branch.checkpoints[4].root)
    assert [error.code for error in made.other.faults] == ["FORK_SEEN"]
    assert await sizes(made.other, fork.log) == []
    for branch, holder, refused in ((made.branch, made.holder, ""), (fork, made.other, "FORK_SEEN")):
        branch.seal(statement(3).raw)
        assert (await holder.take(branch, branch.shipment(4, prev_size=4))).refused == refused
    await follower(made.other).step()
    assert len(made.other.faults) == 1


async def test_an_anchor_whose_block_was_replaced_is_found_again() -> None:
    """Before it was final nothing is told; it is forgotten, and found in its new block."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.anchor(made.branch, 3)
    anchors = follower(made.holder)
    await anchors.step()
    made.chain.reorganise(1)
    await anchors.step()
    assert await sizes(made.holder, made.branch.log) == []
    made.chain.mine(4)
    await anchors.step()
    await anchors.step()
    assert await sizes(made.holder, made.branch.log, AnchorState.FINAL) == [3]
    assert made.holder.faults == []


async def test_a_final_anchor_that_is_undone_is_told() -> None:
    """It stands as REORGED with what it was, and is final again when the chain has it again."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.anchor(made.branch, 3)
    made.chain.mine(3)
    anchors = follower(made.holder)
    await anchors.step()
    await anchors.step()
    (before,) = await made.holder.store.anchors(made.branch.log, {AnchorState.FINAL})
    made.chain.reorganise(5)
    await anchors.step()
    (task,) = await made.holder.store.anchors(made.branch.log, {AnchorState.REORGED})
    assert task.undone == before.anchor
    assert [error.code for error in made.holder.faults] == ["REORGED"]
    made.chain.mine(5)
    await anchors.step()
    await anchors.step()
    (task,) = await made.holder.store.anchors(made.branch.log, {AnchorState.FINAL})
    assert task.undone == before.anchor
    assert len(made.holder.faults) == 1


async def test_a_chain_that_is_down_is_asked_again() -> None:
    """The step says so, and nothing is lost."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.anchor(made.branch, 3)
    anchors = follower(made.holder)
    made.holder.ledger.down = True
    with pytest.raises(Unavailable):
        await anchors.step()
    made.holder.ledger.down = False
    await anchors.step()
    assert await sizes(made.holder, made.branch.log) == [3]


async def test_anchors_of_a_creator_that_was_revoked_still_become_final() -> None:
    """What it anchored before stays valid (protocol section 5)."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.anchor(made.branch, 3)
    made.chain.members[0] = replace(made.chain.members[0], active=False)
    made.chain.mine(3)
    anchors = follower(made.holder)
    await anchors.step()
    await anchors.step()
    assert await sizes(made.holder, made.branch.log, AnchorState.FINAL) == [3]


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_while_anchors_are_taken_over_loses_none(after: bool) -> None:
    """The next start goes on from what is stored."""
    for saves in range(6):
        made = await scene()
        await many(made)
        await made.holder.take(made.branch, made.branch.shipment(0))
        port = Faulty(made.holder.store)
        port.arm(Fault("save_anchor", BUSY, after, saves))
        witnessing = Witnessing(port, made.holder.copies, made.holder.ledger, made.clock.now, lambda _: None)
        dying = KeptAnchors(witnessing, States(port), Intervals(), made.clock.sleep, lambda _: None)
        with suppress(Unavailable):
            await dying.step()
        anchors = follower(made.holder)
        await anchors.step()
        await anchors.step()
        assert await sizes(made.holder, made.branch.log, AnchorState.FINAL) == [3, 4, 5, 6, 7]


async def test_a_damaged_copy_accuses_nobody_and_stops_nothing() -> None:
    """A tile that the disk changed gives another root than the chain has. That is this node's fault, told as
    such: no evidence is made of it, the log may be acknowledged when it is mended, and other logs go on.
    """
    made = await scene()
    made.branch.seal(*(statement(number).raw for number in range(300)))
    other = await Branch.begun(made.clock)
    made.chain.members[1] = replace(made.chain.members[1], log=other.log)
    for branch in (made.branch, other):
        await made.holder.take(branch, branch.shipment(0))
    kept = made.holder.store._of(made.branch.log)
    sound = kept.tiles[Coord(1, 0)]
    kept.tiles[Coord(1, 0)] = bytes(32) + sound[32:]
    await made.anchor(made.branch, 303)
    anchors = follower(made.holder)
    await anchors.step()
    assert await made.holder.copies.forks() == []
    assert {error.code for error in made.holder.faults} == {"CORRUPT"}
    old = made.branch.shipment(303, 3)
    kept.tiles[Coord(1, 0)] = sound
    await anchors.step()
    assert await sizes(made.holder, made.branch.log) == [303]
    await made.holder.check(made.branch, await made.holder.take(made.branch, old), 3)
