"""JSON-RPC 2.0: forms, error codes, batches; and that nothing from inside reaches the wire."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.devchain.bytecode import STORE, word
from tests.devchain.node import ALICE, CHAIN_ID, Node, Refused
from tracehold.devchain import rpc
from tracehold.devchain.methods.table import METHODS, Context, Method

CHAIN_ID_REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


def code(answer: Any) -> int:
    """The error code of an answer."""
    found: int = answer["error"]["code"]
    return found


def test_the_chain_says_what_it_is(node: Node) -> None:
    """The methods without parameters."""
    node.mine()
    assert node.rpc("web3_clientVersion").startswith("tracehold-devchain/")
    assert node.rpc("eth_chainId") == hex(CHAIN_ID)
    assert node.rpc("net_version") == str(CHAIN_ID)
    assert node.rpc("eth_blockNumber") == "0x1"
    assert node.rpc("eth_accounts") == []
    assert node.rpc("eth_syncing") is False
    assert node.rpc("net_listening") is False
    assert node.rpc("eth_gasPrice") == hex(10**9 + 7)
    assert node.rpc("eth_maxPriorityFeePerGas") == hex(10**9)


@pytest.mark.parametrize(
    "name",
    ["admin_addPeer", "admin_peers", "debug_traceTransaction", "personal_sign", "eth_sendTransaction", ""],
)
def test_other_methods_do_not_exist(node: Node, name: str) -> None:
    """-32601, by which clients find out what a node can do."""
    with pytest.raises(Refused) as refusal:
        node.rpc(name)
    assert refusal.value.code == -32601


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 100_000, b"[1,]", b'{"id": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_json_is_a_parse_error(node: Node, body: bytes) -> None:
    """Attack: also where the parser itself would give up (depth, digits)."""
    answer = json.loads(node.server.answer(body) or b"null")
    assert (answer["error"]["code"], answer["id"]) == (-32700, None)


@pytest.mark.parametrize(
    "request_",
    [
        1,
        "eth_chainId",
        None,
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": 1, "method": 7},
        {"jsonrpc": "2.0", "id": {}, "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": 1},
    ],
)
def test_what_is_no_request_is_refused(node: Node, request_: Any) -> None:
    """-32600."""
    assert code(node.raw(request_)) == -32600


def test_an_answer_carries_the_id_of_its_request(node: Node) -> None:
    """Numbers, strings and null."""
    for request_id in (1, "x", 1.5, None, 2**70):
        answer = node.raw(CHAIN_ID_REQUEST | {"id": request_id})
        assert answer == {"jsonrpc": "2.0", "id": request_id, "result": hex(CHAIN_ID)}


def test_a_notification_gets_no_answer(node: Node) -> None:
    """No id, no answer, not even for an error; alone or in a batch."""
    assert node.raw({"jsonrpc": "2.0", "method": "eth_chainId"}) is None
    assert node.raw([{"jsonrpc": "2.0", "method": "eth_foo"}]) is None
    assert len(node.raw([{"jsonrpc": "2.0", "method": "eth_chainId"}, CHAIN_ID_REQUEST])) == 1


def test_a_batch_is_answered_in_order_and_each_for_itself(node: Node) -> None:
    """A bad request spoils only itself."""
    answers = node.raw(
        [CHAIN_ID_REQUEST | {"id": 1}, 5, {"jsonrpc": "2.0", "id": 3, "method": "x"}, CHAIN_ID_REQUEST]
    )
    assert [answer.get("result", answer.get("error", {}).get("code")) for answer in answers] == [
        hex(CHAIN_ID),
        -32600,
        -32601,
        hex(CHAIN_ID),
    ]
    assert [answer["id"] for answer in answers] == [1, None, 3, 1]


def test_empty_and_large_batches_are_refused(node: Node) -> None:
    """Up to 100 requests."""
    assert code(node.raw([])) == -32600
    assert code(node.raw([CHAIN_ID_REQUEST] * 101)) == -32600
    assert len(node.raw([CHAIN_ID_REQUEST] * 100)) == 100


def test_answers_are_bounded_in_bytes(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """-32003 for what goes over, alone or in a batch; what fits is answered."""
    block = {"jsonrpc": "2.0", "id": 7, "method": "eth_getBlockByNumber", "params": ["latest", False]}
    size = len(node.server.answer(json.dumps(block).encode()) or b"")
    monkeypatch.setattr(rpc, "MAX_ANSWER", size)
    assert "result" in node.raw(block)
    answers = node.raw([block] * 3)
    assert ["result" in answer for answer in answers] == [True, False, False]
    assert [(code(answer), answer["id"]) for answer in answers[1:]] == [(-32003, 7)] * 2
    monkeypatch.setattr(rpc, "MAX_ANSWER", size - 1)
    assert code(node.raw(block)) == -32003


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBalance", []),
        ("eth_getBalance", ["0x12"]),
        ("eth_getBalance", ["0x" + "zz" * 20]),
        ("eth_getBalance", [ALICE.address, "newest"]),
        ("eth_getBalance", [ALICE.address, -1]),
        ("eth_getBalance", [ALICE.address, "0x"]),
        ("eth_getBalance", [ALICE.address, {"blockHash": "0x12"}]),
        ("eth_getBalance", [ALICE.address, {}]),
        ("eth_getBalance", [ALICE.address, "latest", "more"]),
        ("eth_getBlockByNumber", ["0x1" + "0" * 64, False]),
        ("eth_getBlockByNumber", ["latest", "yes"]),
        ("eth_getBlockByHash", ["latest", False]),
        ("eth_getTransactionReceipt", [None]),
        ("eth_getStorageAt", [ALICE.address, 0]),
        ("eth_call", ["0x"]),
        ("eth_call", [{"to": ALICE.address, "data": "0x1"}]),
        ("eth_call", [{"to": ALICE.address, "value": "0x" + "f" * 65}]),
        ("eth_sendRawTransaction", ["0xzz"]),
        ("eth_feeHistory", ["0x0", "latest"]),
        ("eth_feeHistory", ["0x1", "latest", [50, 10]]),
        ("eth_feeHistory", ["0x1", "latest", [101]]),
        ("eth_feeHistory", ["0x1", "latest", [True]]),
    ],
)
def test_malformed_parameters_are_refused(node: Node, method: str, params: list[Any]) -> None:
    """-32602, and the message names the parameter."""
    with pytest.raises(Refused) as refusal:
        node.rpc(method, *params)
    assert refusal.value.code == -32602
    assert refusal.value.message


def test_parameters_by_name_are_refused(node: Node) -> None:
    """Ethereum's are positional."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": {"address": ALICE.address}}
    assert code(node.raw(request)) == -32602


