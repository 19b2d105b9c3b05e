"""How the commands reach the chain of a folder: its addresses, its pins, its fees; what the doctor says."""

import asyncio
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.client.test_deploy_command import deploy
from tests.devchain.node import ALICE, CHAIN_ID
from tests.e2e.world import free_port
from tracehold.adapters.keyfiles import create_secret
from tracehold.cli.files import CONFIG_NAME
from tracehold.config import Config, load
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.main import app
from tracehold.node.doctor import Diagnosis, examine
from tracehold.node.own import open_ledger

CHAIN = ("finality", "blocks", "funds")


@pytest.fixture(scope="module")
def rpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A devchain that makes empty blocks, on which Alice has funds."""
    settings = Settings(tmp_path_factory.mktemp("chain"), CHAIN_ID, [ALICE.address])
    with running(settings, Service(block_interval_s=1.0), threading.Event().set) as server:
        yield server.url


@pytest.fixture
def home(tmp_path: Path, rpc: str) -> Path:
    """A folder whose ledger account is Alice's, with a contract."""
    deploy(tmp_path / "n", rpc)
    key = tmp_path / "n" / "keys" / "ledger.key"
    key.unlink()
    create_secret(key, bytes(ALICE.key).hex().encode())
    return tmp_path / "n"


def seen(home: Path, **ledger: Any) -> Config:
    """The configuration with other settings in [ledger]."""
    config = load(home / CONFIG_NAME)
    return replace(config, ledger=replace(config.ledger, **ledger))


def write(home: Path, line: str) -> None:
    """A line more in [ledger] of the file."""
    path = home / CONFIG_NAME
    path.write_text(path.read_text().replace("[ledger]\n", f"[ledger]\n{line}\n"))


async def found(config: Config) -> dict[str, Diagnosis]:
    """What the doctor says of the chain."""
    checks = [each async for each in examine(config, lambda *_: None)]
    return {each.name: each for each in checks if each.name in (*CHAIN, "superseding")}


async def test_the_doctor_shows_a_chain_that_is_well(home: Path) -> None:
    """Policy and how it was found out, the newest final block, the newest one, what the account pays for."""
    checks = await found(seen(home))
    assert [name for name, each in checks.items() if not each.well] == []
    assert list(checks) == [*CHAIN, "superseding"]
    assert "newest final block" in checks["finality"].detail
    assert "1 addresses answer" in checks["finality"].detail
    assert "s old" in checks["blocks"].detail
    assert "enough for" in checks["funds"].detail


async def test_the_doctor_names_an_address_that_does_not_answer(home: Path, rpc: str) -> None:
    """The node goes on with the others, and its operator should know."""
    dead = f"127.0.0.1:{free_port()}"
    checks = await found(seen(home, rpc=f"http://{dead}", fallback_rpcs=(rpc,)))
    assert not checks["finality"].well
    assert checks["finality"].detail.startswith("CHAIN_DOWN")
    assert dead in checks["finality"].detail
    assert checks["funds"].well


async def test_the_doctor_names_a_chain_that_stands_still(home: Path) -> None:
    """An empty block shows that it makes them on its own."""
    config = seen(home, stall_s=-60.0)
    async with open_ledger(config) as ledger:
        async with asyncio.timeout(60):
            # The block of the deployment holds a transaction, the next ones hold none.
            while not (await ledger.outlook.newest()).empty:  # noqa: ASYNC110  the chain tells nobody
                await asyncio.sleep(0.1)
    assert (await found(config))["blocks"].detail.startswith("CHAIN_STALLED")


async def test_the_doctor_names_an_account_that_cannot_pay(home: Path) -> None:
    """Too little, nothing, and fees over the cap; each with a remedy."""
    low = (await found(seen(home, low_funds_anchors=10**30)))["funds"]
    capped = (await found(seen(home, max_fee_gwei=1e-9)))["funds"]
    key = home / "keys" / "ledger.key"
    key.unlink()
    create_secret(key, b"07" * 32)
    none = (await found(seen(home)))["funds"]
    for check, code in ((low, "LOW_FUNDS"), (capped, "FEE_CAP"), (none, "NO_FUNDS")):
        assert not check.well
        assert check.detail.startswith(code)
        assert check.remedy


def quorum(home: Path) -> str:
    """What the admin's command says of its exit: the code, or nothing where it went well."""
    words = ("contract", "quorum", "0", "--dir", str(home), "--json")
    result = CliRunner().invoke(app, words)
    return "" if result.exit_code == 0 else result.stdout


def test_commands_take_the_next_address(home: Path, rpc: str) -> None:
    """Where the first one does not answer."""
    path = home / CONFIG_NAME
    path.write_text(path.read_text().replace(rpc, f"http://127.0.0.1:{free_port()}"))
    assert "CHAIN_DOWN" in quorum(home)
    write(home, f'fallback_rpcs = ["{rpc}"]')
    assert quorum(home) == ""


def test_attack_commands_send_nothing_to_another_chain(home: Path) -> None:
    """It may have another contract at that address."""
    path = home / CONFIG_NAME
    path.write_text(re.sub('genesis = ".*"', f'genesis = "0x{"ab" * 32}"', path.read_text()))
    assert "WRONG_CHAIN" in quorum(home)


def test_commands_offer_no_more_than_the_cap(home: Path) -> None:
    """The same as the node."""
    write(home, "max_fee_gwei = 0.000000001")
    assert "FEE_CAP" in quorum(home)
