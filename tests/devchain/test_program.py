"""The program as its users start it: a process that says where it listens, and stops cleanly."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.devchain.node import ALICE, CHAIN_ID, Clock, Node, signed
from tests.devchain.test_sealing import fill_disk
from tracehold.core.errors import Broken, Rejected
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.devchain.sealer import Sealer
from tracehold.devchain.verifying import verify

COMMAND = [sys.executable, "-m", "tracehold.devchain"]


class Process:
    """A chain in a process of its own."""

    def __init__(self, directory: Path, *options: str, limit_kib: int | None = None) -> None:
        arguments = [*COMMAND, "--dir", str(directory), "--alloc", ALICE.address, *options]
        if limit_kib is not None:  # files may not grow beyond it: the system refuses the write
            arguments = ["bash", "-c", 'ulimit -f "$0" && exec "$@"', str(limit_kib), *arguments]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.announced = json.loads(self.process.stdout.readline() or "{}")

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of one call; KeyError for an error answer."""
        body: Any = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return requests.post(self.announced["rpc"], json=body, timeout=30).json()["result"]

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        """Wait for it to end by itself; exit code and the lines of standard error."""
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in errors.splitlines()]

    def stop(self, by: int = signal.SIGTERM) -> int:
        """Signal it and wait; the exit code."""
        self.process.send_signal(by)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """A chain whose next block is an hour away."""
    started = Process(tmp_path / "chain", "--block-interval", "3600")
    yield started
    if started.process.poll() is None:
        started.stop(signal.SIGKILL)


def test_it_says_where_it_listens_and_a_stop_seals_what_waits(process: Process, tmp_path: Path) -> None:
    """One JSON line; on SIGTERM the last block, exit 0; the chain then verifies."""
    assert process.announced["chainId"] == CHAIN_ID
    assert process.announced["pid"] == process.process.pid
    tx_hash = process.rpc("eth_sendRawTransaction", signed(ALICE, nonce=0))
    assert process.rpc("eth_getTransactionReceipt", tx_hash) is None
    assert process.stop() == 0
    verified = subprocess.run(
        [*COMMAND, "verify", "--dir", str(tmp_path / "chain")], capture_output=True, text=True, check=True
    )
    assert json.loads(verified.stdout)["transactions"] == 1


def test_a_second_process_is_told_why_it_cannot_start(process: Process, tmp_path: Path) -> None:
    """Exit 1 with a code and a remedy on one line of standard error, and no announcement."""
    second = subprocess.run(
        [*COMMAND, "--dir", str(tmp_path / "chain")], capture_output=True, text=True, check=False
    )
    line = json.loads(second.stderr)
    assert (second.returncode, second.stdout, line["code"]) == (1, "", "STORE_BUSY")
    assert line["remedy"]
    assert process.stop(signal.SIGINT) == 0


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """And the chain's lock is given back."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = Service(port=taken.getsockname()[1])
        with (
            pytest.raises(Rejected, match="cannot listen"),
            running(Settings(tmp_path), service, lambda: None),
        ):
            pass
    with running(Settings(tmp_path), Service(), lambda: None) as server:
        assert server.url.startswith("http://127.0.0.1:")


def test_a_damaged_chain_fails_to_verify_on_the_command_line(tmp_path: Path) -> None:
    """Exit 1."""
    outcome = subprocess.run(
        [*COMMAND, "verify", "--dir", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (outcome.returncode, json.loads(outcome.stderr)["code"]) == (1, "NOT_FOUND")


def send_until_refused(chain: Process) -> dict[str, Any]:
    """Every receipt that was answered before the chain answered with an error, or not at all."""
    receipts: dict[str, Any] = {}
    try:
        for nonce in range(1000):
            tx_hash = chain.rpc("eth_sendRawTransaction", signed(ALICE, nonce=nonce))
            while not (receipt := chain.rpc("eth_getTransactionReceipt", tx_hash)):
                pass
            receipts[tx_hash] = receipt
    except (KeyError, requests.RequestException):
        return receipts
    raise AssertionError("the disk took everything")


def test_a_disk_that_refuses_stops_the_program_and_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """The operator reads the reason on standard error; a restart with room has every receipt."""
    chain = Process(tmp_path, limit_kib=200)
    receipts = send_until_refused(chain)
    code, lines = chain.ended()
    assert (code, lines[-1]["code"]) == (1, "STORE_FAILED")
    assert "sealing failed, the chain stops" in [line["event"] for line in lines]
    again = Process(tmp_path)
    assert len(receipts) > 5
    assert {tx_hash: again.rpc("eth_getTransactionReceipt", tx_hash) for tx_hash in receipts} == receipts
    assert again.stop() == 0
    assert verify(tmp_path).transactions >= len(receipts)


class Turns:
    """An event whose waits end at once, as if time passed, until it is set after so many."""

    def __init__(self, turns: int) -> None:
        self._left = turns
        self.waits: list[float] = []

    def is_set(self) -> bool:
        """Whether the turns are over."""
        return self._left <= 0

    def set(self) -> None:
        """End the turns."""
        self._left = 0

    def wait(self, seconds: float) -> bool:
        """Pass the time at once."""
        self.waits.append(seconds)
        self._left -= 1
        return False


def test_an_interval_seals_empty_blocks_too(tmp_path: Path) -> None:
    """A block for every interval, whether or not there is work."""
    node = Node(tmp_path, Clock())
    sealer = Sealer(node.chain, 2.5, pytest.fail)
    sealer._ending = turns = Turns(3)  # type: ignore[assignment]
    node.send()
    sealer.run()
    assert turns.waits == [2.5] * 3
    blocks = [node.rpc("eth_getBlockByNumber", hex(n), False) for n in range(1, 4)]
    assert [len(block["transactions"]) for block in blocks] == [1, 0, 0]
    assert node.rpc("eth_blockNumber") == "0x3"
    node.close()


def test_instant_sealing_needs_no_clock(tmp_path: Path) -> None:
    """The sealer's thread takes what comes, and ends after the last of it."""
    node = Node(tmp_path)
    sealer = Sealer(node.chain, None, pytest.fail)
    sealer.start()
    hashes = [node.send(nonce=nonce) for nonce in range(20)]
    sealer.finish()
    assert all(node.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1" for tx_hash in hashes)
    node.close()


def test_a_full_disk_stops_the_program_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sealer calls for the stop and keeps the error; the operator reads one clear line."""
    node = Node(tmp_path)
    fill_disk(node)
    failed = threading.Event()
    sealer = Sealer(node.chain, None, failed.set)
    sealer.start()
    for nonce in range(60):
        node.chain.pool.add(decoded(nonce), lambda _: 0)
    assert failed.wait(60)
    sealer.finish()
    assert isinstance(sealer.error, Broken)
    assert sealer.error.code == "STORE_FAILED"
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["event"] == "sealing failed, the chain stops"
    node.close()


def decoded(nonce: int) -> Any:
    """A transaction as the pool takes it."""
    from tracehold.devchain.admission import decode

    return decode(bytes.fromhex(signed(ALICE, nonce=nonce)[2:]), CHAIN_ID)
