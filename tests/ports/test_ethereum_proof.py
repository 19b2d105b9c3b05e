"""Anchor proofs: headers of every fork as RLP, receipts as a trie, and answers that do not fit together."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth.vm.forks.london.blocks import LondonBlockHeader
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from tests.devchain.node import ALICE, GWEI, signed
from tests.ports.ledgers import DEPTH, OnDevchain
from tracehold.adapters.ethereum.headers import header_rlp
from tracehold.adapters.ethereum.proof import receipt_path
from tracehold.core.anchorproof import prove
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Root
from tracehold.core.receipt import Anchor

ROOT = Root(b"\x01" * 32)
ZERO = "0x" + "00" * 32
EMPTY_TRIE = "0x" + keccak(b"\x80").hex()

# Block 0 of the Ethereum main network, as every client tells it.
MAINNET_GENESIS = {
    "parentHash": ZERO,
    "sha3Uncles": "0x" + keccak(b"\xc0").hex(),
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": EMPTY_TRIE,
    "receiptsRoot": EMPTY_TRIE,
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": ZERO,
    "nonce": "0x0000000000000042",
    "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
}

COMMON: dict[str, Any] = {
    "difficulty": 2,
    "block_number": 70_001,
    "gas_limit": 30_000_000,
    "timestamp": 1_800_000_000,
    "coinbase": b"\x0c" * 20,
    "parent_hash": b"\x0a" * 32,
    "uncles_hash": b"\x0b" * 32,
    "state_root": b"\x0d" * 32,
    "transaction_root": b"\x0e" * 32,
    "receipt_root": b"\x0f" * 32,
    "bloom": 1 << 2000,
    "gas_used": 50_000,
    "extra_data": b"some words",
    "mix_hash": b"\x1a" * 32,
    "nonce": b"\x00" * 7 + b"\x01",
}
LONDON = COMMON | {"base_fee_per_gas": 0}
SHANGHAI = LONDON | {"withdrawals_root": b"\x1b" * 32}
CANCUN = SHANGHAI | {"blob_gas_used": 0, "excess_blob_gas": 131_072, "parent_beacon_block_root": b"\x1c" * 32}
PRAGUE = CANCUN | {"requests_hash": b"\x1d" * 32}
CLIQUE = LONDON | {"extra_data": b"v" * 32 + b"s" * 65, "nonce": b"\xff" * 8, "mix_hash": bytes(32)}

NAMES = {
    "parentHash": "parent_hash",
    "sha3Uncles": "uncles_hash",
    "miner": "coinbase",
    "stateRoot": "state_root",
    "transactionsRoot": "transaction_root",
    "receiptsRoot": "receipt_root",
    "difficulty": "difficulty",
    "number": "block_number",
    "gasLimit": "gas_limit",
    "gasUsed": "gas_used",
    "timestamp": "timestamp",
    "extraData": "extra_data",
    "mixHash": "mix_hash",
    "nonce": "nonce",
    "baseFeePerGas": "base_fee_per_gas",
    "withdrawalsRoot": "withdrawals_root",
    "blobGasUsed": "blob_gas_used",
    "excessBlobGas": "excess_blob_gas",
    "parentBeaconBlockRoot": "parent_beacon_block_root",
    "requestsHash": "requests_hash",
}


def told(header: Any) -> dict[str, Any]:
    """A py-evm header as JSON-RPC tells it."""
    fields: dict[str, Any] = {"hash": "0x" + header.hash.hex(), "logsBloom": f"0x{header.bloom:0512x}"}
    for name, attribute in NAMES.items():
        value = getattr(header, attribute, None)
        if value is not None:
            fields[name] = "0x" + value.hex() if isinstance(value, bytes) else hex(value)
    return fields


HEADERS = {
    "london": LondonBlockHeader(**LONDON),
    "clique": LondonBlockHeader(**CLIQUE),
    "shanghai": ShanghaiBlockHeader(**SHANGHAI),
    "cancun": CancunBlockHeader(**CANCUN),
    "prague": PragueBlockHeader(**PRAGUE),
}


@pytest.mark.parametrize("fork", HEADERS)
def test_header_of_each_fork(fork: str):
    """The bytes are those of another implementation, and hash to the block's hash."""
    header: Any = HEADERS[fork]
    encoded = header_rlp(told(header))
    assert encoded == rlp.encode(header)
    assert keccak(encoded) == header.hash


