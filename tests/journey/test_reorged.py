"""Final anchors that are undone, and disks that forgot theirs."""

from dataclasses import replace
from typing import cast

import pytest

from tests.journey.chain_scene import POLICY, anchored, anchorer, event_of
from tests.journey.scene import statement
from tests.recovery.faults import BUSY, DOWN, Fault, Faulty
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.journey.fsck import check_log
from tracehold.journey.ports import AnchorState, Ledger, RecordLog
from tracehold.journey.states import State

SIGNED, MINED, FINAL, REORGED = AnchorState.SIGNED, AnchorState.MINED, AnchorState.FINAL, AnchorState.REORGED


async def test_a_final_anchor_that_is_undone_stops_the_node_and_keeps_both_blocks() -> None:
    """REORGED is raised with the old and the new block hash; the state is shown, and the event is kept."""
    async with anchored() as it:
        (outcome,) = await it.creator.upload(statement(1))
        await it.finish()
        (final,) = await it.tasks(FINAL)
        it.chain.reorganise(len(it.chain.blocks) - 1)
        it.chain.mine()
        it.creator.clock.time += POLICY.watch
        with pytest.raises(Broken, match="REORGED") as alarm:
            await it.step()
        moved = it.chain.events()[0].block_hash
        assert event_of(final).block_hash.hex() in alarm.value.message
        assert moved.hex() in alarm.value.message
        (undone,) = await it.tasks()
        assert (undone.state, undone.undone) == (REORGED, final.anchor)
        states = await it.creator.states.of([outcome.fingerprint or Fingerprint(b"")])
        assert [known.state for known in states.values()] == [State.REORGED]


async def test_an_undone_anchor_is_anchored_again_after_a_restart_beside_its_record() -> None:
    """The same bytes; final once more, and what was undone stays on record."""
    async with anchored() as it:
        await it.finish()
        (final,) = await it.tasks(FINAL)
        it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
        it.creator.clock.time += POLICY.watch
        with pytest.raises(Broken, match="REORGED"):
            await it.step()
        it.restart()
        await it.finish()
        (again,) = await it.tasks(FINAL)
        assert again.transaction == final.transaction
        assert again.undone == final.anchor
        assert event_of(again).block_hash != event_of(final).block_hash
        await check_log(it.creator.store, it.log)


async def test_an_undone_anchor_whose_nonce_is_spent_is_signed_anew_at_the_same_size() -> None:
    """Its bytes can never be mined again, and the undone event is not forgotten for it."""
    async with anchored() as it:
        await it.finish()
        (final,) = await it.tasks(FINAL)
        it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
        it.creator.clock.time += POLICY.watch
        with pytest.raises(Broken, match="REORGED"):
            await it.step()
        sent = final.transaction
        other = await it.ledger.prepare_anchor(0, 2, final.root, (), replaces=sent)
        await it.ledger.send(other)
        (call,) = it.chain.pool.values()
        it.chain.pool = {call.hash: replace(call, prev_size=9)}
        it.chain.mine()
        it.restart()
        await it.finish()
        (again,) = await it.tasks(FINAL)
        assert (again.size, again.undone) == (final.size, final.anchor)
        assert again.transaction != sent


async def test_anchors_that_the_disk_forgot_are_taken_over_from_the_chain() -> None:
    """A lost reply or a restored folder: events are found by size, newest first, and nothing is anchored
    twice.
    """
    async with anchored() as it:
        await it.finish()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.finish()
        kept = await it.tasks(FINAL)
        assert [task.size for task in kept] == [3, 9]
        it.forget()
        it.restart()
        sent = it.ledger.sent
        await it.finish()
        taken = await it.tasks(FINAL)
        assert [replace(event_of(task), proof=None) for task in taken] == [
            replace(event_of(task), proof=None) for task in kept
        ]
        assert it.ledger.sent == sent


async def test_an_adopted_anchor_in_a_replaced_block_is_prepared_anew() -> None:
    """Its bytes were never here, so they cannot be sent again."""
    async with anchored() as it:
        await it.finish()
        it.forget()
        it.restart()
        it.ledger._confirmations = 1000
        await it.step()
        assert [(t.state, t.transaction.raw) for t in await it.tasks()] == [(MINED, b"")]
        it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
        it.ledger._confirmations = 2
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3]
        assert len(it.chain.events()) == 1


async def test_an_undone_anchor_that_is_undone_again_stays_reorged() -> None:
    """Mined once more and replaced once more: it never looks as if it had not been final before."""
    async with anchored() as it:
        await it.finish()
        (final,) = await it.tasks(FINAL)
        it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
        it.creator.clock.time += POLICY.watch
        with pytest.raises(Broken, match="REORGED"):
            await it.step()
        it.restart()
        await it.step()
        it.chain.mine()
        await it.step()
        assert [task.state for task in await it.tasks()] == [MINED]
        it.chain.reorganise(1)
        await it.step()
        (back,) = await it.tasks()
        assert (back.state, back.undone) == (REORGED, final.anchor)
        await it.finish()
        assert [(task.size, task.undone) for task in await it.tasks(FINAL)] == [(3, final.anchor)]


async def test_a_crash_while_anchors_are_taken_over_leaves_no_gap() -> None:
    """The disk forgot three; it fails after the first one that is taken over, and the next start finds the
    rest.
    """
    store = Faulty(MemoryLog())
    async with anchored(store=cast(RecordLog, store)) as it:
        for at in range(3):
            await it.creator.upload(*[statement(10 * at + n) for n in range(6)])
            await it.finish()
        kept = [(task.prev_size, task.size) for task in await it.tasks(FINAL)]
        assert len(kept) == 3
        store.port.forget_anchors(it.log)
        store.arm(Fault("save_anchor", BUSY, after=False, skip=1))
        it.restart()
        with pytest.raises(Unavailable):
            await it.step()
        it.restart()
        await it.finish()
        assert [(task.prev_size, task.size) for task in await it.tasks(FINAL)] == kept


async def test_an_alarm_is_raised_also_where_the_chain_falls_silent_in_the_middle() -> None:
    """One final anchor is stored as undone, and the chain says nothing of the next: the alarm is not lost."""
    async with anchored() as it:
        await it.finish()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.finish()
        it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
        it.creator.clock.time += POLICY.watch
        ledger = Faulty(it.ledger)
        ledger.arm(Fault("is_canonical", DOWN, after=False, skip=1))
        it.anchorer = anchorer(it.creator, cast(Ledger, ledger))
        with pytest.raises(Broken, match="REORGED"):
            await it.step()
        it.restart()
        with pytest.raises(Broken, match="REORGED"):
            await it.step()
        it.restart()
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3, 9]


async def test_what_is_in_a_block_becomes_final_after_the_node_was_revoked() -> None:
    """Its anchors stay valid; their proofs are taken before the chain forgets them."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        it.chain.mine()
        await it.step()
        it.chain.members[:] = [replace(it.chain.members[0], active=False)]
        it.chain.mine(3)
        it.restart()
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await it.step()
        assert [task.size for task in await it.tasks(FINAL)] == [3]
