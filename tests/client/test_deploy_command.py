"""`tracehold contract deploy --predecessor`: a successor carries on its network."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.devchain.node import ALICE, CHAIN_ID
from tracehold.adapters.keyfiles import create_secret
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import load
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.main import app

OPERATOR = "https://id.gs1.org/417/9521000000018"


@pytest.fixture
def rpc(tmp_path: Path) -> Iterator[str]:
    """A devchain on which Alice has funds."""
    settings = Settings(tmp_path / "chain", CHAIN_ID, [ALICE.address])
    with running(settings, Service(), threading.Event().set) as server:
        yield server.url


def deploy(home: Path, rpc: str, *words: str, code: int = 0) -> Any:
    """What the command prints, for a new folder with Alice as the admin."""
    create(home, Placement(OPERATOR, "n", rpc, "127.0.0.1", 1, 2, 3, tls=False))
    create_secret(home / "admin.key", bytes(ALICE.key).hex().encode())
    given = ("contract", "deploy", "--dir", str(home), "--admin-key", str(home / "admin.key"), "--json")
    result = CliRunner().invoke(app, [*given, *words])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_successor_carries_on_the_network_of_its_predecessor(tmp_path: Path, rpc: str) -> None:
    """Its id is read from the predecessor; the same one may be said, and another one is refused before
    anything is made.
    """
    first = deploy(tmp_path / "first", rpc)
    assert "predecessor" not in first
    words = ("--predecessor", first["contract"])
    second = deploy(tmp_path / "second", rpc, *words)
    assert (second["network"], second["predecessor"]) == (first["network"], first["contract"])
    assert second["contract"] != first["contract"]
    assert load(tmp_path / "second" / CONFIG_NAME).ledger.contract == second["contract"]
    third = deploy(tmp_path / "third", rpc, *words, "--network", first["network"])
    assert third["network"] == first["network"]
    refused = deploy(tmp_path / "fourth", rpc, *words, "--network", "ab" * 32, code=1)["error"]
    assert (refused["code"], refused["path"]) == ("CONFLICT", "network")
    config = load(tmp_path / "fourth" / CONFIG_NAME)
    assert not config.ledger.contract
    assert not config.keys.network.exists()


def test_a_predecessor_that_is_no_contract(tmp_path: Path, rpc: str) -> None:
    """An account on this chain, and no address at all."""
    told = deploy(tmp_path / "a", rpc, "--predecessor", "0x" + "11" * 20, code=70)["error"]
    assert told["code"] == "WRONG_CHAIN"
    told = deploy(tmp_path / "b", rpc, "--predecessor", "0x11", code=2)["error"]
    assert told["path"] == "predecessor"
