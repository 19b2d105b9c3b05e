"""SIGKILL of node and geth in turn, at seeded random moments, while records are uploaded and anchored.

geth keeps the archive of all states in the hash scheme, and still loses its newest one to three blocks where
it is killed, although it told of them: their anchors are mined no more and are sent again. That is no alarm,
since the depth of finality here is twice that.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import OPERATOR, SENDER
from tests.e2e.test_sigkill import Load, check
from tests.e2e.world import World
from tests.real.chains.programs import ETHER, Program, rpc
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME, replace_file
from tracehold.core.anchorproof import ANCHORED_TOPIC
from tracehold.lab.services.cache import binary
from tracehold_client import AsyncClient, State, wait_for_state

pytestmark = pytest.mark.real

KILLS = 8
DEPTH = 6
"""Blocks on top of one that is final: twice as many as geth was seen to lose."""


def sealing(folder: Path) -> Program:
    """geth with a block a second, over a folder that survives its process."""

    def arguments(data: Path, port: str) -> Sequence[str]:
        flags = "--dev --dev.period 1 --nodiscover --maxpeers 0 --ipcdisable --http --http.addr 127.0.0.1"
        kept = "--cache 64 --gcmode archive --state.scheme hash --port 0 --authrpc.port 0"
        own = ("--datadir", str(data), "--http.port", port, "--http.api", "eth,net,web3,txpool")
        return [str(binary("geth")), *flags.split(), *kept.split(), *own]

    return Program("geth", folder, arguments, f"depth:{DEPTH}", quiet=False)


@dataclass
class OnGeth:
    """A chain and a node, each a process of its own."""

    chain: Program
    world: World
    account: str = ""
    token: str = ""

    def build(self) -> None:
        """Both up, the node enrolled; what the chain has by now is on its disk."""
        self.chain.start()
        self.world.chain_port = self.chain.port
        home = str(self.world.home)
        ports = ("--grpc-port", "0", "--rest-port", "0", "--peer-port", "0")
        given = ("--operator", OPERATOR, "--rpc", self.chain.url, *ports, "--json")
        self.account = json.loads(run("init", "--dir", home, *given))["account"]
        self._configure()
        rich = rpc(self.chain.url, "eth_accounts")[0]
        gift = {"from": rich, "to": self.account, "value": hex(1000 * ETHER)}
        rpc(self.chain.url, "eth_sendTransaction", gift)
        while int(rpc(self.chain.url, "eth_getBalance", self.account, "latest"), 16) == 0:
            time.sleep(0.1)
        run("contract", "deploy", "--dir", home)
        run("member", "add", "--dir", home)
        self.token = self.world.token("sender", "capture", party=SENDER.party.link)
        self.chain.stop()
        self.chain.start()
        self.world.start_node()

    def _configure(self) -> None:
        path = self.world.home / CONFIG_NAME
        ledger = f'[ledger]\npoll_s = 0.2\nfinality = "depth:{DEPTH}"\n'
        text = path.read_text().replace("[ledger]\n", ledger)
        assert ledger in text
        replace_file(path, text + "\n[anchor]\nseconds = 1.0\n")

    def kill_node(self) -> None:
        """And start it again."""
        assert self.world.node is not None
        assert self.world.node.running, self.world.node.last_words()
        self.world.node.kill()
        self.world.start_node()

    def kill_chain(self) -> None:
        """And start it again."""
        self.chain.kill()
        self.chain.start()

    def stop(self) -> None:
        """Both."""
        self.world.stop()
        self.chain.kill()

    def nonces(self) -> list[int]:
        """Of the anchors, in their order on the chain."""
        wanted = {"fromBlock": "0x0", "address": self.world.contract, "topics": ["0x" + ANCHORED_TOPIC.hex()]}
        hashes = [log["transactionHash"] for log in rpc(self.chain.url, "eth_getLogs", wanted)]
        found = [rpc(self.chain.url, "eth_getTransactionByHash", each) for each in hashes]
        return [int(each["nonce"], 16) for each in found]

    def count(self, which: str) -> int:
        """Transactions of the account, in blocks (latest) or with what waits (pending)."""
        return int(rpc(self.chain.url, "eth_getTransactionCount", self.account, which), 16)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[OnGeth]:
    """Both up."""
    made = OnGeth(sealing(tmp_path / "geth"), World.new(tmp_path / "world"))
    try:
        made.build()
        yield made
    finally:
        made.stop()


async def test_sigkill_of_node_and_geth_in_turn_loses_nothing(plant: OnGeth):
    """Every answered record is FINAL in the end, each size is anchored once by one transaction of the
    account, and the chain's head is the log.
    """
    world, chance, begun = plant.world, random.Random(6), plant.count("latest")
    load = Load(world, plant.token)
    uploading = asyncio.create_task(load.run())
    for number in range(KILLS):
        await asyncio.sleep(chance.uniform(0.3, 2.5))
        await asyncio.to_thread(plant.kill_chain if number % 2 else plant.kill_node)
    load.stopping = True
    await uploading
    assert len(load.answered) == load.sent
    async with AsyncClient(world.grpc, token=plant.token) as client:
        fingerprints = [each.fingerprint for each in load.answered]
        states = await wait_for_state(client, fingerprints, State.FINAL, 120)
        sealed = (await client.status()).sealed
    assert set(states.values()) == {State.FINAL}
    assert world.node is not None
    assert world.node.running
    anchors = check(world, load, sealed)
    assert plant.nonces() == list(range(begun, begun + anchors))
    assert plant.count("latest") == plant.count("pending") == begun + anchors
