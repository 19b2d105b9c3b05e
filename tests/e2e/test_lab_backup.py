"""A node of a lab whose disk is lost and restored from a backup that was made beside it under load: it forks
nothing, and has all again.
"""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def backed_up(three: Network, name: str) -> Path:
    """A backup of the node that runs, made while it takes uploads."""
    home = three.lab.home(name)
    secret, taken = home.parent / "passphrase", home.parent / "taken.tar"
    secret.touch(mode=0o600)
    secret.write_text("correct horse\n")
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(told, three, name, *(f"L{at}" for at in range(200)))
        asked = ("--dir", str(home), "--out", str(taken), "--passphrase-file", str(secret), "--json")
        answer = json.loads(run("backup", *asked))
        loading.result()
    assert answer["logs"] == 3
    return taken


def restored(home: Path, taken: Path) -> Path:
    """The node's disk is lost, and what the backup has takes its place; the data folder."""
    shutil.rmtree(home / "data")
    new, secret = home.parent / "new", str(home.parent / "passphrase")
    run("backup", "verify", str(taken), "--passphrase-file", secret)
    run("restore", str(taken), "--dir", str(new), "--passphrase-file", secret)
    for path in sorted((new / "keys").iterdir()):
        assert path.read_bytes() == (home / "keys" / path.name).read_bytes()
    (new / "data").rename(home / "data")
    return home / "data"


def test_a_restored_folder_gets_back_what_it_lost(three: Network):
    """What was FINAL is answered as before, byte for byte; the log goes on, and its holders see one log."""
    creator, holder, _ = three.names
    early = told(three, creator, "A1", "A2")
    home = three.lab.home(creator)
    taken = backed_up(three, creator)
    late = [*told(three, creator, "B1", "B2"), *told(three, creator, "B3")]
    three.caught_up()
    before = receipts(three, creator, early + late)
    three.lab.kill(creator)
    data = restored(home, taken)
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
