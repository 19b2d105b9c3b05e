"""What every `Ledger` promises, shown on the one in memory and on the contract on a devchain."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ports.ledgers import BOTH, DEPTH, NETWORK, PARTY, Backend, InMemory, OnDevchain, log_of
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Root
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import Ledger, Mined, SignedTransaction

ROOTS = [Root(bytes([number]) * 32) for number in range(1, 9)]


@pytest.fixture(params=["memory", "ethereum"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Each back-end in turn, with the contract and one node."""
    made: Backend = InMemory() if request.param == "memory" else await OnDevchain(tmp_path).start()
    yield made
    made.close()


async def anchored(backend: Backend, prev_size: int, size: int) -> Mined:
    """One anchor, prepared, sent and mined."""
    transaction = await backend.ledger.prepare_anchor(prev_size, size, ROOTS[size % 8], [])
    await backend.ledger.send(transaction)
    backend.mine()
    mined = await backend.ledger.find(transaction)
    assert mined is not None
    return mined


async def test_network_is_fixed(backend: Backend):
    """The contract's fixed points are the same at each call, and do not change when blocks come."""
    first = await backend.ledger.network()
    assert first.network_id == NETWORK
    assert (first.quorum, first.operators, len(first.contract), len(first.salt)) == (0, 1, 20, 32)
    backend.mine()
    assert await backend.ledger.network() == first


async def test_members_and_myself(backend: Backend):
    """Everything that was said at enrolment, with the party's text and the whole node record."""
    (member,) = await backend.ledger.members()
    assert (member.number, member.operator_number, member.operator) == (1, 1, PARTY)
    assert (member.log, member.roles, member.active) == (log_of(1), BOTH, True)
    assert (member.record, len(member.account), len(member.node_key)) == (b"a node record", 20, 32)
    assert await backend.ledger.myself() == member
    assert await backend.stranger().myself() is None


async def test_head_follows_anchors(backend: Backend):
    """Size 0 and the root of an empty tree at first, then the newest anchor."""
    first = await backend.ledger.head(1)
    assert (first.size, first.root) == (0, EMPTY_ROOT)
    for prev_size, size in [(0, 3), (3, 4)]:
        mined = await anchored(backend, prev_size, size)
        head = await backend.ledger.head(1)
        assert (head.size, head.root, head.block_number) == (size, ROOTS[size % 8], mined.block_number)


async def test_head_of_nobody(backend: Backend):
    """An unknown node has anchored nothing."""
    assert (await backend.ledger.head(99)).size == 0


async def test_preparing_sends_nothing(backend: Backend):
    """A prepared transaction is in no block until it is sent."""
    transaction = await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [])
    backend.mine()
    assert await backend.ledger.find(transaction) is None
    assert not await backend.ledger.spent(transaction)
    assert (await backend.ledger.head(1)).size == 0


async def test_mined_anchor_says_everything(backend: Backend):
    """find gives the block and the event with all its fields."""
    transaction = await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [])
    assert await backend.ledger.find(transaction) is None
    await backend.ledger.send(transaction)
    backend.mine()
    mined = await backend.ledger.find(transaction)
    assert mined is not None
    assert mined.succeeded
    assert mined.gas_used > 21_000
    network = await backend.ledger.network()
    assert isinstance(mined.anchor, Anchor)
    assert mined.anchor == Anchor(
        chain_id=network.chain_id,
        contract=network.contract,
        node=1,
        log=log_of(1),
        prev_size=0,
        size=3,
        root=ROOTS[0],
        block_number=mined.block_number,
        block_hash=mined.block_hash,
        block_time=mined.anchor.block_time,
        tx_hash=transaction.hash,
        log_index=0,
    )
    assert mined.anchor.block_time >= 1_700_000_000


