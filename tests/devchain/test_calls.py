"""Contracts: deployment, eth_call with revert data, gas estimates that suffice, state of earlier blocks."""

import pytest

from tests.devchain.bytecode import (
    BREAK,
    DEPLOYMENT,
    GUARD,
    LOAD,
    NESTED,
    NOW,
    REVERT,
    RUNTIME,
    SPIN,
    STORE,
    word,
)
from tests.devchain.node import ALICE, GWEI, POOR, Node, Refused

NOBODY = "0x" + "99" * 20


@pytest.fixture
def contract(node: Node) -> str:
    """The address of a contract of `bytecode`."""
    return node.deploy()


def hexed(data: bytes) -> str:
    """Data as JSON-RPC writes it."""
    return "0x" + data.hex()


def test_a_deployed_contract_has_its_code(node: Node, contract: str) -> None:
    """The receipt names the address where the code is."""
    assert node.rpc("eth_getCode", contract, "latest") == hexed(RUNTIME)
    assert node.rpc("eth_getCode", contract, "earliest") == "0x"


def test_a_call_reads_what_a_transaction_stored(node: Node, contract: str) -> None:
    """Storage by call and by slot."""
    assert node.mine(to=contract, data=STORE + word(77))["status"] == "0x1"
    assert node.rpc("eth_call", {"to": contract, "data": hexed(LOAD)}, "latest") == hexed(word(77))
    assert node.rpc("eth_getStorageAt", contract, "0x0", "latest") == hexed(word(77))
    assert node.rpc("eth_getStorageAt", contract, hexed(word(0)), "latest") == hexed(word(77))


def test_a_call_leaves_no_trace(node: Node, contract: str) -> None:
    """What it stored in trying is forgotten."""
    call = {"from": ALICE.address, "to": contract, "input": hexed(STORE + word(5))}
    assert node.rpc("eth_call", call, "latest") == "0x"
    assert node.rpc("eth_call", {"to": contract, "data": hexed(LOAD)}) == hexed(word(0))


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_revert_answers_code_3_with_the_revert_data(node: Node, contract: str, method: str) -> None:
    """Clients decode custom errors from `data`."""
    with pytest.raises(Refused) as refusal:
        node.rpc(method, {"to": contract, "data": hexed(REVERT + word(0xBAD))})
    assert (refusal.value.code, refusal.value.data) == (3, hexed(word(0xBAD)))
    assert refusal.value.message == "execution reverted"


@pytest.mark.parametrize(("what", "message"), [(BREAK, "invalid opcode"), (SPIN, "out of gas")])
def test_other_failures_of_a_call_are_told_in_plain_words(
    node: Node, contract: str, what: bytes, message: str
) -> None:
    """Only a revert has data."""
    with pytest.raises(Refused) as refusal:
        node.rpc("eth_call", {"to": contract, "data": hexed(what), "gas": "0x7530"})
    assert (refusal.value.code, refusal.value.message, refusal.value.data) == (-32000, message, None)


def test_a_failed_transaction_is_mined_with_status_0(node: Node, contract: str) -> None:
    """A revert costs gas and changes nothing."""
    receipt = node.mine(to=contract, data=REVERT + word(1))
    assert (receipt["status"], receipt["logs"]) == ("0x0", [])
    assert node.mine(to=contract, data=SPIN, gas=60_000)["gasUsed"] == hex(60_000)


def test_state_of_earlier_blocks_stays_readable(node: Node, contract: str) -> None:
    """By number, by hash, and by the objects of EIP-1898."""
    receipts = [node.mine(to=contract, data=STORE + word(n)) for n in (10, 20, 30)]
    for n, receipt in zip((10, 20, 30), receipts, strict=True):
        for at in (
            receipt["blockNumber"],
            {"blockNumber": receipt["blockNumber"]},
            {"blockHash": receipt["blockHash"]},
            {"blockHash": receipt["blockHash"], "requireCanonical": True},
        ):
            assert node.rpc("eth_call", {"to": contract, "data": hexed(LOAD)}, at) == hexed(word(n))
    assert node.rpc("eth_getTransactionCount", ALICE.address, receipts[0]["blockNumber"]) == "0x2"


def test_a_call_runs_in_the_block_it_names(node: Node, contract: str) -> None:
    """Number and time are that block's."""
    node.clock.now += 100
    block = int(node.mine()["blockNumber"], 16)
    expected = hexed(word(block) + word(node.clock.now))
    node.clock.now += 100
    node.mine()
    assert node.rpc("eth_call", {"to": contract, "data": hexed(NOW)}, hex(block)) == expected


def test_an_unknown_block_is_no_state(node: Node) -> None:
    """Neither a height above the head nor a strange hash."""
    for at in ("0x99", {"blockHash": "0x" + "77" * 32}):
        with pytest.raises(Refused, match="header not found"):
            node.rpc("eth_getBalance", ALICE.address, at)


def test_a_caller_without_funds_may_call_and_estimate(node: Node, contract: str) -> None:
    """A call costs nothing, whatever gas it names."""
    call = {"from": POOR.address, "to": contract, "data": hexed(STORE + word(1))}
    assert node.rpc("eth_call", call | {"gas": hex(1_000_000)}) == "0x"
    assert int(node.rpc("eth_estimateGas", call), 16) > 40_000


def test_value_must_be_owned(node: Node) -> None:
    """A call moves value as a transaction would."""
    call = {"from": POOR.address, "to": NOBODY, "value": "0x1"}
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(Refused, match="insufficient funds for transfer"):
            node.rpc(method, call)


