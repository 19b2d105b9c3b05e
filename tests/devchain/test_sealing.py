"""Blocks: when one is sealed, what goes in, what time it has, and what happens when the disk refuses."""

from pathlib import Path

import pytest

from tests.devchain.bytecode import BREAK, STORE, assemble, deployment, word
from tests.devchain.node import ALICE, BOB, GWEI, POOR, Clock, Node, Refused
from tracehold.core.errors import Broken
from tracehold.devchain.engine import DevVM


def height(node: Node) -> int:
    """The newest block's number."""
    return int(node.rpc("eth_blockNumber"), 16)


def times(node: Node) -> list[int]:
    """The time of every block."""
    blocks = [node.rpc("eth_getBlockByNumber", hex(n), False) for n in range(height(node) + 1)]
    return [int(block["timestamp"], 16) for block in blocks]


def test_everything_executable_goes_into_one_block(node: Node) -> None:
    """Of all senders, in order of nonce; what is behind a gap waits."""
    hashes = [node.send(nonce=n) for n in (1, 0, 3)] + [node.send(BOB)]
    assert node.chain.seal() is not None
    assert [bool(node.rpc("eth_getTransactionReceipt", h)) for h in hashes] == [True, True, False, True]
    assert height(node) == 1
    assert node.chain.seal() is None
    node.send(nonce=2)
    node.chain.seal()
    assert node.rpc("eth_getTransactionReceipt", hashes[2])["blockNumber"] == "0x2"


def test_without_work_no_block_unless_asked_for(node: Node) -> None:
    """Instant sealing waits; an interval seals empty blocks, so that confirmations grow."""
    assert node.chain.seal() is None
    block = node.chain.seal(empty=True)
    assert block is not None
    assert (block.number, len(block.transactions), height(node)) == (1, 0, 1)


def test_block_time_follows_the_clock_and_never_goes_back(node: Node) -> None:
    """Many blocks in one second keep that second; a clock set back stops block time, no more."""
    start = node.clock.now
    for moved in (0, 0, 5, -1000, 1005):
        node.clock.now += moved
        node.mine()
    assert times(node) == [start, start, start, start + 5, start + 5, start + 10]


def test_what_does_not_fit_goes_into_the_next_block(node: Node) -> None:
    """A block takes 30 million gas: what was used so far, and what the next one may use."""
    contract = node.deploy()
    spenders = [node.send(to=contract, data=BREAK, gas=200_000) for _ in range(2)]
    spenders += [node.send(BOB, to=contract, data=STORE + word(1), gas=29_700_000)]
    block = node.chain.seal()
    assert block is not None
    assert ["0x" + tx.hash.hex() for tx in block.transactions] == spenders[:2]
    assert node.chain.seal() is not None
    assert node.rpc("eth_getTransactionReceipt", spenders[2])["blockNumber"] == "0x3"


def test_a_sender_that_can_no_longer_pay_is_dropped_and_the_others_go_on(node: Node) -> None:
    """Two transactions that are payable each, and not together."""
    node.mine(to=POOR.address, value=3 * 21_000 * 10 * GWEI)
    first = node.send(POOR, gas=21_000, to=BOB.address, value=21_000 * 10 * GWEI)
    second = node.send(POOR, gas=21_000, to=BOB.address, value=21_000 * 10 * GWEI)
    other = node.send(BOB)
    node.chain.seal()
    assert node.rpc("eth_getTransactionReceipt", first)["status"] == "0x1"
    assert node.rpc("eth_getTransactionReceipt", other)["status"] == "0x1"
    assert node.rpc("eth_getTransactionByHash", second) is None


def test_a_fee_under_the_base_fee_waits(node: Node) -> None:
    """It may become payable; it stands in nobody's way."""
    cheap = node.send(maxFeePerGas=6, maxPriorityFeePerGas=0)
    assert node.chain.seal() is None
    assert node.mine(BOB)["status"] == "0x1"
    assert node.rpc("eth_getTransactionByHash", cheap)["blockHash"] is None


