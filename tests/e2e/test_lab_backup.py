"""A node of a lab whose disk is lost and restored from an older copy: it forks nothing, and has all again."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, network, until
from tests.e2e.signing import document, event
from tracehold.cli.demo.programs import run

pytestmark = pytest.mark.slow


@pytest.fixture
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three, up."""
    with network(tmp_path_factory.mktemp("backup") / "lab", 3) as over:
        yield over


def told(three: Network, name: str, *serials: str) -> list[str]:
    """Events about these pieces, FINAL; their fingerprints."""
    job = three.capture(name, document(*(event(SENDER.piece(4, serial).link) for serial in serials)))
    return [part["fingerprint"] for part in three.finished(name, job)["events"]]


def receipts(three: Network, name: str, fingerprints: list[str]) -> list[str]:
    """The receipts of records, as this node makes them."""
    asked = [three.reader(name).get(f"v1/records/{each}/receipt") for each in fingerprints]
    return [answer["receipt"]["cose"] for answer in asked]


def diagnoses(three: Network, name: str) -> dict[str, tuple[bool, str]]:
    """What the doctor finds in a folder, by what was looked at."""
    found = json.loads(run("doctor", "--dir", str(three.lab.home(name)), "--json"))
    return {each["name"]: (each["well"], each["detail"]) for each in found["checks"]}


def test_a_restored_folder_gets_back_what_it_lost(three: Network):
    """What was FINAL is answered as before, byte for byte; the log goes on, and its holders see one log."""
    creator, holder, _ = three.names
    early = told(three, creator, "A1", "A2")
    data = three.lab.home(creator) / "data"
    three.lab.kill(creator)
    shutil.copytree(data, data.with_name("older"))
    three.lab.restart(creator)
    late = [*told(three, creator, "B1", "B2"), *told(three, creator, "B3")]
    three.caught_up()
    before = receipts(three, creator, early + late)
    three.lab.kill(creator)
    shutil.rmtree(data)
    data.with_name("older").rename(data)
    (data / "restored").touch()
    well, detail = diagnoses(three, creator)["log"]
    assert well
    assert "an older copy" in detail
    three.lab.restart(creator)
    until(lambda: not (data / "restored").exists())
    again = told(three, creator, "C1")
    three.caught_up()
    for name in (creator, holder):
        assert receipts(three, name, early + late) == before
        assert receipts(three, name, again) == receipts(three, creator, again)
        status = three.reader(name).get("v1/status")
        assert status["faults"] == []
        assert [log["forked"] for log in status["kept"]] == [False, False]
    three.lab.stop(three.names)
    for name in three.names:
        found = diagnoses(three, name)
        assert found["kept logs"][0], found
        assert found["log"] == (True, found["log"][1])
