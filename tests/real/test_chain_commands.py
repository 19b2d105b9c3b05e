"""The chapter "The chain" of docs/operations.md, run as it stands there: three sealers are formed, one is
lost and comes back, a fourth operator joins, is voted in and out.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.documented import blocks
from tests.logs import NETWORK
from tests.ports.chain_nodes import enode
from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.keyfiles import read_ledger_key
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.noderecord import NodeRecord, sign_node_record
from tracehold.journey.ports import Role
from tracehold.lab.programs import command
from tracehold.lab.services.clique import Network

pytestmark = pytest.mark.real

POOR = "0x00000000000000000000000000000000000000f1"
FEW_S = 60.0


class Site:
    """A folder in which the document's commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = blocks("operations.md")

    def run(self, name: str, **variables: str) -> str:
        """One block of the document; what it prints."""
        place = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-eu", "-c", self.said[name]],
            cwd=self.folder,
            env={**os.environ, **variables, "PATH": place},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def chain(self, *words: str, code: int = 0) -> Any:
        """One command with --json; its answer."""
        line = command("chain", *words, "--json")
        done = subprocess.run(line, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def status(self, folder: str = "chain") -> Any:
        """How it stands."""
        return self.chain("status", "--dir", folder)

    def until(self, true: Callable[[Any], bool], folder: str = "chain") -> Any:
        """The status once this is true of it."""
        end = time.monotonic() + FEW_S
        while not true(found := self.status(folder)):
            assert time.monotonic() < end, found
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The network of the chapter, up. All that was started in its folder is stopped at the end."""
    folder = tmp_path_factory.mktemp("consortium")
    made = Site(folder)
    try:
        made.run("chain-form")
        yield made
    finally:
        for name in ("lonely", "second", "newcomer", "chain"):
            if (folder / name).exists():
                Network.opened(folder / name).stop()


async def enrolled(rpc: str, folder: Path, enodes: list[str]) -> str:
    """A contract whose members named these enodes; its address."""
    client = Client(rpc)
    try:
        admin = Admin(client, read_ledger_key(folder / "treasury.key"), asyncio.sleep, 0.2)
        contract = await admin.deploy(NETWORK, 0)
        operator = await admin.enrol_operator(contract, "urn:example:operator")
        for number, named in enumerate(enodes, 1):
            key, log, account = (
                Ed25519Key.from_seed(bytes([number]) * 32),
                bytes([number]) * 32,
                bytes([number]) * 20,
            )
            said = NodeRecord(
                key.public, "urn:op", LogId(log), "", "", "", b"", account, named, 1_700_000_000
            )
            raw = sign_node_record(said, NETWORK, bytes(16), key)
            new = NewNode(operator, account, key.public.raw, LogId(log), list(Role), raw)
            await admin.enrol_node(contract, new)
    finally:
        await client.close()
    return f"0x{contract.hex()}"


def sealers(status: Any) -> set[str]:
    """Accounts of those that may seal."""
    return {each["address"] for each in status["chain"]["sealers"]}


def test_three_sealers_are_connected_and_go_on(site: Site):
    """Each has the two others for peers, and knows them as sealers; finality is told as Clique has it."""
    found = site.until(lambda status: status["chain"]["head"] > 3)
    assert [node["peers"] for node in found["nodes"]] == [2, 2, 2]
    assert sealers(found) == {node["account"] for node in found["nodes"]}
    chain = found["chain"]
    assert (chain["finality"], chain["needed"], chain["stalled"]) == ("depth:2", 2, False)
    assert any(each["recent"] for each in chain["sealers"])
    seen = site.chain("status", "--rpc", found["nodes"][0]["rpc"])
    assert seen["chain"]["genesis"] == chain["genesis"]


def test_an_account_is_funded_from_the_treasury(site: Site):
    """By the document's command; twice gives twice as much."""
    site.run("chain-fund", ACCOUNT=POOR)
    answer = site.chain("fund", POOR, "--ether", "0.5", "--dir", "chain")
    assert int(answer["balance"]) == 105 * 10**17


def test_a_wish_that_cannot_be_is_refused_with_its_reason(site: Site):
    """Addresses and enodes that are none, nodes and treasuries that are not there, silent addresses."""
    for words, code, exits in (
        (("fund", "0x12", "--dir", "chain"), "BAD_REQUEST", 2),
        (("fund", POOR, "--ether", "10000000", "--dir", "chain"), "CHAIN_DOWN", 5),
        (("fund", POOR, "--dir", "chain/sealer-1"), "NOT_FOUND", 1),
        (("peer", "enode://x@y:1", "--dir", "chain"), "BAD_URI", 1),
        (("kill", "sealer-9", "--dir", "chain"), "NOT_FOUND", 1),
        (("join", "--dir", "nobody"), "BAD_REQUEST", 2),
        (("new", "--dir", "chain"), "CONFLICT", 1),
        (("status", "--rpc", "http://127.0.0.1:9"), "CHAIN_DOWN", 5),
    ):
        assert site.chain(*words, code=exits)["error"]["code"] == code, words


def test_a_sealer_that_is_killed_is_not_missed_and_comes_back(site: Site):
    """The other two go on; it has the newest blocks again afterwards."""
    site.run("chain-lose")
    back = site.until(lambda status: all(node["up"] and node["peers"] == 2 for node in status["nodes"]))
    assert back["chain"]["stalled"] is False


def test_a_newcomer_joins_is_voted_in_and_out(site: Site):
    """With one member's enode it gets the newest block; it seals once it is voted in, and no more when it is
    voted out.
    """
    site.run("chain-join", ENODE=site.status()["nodes"][0]["enode"])
    joined = site.status("newcomer")
    (node,) = joined["nodes"]
    assert joined["chain"]["genesis"] == site.status()["chain"]["genesis"]
    assert (node["sealer"], node["peers"]) == (False, 1)

    site.run("chain-vote", SEALER=node["account"])
    site.until(lambda status: node["account"] in sealers(status))
    assert site.chain("propose", node["account"], "--dir", "chain")["done"] is True
    site.until(
        lambda status: any(s["recent"] for s in status["chain"]["sealers"] if s["address"] == node["account"])
    )

    site.run("chain-drop", SEALER=node["account"])
    site.until(lambda status: node["account"] not in sealers(status))
    refused = site.chain("propose", POOR, "--dir", "newcomer", code=2)
    assert "nobody else can vote" in refused["error"]["message"]


def test_a_newcomer_calls_the_nodes_that_members_named_on_the_chain(site: Site):
    """It knows the contract and one address of the chain: all members' enodes are there."""
    status = site.status()
    first = status["nodes"][0]["rpc"]
    contract = asyncio.run(
        enrolled(first, site.folder / "chain", [each["enode"] for each in status["nodes"]])
    )
    site.chain("new", "--genesis", "chain/genesis.json", "--dir", "second")
    answer = site.chain("join", "--dir", "second", "--rpc", first, "--contract", contract)
    again = site.chain("join", "--dir", "second", "--rpc", first, "--contract", contract)
    assert (answer["sealer"], again["account"]) == (False, answer["account"])
    site.until(lambda found: found["nodes"][0]["peers"] == 3, "second")


def test_who_is_reached_by_nobody_is_told_so(site: Site):
    """An address where nobody listens: an error with what to look at; the folder is kept for the next try,
    and is of this network for ever.
    """
    words = ("--dir", "lonely", "--enode", str(enode(1)), "--wait", "2")
    refused = site.chain("join", *words, "--genesis", "chain/genesis.json", code=5)
    assert refused["error"]["message"] == "no peer was reached"
    site.chain("new", "--dir", "other")
    refused = site.chain("join", *words, "--genesis", "other/genesis.json", code=1)
    assert refused["error"]["code"] == "CONFLICT"


def test_more_than_half_down_is_told_by_the_exit_code(site: Site):
    """With one of three up no block comes: 5 after the patience asked for, and with all stopped too."""
    site.chain("stop", "sealer-2", "sealer-3", "--dir", "chain")
    end = time.monotonic() + FEW_S
    line = command("chain", "status", "--dir", "chain", "--stall", "5", "--json")
    while (done := subprocess.run(line, cwd=site.folder, capture_output=True, check=False)).returncode == 0:
        assert time.monotonic() < end
    assert done.returncode == 5
    assert json.loads(done.stdout)["chain"]["stalled"] is True
    site.run("chain-stop")
    down = site.chain("status", "--dir", "chain", code=5)
    assert down["chain"] is None
    assert not any(node["up"] or node["pid"] for node in down["nodes"])
