"""The demo as a newcomer runs it: every answer equals the truth, and what it prints to paste works."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tracehold.cli.demo.programs import command
from tracehold.cli.demo.story import tell
from tracehold.core.errors import Unavailable
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


def test_nothing_is_left_running(seen: Seen):
    """Both processes that the demo started have ended."""
    for name in ("node", "chain"):
        pid = int((seen.dir / f"{name}.pid").read_text())
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_same_folder_comes_up_again(seen: Seen):
    """`--up` serves what the run left, the trace to paste works, and SIGTERM takes all of it down."""
    up = subprocess.Popen(
        command("demo", "--dir", str(seen.dir), "--up"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = seen.answer["paste"]["trace"].rpartition("http://")[2].partition("/")[0]
        reader = RestClient(f"http://{address}", token=(seen.dir / "reader.token").read_text().strip())
        question = {"item": tell().purchased, "direction": "UPSTREAM"}
        answer = _patiently(reader, question)
        assert {item["item"] for item in answer["items"]} == set(seen.answer["upstream"])
        assert all(event["verified"] for event in answer["events"])
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
    test_nothing_is_left_running(seen)


def _patiently(reader: RestClient, question: dict[str, Any]) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        try:
            return reader.post("v1/trace", question)
        except Unavailable:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_foreign_folder_is_not_replaced(tmp_path: Path):
    """A folder that the demo did not make stays as it is."""
    kept = tmp_path / "mine.txt"
    kept.write_text("mine")
    done = run("demo", "--dir", str(tmp_path))
    assert done.returncode == 1
    assert "CONFLICT" in done.stderr
    assert kept.read_text() == "mine"
