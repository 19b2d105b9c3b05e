"""A lab for the tests: real companies' processes on this machine, with a party of our own that sends to
all.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e.conftest import SENDER
from tracehold.cli.token import create
from tracehold.core.errors import Unavailable
from tracehold.lab.growing import enlarge
from tracehold.lab.network import Lab, made
from tracehold_client.rest import RestClient

PATIENCE_S = 180.0


class Network:
    """A lab that is up. `sender` lets a node sign for SENDER, `reader` reads all."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.names = lab.names
        self._tokens = {
            name: create(lab.home(name), "sender", ("capture",), SENDER.party.link) for name in self.names
        }

    def token(self, name: str) -> str:
        """The token with which SENDER sends to a node."""
        return self._tokens[name]

    def grpc(self, name: str) -> str:
        """The node's gRPC address."""
        return self.lab.plan.seat(name).grpc

    def sender(self, name: str) -> RestClient:
        """SENDER at a node."""
        return RestClient(self.lab.plan.seat(name).rest, token=self._tokens[name])

    def reader(self, name: str) -> RestClient:
        """A reader of all at a node."""
        seat = self.lab.plan.seat(name)
        return RestClient(seat.rest, token=seat.read_token)

    def capture(self, name: str, document: bytes) -> dict[str, Any]:
        """Hand in a document; its job when it no longer runs."""
        sender = self.sender(name)
        path = sender.capture(document, all_or_nothing=True)
        return settled(sender, path, None)

    def finished(self, name: str, job: dict[str, Any]) -> dict[str, Any]:
        """The job when all its records are FINAL."""
        return settled(self.sender(name), f"capture/{job['captureID']}", "FINAL")

    def caught_up(self, names: Sequence[str] | None = None) -> None:
        """Return when what is sealed is final everywhere, and a question to each node names no gap."""
        for name in names or self.names:
            until(partial(_still, self.reader(name)))

    def add(self, seed: str, **settings: dict[str, Any]) -> str:
        """Let one company more join through this node, with these settings; its name, when it is ready."""
        name = enlarge(self.lab, seed)
        self._tokens[name] = create(self.lab.home(name), "sender", ("capture",), SENDER.party.link)
        configure(self.lab, [name], **settings)
        self.names = self.lab.names
        self.lab.start([name])
        self.lab.publish()
        return name

    def number(self, name: str) -> int:
        """The node's number in the contract: they are enrolled in order."""
        return 1 + self.names.index(name)

    def status(self, name: str) -> dict[str, Any]:
        """How a node stands, by its own word."""
        return dict(self.reader(name).get("v1/status"))

    def kept(self, name: str) -> dict[str, set[str]]:
        """Fingerprints that a node has on its disk, by log; without control records."""
        return stored(self.lab.home(name) / "data")


def _still(reader: RestClient) -> bool:
    status = reader.get("v1/status")
    return int(status["final"]) == int(status["sealed"]) == int(status["indexed"])


@contextmanager
def network(
    folder: Path, nodes: int, replicas: int | None = None, *, audits_s: int = 0, **settings: dict[str, Any]
) -> Iterator[Network]:
    """A lab that is up, with these settings by section, and nothing of it afterwards."""
    with made(folder, nodes, replicas, lambda line: None, audits_s=audits_s) as lab:
        try:
            lab.build()
            found = Network(lab)
            configure(lab, lab.names, **settings)
            lab.up()
            yield found
        finally:
            lab.down()


def configure(lab: Lab, names: Sequence[str], **settings: dict[str, Any]) -> None:
    """Write these settings, by section, into the configurations of nodes that do not run."""
    for name in names:
        text = lab.config(name).read_text()
        for section, values in settings.items():
            text = _set(text, section, values)
        lab.config(name).write_text(text)


def _set(text: str, section: str, values: dict[str, Any]) -> str:
    head = f"\n[{section}]\n"
    if head not in text:
        text = text.replace("\n[[", f"{head}\n[[", 1)
    before, _, after = text.partition(head)
    own, bracket, rest = after.partition("\n[")
    lines = [line for line in own.splitlines() if line.partition(" =")[0] not in values]
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return before + head + "\n".join(lines) + "\n" + bracket + rest


def settled(sender: RestClient, path: str, wanted: str | None) -> dict[str, Any]:
    """The job when it no longer runs and every record of it is in that state."""
    job: dict[str, Any] = {}

    def so() -> bool:
        nonlocal job
        job = sender.job(path)
        assert job["errors"] == []
        parts = [*job["events"], *job["masterdata"]]
        return not job["running"] and all(wanted in {None, part["state"]} for part in parts)

    until(so)
    return job


def until(ready: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Return when it is so; not being reached is not being so."""
    end = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except Unavailable:
            pass
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)


def stored(data: Path) -> dict[str, set[str]]:
    """What the files of a node hold: the fingerprints of events and master data, by log."""
    query = (
        "SELECT lower(hex(logs.id)), lower(hex(fingerprint)) FROM entries"
        " JOIN logs ON logs.number = position >> 40 WHERE control = 0"
    )
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(f"file:{data / 'log.sqlite'}?mode=ro", uri=True)) as log:
        for name, fingerprint in log.execute(query):
            found.setdefault(name, set()).add(fingerprint)
    return found
