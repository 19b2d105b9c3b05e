"""`tracehold chain fund`: from the treasury's account to another, on a devchain."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.devchain.node import ALICE, CHAIN_ID
from tests.ports.ledgers import NETWORK
from tracehold.adapters.ethereum.admin import Admin
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.keyfiles import create_secret
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.main import app

POOR = "0x00000000000000000000000000000000000000f1"


@pytest.fixture
def rpc(tmp_path: Path) -> Iterator[str]:
    """A devchain on which Alice has all funds."""
    create_secret(tmp_path / "treasury.key", bytes(ALICE.key).hex().encode())
    settings = Settings(tmp_path / "chain", CHAIN_ID, [ALICE.address])
    with running(settings, Service(), threading.Event().set) as server:
        yield server.url


def fund(tmp_path: Path, rpc: str, address: str, code: int = 0) -> Any:
    """What the command prints."""
    words = ["chain", "fund", address, "--rpc", rpc, "--key", str(tmp_path / "treasury.key"), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


async def deployed(rpc: str) -> str:
    """Address of an anchoring contract, which has no use for ether."""
    client = Client(rpc)
    try:
        return f"0x{(await Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02).deploy(NETWORK, 0)).hex()}"
    finally:
        await client.close()


def test_an_account_has_what_was_sent(tmp_path: Path, rpc: str) -> None:
    """Ten ether, by default."""
    assert fund(tmp_path, rpc, POOR)["balance"] == str(10 * 10**18)


def test_a_contract_that_takes_nothing_is_told(tmp_path: Path, rpc: str) -> None:
    """The transfer is in a block, and undone: nobody is told that it was sent."""
    refused = fund(tmp_path, rpc, asyncio.run(deployed(rpc)), code=1)["error"]
    assert (refused["code"], refused["path"]) == ("LEDGER_REFUSED", "address")