def test_an_estimate_for_a_plain_transfer_is_exact(node: Node) -> None:
    """21,000, as everywhere."""
    assert node.rpc("eth_estimateGas", {"from": ALICE.address, "to": NOBODY, "value": "0x1"}) == hex(21_000)


@pytest.mark.parametrize("what", [STORE, NESTED])
@pytest.mark.parametrize("before", [0, 7])
@pytest.mark.parametrize("value", [0, 7, 8])
def test_an_estimate_is_enough_and_tight(
    node: Node, contract: str, what: bytes, before: int, value: int
) -> None:
    """New slots, updates, refunds, and an inner call that gets 63/64 only (EIP-150)."""
    node.mine(to=contract, data=STORE + word(before))
    data = what + word(value)
    gas = int(node.rpc("eth_estimateGas", {"from": ALICE.address, "to": contract, "data": hexed(data)}), 16)
    assert least_gas_that_succeeds(node, contract, data, gas) * 1.016 >= gas
    assert node.mine(to=contract, data=data, gas=gas)["status"] == "0x1"


def least_gas_that_succeeds(node: Node, contract: str, data: bytes, enough: int) -> int:
    """By bisection over eth_call."""
    low, high = 20_000, enough
    while low + 1 < high:
        middle = (low + high) // 2
        call = {"from": ALICE.address, "to": contract, "data": hexed(data), "gas": hex(middle)}
        try:
            node.rpc("eth_call", call)
            high = middle
        except Refused:
            low = middle
    return high


@pytest.mark.parametrize("needed", [50_000, 1_000_000, 20_000_000])
def test_an_estimate_finds_gas_that_is_asked_for_and_not_used(node: Node, contract: str, needed: int) -> None:
    """A contract may want more left than it spends: what was used says nothing then."""
    data = GUARD + word(needed)
    gas = int(node.rpc("eth_estimateGas", {"from": ALICE.address, "to": contract, "data": hexed(data)}), 16)
    assert needed < gas < (needed + 22_000) * 1.016
    assert node.mine(to=contract, data=data, gas=gas)["status"] == "0x1"


def test_an_estimate_for_a_deployment_is_enough(node: Node) -> None:
    """No `to`: the data is init code."""
    gas = int(node.rpc("eth_estimateGas", {"from": ALICE.address, "data": hexed(DEPLOYMENT)}), 16)
    receipt = node.mine(to=None, data=DEPLOYMENT, gas=gas)
    assert receipt["status"] == "0x1"
    assert gas <= int(receipt["gasUsed"], 16) * 1.02


def test_an_estimate_respects_the_calldata_floor(node: Node) -> None:
    """EIP-7623: 10 gas a token for data that nobody executes."""
    data = b"\x01" * 1000
    floor = 21_000 + 10 * 4 * 1000
    call = {"from": ALICE.address, "to": NOBODY, "data": hexed(data)}
    assert floor <= int(node.rpc("eth_estimateGas", call), 16) <= floor * 1.016
    receipt = node.mine(to=NOBODY, data=data, gas=floor)
    assert (receipt["status"], receipt["gasUsed"]) == ("0x1", hex(floor))


def test_an_estimate_says_when_no_gas_is_enough(node: Node, contract: str) -> None:
    """Neither the block's gas, nor what the caller allows, nor what it can pay."""
    spin = {"from": ALICE.address, "to": contract, "data": hexed(SPIN), "gas": "0x186a0"}
    with pytest.raises(Refused, match=r"gas required exceeds allowance \(100000\)"):
        node.rpc("eth_estimateGas", spin)
    node.mine(to=POOR.address, value=30_000 * GWEI)
    store = {"from": POOR.address, "to": contract, "data": hexed(STORE + word(1)), "maxFeePerGas": hex(GWEI)}
    with pytest.raises(Refused, match=r"gas required exceeds allowance \(30000\)"):
        node.rpc("eth_estimateGas", store)


def test_what_would_change_the_state_beforehand_is_refused(node: Node) -> None:
    """Overrides are not supported, and not silently dropped."""
    with pytest.raises(Refused, match="overrides") as refusal:
        node.rpc("eth_call", {"to": NOBODY}, "latest", {NOBODY: {"balance": "0x1"}})
    assert refusal.value.code == -32602
    assert node.rpc("eth_call", {"to": NOBODY}, "latest", {}) == "0x"


def test_code_over_the_limit_is_refused_before_it_is_run(node: Node) -> None:
    """EIP-3860: 49,152 bytes of init code; a call and an estimate say so as a transaction would."""
    for method in ("eth_call", "eth_estimateGas"):
        node.rpc(method, {"data": hexed(bytes(49_152))})
        with pytest.raises(Refused, match="max initcode size exceeded"):
            node.rpc(method, {"data": hexed(bytes(49_153))})


@pytest.mark.parametrize("precompile", [5, 8, 9, 10, 11])
def test_a_precompile_that_refuses_its_input_is_a_failed_call(node: Node, precompile: int) -> None:
    """Attack: nonsense for the built-in contracts must not surface as a fault of the chain."""
    to = "0x" + precompile.to_bytes(20, "big").hex()
    for data in ("0x01", "0x" + "ff" * 256):
        call = {"to": to, "data": data, "gas": "0xfffff"}
        answer = node.raw({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call]})
        assert "result" in answer or answer["error"]["code"] == -32000


def test_data_and_input_must_agree(node: Node) -> None:
    """Two names of one thing."""
    assert node.rpc("eth_call", {"to": NOBODY, "data": "0x01", "input": "0x01"}) == "0x"
    with pytest.raises(Refused, match="differ"):
        node.rpc("eth_call", {"to": NOBODY, "data": "0x01", "input": "0x02"})