def test_header_before_london():
    """A header without a base fee, by a hash that everybody knows."""
    assert keccak(header_rlp(MAINNET_GENESIS)).hex() == MAINNET_GENESIS["hash"][2:]


@pytest.mark.parametrize("field", [*NAMES, "logsBloom"])
def test_attack_changed_header_is_refused(field: str):
    """Every field is bound: another value or none gives another hash."""
    fields = told(HEADERS["prague"])
    last = fields[field][-1]
    with pytest.raises(ValueError, match="hash"):
        header_rlp({**fields, field: fields[field][:-1] + ("0" if last != "0" else "1")})
    with pytest.raises((KeyError, ValueError)):
        header_rlp({name: value for name, value in fields.items() if name != field})


def test_field_of_a_later_fork_is_noticed():
    """A header with a field unknown to this release does not hash to its hash: not taken by half."""
    fields = told(HEADERS["prague"])
    longer = rlp.encode([*rlp.decode(header_rlp(fields)), b"\x07"])
    with pytest.raises(ValueError, match="does not hash"):
        header_rlp({**fields, "laterField": "0x7", "hash": "0x" + keccak(longer).hex()})


def test_receipt_path_of_many_receipts():
    """Paths in a block of 300 receipts, checked by the trie library; RLP keys change form at 128."""
    receipts = [b"receipt %d" % index + bytes(300) for index in range(300)]
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = receipt
    for index in (0, 1, 127, 128, 255, 256, 299):
        path = receipt_path(trie.root_hash, receipts, index)
        nodes = [rlp.decode(node) for node in path]
        assert keccak(path[0]) == trie.root_hash
        assert HexaryTrie.get_from_proof(trie.root_hash, rlp.encode(index), nodes) == receipts[index]


def test_attack_receipts_that_do_not_give_the_root():
    """One receipt changed, lost or moved."""
    receipts = [b"receipt %d" % index + bytes(300) for index in range(3)]
    root = receipt_root(receipts)
    for wrong in ([*receipts[:2], b"x" * 300], receipts[:2], receipts[::-1]):
        with pytest.raises(ValueError, match="receiptsRoot"):
            receipt_path(root, wrong, 0)


def receipt_root(receipts: list[bytes]) -> bytes:
    """Root of a receipts trie."""
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = receipt
    found: bytes = trie.root_hash
    return found


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """The contract with one node on a chain in hand."""
    made = await OnDevchain(tmp_path).start()
    yield made
    made.close()


@pytest.fixture
async def final(chain: OnDevchain) -> Anchor:
    """A final anchor in a block with five other transactions, legacy ones and newer ones."""
    first = int(chain.node.rpc("eth_getTransactionCount", ALICE.address, "latest"), 16)
    for offset in range(5):
        price: dict[str, Any] = {"gasPrice": 10 * GWEI} if offset % 2 else {}
        chain.node.rpc("eth_sendRawTransaction", signed(ALICE, nonce=first + offset, **price))
    transaction = await chain.ledger.prepare_anchor(0, 3, ROOT, [])
    await chain.ledger.send(transaction)
    chain.mine(1 + DEPTH)
    mined = await chain.ledger.find(transaction)
    assert mined is not None
    assert mined.anchor is not None
    return mined.anchor


