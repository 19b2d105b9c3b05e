"""One of four leaves in order while everybody uploads: it changes its mind once, is killed on its way, and is
gone for good at last, its folder deleted. Nothing of what it kept, or ever answered, is lost.
"""

import asyncio
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, until
from tests.e2e.loads import Load, goes_on, loaded
from tests.e2e.signing import document, event
from tests.e2e.test_lab_sigkill import stored
from tracehold.cli.demo.programs import run
from tracehold.core.errors import Unavailable
from tracehold_client import State

pytestmark = pytest.mark.slow

LIMITS = {"suspect_s": 4.0, "replace_s": 600.0, "look_s": 1.0}
TARGET = 3
REPLICATED, FINAL = 1, 2
"""Lanes of senders: what they wait for."""
WAIT = ("--timeout", "150", "--json")


@dataclass(frozen=True)
class Departure:
    """A network that one node has left. `loads` are all senders, those of the node that is gone too; `told`
    is what its commands printed.
    """

    over: Network
    gone: str
    left: tuple[str, ...]
    log: str
    loads: Sequence[Load]
    refused: str
    told: Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Departure]:
    """The whole story."""
    folder = tmp_path_factory.mktemp("drain") / "lab"
    with network(folder, 4, TARGET, replication=LIMITS) as over:
        yield asyncio.run(story(over))


async def story(over: Network) -> Departure:
    """Handed over, taken back, asked for again, killed, started, gone."""
    gone, *left = over.names[1], over.names[0], *over.names[2:]
    log, told = over.status(gone)["log"], []
    async with loaded(over, left, (REPLICATED, FINAL)) as loads:
        async with loaded(over, [gone], (REPLICATED, FINAL)) as its:
            await goes_on([*loads, *its])
        told.append(await drain(over, gone))
        refused = await asyncio.to_thread(upload, over, gone)
        told.append(await drain(over, gone, "--cancel", wait=()))
        assert await asyncio.to_thread(upload, over, gone) == ""
        leaving = asyncio.create_task(drain(over, gone, "--leave"))
        await asyncio.to_thread(over.lab.kill, gone)
        await asyncio.to_thread(over.lab.restart, gone)
        told.append(await leaving)
        await asyncio.to_thread(over.lab.stop, [gone])
        shutil.rmtree(over.lab.home(gone))
        await goes_on(loads)
    await asyncio.to_thread(until, lambda: all(whole(over, name, gone) for name in left))
    return Departure(over, gone, tuple(left), log, [*loads, *its], refused, told)


async def drain(over: Network, name: str, *options: str, wait: Sequence[str] = WAIT) -> dict[str, Any]:
    """What the command printed at its end."""
    given = ("drain", "--dir", str(over.lab.home(name)), *options, *(wait or ("--json",)))
    printed = await asyncio.to_thread(run, *given, seconds=200.0)
    return dict(json.loads(printed))


def upload(over: Network, name: str) -> str:
    """The code that an upload is refused with; empty where it is taken."""
    try:
        over.capture(name, document(event(SENDER.piece(3, "late").link)))
    except Unavailable as error:
        return error.code
    return ""


def whole(over: Network, name: str, gone: str) -> bool:
    """Whether a node's log is final, and kept three times without the one that is gone."""
    status = over.status(name)
    holders = {each["node"] for segment in status["segments"] for each in segment["holders"]}
    there = over.number(gone) not in holders and status["copies"]["kept"] >= TARGET
    return bool(there and status["final"] == status["sealed"])


def test_it_refused_uploads_while_it_was_to_leave(after: Departure):
    """With a code of its own; and told when all was handed over, and when it was gone."""
    assert after.refused == "DRAINING"
    assert [each.get("stage") for each in after.told] == ["handed", None, "gone"]
    assert after.told[1] == {"draining": False}
    assert after.told[2]["leftSegments"] == {}


def test_the_contract_knows_it_as_revoked_and_the_others_miss_nothing(after: Departure):
    """It left by itself, and everybody's anchors go on."""
    listed = json.loads(run("member", "list", "--dir", str(after.over.lab.home(after.left[0])), "--json"))
    number = str(after.over.number(after.gone))
    states = {each["node"]: each["state"] for each in listed["members"]}
    assert states.pop(number) == "revoked"
    assert set(states.values()) == {"active"}
    for name in after.left:
        assert after.over.status(name)["faults"] == []


def test_uploads_went_on_and_every_answer_stands_three_times(after: Departure):
    """Also what only the node that is gone had answered: each record at its index, at all that are left."""
    kept = {name: stored(after.over, name) for name in after.left}
    logs = {name: after.over.status(name)["log"] for name in after.left} | {after.gone: after.log}
    for load in after.loads:
        assert load.answered
        assert len(load.answered) == load.sent
        # Who waited longer than ten seconds has an answer at the state that was reached by then.
        assert all(outcome.state >= State.SEALED for outcome in load.answered)
        for outcome in load.answered:
            there = [log[logs[load.name]][outcome.index].hex() for log in kept.values()]
            assert there == [outcome.fingerprint] * TARGET


def test_every_record_is_answered_everywhere(after: Departure):
    """FINAL, by each node that is left; a sample of each sender."""
    sample = [outcome.fingerprint for load in after.loads for outcome in load.answered[::9]]
    for name in after.left:
        reader = after.over.reader(name)
        found = [reader.get(f"v1/records/{fingerprint}")["record"] for fingerprint in sample]
        assert {each["state"] for each in found} == {"FINAL"}


def test_the_last_that_the_quorum_needs_is_refused(after: Departure):
    """Of three with a quorum of two nobody may leave; the command says why, and what to do."""
    home = str(after.over.lab.home(after.left[0]))
    refused = json.loads(run("drain", "--dir", home, "--leave", "--json", also=1))["error"]
    assert refused["code"] == "STILL_NEEDED"
    assert "quorum" in refused["remedy"]
    assert "draining" not in after.over.status(after.left[0])
