"""What every `Ledger` promises, shown on the one in memory and on the contract on a devchain."""

import pytest

from tests.ports.ledgers import BOTH, NETWORK, PARTY, ROOTS, Backend, anchored, log_of
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import Ledger, Pledge, SignedTransaction


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


async def test_height_grows(backend: Backend):
    """The newest block's number."""
    before = await backend.ledger.height()
    backend.mine(2)
    assert await backend.ledger.height() == before + 2


async def test_the_newest_block_tells_the_time(backend: Backend):
    """Also where nobody anchored anything in it; the head goes on telling its own block's."""
    mined = await anchored(backend, 0, 2)
    assert mined.anchor is not None
    backend.mine(3)
    assert await backend.ledger.time() >= mined.anchor.block_time
    head = await backend.ledger.head(1)
    assert (head.block_number, head.block_time) == (mined.block_number, mined.anchor.block_time)
    assert await backend.ledger.height() == mined.block_number + 3


async def test_anchors_follow_each_other(backend: Backend, monkeypatch: pytest.MonkeyPatch):
    """All past a size, oldest first, and no more at once than is bearable."""
    steps = [(0, 2), (2, 5), (5, 7)]
    made = [(await anchored(backend, *step)).anchor for step in steps]
    assert list(await backend.ledger.anchors(1, 0)) == made
    assert made[0] is not None
    assert list(await backend.ledger.anchors(1, 2, made[0].block_number)) == made[1:]
    assert list(await backend.ledger.anchors(1, 7)) == []
    assert list(await backend.ledger.anchors(2, 0)) == []
    for module in ("tracehold.adapters.memory.ledger", "tracehold.adapters.ethereum.anchored"):
        monkeypatch.setattr(f"{module}.ANCHORS", 2)
    assert list(await backend.ledger.anchors(1, 0)) == made[:2]


async def test_silent_chain_is_unavailable(backend: Backend):
    """Every method says CHAIN_DOWN and nothing else."""
    mined = await anchored(backend, 0, 3)
    anchor = mined.anchor
    assert anchor is not None
    ledger: Ledger = backend.ledger
    transaction = SignedTransaction(b"\x02", b"\x02" * 32, 0, 1)
    pledge = Pledge(1, log_of(1), 3, ROOTS[0], 4, ROOTS[1])
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
        lambda: ledger.stuck(transaction),
        lambda: ledger.find_anchor(1, 3),
        lambda: ledger.is_final(anchor),
        lambda: ledger.is_canonical(anchor),
        lambda: ledger.proof(anchor),
        lambda: ledger.acknowledge(pledge),
        lambda: ledger.check_acknowledgement(pledge, bytes(64), bytes(20)),
    ]
    for question in questions:
        with pytest.raises(Unavailable) as down:
            await question()
        assert down.value.code == "CHAIN_DOWN"
