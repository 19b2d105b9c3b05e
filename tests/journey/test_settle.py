"""Anchors on a chain that misbehaves: reorganisations, lost transactions, fees, replies that never came."""

from dataclasses import replace

import pytest

from tests.journey.chain_scene import POLICY, anchored, event_of
from tests.journey.scene import statement
from tracehold.core.errors import Unavailable
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.ports import AnchorState, Head

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


async def test_a_chain_that_lost_its_newest_blocks_gets_the_anchor_again() -> None:
    """It ends below the anchor's block, and its pool is empty: one that makes blocks of transactions alone
    would stand there for ever.
    """
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        it.chain.mine()
        await it.step()
        (mined,) = await it.tasks(MINED)
        it.chain.blocks.pop()
        it.chain.branch += 1
        with pytest.raises(Unavailable, match="CHAIN_DOWN"):
            await it.step()
        assert await it.tasks(MINED) == [mined]
        assert list(it.chain.pool) == [mined.transaction.hash]
        it.chain.mine()
        await it.finish()
        (final,) = await it.tasks(FINAL)
        assert event_of(final).block_hash != event_of(mined).block_hash
        assert len(it.chain.events()) == 1


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


async def test_a_chain_that_goes_back_during_a_look_begins_nothing() -> None:
    """The block of the last anchor vanishes after it was looked at: its range is not anchored a second time
    beside it.
    """
    async with anchored() as it:
        await it.finish()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.step()
        it.chain.mine()
        await it.step()
        await it.creator.upload(*[statement(at) for at in range(6)])
        head = it.ledger.head

        async def replaced(node: int) -> Head:
            it.chain.reorganise(1)
            it.ledger.head = head  # type: ignore[method-assign]
            return await head(node)

        it.ledger.head = replaced  # type: ignore[method-assign]
        await it.step()
        assert [(t.prev_size, t.size, t.state) for t in await it.tasks()] == [(0, 3, FINAL), (3, 9, MINED)]
        await it.finish()
        assert [(t.prev_size, t.size) for t in await it.tasks(FINAL)] == [(0, 3), (3, 9), (9, 15)]
