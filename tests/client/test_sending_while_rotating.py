"""A node retires its log or leaves while another ledger key is announced and not on the contract yet."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from tests.devchain.node import ALICE, CHAIN_ID
from tests.ports.ledgers import NETWORK, log_of
from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.keyfiles import create_signing_key, read_ledger_key
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import Config, load
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.journey.ports import Role
from tracehold.node.accounts import account_of
from tracehold.node.draining import _OnChain
from tracehold.node.ending import _steps
from tracehold.node.own import open_ledger, succession

OPERATOR = "https://id.gs1.org/417/9521000000018"


async def enrolled(rpc: str, account: bytes) -> bytes:
    """A contract that knows the node under this account; its address."""
    client = Client(rpc)
    try:
        admin = Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02)
        contract = await admin.deploy(NETWORK, 0)
        operator = await admin.enrol_operator(contract, OPERATOR)
        await admin.enrol_node(
            contract, NewNode(operator, account, b"\x0e" * 32, log_of(1), list(Role), b"r")
        )
        return contract
    finally:
        await client.close()


@pytest.fixture
async def rotating(tmp_path: Path) -> AsyncIterator[tuple[Config, EthereumLedger]]:
    """The node's configuration and chain; a key that nobody knows is announced."""
    home = tmp_path / "n"
    create(home, Placement(OPERATOR, "n", "http://127.0.0.1:9", "127.0.0.1", 1, 2, 3, tls=False))
    config = load(home / CONFIG_NAME)
    account = account_of(read_ledger_key(config.keys.ledger))
    settings = Settings(tmp_path / "chain", CHAIN_ID, [ALICE.address, to_checksum_address(account)])
    with running(settings, Service(), threading.Event().set) as server:
        contract = f"0x{(await enrolled(server.url, account)).hex()}"
        config = replace(config, ledger=replace(config.ledger, rpc=server.url, contract=contract))
        async with open_ledger(config) as ledger:
            coming = succession(config)
            create_signing_key(coming.next.ledger)
            coming.announce()
            yield config, ledger


async def test_the_log_ends_by_the_account_that_the_contract_knows(
    rotating: tuple[Config, EthereumLedger],
) -> None:
    """The announced one is a stranger to it until the rotation is done."""
    config, ledger = rotating
    anchorer = SimpleNamespace(link=None, turn=asyncio.Lock(), rejoin=lambda: None)
    parts: Any = SimpleNamespace(config=config, ledger=ledger, gate=None, anchorer=anchorer)
    await _steps(parts).retire(0)
    (member,) = await ledger.members()
    assert member.roles == {Role.HOLDER}


async def test_the_node_leaves_by_the_account_that_the_contract_knows(
    rotating: tuple[Config, EthereumLedger],
) -> None:
    """The same."""
    config, ledger = rotating
    await _OnChain(config, ledger).revoke(1)
    (member,) = await ledger.members()
    assert not member.active
