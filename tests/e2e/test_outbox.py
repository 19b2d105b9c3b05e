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
from tests.e2e.programs import Program
from tracehold_client import Client, State, event_json

SCRIPT = Path(outbox.__file__)
KILLS = 100
"""So often each of the two is killed."""
GAP_S = 0.5
"""The longest wait before a kill."""


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


def kill_often(own: Running, path: Path, chance: random.Random) -> None:
    """Kill both, in any order, and start again what was killed.

    In every third round they die at work, after events had answers; in the others while they start.
    """
    sender = Sender(own, path)
    try:
        for number in range(KILLS):
            node = started(own)
            if number % 3 == 0:
                until_more_are_answered(path)
            for victim in chance.sample(("sender", "node"), 2):
                time.sleep(chance.uniform(0, GAP_S))
                if victim == "node":
                    node.kill()
                else:
                    sender.kill()
                    sender = Sender(own, path)
    finally:
        sender.kill()


def until_more_are_answered(path: Path) -> None:
    """Return when the outbox has more answers than now. The test fails where that takes a minute."""
    before, end = count(path, "fingerprint IS NOT NULL"), time.monotonic() + 60
    while count(path, "fingerprint IS NOT NULL") == before:
        assert time.monotonic() < end, "sender and node get nowhere"
        time.sleep(0.05)


def started(own: Running) -> Program:
    """The node, started and not waited for where it does not run."""
    node = own.world.node
    if node is None or not node.running:
        node = own.world.node = Program("node", ["serve", "--dir", str(own.world.home)], own.world.dir)
    return node


def finish(own: Running, path: Path) -> None:
    """Let a sender run until every event is FINAL, or two minutes have passed."""
    started(own).first_line()
    sender, end = Sender(own, path), time.monotonic() + 120
    try:
        while count(path, f"state <> {int(State.FINAL)}") and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        sender.kill()


@pytest.mark.slow
def test_kills_of_sender_and_node_count_each_event_once(own: Running, tmp_path: Path):
    """100 kills of each: every event of the outbox is in the log once, FINAL, and the outbox says where."""
    path = tmp_path / "erp.sqlite"
    outbox.open_books(path).close()  # which makes the tables that are counted
    with booking(path):
        kill_often(own, path, random.Random(31))
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
        assert len(sealed(client, fingerprints)) == len(events) + 1
        again = client.upload([event_json(event) for event in events[:100]])
    assert all(outcome.duplicate and outcome.fingerprint in fingerprints for outcome in again)


def sealed(client: Client, final: set[str]) -> list[str]:
    """Every record of the caller's party in the log, as the node tells it; all of `final` are FINAL."""
    found: list[str] = []
    for news in client.watch(own_records=True):
        if news.state is State.SEALED:
            found += news.fingerprints
        elif news.state is State.FINAL:
            final = final.difference(news.fingerprints)
        if not final:
            break
    return found
