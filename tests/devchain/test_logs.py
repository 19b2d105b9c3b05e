"""eth_getLogs: filters, ranges and limits."""

from typing import Any

import pytest

from tests.devchain.bytecode import STORE, TOPIC, word
from tests.devchain.node import Node, Refused
from tracehold.devchain.methods import logs

TOPIC_HEX = "0x" + TOPIC.hex()


@pytest.fixture
def contracts(node: Node) -> tuple[str, str]:
    """Two contracts; the first stored 1, 2, 3 in blocks 3 to 5, the second 2 in block 6."""
    first, second = node.deploy(), node.deploy()
    for value in (1, 2, 3):
        node.mine(to=first, data=STORE + word(value))
    node.mine(to=second, data=STORE + word(2))
    return first, second


def stored(node: Node, **wanted: Any) -> list[int]:
    """The values in the matching logs."""
    return [int(log["data"], 16) for log in node.rpc("eth_getLogs", {"fromBlock": "0x0"} | wanted)]


def topic(value: int) -> str:
    """A word as topic."""
    return "0x" + word(value).hex()


def test_filters_by_address_topic_and_range(node: Node, contracts: tuple[str, str]) -> None:
    """Lists are alternatives, null is anything, and positions count."""
    first, second = contracts
    assert stored(node) == [1, 2, 3, 2]
    assert stored(node, address=first) == [1, 2, 3]
    assert stored(node, address=[first.lower(), second]) == [1, 2, 3, 2]
    assert stored(node, address=[]) == [1, 2, 3, 2]
    assert stored(node, topics=[TOPIC_HEX, topic(2)]) == [2, 2]
    assert stored(node, topics=[None, [topic(1), topic(3)]]) == [1, 3]
    assert stored(node, topics=[[], []]) == [1, 2, 3, 2]
    assert stored(node, topics=[topic(1)]) == []
    assert stored(node, topics=[TOPIC_HEX, None, TOPIC_HEX]) == []
    assert stored(node, fromBlock="0x4", toBlock="0x5") == [2, 3]
    assert stored(node, fromBlock="latest") == [2]
    assert stored(node, fromBlock="0x4", toBlock="latest", address=first) == [2, 3]


def test_one_block_by_hash(node: Node, contracts: tuple[str, str]) -> None:
    """Exactly that block's logs; an unknown block is an error, not an empty answer."""
    block = node.rpc("eth_getBlockByNumber", "0x4", False)
    found = node.rpc("eth_getLogs", {"blockHash": block["hash"]})
    assert [int(log["data"], 16) for log in found] == [2]
    assert found[0]["blockHash"] == block["hash"]
    with pytest.raises(Refused, match="header not found"):
        node.rpc("eth_getLogs", {"blockHash": "0x" + "77" * 32})


def test_a_log_is_the_same_in_the_index_and_in_its_receipt(node: Node, contracts: tuple[str, str]) -> None:
    """Member for member."""
    for log in node.rpc("eth_getLogs", {"fromBlock": "0x0"}):
        assert node.rpc("eth_getTransactionReceipt", log["transactionHash"])["logs"] == [log]


def test_a_range_beyond_the_head_ends_at_the_head(node: Node, contracts: tuple[str, str]) -> None:
    """Clients ask for a range before it is full."""
    assert stored(node, fromBlock="0x5", toBlock="0xff") == [3, 2]
    assert stored(node, fromBlock="0xf0", toBlock="0xff") == []


def test_large_answers_and_ranges_are_refused(
    node: Node, contracts: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Error -32005, so that clients ask for less."""
    monkeypatch.setattr(logs, "MAX_LOGS", 3)
    with pytest.raises(Refused, match="more than 3 results") as refusal:
        stored(node)
    assert refusal.value.code == -32005
    assert stored(node, toBlock="0x5") == [1, 2, 3]
    monkeypatch.setattr(logs, "MAX_BLOCKS", 4)
    with pytest.raises(Refused, match="more than 4 blocks") as refusal:
        stored(node, fromBlock="0x1", toBlock="0x5")
    assert refusal.value.code == -32005
    assert stored(node, fromBlock="0x1", toBlock="0x4") == [1, 2]
    with pytest.raises(Refused, match="more than 4 blocks"):
        stored(node, fromBlock="0x0", toBlock="0xffffffffff")


@pytest.mark.parametrize(
    "wanted",
    [
        "no object",
        {"fromBlock": "0x5", "toBlock": "0x4"},
        {"fromBlock": "0x1", "blockHash": "0x" + "77" * 32},
        {"address": "0x12"},
        {"address": [["0x" + "77" * 20]]},
        {"topics": [TOPIC_HEX] * 5},
        {"topics": ["0x12"]},
        {"topics": [[None]]},
        {"topics": TOPIC_HEX},
        {"address": ["0x" + "77" * 20] * 1001},
        {"fromBlock": -1},
    ],
)
def test_a_malformed_filter_is_refused(node: Node, wanted: Any) -> None:
    """-32602, never an empty answer."""
    with pytest.raises(Refused) as refusal:
        node.rpc("eth_getLogs", wanted)
    assert refusal.value.code == -32602
