"""`tracehold contract carry-over`: the members of a contract, in its successor."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.devchain.node import ALICE, CHAIN_ID, account
from tests.ports.ledgers import NETWORK, log_of
from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.members import MemberReader
from tracehold.adapters.keyfiles import create_secret
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import load
from tracehold.devchain.chain import Settings
from tracehold.devchain.program import Service, running
from tracehold.journey.ports import Member, Role
from tracehold.main import app

OPERATOR = "https://id.gs1.org/417/9521000000018"
BOTH = (Role.CREATOR, Role.HOLDER)


def node(number: int, operator: int, *roles: Role) -> NewNode:
    """A node with keys and a record of its own."""
    address = bytes.fromhex(account(f"node {number}").address.removeprefix("0x"))
    key, record = bytes([number]) * 32, b"record of %d" % number
    return NewNode(operator, address, key, log_of(number), roles or BOTH, record)


@dataclass
class Place:
    """The admin's folder, and a chain."""

    home: Path
    rpc: str

    def command(self, *words: str, code: int = 0) -> Any:
        """What a command of `contract` prints."""
        given = ("--dir", str(self.home), "--admin-key", str(self.home / "admin.key"), "--json")
        result = CliRunner().invoke(app, ["contract", *words, *given])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def contract(self) -> bytes:
        """That of the configuration."""
        return bytes.fromhex(load(self.home / CONFIG_NAME).ledger.contract.removeprefix("0x"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A devchain on which Alice has funds and deployed."""
    settings = Settings(tmp_path / "chain", CHAIN_ID, [ALICE.address])
    with running(settings, Service(), threading.Event().set) as server:
        made = Place(tmp_path / "node", server.url)
        create(made.home, Placement(OPERATOR, "n", server.url, "127.0.0.1", 1, 2, 3, tls=False))
        create_secret(made.home / "admin.key", bytes(ALICE.key).hex().encode())
        made.command("deploy", "--network", NETWORK.hex())
        yield made


async def told(rpc: str, contract: bytes) -> tuple[list[Member], int]:
    """Members and quorum of a contract."""
    client = Client(rpc)
    try:
        height = await client.height()
        (quorum,) = await AnchorsContract(client, contract).call("quorum")
        return list(await MemberReader(AnchorsContract(client, contract), 0).read(height, height)), quorum
    finally:
        await client.close()


async def enrolled(rpc: str, contract: bytes) -> None:
    """Four parties, one of which was revoked and came back; a node that was revoked, one that is a holder
    only, and one of an operator that has more of them.
    """
    client = Client(rpc)
    admin = Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02)
    try:
        for party in ("urn:a", "urn:b", "urn:c"):
            await admin.enrol_operator(contract, party)
        for new in (node(1, 1), node(2, 2), node(3, 3, Role.HOLDER), node(4, 1)):
            await admin.enrol_node(contract, new)
        await admin.revoke_operator(contract, 2)
        for party in ("urn:b", "urn:d"):
            await admin.enrol_operator(contract, party)
        await admin.enrol_node(contract, node(5, 4))
        await admin.enrol_node(contract, node(6, 5))
        await admin.revoke_node(contract, 4)
        await admin.set_roles(contract, 6, [])
        await admin.set_quorum(contract, 2)
    finally:
        await client.close()


def test_members_keep_their_numbers_and_what_they_may_do(place: Place) -> None:
    """Revoked ones too; the same call again makes no transaction."""
    first = place.contract()
    asyncio.run(enrolled(place.rpc, first))
    before = asyncio.run(told(place.rpc, first))
    place.command("deploy", "--predecessor", "0x" + first.hex())
    assert place.contract() != first
    said = place.command("carry-over")
    assert (said["predecessor"], said["operators"], said["nodes"]) == ("0x" + first.hex(), 5, 6)
    assert said["transactions"] > 11
    after = asyncio.run(told(place.rpc, place.contract()))
    assert after == before
    assert place.command("carry-over")["transactions"] == 0


def test_a_run_that_was_cut_short_is_gone_on_with(place: Place) -> None:
    """Two operators and a node are there already; a newcomer of the old contract comes with the next run."""
    first = place.contract()
    asyncio.run(enrolled(place.rpc, first))
    place.command("deploy", "--predecessor", "0x" + first.hex())
    asyncio.run(begun(place.rpc, place.contract()))
    place.command("carry-over")
    assert asyncio.run(told(place.rpc, place.contract())) == asyncio.run(told(place.rpc, first))


def test_a_network_back_at_one_operator_can_go_on(place: Place) -> None:
    """Its quorum is 0 again; enrolling the one that is revoked made it 1 on the successor, which nobody could
    meet. A quorum that the admin raises there stays.
    """
    first = place.contract()
    asyncio.run(back_at_one(place.rpc, first))
    place.command("deploy", "--predecessor", "0x" + first.hex())
    assert place.command("carry-over")["quorum"] == 0
    assert asyncio.run(told(place.rpc, place.contract())) == asyncio.run(told(place.rpc, first))
    asyncio.run(second_operator(place.rpc, place.contract()))
    again = place.command("carry-over")
    assert (again["quorum"], again["transactions"]) == (1, 0)


async def back_at_one(rpc: str, contract: bytes) -> None:
    """Two operators, of which the second one is revoked."""
    client = Client(rpc)
    admin = Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02)
    try:
        await admin.enrol_operator(contract, "urn:a")
        await admin.enrol_operator(contract, "urn:b")
        await admin.enrol_node(contract, node(1, 1))
        await admin.revoke_operator(contract, 2)
        await admin.set_quorum(contract, 0)
    finally:
        await client.close()


async def second_operator(rpc: str, contract: bytes) -> None:
    """One that joins after the move."""
    client = Client(rpc)
    try:
        await Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02).enrol_operator(contract, "urn:c")
    finally:
        await client.close()


def test_who_changed_since_is_named(place: Place) -> None:
    """A node replaced its account and key on the predecessor, another lost a role, after both were carried
    over: the successor has the old ones, and the run does not pass over it in silence.
    """
    first = place.contract()
    asyncio.run(enrolled(place.rpc, first))
    place.command("deploy", "--predecessor", "0x" + first.hex())
    assert place.command("carry-over")["differ"] == []
    asyncio.run(changed(place.rpc, first))
    again = place.command("carry-over")
    assert again["differ"] == ["node 1: other account, key, record", "node 5: other roles"]
    assert again["transactions"] == 0


async def changed(rpc: str, contract: bytes) -> None:
    """Node 1 by itself, node 5 by the admin."""
    client = Client(rpc)
    admin = Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02)
    own = Admin(client, bytes(account("node 1").key), asyncio.sleep, 0.02)
    try:
        await admin.pay(node(1, 1).account, 10**17)
        await own.replace_keys(contract, node(9, 1).account, b"\x21" * 32, b"another record")
        await admin.set_roles(contract, 5, [Role.HOLDER])
    finally:
        await client.close()


async def begun(rpc: str, contract: bytes) -> None:
    """What the first transactions of a run made."""
    client = Client(rpc)
    admin = Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02)
    try:
        await admin.enrol_operator(contract, "urn:a")
        await admin.enrol_operator(contract, "urn:b")
        await admin.enrol_operator(contract, "urn:c")
        await admin.enrol_node(contract, node(1, 1))
    finally:
        await client.close()


def test_a_stranger_under_a_members_number_is_a_conflict(place: Place) -> None:
    """Somebody was enrolled by hand before: nothing is put beside it."""
    first = place.contract()
    asyncio.run(enrolled(place.rpc, first))
    place.command("deploy", "--predecessor", "0x" + first.hex())
    asyncio.run(stranger(place.rpc, place.contract()))
    refused = place.command("carry-over", code=1)["error"]
    assert refused["code"] == "CONFLICT"
    assert "operator 1" in refused["message"]


async def stranger(rpc: str, contract: bytes) -> None:
    """An operator of another party."""
    client = Client(rpc)
    try:
        await Admin(client, bytes(ALICE.key), asyncio.sleep, 0.02).enrol_operator(contract, "urn:else")
    finally:
        await client.close()


def test_a_first_contract_has_nobody_to_carry_over(place: Place) -> None:
    """It names no predecessor."""
    assert place.command("carry-over", code=2)["error"]["code"] == "BAD_REQUEST"


def test_another_contract_than_the_folders_is_no_predecessor(place: Place) -> None:
    """The folder belongs to one contract: a successor of any other does not take its place."""
    refused = place.command("deploy", "--predecessor", "0x" + "11" * 20, code=1)["error"]
    assert (refused["code"], refused["path"]) == ("CONFLICT", "ledger.contract")
