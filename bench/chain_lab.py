"""The lab of bench/chain.py, and what its chain, disks and logs say in the end."""

import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.labs import configure
from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import unhexed
from tracehold.lab import home
from tracehold.lab.network import Lab, made
from tracehold.lab.plan import Seat
from tracehold.lab.services.clique import Network
from tracehold_client.jsonrpc import JsonRpc

NODES = 3
ANCHOR = {"records": 1, "seconds": 1.0}
"""Whatever is sealed is anchored as soon as no anchor before it waits for its block."""


@contextmanager
def network(period: int) -> Iterator[tuple[Lab, Network]]:
    """Three nodes of three operators at three sealers with this period, up; nothing of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tracehold-bench-"))
    try:
        with made(folder / "lab", NODES, None, print, block_s=float(period), backends="real") as lab:
            try:
                lab.build()
                configure(lab, lab.names, anchor=ANCHOR)
                lab.up()
                yield lab, Network.opened(folder / "lab" / "chain")
            finally:
                lab.down()
    finally:
        shutil.rmtree(folder)


class Disk:
    """The anchors of a node's own log, as its store has them."""

    def __init__(self, data: Path, log: str) -> None:
        self._path = f"file:{data / 'log.sqlite'}?mode=ro"
        self._log = bytes.fromhex(log)

    def final(self) -> int:
        """Entries that are FINAL."""
        return int(self._asked("coalesce(max(size), 0)", "AND state = 'final'")[0][0])

    def mined(self) -> int:
        """Anchors in blocks."""
        return int(self._asked("count(*)", "AND state IN ('mined', 'final')")[0][0])

    def all(self) -> Sequence[tuple[Any, ...]]:
        """(previous size, size, state, nonce, transaction hash, undone) of each, by size."""
        return self._asked("prev_size, size, state, nonce, lower(hex(hash)), undone", "ORDER BY size")

    def _asked(self, what: str, rest: str) -> list[tuple[Any, ...]]:
        query = f"SELECT {what} FROM anchors WHERE log = (SELECT number FROM logs WHERE id = ?) {rest}"  # noqa: S608  constants
        with closing(sqlite3.connect(self._path, uri=True, timeout=30)) as stored:
            return stored.execute(query, (self._log,)).fetchall()


def mined(chain: JsonRpc, contract: str) -> list[dict[str, Any]]:
    """Every anchor of the contract: its node and sizes, its transaction's account, nonce, hash, block and
    gas.
    """
    topic = "0x" + abi.topic("Anchored").hex()
    wanted = {"fromBlock": "0x0", "toBlock": "latest", "address": contract, "topics": [topic]}
    found = []
    for event in chain.call("eth_getLogs", wanted):
        said = abi.decode_event(
            "Anchored", [unhexed(each) for each in event["topics"]], unhexed(event["data"])
        )
        sent = chain.call("eth_getTransactionByHash", event["transactionHash"])
        receipt = chain.call("eth_getTransactionReceipt", event["transactionHash"])
        found.append(
            {
                "node": said["node"],
                "prevSize": said["prevSize"],
                "size": said["size"],
                "account": sent["from"].lower(),
                "nonce": int(sent["nonce"], 16),
                "hash": event["transactionHash"].removeprefix("0x"),
                "block": int(event["blockNumber"], 16),
                "gas": int(receipt["gasUsed"], 16),
            }
        )
    return found


def faults_of_nonces(
    lab: Lab, chain: JsonRpc, disks: Sequence[Disk], events: Sequence[dict[str, Any]]
) -> list[str]:
    """What is wrong with the nonces of the nodes' accounts, and with the steps of their anchors: nothing else
    than anchors was sent, each once, all in blocks, none refused by the contract, none replaced.
    """
    found = []
    for number, (name, disk) in enumerate(zip(lab.names, disks, strict=True), 1):
        account = home.account(lab.home(name) / "keys" / "ledger.key").lower()
        own = sorted((each for each in events if each["node"] == number), key=lambda each: int(each["nonce"]))
        sent = int(chain.call("eth_getTransactionCount", account, "pending"), 16)
        stored = [(row[0], row[1], row[3], row[4]) for row in disk.all()]
        steps = [0, *(each["size"] for each in own)]
        checks = {
            f"sent {sent} transactions for {len(own)} anchors": sent == len(own),
            "anchored with another account": {each["account"] for each in own} <= {account},
            "left a gap in its nonces": [each["nonce"] for each in own] == list(range(len(own))),
            "left a gap in its log": [each["prevSize"] for each in own] == steps[: len(own)],
            "keeps other anchors than the chain": stored
            == [(each["prevSize"], each["size"], each["nonce"], each["hash"]) for each in own],
        }
        found += [f"{name} {what}" for what, well in checks.items() if not well]
    return found


def told(lab: Lab) -> Counter[str]:
    """Faults and troubles in the nodes' logs, by code and text."""
    found: Counter[str] = Counter()
    for name in lab.names:
        for line in lab.slot(name).log.read_text(errors="replace").splitlines():
            said = json.loads(line) if line.startswith("{") else {}
            if said.get("event") in {"held_up", "fault"}:
                found[f"{said['event']} {said['code']}: {said.get('message') or said.get('line')}"] += 1
    return found


def reorganised(chain: Network) -> int:
    """How often a sealer says that blocks of its chain were replaced."""
    return sum(
        node.slot.log.read_text(errors="replace").count("Chain reorg detected") for node in chain.nodes
    )


def disk_of(lab: Lab, seat: Seat, log: str) -> Disk:
    """The store of a node."""
    return Disk(lab.home(seat.name) / "data", log)
