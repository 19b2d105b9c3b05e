"""What every `Ledger` promises of pointers from a record to its replacement."""

import pytest

from tests.contracts import tree
from tests.ports.ledgers import DEPTH, Backend
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, Root
from tracehold.journey.ports import SignedTransaction

RECORDS = [Fingerprint(bytes([0x30 + number]) * 32) for number in range(5)]
LEAVES = [tree.leaf(record) for record in RECORDS]
OTHER, THIRD = Fingerprint(b"\x77" * 32), Fingerprint(b"\x78" * 32)


async def anchor(backend: Backend, prev_size: int, size: int) -> None:
    """Anchor the first records."""
    root = Root(tree.root(LEAVES[:size]))
    await backend.ledger.send(await backend.ledger.prepare_anchor(prev_size, size, root, []))
    backend.mine()


async def pointer(
    backend: Backend, size: int = 3, replaces: SignedTransaction | None = None
) -> SignedTransaction:
    """A pointer from record 1, proved under the head of this size."""
    path = tree.path(1, LEAVES[:size])
    return await backend.ledger.prepare_supersede(RECORDS[1], OTHER, 1, path, replaces)


async def test_a_pointer_stands_once_it_is_mined(backend: Backend):
    """Neither signed nor sent, but from its block on, and final with enough blocks on top; it is no anchor.
    Nothing else is pointed from.
    """
    await anchor(backend, 0, 3)
    sent = await pointer(backend)
    backend.mine()
    assert await backend.ledger.find(sent) is None
    await backend.ledger.send(sent)
    assert await backend.ledger.superseded(1, RECORDS[1]) is None
    backend.mine()
    mined = await backend.ledger.find(sent)
    assert mined is not None
    assert (mined.succeeded, mined.anchor) == (True, None)
    assert await backend.ledger.superseded(1, RECORDS[1]) == OTHER
    assert await backend.ledger.superseded(1, RECORDS[1], final=True) is None
    backend.mine(DEPTH)
    assert await backend.ledger.superseded(1, RECORDS[1], final=True) == OTHER
    assert await backend.ledger.superseded(1, RECORDS[0]) is None
    assert await backend.ledger.superseded(2, RECORDS[1]) is None


async def test_the_dry_run_names_why_it_is_refused(backend: Backend):
    """Not under the head yet, a path of another head, no replacement, set before; a stranger has no log."""
    with pytest.raises(Rejected, match="NotIncluded"):
        await pointer(backend)
    await anchor(backend, 0, 3)
    with pytest.raises(Rejected, match="NotIncluded"):
        await pointer(backend, 5)
    path = tree.path(1, LEAVES[:3])
    with pytest.raises(Rejected, match="BadReplacement"):
        await backend.ledger.prepare_supersede(RECORDS[1], RECORDS[1], 1, path)
    with pytest.raises(Rejected) as refused:
        await backend.stranger().prepare_supersede(RECORDS[1], OTHER, 1, path)
    assert refused.value.code == "NOT_A_MEMBER"
    await backend.ledger.send(await pointer(backend))
    backend.mine()
    with pytest.raises(Rejected, match=f"AlreadySuperseded.*{OTHER.hex()}"):
        await backend.ledger.prepare_supersede(RECORDS[1], THIRD, 1, path)


async def test_a_pointer_after_an_anchor_that_waits_is_refused_in_its_block(backend: Backend):
    """The head moved on under it: it reverts, and is signed again for the new head."""
    await anchor(backend, 0, 3)
    root = Root(tree.root(LEAVES))
    before = await backend.ledger.prepare_anchor(3, 5, root, [])
    await backend.ledger.send(before)
    late = await pointer(backend)
    assert late.nonce == before.nonce + 1
    await backend.ledger.send(late)
    backend.mine()
    mined = await backend.ledger.find(late)
    assert mined is not None
    assert not mined.succeeded
    assert await backend.ledger.superseded(1, RECORDS[1]) is None
    await backend.ledger.send(await pointer(backend, 5))
    backend.mine()
    assert await backend.ledger.superseded(1, RECORDS[1]) == OTHER


async def test_a_higher_fee_has_the_same_nonce(backend: Backend):
    """Only one of the two is mined."""
    await anchor(backend, 0, 3)
    slow = await pointer(backend)
    await backend.ledger.send(slow)
    fast = await pointer(backend, replaces=slow)
    assert (fast.nonce, fast.max_fee_per_gas > slow.max_fee_per_gas) == (slow.nonce, True)
    await backend.ledger.send(fast)
    backend.mine()
    assert await backend.ledger.find(fast) is not None
    assert await backend.ledger.spent(slow)


async def test_a_pointer_goes_with_its_block(backend: Backend):
    """After a reorganisation it does not stand."""
    await anchor(backend, 0, 3)
    backend.mark()
    await backend.ledger.send(await pointer(backend))
    backend.mine()
    assert await backend.ledger.superseded(1, RECORDS[1]) == OTHER
    backend.reorganise()
    assert await backend.ledger.superseded(1, RECORDS[1]) is None
