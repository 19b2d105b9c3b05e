"""How the ethereum adapter sends: words of chain nodes, fees, receipts."""

from itertools import pairwise

import pytest

from tests.devchain.node import BOB, account
from tests.ports.ledgers import OnDevchain, acknowledge, log_of
from tracehold.adapters.ethereum import acks
from tracehold.adapters.ethereum.sender import fees_of
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.core.ids import Root

ROOT, NEXT = Root(b"\x01" * 32), Root(b"\x02" * 32)
HOLDERS = [account(f"holder {number}") for number in range(2, 5)]


# -- sending


@pytest.mark.parametrize(
    "words",
    [
        "already known",
        "Known transaction",
        "AlreadyKnown",
        "transaction already imported",
        "nonce too low",
        "Nonce is too low",
        "OldNonce",
        "replacement transaction underpriced",
    ],
)
async def test_words_that_are_no_error(chain: OnDevchain, words: str):
    """The chain has it, or another of its nonce: find and spent tell which."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    chain.wire.answers["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": words}}
    await chain.ledger.send(transaction)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("insufficient funds for gas * price + value", Unavailable, "NO_FUNDS"),
        ("Upfront cost exceeds account balance", Unavailable, "NO_FUNDS"),
        ("txpool is full", Unavailable, "CHAIN_DOWN"),
        ("exceeds block gas limit", Unavailable, "CHAIN_DOWN"),
        ("invalid chain id for signer", Broken, "WRONG_CHAIN"),
        ("invalid sender", Broken, "WRONG_CHAIN"),
    ],
)
async def test_words_that_are_errors(chain: OnDevchain, words: str, kind: type[TraceholdError], code: str):
    """Each as what the operator can do about it; the chain's own words stay inside."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    chain.wire.answers["eth_sendRawTransaction"] = {"error": {"code": -32000, "message": words}}
    with pytest.raises(kind) as told:
        await chain.ledger.send(transaction)
    assert told.value.code == code
    assert words not in told.value.message
    assert ("Fund the account" in told.value.remedy) == (code == "NO_FUNDS")


async def test_account_without_funds(chain: OnDevchain):
    """On the real devchain: the message names the account to be funded."""
    await chain.enrol_operator("urn:example:poor", bytes(HOLDERS[0].key))
    poor = chain.open(secret=bytes(HOLDERS[0].key))
    given = acknowledge(
        await domain_of(chain),
        acks.Ack(2, log_of(2), 0, bytes(32), 3, ROOT),
        [(1, 1, bytes(BOB.key))],
    )
    transaction = await poor.prepare_anchor(0, 3, ROOT, given)
    with pytest.raises(Unavailable, match=HOLDERS[0].address.lower()):
        await poor.send(transaction)


async def domain_of(chain: OnDevchain) -> acks.Domain:
    """The contract's EIP-712 domain."""
    network = await chain.ledger.network()
    return acks.Domain(network.chain_id, network.contract, network.salt)


async def test_replacement_raises_both_fees(chain: OnDevchain):
    """Pools look at cap and tip; each replacement of a replacement goes on raising."""
    first = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    second = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=first)
    third = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=second)
    fees = [fees_of(transaction.raw) for transaction in (first, second, third)]
    for cheap, dear in pairwise(fees):
        assert dear.cap * 10 >= cheap.cap * 11
        assert dear.tip is not None
        assert cheap.tip is not None
        assert dear.tip * 10 >= cheap.tip * 11
    assert [fee.cap for fee in fees] == [t.max_fee_per_gas for t in (first, second, third)]


async def test_chain_without_base_fee(chain: OnDevchain):
    """A legacy transaction with a gas price, which the devchain takes too; replaced by a dearer one."""
    block = chain.node.rpc("eth_getBlockByNumber", "latest", False)
    chain.wire.answers["eth_getBlockByNumber"] = lambda ref, _: (
        {"result": {**block, "baseFeePerGas": None}} if ref == "latest" else None
    )
    first = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    second = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=first)
    assert first.raw[0] >= 0xC0, "a list, so no type byte"
    assert second.max_fee_per_gas * 10 >= first.max_fee_per_gas * 11
    chain.wire.answers.clear()
    await chain.ledger.send(second)
    chain.mine()
    assert await chain.ledger.find(second) is not None


async def test_usual_tip_where_the_chain_tells_none(chain: OnDevchain):
    """eth_maxPriorityFeePerGas is not everywhere."""
    chain.wire.answers["eth_maxPriorityFeePerGas"] = {"error": {"code": -32601, "message": "no such method"}}
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    assert fees_of(transaction.raw).tip == 10**9


async def test_receipt_of_a_replaced_block_is_not_believed(chain: OnDevchain):
    """A receipt whose block is not the canonical one of its height counts for nothing."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    await chain.ledger.send(transaction)
    chain.mine()
    receipt = chain.node.rpc("eth_getTransactionReceipt", "0x" + transaction.hash.hex())
    chain.wire.answers["eth_getTransactionReceipt"] = {"result": {**receipt, "blockHash": "0x" + "66" * 32}}
    assert await chain.ledger.find(transaction) is None


async def test_attack_event_of_another_contract(chain: OnDevchain):
    """An event of the same form that another contract emitted is no anchor."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    await chain.ledger.send(transaction)
    chain.mine()
    receipt = chain.node.rpc("eth_getTransactionReceipt", "0x" + transaction.hash.hex())
    (log,) = receipt["logs"]
    foreign = {**log, "address": "0x" + "66" * 20}
    chain.wire.answers["eth_getTransactionReceipt"] = {"result": {**receipt, "logs": [foreign]}}
    mined = await chain.ledger.find(transaction)
    assert mined is not None
    assert mined.anchor is None


async def test_attack_chain_that_stands_still_takes_fees_up(chain: OnDevchain):
    """Replacement on replacement ends at a bound, and the last bytes stay as they are."""
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    first = transaction.max_fee_per_gas
    while transaction.max_fee_per_gas <= 13 * first:
        transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=transaction)
    assert transaction.max_fee_per_gas <= 16 * first
    with pytest.raises(Unavailable, match="no fee helps"):
        await chain.ledger.prepare_anchor(0, 3, ROOT, [], replaces=transaction)
