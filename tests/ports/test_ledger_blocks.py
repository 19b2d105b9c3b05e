"""What every `Ledger` promises when blocks come, go, and lag behind."""

from dataclasses import replace

import pytest

from tests.ports.ledgers import DEPTH, ROOTS, Backend, anchored
from tracehold.core.errors import Unavailable


async def test_final_after_enough_blocks(backend: Backend):
    """Not final when mined, final with enough blocks on top, and then there is a proof."""
    mined = await anchored(backend, 0, 3)
    assert mined.anchor is not None
    for _ in range(DEPTH):
        assert not await backend.ledger.is_final(mined.anchor)
        assert await backend.ledger.is_canonical(mined.anchor)
        backend.mine()
    assert await backend.ledger.is_final(mined.anchor)
    proof = await backend.ledger.proof(mined.anchor)
    assert len(proof.headers) == DEPTH + 1
    assert proof.receipt_path


async def test_another_block_at_that_height_is_neither_canonical_nor_final(backend: Backend):
    """A block hash that the chain does not have."""
    mined = await anchored(backend, 0, 3)
    backend.mine(DEPTH)
    assert mined.anchor is not None
    other = replace(mined.anchor, block_hash=b"\x66" * 32)
    assert not await backend.ledger.is_canonical(other)
    assert not await backend.ledger.is_final(other)


async def test_a_chain_that_lags_behind_an_anchor_does_not_undo_it(backend: Backend):
    """Without a block of its height nothing is known of the anchor: the chain is down, it is not
    reorganised.
    """
    mined = await anchored(backend, 0, 3)
    assert mined.anchor is not None
    ahead = replace(mined.anchor, block_number=await backend.ledger.height() + 1)
    with pytest.raises(Unavailable) as down:
        await backend.ledger.is_canonical(ahead)
    assert down.value.code == "CHAIN_DOWN"
    assert not await backend.ledger.is_final(ahead)


async def test_a_transaction_behind_a_lost_one_is_stuck(backend: Backend):
    """Its nonce follows one that no pool has any more: not spent, and no block can hold it. The next one
    takes the nonce that is missing.
    """
    backend.mark()
    await anchored(backend, 0, 3)
    after = await backend.ledger.prepare_anchor(3, 4, ROOTS[4], [])
    await backend.ledger.send(after)
    assert not await backend.ledger.stuck(after)
    backend.reorganise()
    await backend.ledger.send(after)
    backend.mine()
    assert await backend.ledger.stuck(after)
    assert not await backend.ledger.spent(after)
    again = await backend.ledger.prepare_anchor(0, 4, ROOTS[4], [])
    assert again.nonce < after.nonce
    assert not await backend.ledger.stuck(again)
    await backend.ledger.send(again)
    backend.mine()
    assert (await backend.ledger.head(1)).size == 4


async def test_reorganisation_takes_an_anchor_back(backend: Backend):
    """The anchor is not found, not canonical, not final and not spent; the same bytes anchor again in
    another block.
    """
    backend.mark()
    transaction = await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [])
    await backend.ledger.send(transaction)
    backend.mine(1 + DEPTH)
    before = await backend.ledger.find(transaction)
    assert before is not None
    assert before.anchor is not None
    assert await backend.ledger.is_final(before.anchor)

    backend.reorganise()
    assert await backend.ledger.find(transaction) is None
    assert await backend.ledger.find_anchor(1, 3) is None
    assert not await backend.ledger.is_canonical(before.anchor)
    assert not await backend.ledger.is_final(before.anchor)
    assert not await backend.ledger.spent(transaction)
    assert (await backend.ledger.head(1)).size == 0

    await backend.ledger.send(transaction)
    backend.mine()
    after = await backend.ledger.find(transaction)
    assert after is not None
    assert after.block_hash != before.block_hash
    assert await backend.ledger.find_anchor(1, 3) == after.anchor
