"""Founding a chain, and finding it again."""

from pathlib import Path

import pytest

from tests.devchain.bytecode import LOAD, STORE, word
from tests.devchain.node import ALICE, BOB, CHAIN_ID, POOR, Node
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.devchain.chain import DevChain, Settings


def everything(node: Node) -> list[object]:
    """All that a client can ask about the past."""
    head = int(node.rpc("eth_blockNumber"), 16)
    blocks = [node.rpc("eth_getBlockByNumber", hex(n), True) for n in range(head + 1)]
    receipts = [node.rpc("eth_getBlockReceipts", hex(n)) for n in range(head + 1)]
    counts = [node.rpc("eth_getTransactionCount", ALICE.address, hex(n)) for n in range(head + 1)]
    return [blocks, receipts, counts, node.rpc("eth_getLogs", {"fromBlock": "0x0"})]


def test_the_genesis_funds_the_named_accounts_and_nobody_else(node: Node) -> None:
    """No well-known keys own anything."""
    balances = [int(node.rpc("eth_getBalance", who.address), 16) for who in (ALICE, BOB, POOR)]
    assert balances == [10**24, 10**24, 0]
    assert node.rpc("eth_getBlockByNumber", "0x0", True)["transactions"] == []


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    """Blocks, receipts, logs, nonces, code and state, also of earlier blocks; and the chain goes on."""
    node = Node(tmp_path)
    contract = node.deploy()
    for value in (1, 2, 3):
        node.mine(to=contract, data=STORE + word(value))
    before = everything(node)
    node.close()
    again = Node(tmp_path)
    assert everything(again) == before
    old = again.rpc("eth_call", {"to": contract, "data": "0x" + LOAD.hex()}, "0x2")
    assert old == "0x" + word(1).hex()
    assert again.mine(to=contract, data=STORE + word(4))["blockNumber"] == "0x5"
    again.close()


def test_what_waited_in_the_pool_is_lost_and_may_be_sent_again(tmp_path: Path) -> None:
    """As on any node: clients resend the same bytes."""
    node = Node(tmp_path)
    tx_hash = node.send(nonce=0)
    node.close()
    again = Node(tmp_path)
    assert again.rpc("eth_getTransactionByHash", tx_hash) is None
    assert again.send(nonce=0) == tx_hash
    again.close()


def test_another_chain_id_is_refused_and_the_folder_stays_free(tmp_path: Path) -> None:
    """A node pointed at the wrong folder must not seal into it."""
    Node(tmp_path).close()
    with pytest.raises(Broken, match="holds chain 7447, not 1") as refusal:
        DevChain(Settings(tmp_path, 1))
    assert refusal.value.code == "WRONG_CHAIN"
    Node(tmp_path).close()


def test_accounts_of_a_later_start_are_not_funded(tmp_path: Path) -> None:
    """alloc belongs to the genesis."""
    DevChain(Settings(tmp_path, CHAIN_ID, [ALICE.address])).close()
    node = Node(tmp_path)
    assert node.rpc("eth_getBalance", BOB.address) == "0x0"
    node.close()


def test_a_malformed_account_founds_nothing(tmp_path: Path) -> None:
    """A typing error is told before anything is written."""
    for wrong in ("0x12", "alice", "0x" + "zz" * 20, ""):
        with pytest.raises(Rejected, match="is no account"):
            DevChain(Settings(tmp_path / "chain", CHAIN_ID, [wrong]))
    assert not (tmp_path / "chain").exists()


def test_a_chain_id_must_be_positive(tmp_path: Path) -> None:
    """0 would make signatures valid on every chain."""
    for wrong in (0, -1, 2**53):
        with pytest.raises(Rejected, match="no chain id"):
            DevChain(Settings(tmp_path, wrong))


def test_two_chains_in_one_folder_are_refused(node: Node) -> None:
    """The lock of the store, seen from the chain."""
    with pytest.raises(Unavailable):
        DevChain(Settings(node.directory))
