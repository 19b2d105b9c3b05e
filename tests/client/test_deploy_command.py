"""`tracehold contract deploy --predecessor`: a successor carries on its network."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.devchain.node import ALICE, BOB, CHAIN_ID
from tracehold.adapters.ethereum import client as ethereum
from tracehold.adapters.ethereum.pins import read_chain
from tracehold.adapters.keyfiles import create_secret
from tracehold.cli.files import CONFIG_NAME, replace_file, set_line
from tracehold.cli.init import Placement, create
from tracehold.config import load
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.main import app

SILENT = "http://127.0.0.1:9"
OPERATOR = "https://id.gs1.org/417/9521000000018"


@pytest.fixture
def rpc(tmp_path: Path) -> Iterator[str]:
    """A devchain on which Alice has funds."""
    settings = Settings(tmp_path / "chain", CHAIN_ID, [ALICE.address])
    with running(settings, Service(), threading.Event().set) as server:
        yield server.url


def folder(home: Path, rpc: str, **ledger: str) -> None:
    """A new folder with Alice as the admin, and these lines in its section [ledger]."""
    create(home, Placement(OPERATOR, "n", rpc, "127.0.0.1", 1, 2, 3, tls=False))
    create_secret(home / "admin.key", bytes(ALICE.key).hex().encode())
    config = home / CONFIG_NAME
    for key, value in ledger.items():
        replace_file(config, set_line(config.read_text(), "ledger", key, value))


def contract(home: Path, *words: str) -> Result:
    """A command of `contract` in a folder, by Alice."""
    given = ("--dir", str(home), "--admin-key", str(home / "admin.key"), "--json")
    return CliRunner().invoke(app, ["contract", *words, *given])


def deploy(home: Path, rpc: str, *words: str, code: int = 0, **ledger: str) -> Any:
    """What the command prints for a new folder."""
    folder(home, rpc, **ledger)
    result = contract(home, "deploy", *words)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def genesis_of(rpc: str) -> str:
    """Hash of the chain's block 0."""

    async def asked() -> str:
        client = ethereum.Client(rpc)
        try:
            return f"0x{(await read_chain(client))[1].hex()}"
        finally:
            await client.close()

    return asyncio.run(asked())


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


def test_the_chain_is_kept_beside_the_contract(tmp_path: Path, rpc: str) -> None:
    """An admin's folder never runs, so the configuration is what later commands compare."""
    made = deploy(tmp_path / "a", rpc)
    ledger = load(tmp_path / "a" / CONFIG_NAME).ledger
    assert (ledger.contract, ledger.chain_id) == (made["contract"], CHAIN_ID)
    assert ledger.genesis == genesis_of(rpc)


def test_the_next_address_answers_where_the_first_is_silent(tmp_path: Path, rpc: str) -> None:
    """Deployed, and carried over, by a fallback."""
    made = deploy(tmp_path / "a", SILENT, fallback_rpcs=f'["{rpc}"]')
    assert contract(tmp_path / "a", "deploy", "--predecessor", made["contract"]).exit_code == 0
    assert json.loads(contract(tmp_path / "a", "carry-over").stdout)["predecessor"] == made["contract"]


def test_attack_a_chain_that_is_not_the_configured_one(tmp_path: Path, rpc: str) -> None:
    """Nothing is sent to a chain of another id or genesis: an address of a wrong chain learns of no key."""
    for name, value in (("chain_id", "5"), ("genesis", f'"0x{"ab" * 32}"')):
        folder(tmp_path / name, rpc, **{name: value})
        told = json.loads(contract(tmp_path / name, "deploy").stdout)["error"]
        assert told["code"] == "WRONG_CHAIN", name
        assert not (tmp_path / name / "keys" / "network.key").exists()


def test_attack_a_chain_that_was_made_anew(tmp_path: Path, rpc: str) -> None:
    """The same account's contracts have the same addresses there; the admin's folder takes none for its
    own.
    """
    first = deploy(tmp_path / "a", rpc)
    second = deploy(tmp_path / "b", rpc, "--predecessor", first["contract"])
    settings = Settings(tmp_path / "again", CHAIN_ID, [ALICE.address, BOB.address])
    with running(settings, Service(), threading.Event().set) as server:
        assert deploy(tmp_path / "c", server.url)["contract"] == first["contract"]
        successor = deploy(tmp_path / "d", server.url, "--predecessor", first["contract"])
        assert successor["contract"] == second["contract"]
        config = tmp_path / "b" / CONFIG_NAME
        replace_file(config, set_line(config.read_text(), "ledger", "rpc", f'"{server.url}"'))
        refused = contract(tmp_path / "b", "carry-over")
    assert json.loads(refused.stdout)["error"]["code"] == "WRONG_CHAIN"


def test_a_deployment_that_is_cut_short_has_told_its_address(
    tmp_path: Path, rpc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for the block ends in a Ctrl-C: the contract is where the command said before."""

    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    folder(tmp_path / "a", rpc)
    with monkeypatch.context() as cut:
        cut.setattr(ethereum.Client, "outcome", interrupted)
        told = contract(tmp_path / "a", "deploy")
    assert told.exit_code != 0
    (found,) = re.findall(r"deploying (0x[0-9a-f]{40}) by transaction 0x[0-9a-f]{64}", told.stderr)
    assert not load(tmp_path / "a" / CONFIG_NAME).ledger.contract
    following = deploy(tmp_path / "b", rpc, "--predecessor", found)
    assert following["predecessor"] == found
