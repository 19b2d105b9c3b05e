"""A real chain and a real node, each a process of its own, on free ports of loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tracehold.cli.demo.programs import run
from tracehold.cli.demo.things import Company
from tracehold.cli.demo.world import World
from tracehold.core.keys import Ed25519Key

OPERATOR = "https://id.gs1.org/417/9521901000006"
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
            sender=world.token("sender", "--role", "capture", "--party", SENDER.party.link),
            reader=world.token("reader"),
            authority=world.token("authority", "--role", "authority"),
        )
        world.start()
        enrol(world, SIGNER, SIGNER_KEY)
        enrol(world, LEAVER, LEAVER_KEY)
    except BaseException:
        world.stop()
        raise
    return made


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One node for all tests that do not harm it."""
    found = build(tmp_path_factory.mktemp("e2e") / "world")
    yield found
    found.world.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    """A node of the test's own: for tests that stop, kill or starve it."""
    found = build(tmp_path / "world")
    yield found
    found.world.stop()
