"""The chapter "The chain" of docs/operations.md, run as it stands there: three sealers are formed, one is
lost and comes back, and what cannot be is refused. A fourth operator joins in test_consortium.py.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.documented import Terminal
from tests.ports.chain_nodes import enode
from tracehold.lab.programs import command
from tracehold.lab.services.clique import Network

pytestmark = pytest.mark.real

POOR = "0x00000000000000000000000000000000000000f1"
FEW_S = 60.0


class Site(Terminal):
    """A folder in which the document's commands run."""

    def chain(self, *words: str, code: int = 0) -> Any:
        """One command about the chain; its answer."""
        return self.answer("chain", *words, code=code)

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
        made.block("chain-form")
        yield made
    finally:
        for name in ("lonely", "chain"):
            if (folder / name).exists():
                Network.opened(folder / name).stop()


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
    site.block("chain-fund", ACCOUNT=POOR)
    answer = site.chain("fund", POOR, "--ether", "0.5", "--dir", "chain")
    assert int(answer["balance"]) == 105 * 10**17


def test_a_wish_that_cannot_be_is_refused_with_its_reason(site: Site):
    """Addresses and enodes that are none, nodes and treasuries that are not there, silent addresses."""
    for words, code, exits in (
        (("fund", "0x12", "--dir", "chain"), "BAD_REQUEST", 2),
        (("fund", POOR, "--ether", "10000000", "--dir", "chain"), "NO_FUNDS", 5),
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
    site.block("chain-lose")
    back = site.until(lambda status: all(node["up"] and node["peers"] == 2 for node in status["nodes"]))
    assert back["chain"]["stalled"] is False


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
    site.block("chain-stop")
    down = site.chain("status", "--dir", "chain", code=5)
    assert down["chain"] is None
    assert not any(node["up"] or node["pid"] for node in down["nodes"])
