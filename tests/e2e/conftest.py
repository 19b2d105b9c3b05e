"""A real chain and a real node, each a process of its own, on free ports of loopback."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.e2e.world import MARKER, World, free_port
from tracehold.cli.demo.programs import run
from tracehold.cli.demo.things import Company
from tracehold.cli.files import CONFIG_NAME
from tracehold.core.keys import Ed25519Key
from tracehold_client import Client, event_json
from tracehold_client.rest import RestClient

OPERATOR = "https://id.gs1.org/417/9521901000001"
SENDER = Company("sender", "9521601")
"""Delegates: the creator signs for it."""
SIGNER = Company("signer", "9521602")
"""Signs itself, with `SIGNER_KEY`."""
LEAVER = Company("leaver", "9521603")
"""Its key `LEAVER_KEY` is enrolled at first and revoked by a test."""
SIGNER_KEY = Ed25519Key.from_seed(b"\x11" * 32)
LEAVER_KEY = Ed25519Key.from_seed(b"\x12" * 32)


@dataclass(frozen=True)
class Running:
    """A node that is up. Tokens: `sender` captures for SENDER, `reader` reads what is for the network,
    `authority`
    reads all.
    """

    world: World
    sender: str
    reader: str
    authority: str


def enrol(world: World, company: Company, key: Ed25519Key) -> None:
    """Enrol a key in the node's log."""
    public = key.public.cose_key().hex()
    run("party", "enrol", "--dir", str(world.home), "--party", company.party.link, "--key", public)


def build(folder: Path) -> Running:
    """A node with tokens and enrolled keys, up."""
    world = World.new(folder)
    try:
        world.build(OPERATOR)
        made = Running(
            world,
            sender=world.token("sender", "capture", party=SENDER.party.link),
            reader=world.token("reader"),
            authority=world.token("authority", "authority"),
        )
        world.start()
        enrol(world, SIGNER, SIGNER_KEY)
        enrol(world, LEAVER, LEAVER_KEY)
    except BaseException:
        world.stop()
        raise
    return made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A node and its chain at rest, to be copied: making one takes longer than starting one."""
    found = build(tmp_path_factory.mktemp("e2e") / "template")
    found.world.stop()
    return found


@pytest.fixture(scope="session")
def running(template: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One node for all tests that do not harm it."""
    found = replace(template, world=copied(template.world, tmp_path_factory.mktemp("e2e") / "world"))
    try:
        found.world.start()
        yield found
    finally:
        found.world.stop()


@pytest.fixture
def own(template: Running, tmp_path: Path) -> Iterator[Running]:
    """A node and a chain of the test's own, up: for tests that stop, kill or starve them."""
    found = replace(template, world=copied(template.world, tmp_path / "world"))
    try:
        found.world.start()
        with Client(found.world.grpc, token=found.sender) as client:
            # A node takes no uploads before it has compared its log with the chain; the client waits for
            # that.
            client.upload([event_json(first_event())])[0].unwrap()
        yield found
    finally:
        found.world.stop()


def first_event() -> bytes:
    """Something to say."""
    body = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [SENDER.piece(1, "FIRST").link],
    }
    return json.dumps(body).encode()


def copied(world: World, folder: Path) -> World:
    """The same node and chain in another folder, on other ports. Both copies are their own world: the chain
    too is
    a copy.
    """
    made = World.new(folder)
    shutil.copytree(world.dir, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MARKER))
    config = folder / "node" / CONFIG_NAME
    text = config.read_text().replace(world.rpc, made.rpc)
    for section in ("grpc", "rest", "peers"):
        port = world.config[section]["listen"].rpartition(":")[2]
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
    config.write_text(text)
    return made


@pytest.fixture(scope="module")
def anonymous(running: Running) -> Iterator[Client]:
    """A client without a token: enough for statements."""
    with Client(running.world.grpc) as client:
        yield client


@pytest.fixture(scope="module")
def sender(running: Running) -> Iterator[Client]:
    """A client that may let the node sign for SENDER."""
    with Client(running.world.grpc, token=running.sender) as client:
        yield client


@pytest.fixture(scope="module")
def rest(running: Running) -> RestClient:
    """The same over REST."""
    return RestClient(running.world.rest, token=running.sender)
