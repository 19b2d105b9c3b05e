"""A node of a lab whose disk is damaged: it puts itself right, and says what it cannot."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, until
from tests.e2e.signing import document, event
from tracehold.cli.demo.programs import run
from tracehold.cli.scrub import DAMAGED
from tracehold.lab.tamper import flip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three, up."""
    with network(tmp_path_factory.mktemp("scrub") / "lab", 3) as over:
        yield over


def told(three: Network, name: str, *serials: str) -> list[str]:
    """Events about these pieces, FINAL and kept by all three; their fingerprints."""
    job = three.capture(name, document(*(event(SENDER.piece(4, serial).link) for serial in serials)))
    found = [part["fingerprint"] for part in three.finished(name, job)["events"]]
    three.caught_up()
    until(lambda: all(set(found) <= set().union(*three.kept(each).values()) for each in three.names))
    return found


def data(three: Network, name: str) -> Path:
    """The folder of a node's logs."""
    return three.lab.home(name) / "data"


def scrubbed(three: Network, name: str, code: int = 0) -> dict[str, Any]:
    """What `tracehold scrub` answers."""
    found: dict[str, Any] = json.loads(
        run("scrub", "--dir", str(three.lab.home(name)), "--json", also=code or DAMAGED)
    )
    assert (found["bad"] > 0) == (code == DAMAGED), found
    return found


def sound(three: Network, name: str) -> None:
    """Returns if the doctor finds every entry of a node that is down as it should be."""
    found = json.loads(run("doctor", "--dir", str(three.lab.home(name)), "--json"))
    checks = {each["name"]: each for each in found["checks"]}
    assert checks["log"]["well"], checks["log"]
    assert checks["kept logs"]["well"], checks["kept logs"]


def mended(three: Network, name: str) -> int:
    """What a node has mended since its start."""
    return int(three.status(name).get("scrub", {}).get("mended", 0))


def _more(three: Network, name: str, before: int) -> bool:
    return mended(three, name) > before


def test_a_flipped_byte_is_mended_when_it_is_read(three: Network):
    """By the node itself, from another one; its log and those of others."""
    creator, holder, _ = three.names
    (record,) = told(three, creator, "A1")
    for name in (creator, holder):
        before = mended(three, name)
        flip(data(three, name), record)
        assert three.reader(name).get(f"v1/records/{record}")["record"]["state"] == "FINAL"
        until(partial(_more, three, name, before))
        assert int(three.status(name)["scrub"].get("bad", 0)) == 0
        assert scrubbed(three, name)["mended"] == 0


def test_a_running_node_scrubs_when_it_is_asked(three: Network):
    """What nobody read is found, the command waits for the end, and the doctor finds nothing afterwards."""
    creator, holder, _ = three.names
    first, second, third = told(three, creator, "B1", "B2", "B3")
    flip(data(three, creator), first)
    for record in (second, third):
        flip(data(three, holder), record)
    assert scrubbed(three, creator)["mended"] == 1
    assert scrubbed(three, holder)["mended"] == 2
    for name in (creator, holder):
        three.lab.stop([name])
        sound(three, name)
        three.lab.restart(name)


def test_a_folder_at_rest_is_scrubbed_from_those_that_are_up(three: Network):
    """A record of the own log together with its fingerprint, its tile, and the header without which no node
    starts.
    """
    creator, *_ = three.names
    (record,) = told(three, creator, "C1")
    three.lab.stop([creator])
    with closing(sqlite3.connect(data(three, creator) / "log.sqlite")) as log, log:
        log.execute("DELETE FROM records WHERE id = (SELECT record FROM entries WHERE position = 1 << 40)")
        log.execute("UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE log = 1")
        log.execute("UPDATE entries SET kind = 'x' WHERE fingerprint = ?", (bytes.fromhex(record),))
    flip(data(three, creator), record)
    found = scrubbed(three, creator)
    assert (found["alone"], found["mended"] >= 3) == ("", True)
    sound(three, creator)
    three.lab.restart(creator)
    three.caught_up([creator])


def test_what_nobody_has_is_told_and_tried_again(three: Network):
    """Exit code 3 while the others are down, and 0 once they are back; the node runs all the while."""
    creator, *others = three.names
    (record,) = told(three, creator, "D1")
    for name in others:
        three.lab.kill(name)
    flip(data(three, creator), record)
    found = scrubbed(three, creator, DAMAGED)
    assert any("is damaged on disk, and no other node hands it over" in line for line in found["damages"])
    assert int(three.status(creator)["scrub"]["bad"]) == 1
    for name in others:
        three.lab.restart(name)
    until(lambda: scrubbed_now(three, creator))
    assert int(three.status(creator)["scrub"].get("bad", 0)) == 0


def scrubbed_now(three: Network, name: str) -> bool:
    """Whether nothing is left."""
    found = json.loads(run("scrub", "--dir", str(three.lab.home(name)), "--json", also=DAMAGED))
    return bool(found["bad"] == 0)
