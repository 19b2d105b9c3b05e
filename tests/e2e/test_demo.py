"""The demo as a newcomer runs it: every answer equals the truth, and what it prints to paste works."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tracehold.cli.demo.story import tell
from tracehold.lab.programs import Slot, command
from tracehold_client.rest import RestClient


@dataclass(frozen=True)
class Seen:
    """What one run of the demo left."""

    dir: Path
    code: int
    answer: dict[str, Any]
    words: str


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The demo, run once with --json."""
    folder = tmp_path_factory.mktemp("demo") / "demo-data"
    done = run("demo", "--dir", str(folder), "--json")
    return Seen(folder, done.returncode, json.loads(done.stdout), done.stderr)


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """One command as a process of its own."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=180,
        env=os.environ | environment,
        check=False,
    )


def test_every_answer_equals_the_truth(seen: Seen):
    """Exit 0, and the answer lists no difference."""
    assert seen.code == 0, seen.words
    assert seen.answer["failed"] == []
    assert seen.answer["events"] == len(tell().events)
    assert set(seen.answer["upstream"]) == tell().truth.upstream(tell().purchased)


def test_stand_ins_are_named(seen: Seen):
    """Nobody is left to believe that the embedded chain proves something to strangers."""
    assert "ledger: devchain" in seen.answer["standIns"]
    assert "proves nothing to strangers" in seen.words


def test_gas_is_told(seen: Seen):
    """What the anchors cost comes from the chain's own receipts."""
    assert seen.answer["gas"]["anchors"] >= 1
    assert seen.answer["gas"]["gas"] > 21_000
    assert seen.answer["gas"]["records"] > seen.answer["events"]


def test_saved_receipt_verifies_offline(seen: Seen):
    """With everything stopped, the line to paste exits 0; without the trust file it does not."""
    evidence, trust = str(seen.dir / "purchased.evidence"), str(seen.dir / "trust.json")
    assert f"verify {evidence} --trust {trust}" in seen.answer["paste"]["verify"]
    verified = run("verify", evidence, "--trust", trust)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.splitlines()[-1] == "VERIFIED"
    assert run("verify", evidence).returncode == 4


def test_offline_means_offline(seen: Seen):
    """In a network namespace with nothing in it, not even loopback, the same line still exits 0."""
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system makes no network namespaces for us")
    evidence, trust = str(seen.dir / "purchased.evidence"), str(seen.dir / "trust.json")
    line = [*alone, *command("verify", evidence, "--trust", trust)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_every_way_of_sending_is_told_and_answered(seen: Seen):
    """Who signs, who lets sign, under a mandate or not; the answers say the same of each event."""
    for words in (
        "a key of its own",
        "under a mandate",
        "on the operator's word",
        "EPCIS documents over REST",
    ):
        assert words in seen.words
    assert "ok      who says so, and how, for each of them" in seen.words


def test_a_node_is_killed_and_comes_back(seen: Seen):
    """Two copies of three while it is away, three when it is back, and everything answered all the time."""
    words = seen.words
    for earlier, later in pairwise(
        (
            "copies 3 of 3",
            "is killed (SIGKILL)",
            "copies 2 of 3",
            "is back: mill and warehouse and board: copies 3 of 3",
            "is changed on the disk",
        )
    ):
        assert 0 <= words.find(earlier) < words.rfind(later), (earlier, later)


def programs(folder: Path) -> dict[str, Slot]:
    """Every process of the demo's lab."""
    run_folder = folder / "lab" / "run"
    found = {path.stem: Slot(run_folder, path.stem) for path in run_folder.glob("*.pid")}
    assert len(found) == 4
    return found


def test_nothing_is_left_running(seen: Seen):
    """The chain and the three nodes that the demo started have ended."""
    assert not any(slot.running for slot in programs(seen.dir).values())


def test_the_same_network_comes_up_again(seen: Seen):
    """`lab up` serves what the run left, the trace to paste works at all nodes, and `lab down` ends all of
    it.
    """
    lab = str(seen.dir / "lab")
    try:
        assert run("lab", "up", "--dir", lab).returncode == 0
        for node in json.loads((seen.dir / "lab" / "lab.json").read_text())["nodes"]:
            reader = RestClient(node["rest"], token=node["readToken"])
            answer = reader.post("v1/trace", {"item": tell().purchased, "direction": "UPSTREAM"})
            assert {item["item"] for item in answer["items"]} == set(seen.answer["upstream"])
            assert all(event["verified"] for event in answer["events"])
    finally:
        assert run("lab", "down", "--dir", lab).returncode == 0
    test_nothing_is_left_running(seen)


@pytest.mark.slow
def test_kept_it_stays_up_and_says_how_to_stop_it(tmp_path: Path):
    """KEEP=1: the network runs on, the lines to paste work, and the next demo replaces it."""
    folder = tmp_path / "demo-data"
    try:
        kept = run("demo", "--dir", str(folder), KEEP="1")
        assert kept.returncode == 0, kept.stdout
        assert all(slot.running for slot in programs(folder).values())
        assert f"lab down --dir {folder / 'lab'}" in kept.stdout
        line = next(line for line in kept.stdout.splitlines() if line.startswith("trace it yourself:"))
        pasted = subprocess.run(["/bin/sh", "-c", line.partition(":")[2]], capture_output=True, check=True)
        assert json.loads(pasted.stdout)["items"]
        first = {name: slot.pid for name, slot in programs(folder).items()}
        again = run("demo", "--dir", str(folder), KEEP="1")
        assert again.returncode == 0, again.stdout
        assert not first.items() & {name: slot.pid for name, slot in programs(folder).items()}.items()
    finally:
        run("lab", "down", "--dir", str(folder / "lab"))
    assert not any(slot.running for slot in programs(folder).values())


@pytest.mark.slow
def test_interrupted_it_leaves_nothing_running(tmp_path: Path):
    """SIGTERM in the middle of the story."""
    folder = tmp_path / "demo-data"
    demo = subprocess.Popen(command("demo", "--dir", str(folder)), stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    assert any("are sealed" in line for line in demo.stdout)
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=60)
    assert demo.returncode == 143
    assert not any(slot.running for slot in programs(folder).values())


def test_foreign_folder_is_not_replaced(tmp_path: Path):
    """A folder that the demo did not make stays as it is."""
    kept = tmp_path / "mine.txt"
    kept.write_text("mine")
    done = run("demo", "--dir", str(tmp_path))
    assert done.returncode == 1
    assert "CONFLICT" in done.stderr
    assert kept.read_text() == "mine"
