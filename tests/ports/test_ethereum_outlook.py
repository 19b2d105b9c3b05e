"""How the chain and the account stand, over a devchain: finality, funds, caps, and transactions of others."""

import pytest
from coincurve import PrivateKey

from tests.devchain.node import BOB
from tests.ports.ledgers import OnDevchain
from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.ethereum.sender import fees_of
from tracehold.adapters.ethereum.settings import FeePolicy
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Root

ROOT = Root(b"\x01" * 32)


async def sent(ledger: EthereumLedger, chain: OnDevchain, size: int) -> None:
    """An anchor of this ledger, in a block."""
    await ledger.send(await ledger.prepare_anchor(size - 3, size, ROOT, []))
    chain.mine()


async def test_attack_another_sender_with_the_same_key(chain: OnDevchain):
    """What this process sent is its own; what another one sent comes to light after three looks."""
    ours, theirs = chain.open(), chain.open()
    assert await ours.outlook.foreign() == 0
    await sent(ours, chain, 3)
    assert [await ours.outlook.foreign() for _ in range(4)] == [0, 0, 0, 0]
    await sent(theirs, chain, 6)
    assert [await ours.outlook.foreign() for _ in range(5)] == [0, 0, 1, 1, 1]


async def test_attack_another_sender_takes_our_nonce(chain: OnDevchain):
    """Ours was signed first and never mined: the one in its place is another's."""
    ours, theirs = chain.open(), chain.open()
    assert await ours.outlook.foreign() == 0
    await ours.prepare_anchor(0, 9, ROOT, [])
    await sent(theirs, chain, 3)
    assert [await ours.outlook.foreign() for _ in range(4)] == [0, 0, 1, 1]


async def test_a_start_after_a_crash_takes_over_what_is_on_its_way(chain: OnDevchain):
    """What an earlier process signed and this one sends again is no other's, nor what was mined before."""
    before = chain.open()
    await sent(before, chain, 3)
    left = await before.prepare_anchor(3, 6, ROOT, [])
    after = chain.open()
    await after.send(left)
    chain.mine()
    assert [await after.outlook.foreign() for _ in range(4)] == [0, 0, 0, 0]


async def test_funds(chain: OnDevchain):
    """What the account has, over what an anchor costs; one that is empty pays for none."""
    account = address_of(PrivateKey(bytes(BOB.key)).public_key)
    funds = await chain.open().outlook.funds()
    assert funds.balance == int(chain.node.rpc("eth_getBalance", "0x" + account.hex(), "latest"), 16)
    assert funds.per_anchor > 0
    assert funds.anchors == funds.balance // funds.per_anchor
    assert (await chain.open(secret=b"\x07" * 32).outlook.funds()).anchors == 0


async def test_fees_stay_within_the_cap(chain: OnDevchain):
    """A cap between what the next block asks and what is usual is offered, and never exceeded."""
    usual = fees_of((await chain.ledger.prepare_anchor(0, 3, ROOT, [])).raw).cap
    base = int(chain.node.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    cap = usual - base // 2
    tight = chain.open(fees=FeePolicy(cap=cap))
    first = await tight.prepare_anchor(0, 3, ROOT, [])
    assert first.max_fee_per_gas == cap
    with pytest.raises(Unavailable) as capped:
        await tight.prepare_anchor(0, 3, ROOT, [], first)
    assert capped.value.code == "FEE_CAP"
    room = chain.open(fees=FeePolicy(cap=usual * 5 // 4 - 1))
    first = await room.prepare_anchor(0, 3, ROOT, [])
    assert (await room.prepare_anchor(0, 3, ROOT, [], first)).max_fee_per_gas == usual * 5 // 4 - 1


async def test_a_cap_under_what_the_chain_asks(chain: OnDevchain):
    """Nothing is signed, and it is told why."""
    poor = chain.open(fees=FeePolicy(cap=1))
    with pytest.raises(Unavailable) as capped:
        await poor.prepare_anchor(0, 3, ROOT, [])
    assert capped.value.code == "FEE_CAP"
    with pytest.raises(Unavailable):
        await poor.outlook.check_fees()
    await chain.open().outlook.check_fees()


async def test_a_steeper_replacement(chain: OnDevchain):
    """The factor of the configuration."""
    steep = chain.open(fees=FeePolicy(factor=3.0))
    first = await steep.prepare_anchor(0, 3, ROOT, [])
    assert (await steep.prepare_anchor(0, 3, ROOT, [], first)).max_fee_per_gas >= 3 * first.max_fee_per_gas


async def test_finality_follows_the_sealers(chain: OnDevchain):
    """Voted in, voted out: the depth that half of them and one make. A policy that was configured stays."""
    signers = ["0x" + "11" * 20] * 3
    block = {**chain.node.rpc("eth_getBlockByNumber", "latest", False), "difficulty": "0x2"}
    chain.wire.answers["eth_getBlockByNumber"] = lambda ref, _: (
        {"result": None}
        if ref == "finalized"
        else {"result": {**block, "extraData": "0x" + "00" * 97}}
        if ref == "latest"
        else None
    )
    chain.wire.answers["clique_getSigners"] = lambda: {"result": signers}
    ledger = chain.open(finality="auto")
    found = await ledger.outlook.finality()
    assert (found.policy, found.how) == ("depth:2", "Clique with 3 sealers")
    signers += signers
    assert (await ledger.outlook.finality()).policy == "depth:4"
    assert (await chain.open().outlook.finality()).how == "configured"


async def test_attack_another_sender_after_a_reorganisation(chain: OnDevchain):
    """What was judged is judged again where the chain went back: ours that comes back is ours, and another's
    in its place is told, once.
    """
    ours, theirs = chain.open(), chain.open()
    assert await ours.outlook.foreign() == 0
    chain.mark()
    first = await ours.prepare_anchor(0, 3, ROOT, [])
    await ours.send(first)
    chain.mine()
    assert [await ours.outlook.foreign() for _ in range(2)] == [0, 0]
    chain.reorganise()
    assert [await ours.outlook.foreign() for _ in range(2)] == [0, 0]
    chain.mark()
    await ours.send(first)
    chain.mine()
    assert [await ours.outlook.foreign() for _ in range(4)] == [0, 0, 0, 0]
    chain.reorganise()
    assert await ours.outlook.foreign() == 0
    chain.mark()
    await theirs.send(await theirs.prepare_anchor(0, 2, ROOT, []))
    chain.mine()
    assert [await ours.outlook.foreign() for _ in range(5)] == [0, 0, 1, 1, 1]
    chain.reorganise()
    assert await ours.outlook.foreign() == 1
    await theirs.send(await theirs.prepare_anchor(0, 2, ROOT, []))
    chain.mine()
    assert [await ours.outlook.foreign() for _ in range(4)] == [1, 1, 1, 1]
