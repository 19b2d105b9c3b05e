"""web3.py as a client: what the node's own ledger adapter does with any chain."""

import threading
from pathlib import Path
from typing import Any

import pytest
from eth_typing import Hash32

from tests.devchain.bytecode import DEPLOYMENT, LOAD, REVERT, STORE, TOPIC, word
from tests.devchain.node import ALICE, CHAIN_ID
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running


def test_web3_deploys_sends_reads_and_finds_logs(tmp_path: Path) -> None:
    """Its own fee and gas estimation, receipts, reverts, logs."""
    from web3 import HTTPProvider, Web3
    from web3.exceptions import ContractLogicError

    settings = Settings(tmp_path, CHAIN_ID, [ALICE.address])
    with running(settings, Service(), threading.Event().set) as server:
        provider = HTTPProvider(server.url)
        w3 = Web3(provider)

        def send(**fields: Any) -> Any:
            nonce = w3.eth.get_transaction_count(ALICE.address, "pending")
            tx: Any = {"from": ALICE.address, "nonce": nonce, "chainId": w3.eth.chain_id, **fields}
            tip, base = w3.eth.max_priority_fee, w3.eth.fee_history(1, "latest")["baseFeePerGas"][-1]
            tx |= {
                "gas": w3.eth.estimate_gas(tx),
                "maxFeePerGas": 2 * base + tip,
                "maxPriorityFeePerGas": tip,
            }
            tx.pop("from")
            tx_hash = w3.eth.send_raw_transaction(ALICE.sign_transaction(tx).raw_transaction)
            return w3.eth.wait_for_transaction_receipt(tx_hash, timeout=30, poll_latency=0.01)

        assert w3.is_connected()
        contract = send(data=DEPLOYMENT)["contractAddress"]
        receipt = send(to=contract, data=STORE + word(42))
        assert w3.eth.call({"to": contract, "data": LOAD}) == word(42)
        (log,) = w3.eth.get_logs({"fromBlock": 0, "address": contract, "topics": [Hash32(TOPIC)]})
        assert log["transactionHash"] == receipt["transactionHash"]
        block: Any = w3.eth.get_block(receipt["blockHash"], full_transactions=True)
        assert block["transactions"][0]["to"] == contract
        assert w3.eth.get_block_receipts(receipt["blockNumber"]) == [receipt]
        with pytest.raises(ContractLogicError) as reverted:
            w3.eth.call({"to": contract, "data": REVERT + word(7)})
        assert reverted.value.data == "0x" + word(7).hex()
