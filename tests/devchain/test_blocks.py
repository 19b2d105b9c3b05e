"""What a client can rebuild from the JSON: header hash, transactions root, receipts root, bloom."""

from typing import Any

import pytest
import rlp
from eth_bloom.bloom import BloomFilter
from eth_utils import keccak
from trie.hexary import HexaryTrie

from tests.devchain.bytecode import REVERT, STORE, TOPIC, word
from tests.devchain.node import ALICE, BOB, GWEI, Node, signed

HEADER = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
]
NUMBERS = {
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
}


def number(value: str) -> int:
    """A quantity."""
    return int(value, 16)


def data(value: str) -> bytes:
    """Data."""
    return bytes.fromhex(value[2:])


def minimal(value: str) -> bytes:
    """A quantity as RLP wants it: big endian without leading zeros."""
    return number(value).to_bytes((number(value).bit_length() + 7) // 8, "big")


def header_rlp(block: dict[str, Any]) -> list[bytes]:
    """The header's fields in the order of the Prague header (EIP-7685 and before)."""
    return [minimal(block[name]) if name in NUMBERS else data(block[name]) for name in HEADER]


def trie_root(values: list[bytes]) -> bytes:
    """The root over values by their RLP-encoded index (yellow paper, section 4.3.2)."""
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    return trie.root_hash


def encoded_receipt(receipt: dict[str, Any]) -> bytes:
    """A receipt as the receipts trie holds it (EIP-2718)."""
    logs = [
        [data(log["address"]), [data(t) for t in log["topics"]], data(log["data"])] for log in receipt["logs"]
    ]
    fields = [
        minimal(receipt["status"]),
        minimal(receipt["cumulativeGasUsed"]),
        data(receipt["logsBloom"]),
        logs,
    ]
    return minimal(receipt["type"]) + rlp.encode(fields)


@pytest.fixture
def mixed(node: Node) -> tuple[Node, str]:
    """A block of every kind of transaction: legacy, access list, dynamic fee, failing, deploying, logging."""
    contract = node.deploy()
    node.send(to=contract, data=STORE + word(1))
    node.send(BOB, to=contract, data=STORE + word(2), gasPrice=3 * GWEI)
    access = [{"address": contract, "storageKeys": ["0x" + "00" * 32]}]
    node.send(to=contract, data=STORE + word(3), gasPrice=2 * GWEI, accessList=access, type=1)
    node.send(to=contract, data=REVERT + word(4))
    node.send(to=None, data="0x", gas=60_000)
    node.send(BOB, value=5)
    assert node.chain.seal() is not None
    return node, contract


def test_the_header_hash_can_be_rebuilt_from_the_json(mixed: tuple[Node, str]) -> None:
    """Of every block: keccak over the RLP of the fields."""
    node, _ = mixed
    for height in ("0x0", "0x1", "0x2"):
        block = node.rpc("eth_getBlockByNumber", height, False)
        assert keccak(rlp.encode(header_rlp(block))) == data(block["hash"])


def test_the_receipts_root_can_be_rebuilt_from_the_receipts(mixed: tuple[Node, str]) -> None:
    """Anchor proofs are captured this way."""
    node, _ = mixed
    block = node.rpc("eth_getBlockByNumber", "latest", False)
    receipts = node.rpc("eth_getBlockReceipts", block["hash"])
    assert len(receipts) == 6
    assert trie_root([encoded_receipt(receipt) for receipt in receipts]) == data(block["receiptsRoot"])


def test_the_transactions_root_can_be_rebuilt_from_the_sent_bytes(node: Node) -> None:
    """What was sent is what was mined, byte for byte."""
    sent = [signed(ALICE, nonce=0), signed(ALICE, nonce=1, gasPrice=GWEI), signed(BOB, nonce=0, value=1)]
    hashes = [node.rpc("eth_sendRawTransaction", raw) for raw in sent]
    node.chain.seal()
    block = node.rpc("eth_getBlockByNumber", "latest", False)
    assert block["transactions"] == hashes
    assert trie_root([data(raw) for raw in sent]) == data(block["transactionsRoot"])


def test_the_blooms_are_those_of_the_logs(mixed: tuple[Node, str]) -> None:
    """Address and topics of each log; the block's is the union of its receipts'."""
    node, contract = mixed
    block = node.rpc("eth_getBlockByNumber", "latest", False)
    union = BloomFilter()
    for receipt in node.rpc("eth_getBlockReceipts", "latest"):
        expected = BloomFilter()
        for log in receipt["logs"]:
            expected.add(data(log["address"]))
            for topic in log["topics"]:
                expected.add(data(topic))
        assert number(receipt["logsBloom"]) == int(expected)
        union |= expected
    assert number(block["logsBloom"]) == int(union) != 0
    assert data(contract) in union


def test_the_size_is_that_of_the_encoded_block(node: Node) -> None:
    """Header, transactions, no uncles, no withdrawals."""
    raw = signed(ALICE, nonce=0)
    node.rpc("eth_sendRawTransaction", raw)
    node.chain.seal()
    block = node.rpc("eth_getBlockByNumber", "latest", False)
    assert number(block["size"]) == len(rlp.encode([header_rlp(block), [data(raw)], [], []]))


def test_receipts_say_where_and_what(mixed: tuple[Node, str]) -> None:
    """Positions count through the block, gas accumulates, and the price is what was paid."""
    node, contract = mixed
    block = node.rpc("eth_getBlockByNumber", "latest", True)
    receipts = node.rpc("eth_getBlockReceipts", "latest")
    assert [number(r["transactionIndex"]) for r in receipts] == list(range(6))
    assert [r["status"] for r in receipts] == ["0x1", "0x1", "0x1", "0x0", "0x1", "0x1"]
    assert [number(r["type"]) for r in receipts] == [2, 0, 1, 2, 2, 2]
    assert [number(log["logIndex"]) for r in receipts for log in r["logs"]] == [0, 1, 2]
    assert [number(r["effectiveGasPrice"]) for r in receipts] == [GWEI + 7, 3 * GWEI, 2 * GWEI] + [
        GWEI + 7
    ] * 3
    assert sum(number(r["gasUsed"]) for r in receipts) == number(receipts[-1]["cumulativeGasUsed"])
    assert receipts[-1]["cumulativeGasUsed"] == block["gasUsed"]
    assert [bool(r["contractAddress"]) for r in receipts] == [False] * 4 + [True, False]
    assert receipts[1]["logs"][0]["topics"] == ["0x" + TOPIC.hex(), "0x" + word(2).hex()]
    assert receipts[1]["from"] == BOB.address
    assert receipts[1]["to"] == contract


def test_one_receipt_and_one_transaction_are_those_of_the_block(mixed: tuple[Node, str]) -> None:
    """Every way to the same thing gives the same thing."""
    node, _ = mixed
    block = node.rpc("eth_getBlockByNumber", "latest", True)
    assert block == node.rpc("eth_getBlockByHash", block["hash"], True)
    receipts = node.rpc("eth_getBlockReceipts", "latest")
    for index, (tx, receipt) in enumerate(zip(block["transactions"], receipts, strict=True)):
        assert node.rpc("eth_getTransactionReceipt", tx["hash"]) == receipt
        assert node.rpc("eth_getTransactionByHash", tx["hash"]) == tx
        assert node.rpc("eth_getTransactionByBlockHashAndIndex", block["hash"], hex(index)) == tx
        assert node.rpc("eth_getTransactionByBlockNumberAndIndex", "latest", hex(index)) == tx
    assert node.rpc("eth_getBlockTransactionCountByNumber", "latest") == "0x6"
    assert node.rpc("eth_getBlockTransactionCountByHash", block["hash"]) == "0x6"


def test_signature_values_fit_the_kind(mixed: tuple[Node, str]) -> None:
    """EIP-155 for legacy, the parity for typed ones."""
    node, _ = mixed
    transactions = node.rpc("eth_getBlockByNumber", "latest", True)["transactions"]
    assert number(transactions[1]["v"]) - 35 - 2 * 7447 in {0, 1}
    for tx in (transactions[0], transactions[2]):
        assert tx["v"] == tx["yParity"]
        assert number(tx["v"]) in {0, 1}
    assert transactions[2]["accessList"][0]["storageKeys"] == ["0x" + "00" * 32]
    assert transactions[0]["gasPrice"] == hex(GWEI + 7)


def test_a_waiting_transaction_has_no_block(node: Node) -> None:
    """It is there by hash, and its receipt is not."""
    tx_hash = node.send()
    tx = node.rpc("eth_getTransactionByHash", tx_hash)
    assert (tx["blockHash"], tx["blockNumber"], tx["transactionIndex"]) == (None, None, None)
    assert node.rpc("eth_getTransactionReceipt", tx_hash) is None


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", ["0x99", False]),
        ("eth_getBlockByHash", ["0x" + "77" * 32, False]),
        ("eth_getBlockReceipts", ["0x99"]),
        ("eth_getBlockTransactionCountByNumber", ["0x99"]),
        ("eth_getTransactionByHash", ["0x" + "77" * 32]),
        ("eth_getTransactionReceipt", ["0x" + "77" * 32]),
        ("eth_getTransactionByBlockNumberAndIndex", ["0x99", "0x0"]),
        ("eth_getTransactionByBlockNumberAndIndex", ["latest", "0x5"]),
        ("eth_getTransactionByBlockNumberAndIndex", ["latest", "0x" + "f" * 64]),
    ],
)
def test_what_does_not_exist_is_null(node: Node, method: str, params: list[Any]) -> None:
    """Not an error: clients poll."""
    assert node.rpc(method, *params) is None


def test_safe_and_finalized_are_the_latest_block(node: Node) -> None:
    """One sealer: what is sealed is final."""
    node.mine()
    latest = node.rpc("eth_getBlockByNumber", "latest", False)
    for name in ("finalized", "safe", "pending"):
        assert node.rpc("eth_getBlockByNumber", name, False) == latest
    assert node.rpc("eth_getBlockByNumber", "earliest", False)["number"] == "0x0"