def test_a_fault_inside_never_reaches_the_wire(
    node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack: exception texts hold paths and values; the caller gets -32603, the operator the text."""

    def fails(_: Context) -> None:
        raise ValueError("secret path of the operator")

    monkeypatch.setitem(METHODS, "eth_chainId", Method((), fails))
    answer = node.raw(CHAIN_ID_REQUEST)
    assert answer["error"] == {"code": -32603, "message": "internal error"}
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["method"]) == ("request failed", "eth_chainId")
    assert "secret path" in line["error"]


def test_a_stopping_chain_refuses(node: Node) -> None:
    """After the views are drained nothing is computed any more."""
    node.views.drain()
    assert node.raw(CHAIN_ID_REQUEST)["error"] == {"code": -32603, "message": "the chain is stopping"}


hexes = st.from_regex(r"0x[0-9a-f]{0,66}", fullmatch=True)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | hexes
members = st.sampled_from(
    ["to", "from", "data", "input", "gas", "value", "fromBlock", "toBlock", "topics", "address", "blockHash"]
)
anything = st.recursive(
    leaves | st.sampled_from(["latest", "0x0", "0x1", ALICE.address, "0x" + "00" * 32]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(members, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=400)
@given(st.sampled_from(sorted(METHODS)), st.lists(anything, max_size=4))
def test_no_parameters_cause_an_internal_error(fuzzed: Node, name: str, params: list[Any]) -> None:
    """Attack: every method answers arbitrary JSON with a result or a proper refusal."""
    answer = fuzzed.raw({"jsonrpc": "2.0", "id": 1, "method": name, "params": params})
    if "error" in answer:
        assert answer["error"]["code"] in {-32700, -32602, -32000, -32005, 3}  # Infinity is no JSON


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory):
    """A chain with a contract, a log and a waiting transaction, shared by all examples."""
    opened = Node(tmp_path_factory.mktemp("fuzz"))
    contract = opened.deploy()
    opened.mine(to=contract, data=STORE + word(1))
    opened.send()
    yield opened
    opened.close()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"params":' * 100_000])
def test_security_deep_nesting_is_a_parse_error(node: Node, body: bytes) -> None:
    """py-evm raises the recursion limit: without a look at the depth first, this would end the process."""
    assert code(json.loads(node.server.answer(body) or b"")) == -32700