async def test_sending_is_harmless_to_repeat(backend: Backend):
    """The same bytes before and after they were mined: one anchor, no error."""
    transaction = await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [])
    for _ in range(2):
        await backend.ledger.send(transaction)
    backend.mine()
    first = await backend.ledger.find(transaction)
    for _ in range(2):
        await backend.ledger.send(transaction)
        backend.mine()
    assert await backend.ledger.find(transaction) == first
    assert (await backend.ledger.head(1)).size == 3


async def test_stale_anchor_is_refused_at_once(backend: Backend):
    """A dry run tells before anything is signed."""
    await anchored(backend, 0, 3)
    with pytest.raises(Rejected) as refused:
        await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [])
    assert refused.value.code == "LEDGER_REFUSED"


async def test_stranger_is_no_member(backend: Backend):
    """An account that is not enrolled does not anchor."""
    with pytest.raises(Rejected) as refused:
        await backend.stranger().prepare_anchor(0, 3, ROOTS[0], [])
    assert refused.value.code == "NOT_A_MEMBER"


async def test_replacement_takes_the_nonce_and_pays_more(backend: Backend):
    """Only one of the two is mined; the other is spent."""
    first = await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [])
    await backend.ledger.send(first)
    second = await backend.ledger.prepare_anchor(0, 3, ROOTS[0], [], replaces=first)
    assert second.nonce == first.nonce
    assert second.max_fee_per_gas > first.max_fee_per_gas * 11 // 10
    assert second.hash != first.hash
    await backend.ledger.send(second)
    backend.mine()
    assert (await backend.ledger.find(second)) is not None
    assert not await backend.ledger.spent(second)
    assert await backend.ledger.find(first) is None
    assert await backend.ledger.spent(first)
    await backend.ledger.send(first)
    backend.mine()
    assert (await backend.ledger.head(1)).size == 3


async def test_anchor_is_found_by_its_size(backend: Backend):
    """Wherever it came from; sizes that were never anchored are not found."""
    mined = [await anchored(backend, *step) for step in [(0, 2), (2, 5), (5, 7)]]
    for each in mined:
        assert each.anchor is not None
        assert await backend.ledger.find_anchor(1, each.anchor.size) == each.anchor
    for size in (0, 1, 3, 6, 8):
        assert await backend.ledger.find_anchor(1, size) is None
    assert await backend.ledger.find_anchor(2, 5) is None


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


async def test_unknown_block_is_neither_canonical_nor_final(backend: Backend):
    """A block hash that the chain does not have at that height."""
    mined = await anchored(backend, 0, 3)
    backend.mine(DEPTH)
    assert mined.anchor is not None
    for other in (
        replace(mined.anchor, block_hash=b"\x66" * 32),
        replace(mined.anchor, block_number=10_000, block_hash=b"\x66" * 32),
    ):
        assert not await backend.ledger.is_canonical(other)
        assert not await backend.ledger.is_final(other)


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


async def test_height_grows(backend: Backend):
    """The newest block's number."""
    before = await backend.ledger.height()
    backend.mine(2)
    assert await backend.ledger.height() == before + 2


async def test_silent_chain_is_unavailable(backend: Backend):
    """Every method says CHAIN_DOWN and nothing else."""
    mined = await anchored(backend, 0, 3)
    anchor = mined.anchor
    assert anchor is not None
    ledger: Ledger = backend.ledger
    transaction = SignedTransaction(b"\x02", b"\x02" * 32, 0, 1)
    backend.silence()
    questions = [
        ledger.network,
        ledger.members,
        ledger.myself,
        lambda: ledger.head(1),
        ledger.height,
        lambda: ledger.prepare_anchor(3, 4, ROOTS[0], []),
        lambda: ledger.find(transaction),
        lambda: ledger.spent(transaction),
        lambda: ledger.find_anchor(1, 3),
        lambda: ledger.is_final(anchor),
        lambda: ledger.is_canonical(anchor),
        lambda: ledger.proof(anchor),
    ]
    for question in questions:
        with pytest.raises(Unavailable) as down:
            await question()
        assert down.value.code == "CHAIN_DOWN"
