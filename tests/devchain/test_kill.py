"""SIGKILL at random moments: what was answered with a receipt is there afterwards."""

import random
import signal
import threading
from pathlib import Path

import pytest
import requests

from tests.devchain.bytecode import DEPLOYMENT, STORE, TOPIC, word
from tests.devchain.node import ALICE, signed
from tests.devchain.test_program import Process
from tracehold.devchain.verifying import verify

ROUNDS = 20


class Sender(threading.Thread):
    """Sends transactions that store their nonce, and notes every receipt, until the chain goes away."""

    def __init__(self, chain: Process, contract: str, answered: dict[str, dict[str, object]]) -> None:
        super().__init__()
        self.chain, self.contract, self.answered = chain, contract, answered

    def run(self) -> None:
        """One transaction after the other, three in flight."""
        try:
            nonce = int(self.chain.rpc("eth_getTransactionCount", ALICE.address, "latest"), 16)
            waiting: list[str] = []
            while True:
                raw = signed(ALICE, nonce=nonce, to=self.contract, data=STORE + word(nonce))
                waiting.append(self.chain.rpc("eth_sendRawTransaction", raw))
                nonce += 1
                while len(waiting) > 2:
                    receipt = self.chain.rpc("eth_getTransactionReceipt", waiting[0])
                    if receipt:
                        self.answered[waiting.pop(0)] = receipt
        except requests.RequestException:
            return


@pytest.mark.slow
def test_nothing_answered_is_lost_over_twenty_kills(tmp_path: Path) -> None:
    """Each round ends in a kill at a random moment; the next finds every receipt, and no nonce twice."""
    moments = random.Random(7447)
    answered: dict[str, dict[str, object]] = {}
    contract = ""
    for _ in range(ROUNDS):
        chain = Process(tmp_path)
        contract = contract or deploy(chain)
        for tx_hash, receipt in answered.items():
            assert chain.rpc("eth_getTransactionReceipt", tx_hash) == receipt
        sender = Sender(chain, contract, answered)
        sender.start()
        sender.join(moments.uniform(0.05, 0.8))
        assert chain.stop(signal.SIGKILL) == -signal.SIGKILL
        sender.join()
    chain = Process(tmp_path)
    logs = chain.rpc("eth_getLogs", {"fromBlock": "0x0", "address": contract, "topics": ["0x" + TOPIC.hex()]})
    stored = [int(log["data"], 16) for log in logs]
    assert stored == list(range(1, len(stored) + 1))
    assert set(answered) <= {log["transactionHash"] for log in logs}
    assert len(answered) > ROUNDS
    assert chain.stop() == 0
    assert verify(tmp_path).logs == len(stored)


def deploy(chain: Process) -> str:
    """The contract's address, once its receipt is there."""
    tx_hash = chain.rpc(
        "eth_sendRawTransaction", signed(ALICE, nonce=0, to=None, data=DEPLOYMENT, gas=500_000)
    )
    while not (receipt := chain.rpc("eth_getTransactionReceipt", tx_hash)):
        pass
    address: str = receipt["contractAddress"]
    return address