async def test_proof_stands_without_the_chain(chain: OnDevchain, final: Anchor):
    """Headers chain up from the anchor's block, and the path under its receiptsRoot leads to the event."""
    proof = await chain.ledger.proof(final)
    headers = [rlp.decode(header) for header in proof.headers]
    assert keccak(proof.headers[0]) == final.block_hash
    assert len(headers) == DEPTH + 1
    for below, above in zip(proof.headers, headers[1:], strict=False):
        assert above[0] == keccak(below)
    receipts_root = headers[0][5]
    nodes = [rlp.decode(node) for node in proof.receipt_path]
    receipt = HexaryTrie.get_from_proof(receipts_root, rlp.encode(proof.tx_index), nodes)
    assert receipt[0] == 2, "a dynamic fee transaction's receipt"
    status, _, _, logs = rlp.decode(receipt[1:])
    assert status == b"\x01"
    ((emitter, topics, data),) = logs
    assert emitter == final.contract
    assert int.from_bytes(topics[1]) == final.node
    assert final.root in data


async def test_the_verifier_takes_the_proof(chain: OnDevchain, final: Anchor):
    """What the adapter captures is what core proves, and it proves this anchor only."""
    proof = await chain.ledger.proof(final)
    prove(final, proof)
    for other in (replace(final, size=4), replace(final, root=Root(b"\x02" * 32)), replace(final, node=2)):
        with pytest.raises(Rejected) as refused:
            prove(other, proof)
        assert refused.value.code == "PROOF_INVALID"


async def test_proof_from_single_receipts(chain: OnDevchain, final: Anchor):
    """A chain's node without eth_getBlockReceipts is asked for each receipt, and the proof is the same."""
    whole = await chain.ledger.proof(final)
    chain.wire.answers["eth_getBlockReceipts"] = {"error": {"code": -32601, "message": "no such method"}}
    assert await chain.ledger.proof(final) == whole
    chain.wire.answers["eth_getBlockReceipts"] = {"error": {"code": -32603, "message": "internal error"}}
    with pytest.raises(Unavailable):
        await chain.ledger.proof(final)


async def test_attack_false_receipts_are_not_kept(chain: OnDevchain, final: Anchor):
    """Receipts that do not give the root, a block without the transaction, headers that do not follow."""
    height = hex(final.block_number)
    receipts = chain.node.rpc("eth_getBlockReceipts", height)
    block = chain.node.rpc("eth_getBlockByNumber", height, False)
    above = chain.node.rpc("eth_getBlockByNumber", hex(final.block_number + 1), False)
    stray = told(PragueBlockHeader(**PRAGUE | {"block_number": final.block_number + 1}))
    lies: list[tuple[str, Any]] = [
        ("eth_getBlockByNumber", stray),
        ("eth_getBlockReceipts", [{**receipts[0], "cumulativeGasUsed": "0x1"}, *receipts[1:]]),
        ("eth_getBlockReceipts", receipts[1:]),
        ("eth_getBlockReceipts", None),
        ("eth_getBlockByHash", {**block, "transactions": block["transactions"][:1]}),
        ("eth_getBlockByHash", {**block, "receiptsRoot": ZERO}),
        ("eth_getBlockByHash", {**block, "timestamp": "0x1"}),
        ("eth_getBlockByHash", above),
        ("eth_getBlockByHash", None),
        ("eth_getBlockByNumber", block),
        ("eth_getBlockByNumber", {**above, "gasUsed": "0x1"}),
    ]
    for method, result in lies:
        chain.wire.answers = {method: {"result": result}}
        with pytest.raises(Unavailable) as down:
            await chain.ledger.proof(final)
        assert down.value.code == "CHAIN_DOWN"
    chain.wire.answers = {}
    assert (await chain.ledger.proof(final)).tx_index == len(receipts) - 1


async def test_proof_near_the_head_has_what_there_is(chain: OnDevchain, final: Anchor):
    """Blocks on top that are not there yet are left out, not waited for."""
    deep = chain.open(finality="depth:50")
    assert len((await deep.proof(final)).headers) == DEPTH + 1