def test_the_base_fee_stays_at_7_wei_under_ordinary_load(node: Node) -> None:
    """EIP-1559's own rule, at the point where rounding holds it; it rises over full blocks and comes back."""
    contract = node.deploy()
    node.mine(to=contract, data=BREAK, gas=29_000_000)
    assert node.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"] == "0x7"
    for _ in range(4):
        node.chain.seal(empty=True)
    fees = [
        int(node.rpc("eth_getBlockByNumber", hex(n), False)["baseFeePerGas"], 16)
        for n in range(height(node) + 1)
    ]
    assert fees == [7, 7, 7, 8, 7, 7, 7]


def test_paying_moves_value_tip_and_burns_the_base_fee(node: Node) -> None:
    """To the wei: the sender pays gas and value, the coinbase gets the tip."""
    nobody = "0x" + "99" * 20
    receipt = node.mine(to=nobody, value=5)
    gas = int(receipt["gasUsed"], 16)
    balances = [int(node.rpc("eth_getBalance", who), 16) for who in (ALICE.address, nobody, "0x" + "00" * 20)]
    assert balances == [10**24 - 5 - gas * (GWEI + 7), 5, gas * GWEI]


def test_receipt_and_balance_agree_where_refund_cap_and_calldata_floor_meet(node: Node) -> None:
    """EIP-3529's cap counts execution only, then EIP-7623's floor applies: gas used is the floor here."""
    code = assemble(" ".join(f"0 CALLDATALOAD {slot} SSTORE" for slot in range(1, 6)))
    contract = node.mine(to=None, data=deployment(code), gas=500_000)["contractAddress"]
    node.mine(to=contract, data=word(1), gas=500_000)
    before = int(node.rpc("eth_getBalance", ALICE.address), 16)
    receipt = node.mine(to=contract, data=word(0) + b"\x01" * 1000, gas=500_000)
    paid = before - int(node.rpc("eth_getBalance", ALICE.address), 16)
    assert int(receipt["gasUsed"], 16) == 21_000 + 10 * (32 + 4 * 1000)
    assert paid == int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)


def test_what_the_engine_cannot_run_is_dropped_and_the_chain_goes_on(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a transaction that trips a fault of the engine must not stop the chain."""
    poison, good = node.send(), node.send(BOB)
    apply = DevVM.apply_transaction

    def faulty(self, header, transaction):
        if "0x" + transaction.hash.hex() == poison:
            raise ArithmeticError("a fault inside")
        return apply(self, header, transaction)

    monkeypatch.setattr(DevVM, "apply_transaction", faulty)
    node.chain.seal()
    assert node.rpc("eth_getTransactionReceipt", good)["status"] == "0x1"
    assert node.rpc("eth_getTransactionByHash", poison) is None
    assert node.mine(value=1)["status"] == "0x1"


def fill_disk(node: Node) -> None:
    """From now on SQLite finds no room for another page."""
    connection = node.chain._store.connection
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_block_that_the_disk_refused_is_not_announced_and_nothing_is_lost(tmp_path: Path) -> None:
    """Readers stay at the block before, senders are refused, and a restart goes on from there."""
    node = Node(tmp_path)
    contract = node.deploy()
    before = node.rpc("eth_getBlockByNumber", "latest", True)
    fill_disk(node)
    lost = [node.send(to=contract, data=STORE + bytes([n]) * 32) for n in range(40)]
    with pytest.raises(Broken) as failure:
        node.chain.seal()
    assert failure.value.code == "STORE_FAILED"
    assert node.rpc("eth_getBlockByNumber", "latest", True) == before
    assert node.rpc("eth_getTransactionReceipt", lost[0]) is None
    with pytest.raises(Refused) as refusal:
        node.send(BOB)
    assert (refusal.value.code, refusal.value.message) == (-32603, "the chain's storage failed")
    node.close()
    again = Node(tmp_path)
    assert again.rpc("eth_getBlockByNumber", "latest", True) == before
    assert again.mine(to=contract, data=STORE + word(1))["status"] == "0x1"
    again.close()


def test_a_clock_behind_the_genesis_does_not_stop_the_chain(tmp_path: Path) -> None:
    """A machine that boots with a wrong date."""
    Node(tmp_path, Clock(2_000_000_000)).close()
    node = Node(tmp_path, Clock(5))
    node.mine()
    assert times(node) == [2_000_000_000, 2_000_000_000]
    node.close()
