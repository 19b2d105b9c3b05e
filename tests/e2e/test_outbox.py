"""SIGKILL of the outbox example's sender and of the node at seeded random moments: each event counts once."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from examples.outbox import outbox
from tests.e2e.conftest import SENDER, Running
from tracehold_client import Client, State, event_json

SCRIPT = Path(outbox.__file__)
KILLS, SECONDS = 20, 60.0
"""At least this many kills, and as many more as fit in the time."""


class Sender:
    """The example's sender as a process of its own, killed by its own pid only."""

    def __init__(self, own: Running, books: Path) -> None:
        token, log = own.world.dir / "sender.token", books.with_suffix(".log")
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, str(SCRIPT), "send", str(books), own.world.grpc, str(token)],
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        """SIGKILL; it must have been running, since it ends by itself only where its token is wrong."""
        assert self._process.poll() is None, "the sender ended by itself"
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def booking(path: Path) -> Iterator[None]:
    """The ERP books shipments all the while, from a thread of its own."""
    stop = threading.Event()

    def work() -> None:
        with closing(outbox.open_books(path)) as books:
            number = 0
            while not stop.wait(0.005):
                outbox.book(books, SENDER.piece(4, f"O{number}").link)
                number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def count(path: Path, condition: str) -> int:
    """How many events of the outbox are so."""
    with closing(sqlite3.connect(path, timeout=30)) as books:
        return int(books.execute(f"SELECT count(*) FROM progress WHERE {condition}").fetchone()[0])


def kill_often(own: Running, path: Path, chance: random.Random) -> dict[str, int]:
    """Kill the sender, the node or both, and start again what was killed; how often each was."""
    kills = {"sender": 0, "node": 0}
    sender, end = Sender(own, path), time.monotonic() + SECONDS
    try:
        while sum(kills.values()) < KILLS or time.monotonic() < end:
            time.sleep(chance.uniform(0.02, 1.2))
            victims = chance.choice(
                [("sender",), ("sender",), ("node",), ("sender", "node"), ("node", "sender")]
            )
            for victim in victims:
                kills[victim] += 1
                if victim == "node":
                    assert own.world.node is not None
                    own.world.node.kill()
                else:
                    sender.kill()
                    sender = Sender(own, path)
            own.world.start()
    finally:
        sender.kill()
    return kills


def finish(own: Running, path: Path) -> None:
    """Let a sender run until every event is FINAL, or two minutes have passed."""
    sender, end = Sender(own, path), time.monotonic() + 120
    try:
        while count(path, f"state <> {int(State.FINAL)}") and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        sender.kill()


@pytest.mark.slow
def test_kills_of_sender_and_node_count_each_event_once(own: Running, tmp_path: Path):
    """At least 20 kills: every event of the outbox is in the log once, FINAL, and the outbox says where."""
    path = tmp_path / "erp.sqlite"
    with booking(path):
        kills = kill_often(own, path, random.Random(31))
    assert min(kills.values()) >= 5, kills
    finish(own, path)
    with closing(sqlite3.connect(path)) as books:
        rows = books.execute("SELECT fingerprint, position, state, refused FROM progress").fetchall()
        events = [bytes(event) for (event,) in books.execute("SELECT event FROM outbox ORDER BY id")]
        shipments = books.execute("SELECT count(*) FROM shipments").fetchone()[0]
    assert len(rows) == len(events) == shipments > 1000
    fingerprints = {fingerprint for fingerprint, *_ in rows}
    assert None not in fingerprints
    assert len(fingerprints) == len({position for _, position, *_ in rows}) == len(events)
    assert {(state, refused) for *_, state, refused in rows} == {(int(State.FINAL), None)}
    with Client(own.world.grpc, token=own.sender) as client:
        assert set(client.states(sorted(fingerprints)).values()) == {State.FINAL}
        # Of the sender's party are the fixture's one event and ours: nothing was sealed twice.
        assert in_log(own, SENDER.party.link) == len(events) + 1
        again = client.upload([event_json(event) for event in events[:100]])
    assert all(outcome.duplicate and outcome.fingerprint in fingerprints for outcome in again)


def in_log(own: Running, party: str) -> int:
    """How many records of the node's own log speak for this party."""
    path = own.world.home / "data" / "log.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as log:
        return sum(party.encode() in raw for (raw,) in log.execute("SELECT raw FROM entries"))
