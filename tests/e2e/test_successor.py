"""A contract takes over: two operators move to it by commands, with nothing lost."""

import asyncio
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.devchain.node import account
from tests.e2e.conftest import OPERATOR, SENDER
from tests.e2e.programs import Program
from tests.e2e.signing import event
from tests.e2e.test_two_nodes import OTHER, until
from tests.e2e.world import World
from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.client import Client as Chain
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.keyfiles import create_secret
from tracehold.cli.files import CONFIG_NAME, replace_file, set_line
from tracehold.cli.token import create
from tracehold.main import app
from tracehold_client import Client, State, event_json

ADMIN = account("admin of the contract")


def run(*words: str) -> str:
    """What a command prints. In this process: there are many of them."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


class Two:
    """Two nodes of two operators on one chain, quorum 1, and an admin with an account of its own."""

    def __init__(self, folder: Path) -> None:
        self.world = World.new(folder)
        self.homes = (self.world.home, folder / "second")
        self.programs: list[Program | None] = [None, None]
        self.uploads = 0
        self.tokens: list[str] = []

    def begin(self, folder: Path) -> None:
        """Chain, contract, members, tokens; return when both nodes answer."""
        made = [self._init(home, who) for home, who in zip(self.homes, (OPERATOR, OTHER), strict=True)]
        create_secret(folder / "admin.key", bytes(ADMIN.key).hex().encode())
        self.admin = ("--admin-key", str(folder / "admin.key"))
        self.world.start_chain(*(word for at in (*made, ADMIN.address) for word in ("--alloc", at)))
        self.at(0, "contract", "deploy", *self.admin)
        self.set_contract(1, self.world.contract)
        self.at(0, "member", "add", *self.admin)
        record = str(folder / "second.record")
        self.at(1, "member", "request", "--out", record)
        self.at(0, "member", "add", "--record", record, *self.admin)
        self.tokens = [create(home, "sender", ("capture",), SENDER.party.link) for home in self.homes]
        for number in (0, 1):
            self.start(number)

    def _init(self, home: Path, operator: str) -> str:
        ports = ("--grpc-port", "0", "--rest-port", "0", "--peer-port", "0")
        words = ("--dir", str(home), "--operator", operator, "--rpc", self.world.rpc, *ports, "--json")
        made = json.loads(run("init", *words))
        config = home / CONFIG_NAME
        faster = config.read_text().replace("[ledger]\n", "[ledger]\npoll_s = 0.2\n")
        config.write_text(faster + "\n[anchor]\nseconds = 1.0\n[audit]\nsamples = 0\n")
        return str(made["account"])

    def at(self, number: int, *words: str) -> Any:
        """What a command says for a node's folder."""
        return json.loads(run(*words, "--dir", str(self.homes[number]), "--json"))

    def set_contract(self, number: int, contract: str) -> None:
        """As an operator does in the file."""
        config = self.homes[number] / CONFIG_NAME
        replace_file(config, set_line(config.read_text(), "ledger", "contract", f'"{contract}"'))

    def start(self, number: int) -> None:
        """Start a node; return when it answers."""
        made = Program(f"node {number}", ["serve", "--dir", str(self.homes[number])], self.world.dir)
        self.programs[number] = made
        made.first_line()

    def stop(self, number: int) -> None:
        """Stop a node."""
        if (program := self.programs[number]) is not None:
            program.stop()

    def client(self, number: int) -> Client:
        """The sender at a node."""
        listen = tomllib.loads((self.homes[number] / CONFIG_NAME).read_text())["grpc"]["listen"]
        return Client(str(listen), token=self.tokens[number])

    def upload(self, number: int, item: str, wait_for: State) -> str:
        """An event like no other; its fingerprint when it has come so far."""
        self.uploads += 1
        said = event(item, eventTime=f"2026-01-10T08:00:{self.uploads:02}Z")
        with self.client(number) as client:
            (made,) = client.upload([event_json(said)], wait_for=wait_for)
            return made.unwrap().fingerprint

    def state(self, number: int, record: str) -> State:
        """How far a record is, as a node says."""
        with self.client(number) as client:
            return State(client.record(record).state)

    def said(self, number: int, item: str) -> tuple[list[str], set[bool], int]:
        """The history of an item: its events, whether they were verified, and how many gaps there are."""
        with self.client(number) as client:
            found = client.history(item)
        events = sorted(each.fingerprint for each in found.events)
        return events, {each.verified for each in found.events}, len(found.gaps)

    def evidence(self, number: int, record: str, name: str) -> Path:
        """The evidence file of a record."""
        file = self.world.dir / name
        with self.client(number) as client:
            file.write_bytes(client.evidence(record))
        return file


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Both nodes up."""
    made = Two(tmp_path / "world")
    try:
        made.begin(tmp_path / "world")
        yield made
    finally:
        for number in (0, 1):
            made.stop(number)
        made.world.stop()


def anchored(rpc: str, contract: str) -> list[tuple[int, int, int]]:
    """(node, size before, size) of the anchors of a contract."""

    async def read() -> list[tuple[int, int, int]]:
        chain = Chain(rpc)
        try:
            at = AnchorsContract(chain, bytes.fromhex(contract.removeprefix("0x")))
            logs = await at.logs(("Anchored",), 0, await chain.height())
        finally:
            await chain.close()
        told = [abi.decode_event("Anchored", log.topics, log.data) for log in logs]
        return [(each["node"], each["prevSize"], each["size"]) for each in told]

    return asyncio.run(read())


def test_two_operators_move_to_a_successor(two: Two) -> None:
    """What was final stays so and is proved by the old contract; the logs are anchored on the new one from
    their beginning; what comes then is final there; both nodes answer as before.
    """
    world, item = two.world, SENDER.piece(7, "MOVED").link
    old = world.contract
    records = [two.upload(number, item, State.FINAL) for number in (0, 1)]
    until(lambda: all(two.said(number, item)[1:] == ({True}, 0) for number in (0, 1)))
    before = [two.said(number, item) for number in (0, 1)]
    assert len(before[0][0]) == 2
    proofs = [two.evidence(number, record, f"{number}.before") for number, record in enumerate(records)]
    pinned = [world.dir / "0.trust", world.dir / "1.trust"]
    for proof, trust in zip(proofs, pinned, strict=True):
        run("verify", str(proof), "--rpc", world.rpc, "--contract", old, "--pin", str(trust))

    deployed = two.at(0, "contract", "deploy", "--predecessor", old, *two.admin)
    carried = two.at(0, "contract", "carry-over", *two.admin)
    assert (carried["operators"], carried["nodes"], carried["quorum"]) == (2, 2, 1)
    assert world.contract == deployed["contract"] != old

    two.stop(0)
    two.start(0)
    late = two.upload(0, item, State.SEALED)
    assert two.state(0, records[0]) is State.FINAL
    assert anchored(world.rpc, world.contract) == []
    two.stop(1)
    two.set_contract(1, world.contract)
    two.start(1)
    until(lambda: two.state(0, late) is State.FINAL)
    new = two.upload(1, item, State.FINAL)

    assert {each[0]: each[1] for each in reversed(anchored(world.rpc, world.contract))} == {1: 0, 2: 0}
    for number, record in enumerate(records):
        again = two.evidence(number, record, f"{number}.after")
        assert again.read_bytes() == proofs[number].read_bytes()
        run("verify", str(again), "--trust", str(pinned[number]))
    fresh = two.evidence(1, new, "new")
    run("verify", str(fresh), "--rpc", world.rpc, "--contract", world.contract)
    until(lambda: all(len(two.said(number, item)[0]) == 4 for number in (0, 1)))
    for number in (0, 1):
        events, verified, gaps = two.said(number, item)
        assert set(before[number][0]) < set(events)
        assert (verified, gaps) == ({True}, 0)
        assert two.at(number, "doctor")["well"] is True
