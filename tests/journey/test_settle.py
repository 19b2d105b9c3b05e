"""Anchors on a chain that misbehaves: reorganisations, lost transactions, fees, replies that never came."""

from dataclasses import replace

import pytest

from tests.journey.chain_scene import POLICY, anchored, event_of
from tests.journey.scene import statement
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.ports import AnchorState
from tracehold.journey.states import State

SIGNED, MINED, FINAL, REORGED = AnchorState.SIGNED, AnchorState.MINED, AnchorState.FINAL, AnchorState.REORGED


async def test_a_replaced_block_takes_the_anchor_back_to_signed_with_the_same_bytes() -> None:
    """Mined, reorganised away, in the pool again, mined again: one transaction all along."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        it.chain.mine()
        await it.step()
        (mined,) = await it.tasks(MINED)
        it.chain.reorganise(1)
        await it.step()
        (back,) = await it.tasks(SIGNED)
        assert back == replace(mined, state=SIGNED, anchor=None)
        await it.finish()
        (final,) = await it.tasks(FINAL)
        assert final.transaction == mined.transaction
        assert event_of(final).block_hash != event_of(mined).block_hash
        assert len(it.chain.events()) == 1


async def test_a_transaction_that_the_chain_lost_is_sent_again_as_it_was() -> None:
    """Nobody has it any more but this node."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        it.chain.pool.clear()
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3]
        assert len(it.chain.prepared) == 1


async def test_two_mined_anchors_in_replaced_blocks_both_return() -> None:
    """The later one depends on the earlier; both are sent again in their order."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        it.chain.mine()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.step()
        it.chain.mine()
        await it.step()
        assert len(await it.tasks(MINED)) == 2
        it.chain.reorganise(2, lose=True)
        await it.step()
        await it.finish()
        assert [(t.prev_size, t.size) for t in await it.tasks(FINAL)] == [(0, 3), (3, 9)]
        await check_against_chain(it.creator.store, it.ledger, it.log, 1)


async def test_a_fee_is_raised_when_no_block_takes_the_transaction() -> None:
    """After so many looks the same nonce at a higher price, stored before it is sent; one anchor comes of
    it.
    """
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step(1 + POLICY.bump_after)
        (bumped,) = await it.tasks(SIGNED)
        assert bumped.transaction.max_fee_per_gas > 100
        assert len({call.nonce for call in it.chain.pool.values()}) == 1
        await it.finish()
        assert [task.transaction for task in await it.tasks(FINAL)] == [bumped.transaction]


async def test_the_cheaper_transaction_may_be_mined_after_the_fee_was_raised() -> None:
    """Its event is found by size: anchored once, by the other transaction."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        (cheap,) = it.chain.pool.values()
        await it.step(POLICY.bump_after)
        it.chain.pool = {cheap.hash: cheap}
        it.chain.mine()
        await it.step()
        (mined,) = await it.tasks(MINED)
        assert event_of(mined).tx_hash == cheap.hash
        await it.finish()
        assert len(it.chain.events()) == 1
        assert [task.size for task in await it.tasks(FINAL)] == [3]


async def test_a_reverted_transaction_is_dropped_and_the_size_is_anchored_anew() -> None:
    """The creator was inactive in that block, and is active again."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        (member,) = it.chain.members
        it.chain.members[:] = [replace(member, active=False)]
        it.chain.mine()
        it.chain.members[:] = [member]
        await it.step()
        assert it.chain.events() == []
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3]
        assert len(it.chain.prepared) == 2


async def test_a_spent_nonce_without_our_event_frees_the_size() -> None:
    """Another transaction of the account took the nonce: this one can never be mined."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        (ours,) = it.chain.pool.values()
        other = replace(ours, hash=b"\x44" * 32, prev_size=7)
        it.chain.pool = {other.hash: other}
        it.chain.mine()
        await it.step()
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3]


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


async def test_a_signed_anchor_that_another_one_overtook_is_dropped() -> None:
    """The chain went on from a copy of this folder: the stored one overlaps and can never be mined."""
    async with anchored() as it:
        await it.creator.upload(statement(1))
        await it.creator.upload(statement(2))
        await it.step()
        (ours,) = await it.tasks(SIGNED)
        assert ours.size == 5
        smaller = await it.creator.store.checkpoint(it.log, 4)
        assert smaller is not None
        overtaking = await it.ledger.prepare_anchor(0, 4, smaller.root, (), replaces=ours.transaction)
        await it.ledger.send(overtaking)
        it.chain.mine()
        it.restart()
        await it.finish()
        assert [(t.prev_size, t.size) for t in await it.tasks(FINAL)] == [(0, 4), (4, 5)]
        await check_log(it.creator.store, it.log)


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
