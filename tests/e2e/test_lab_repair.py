"""One of five is killed for good while everybody uploads: it kept the logs of others, and had its own. What
it kept is kept by others soon, and nothing is lost.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.e2e.labs import Network, network, until
from tests.e2e.loads import Load, goes_on, loaded
from tests.e2e.lots import Line, line
from tests.e2e.test_lab_sigkill import anchored, stored
from tracehold.cli.demo.programs import run
from tracehold_client import State

pytestmark = pytest.mark.slow

LIMITS = {"suspect_s": 3.0, "replace_s": 8.0, "look_s": 1.0}
TARGET = 3
REPLICATED, FINAL = 1, 2
"""Lanes of senders: what they wait for."""


@dataclass(frozen=True)
class Aftermath:
    """A network after one of its nodes was killed for good. `answers` are traces asked meanwhile, `log` is
    the log of the one that is gone.
    """

    over: Network
    gone: str
    left: tuple[str, ...]
    log: str
    line: Line
    loads: Sequence[Load]
    answers: Sequence[dict[str, Any]]

    def entries(self) -> dict[str, dict[str, list[bytes]]]:
        """What each node that is left has of each log, by index."""
        return {name: stored(self.over, name) for name in self.left}

    def keepers(self, log: str, size: int) -> list[str]:
        """Who is left and has so much of a log."""
        return [name for name, logs in self.entries().items() if len(logs.get(log, ())) >= size]


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """The whole story: a killed node, uploads that go on, segments that are kept three times again."""
    folder = tmp_path_factory.mktemp("repair") / "lab"
    with network(folder, 5, TARGET, replication=LIMITS) as over:
        told = line(over, over.names, "R", 6)
        until(lambda: all(whole(over, name) for name in over.names))
        yield asyncio.run(story(over, told))


async def story(over: Network, told: Line) -> Aftermath:
    """A holder of the first node's log is killed under load; return when nothing more is to be done."""
    gone = over.names[holders(over, over.names[0])[0] - 1]
    left = tuple(name for name in over.names if name != gone)
    log, its = over.status(gone)["log"], [Load(over, gone, lane) for lane in (REPLICATED, FINAL)]
    answers: list[dict[str, Any]] = []
    async with loaded(over, left, (REPLICATED, FINAL)) as loads:
        sending = [asyncio.create_task(load.run()) for load in its]
        await goes_on([*loads, *its])
        await asyncio.to_thread(over.lab.kill, gone)
        for each in sending:
            each.cancel()  # nobody answers it any more
        asking = asyncio.create_task(ask(over, left, told, answers))
        await asyncio.to_thread(until, lambda: all(replaced(over, name, gone) for name in left))
        await goes_on(loads)
    await asyncio.to_thread(until, lambda: all(whole(over, name) for name in left))
    found = Aftermath(over, gone, left, log, told, [*loads, *its], answers)
    size = size_on_chain(over, gone)
    await asyncio.to_thread(until, lambda: len(found.keepers(log, size)) >= TARGET)
    assert not asking.done(), asking.result()
    asking.cancel()
    await asyncio.wait([asking])
    return found


async def ask(over: Network, names: Sequence[str], told: Line, answers: list[dict[str, Any]]) -> None:
    """Ask these nodes in turn, again and again."""
    while True:
        for name in names:
            answer = await asyncio.to_thread(told.ask, over, name)
            answers.append(answer)


def holders(over: Network, name: str) -> list[int]:
    """Numbers of the nodes that keep the newest segment of a node's log."""
    return [each["node"] for each in over.status(name)["segments"][0]["holders"]]


def whole(over: Network, name: str, copies: int = TARGET) -> bool:
    """Whether a node's whole log is final, and kept so often at least."""
    status = over.status(name)
    return bool(status["final"] == status["sealed"] and status["copies"]["kept"] >= copies)


def replaced(over: Network, name: str, gone: str, copies: int = TARGET) -> bool:
    """Whether a node's log is kept so often, and not by the one that is gone."""
    kept = over.status(name)["copies"]["kept"]
    return bool(kept >= copies and over.number(gone) not in holders(over, name))


def size_on_chain(over: Network, name: str) -> int:
    """Entries of a node's log up to its newest anchor."""
    return max(size for node, _, size, _ in anchored(over) if int(node, 16) == over.number(name))


def test_uploads_went_on(after: Aftermath):
    """Whoever sends to a node that is left has all its answers, and in the end all of it is FINAL."""
    for load in after.loads:
        assert load.answered
        if load.name != after.gone:
            assert len(load.answered) == load.sent
            assert all(outcome.state >= State.SEALED for outcome in load.answered)
            final = int(after.over.status(load.name)["final"])
            assert all(outcome.index < final for outcome in load.answered)


def test_all_logs_are_back_at_target_without_it(after: Aftermath):
    """Three of those that are left have every anchored entry, also of the log whose creator is gone; and the
    creators know.
    """
    for name in after.over.names:
        log = after.log if name == after.gone else after.over.status(name)["log"]
        assert len(after.keepers(log, size_on_chain(after.over, name))) >= TARGET, name
    for name in after.left:
        assert after.over.number(after.gone) not in holders(after.over, name)
        assert after.over.status(name)["copies"]["kept"] >= TARGET


def test_nothing_is_lost(after: Aftermath):
    """Every answer at REPLICATED or better stands, at its index, at three of those that are left."""
    logs = {name: after.over.status(name)["log"] for name in after.left} | {after.gone: after.log}
    entries = after.entries()
    for load in after.loads:
        there = [found[logs[load.name]] for found in entries.values() if logs[load.name] in found]
        for outcome in load.answered:
            if outcome.state >= State.REPLICATED:
                kept = [log[outcome.index].hex() for log in there if len(log) > outcome.index]
                assert kept.count(outcome.fingerprint) == len(kept) >= TARGET


def test_a_trace_meanwhile_was_right_or_named_its_gap(after: Aftermath):
    """No answer said anything false, or left something out and was silent about it."""
    assert after.answers
    assert [answer for answer in after.answers if not after.line.honest(answer)] == []


def test_in_the_end_every_node_knows_all_of_it(after: Aftermath):
    """Whole answers everywhere, and no other gap than that one member does not answer."""
    down = f"node {after.over.number(after.gone)} does not answer"
    for name in after.left:
        until(partial(_tells_all, after, name, down))


def _tells_all(after: Aftermath, name: str, down: str) -> bool:
    answer = after.line.ask(after.over, name)
    return after.line.whole(answer) and {gap["detail"] for gap in answer["gaps"]} <= {down}


def test_silence_is_seen_and_is_no_fault(after: Aftermath):
    """Everybody counts it as lost and the others as up; nobody is accused, no log is called forked."""
    for name in after.left:
        status = after.over.status(name)
        health = {each["node"]: each["health"] for each in status["members"]}
        assert health.pop(after.over.number(after.gone)) == "LOST"
        assert set(health.values()) == {"UP"}
        assert len(health) == len(after.left) - 1
        assert status["faults"] == []
        assert not any(log["forked"] for log in status["kept"])


def test_what_is_left_is_well(after: Aftermath):
    """Stopped, every folder stands the doctor's look at all that it keeps."""
    after.over.lab.stop(after.left)
    for name in after.left:
        found = json.loads(run("doctor", "--dir", str(after.over.lab.home(name)), "--json"))
        assert found["well"] is True, (name, found)
