"""`tracehold lab` as a newcomer runs it: real processes of one small network."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracehold.lab.network import at_work
from tracehold.lab.plan import CHAIN
from tracehold.lab.programs import command
from tracehold_client.http import Http
from tracehold_client.rest import RestClient

pytestmark = pytest.mark.slow


def lab(folder: Path, *words: str, code: int = 0) -> Any:
    """One command with --json; its answer."""
    line = command("lab", *words, "--dir", str(folder), "--json")
    done = subprocess.run(line, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def state(folder: Path) -> dict[str, Any]:
    """lab.json as it stands."""
    found: dict[str, Any] = json.loads((folder / "lab.json").read_text())
    return found


def alive(pid: int | None) -> bool:
    """Whether there is such a process, zombies left out."""
    if pid is None:
        return False
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(listed.stdout.strip()) and not listed.stdout.strip().startswith("Z")


def pids(folder: Path) -> list[int]:
    """What every process of the lab wrote down of itself."""
    return [int(file.read_text() or 0) for file in (folder / "run").glob("*.pid")]


def addresses(document: dict[str, Any]) -> list[tuple[str, ...]]:
    """What stays the same over all starts."""
    names = ("name", "operator", "grpc", "rest", "peer", "captureToken", "readToken", "dir")
    return [tuple(node[name] for name in names) for node in document["nodes"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab of three, up."""
    made = tmp_path_factory.mktemp("lab") / "lab"
    try:
        lab(made, "up", "--nodes", "3")
        yield made
    finally:
        lab(made, "down")


def test_up_answers_when_all_are_ready(folder: Path):
    """Every node takes uploads, under the tokens and process ids of lab.json."""
    lab(folder, "up")
    document = state(folder)
    assert [node["name"] for node in document["nodes"]] == ["mill", "warehouse", "board"]
    assert (document["quorum"], document["target"]) == (1, 3)
    for node in document["nodes"]:
        assert alive(node["pid"])
        assert Http().exchange(f"{node['rest']}/readyz").status == 200
        status = RestClient(node["rest"], token=node["readToken"]).get("v1/status")
        assert (status["operator"], status["quorum"], status["contract"]) == (
            node["operator"],
            1,
            document["chain"]["contract"],
        )
    assert alive(document["chain"]["pid"])
    assert (folder / "lab.json").stat().st_mode & 0o077 == 0


def test_killed_is_gone_and_started_is_back(folder: Path):
    """SIGKILL of one node leaves the others; it comes back at the same address with the same log."""
    before = state(folder)
    assert lab(folder, "kill", "warehouse") == {"killed": ["warehouse"]}
    assert lab(folder, "kill", "warehouse") == {"killed": []}
    assert not alive(before["nodes"][1]["pid"])
    assert state(folder)["nodes"][1]["pid"] is None
    standing = {node["node"]: node for node in lab(folder, "status")["nodes"]}
    assert [standing[name]["state"] for name in ("mill", "warehouse", "board")] == ["up", "DOWN", "up"]
    shown = subprocess.run(
        command("lab", "status", "--dir", str(folder)), capture_output=True, text=True, check=True
    )
    assert [line.split()[:3] for line in shown.stdout.splitlines()][2] == ["warehouse", "DOWN", "-"]
    after = lab(folder, "start", "warehouse")
    assert addresses(after) == addresses(before)
    assert [node["state"] for node in lab(folder, "status")["nodes"]] == ["up"] * 3


def test_up_again_starts_only_what_is_down(folder: Path):
    """What runs goes on under its id."""
    before = lab(folder, "up")
    lab(folder, "kill", "mill")
    after = lab(folder, "up")
    assert [node["pid"] for node in after["nodes"]][1:] == [node["pid"] for node in before["nodes"]][1:]
    assert after["nodes"][0]["pid"] != before["nodes"][0]["pid"]
    assert addresses(after) == addresses(before)


def test_a_network_that_was_stopped_is_the_same_network(folder: Path):
    """Down ends every process, also of a lab whose lab.json is lost; up brings the same logs back."""
    before = lab(folder, "up")
    logs = [RestClient(node["rest"]).get("v1/status")["log"] for node in before["nodes"]]
    (folder / "lab.json").unlink()
    assert lab(folder, "down") == {"stopped": ["mill", "warehouse", "board", "chain"]}
    assert not any(alive(pid) for pid in pids(folder))
    assert lab(folder, "down") == {"stopped": []}
    after = lab(folder, "up")
    assert addresses(after) == addresses(before)
    assert [RestClient(node["rest"]).get("v1/status")["log"] for node in after["nodes"]] == logs


def test_one_command_at_a_time(folder: Path):
    """While one works, another is refused with exit code 5."""
    with at_work(folder):
        assert lab(folder, "kill", "mill", code=5)["error"]["code"] == "STORE_BUSY"


def test_two_labs_side_by_side(folder: Path, tmp_path: Path):
    """Another network beside it: other addresses, other contract; stopping one leaves the other."""
    other = tmp_path / "other"
    try:
        made = lab(other, "up", "--nodes", "1")
        assert (made["quorum"], made["target"]) == (0, 1)
        first = state(folder)
        assert not {made["nodes"][0][key] for key in ("grpc", "rest", "peer")} & {
            node[key] for node in first["nodes"] for key in ("grpc", "rest", "peer")
        }
        network = [RestClient(each["nodes"][0]["rest"]).get("v1/status")["network"] for each in (made, first)]
        assert network[0] != network[1]
    finally:
        lab(other, "down")
    assert not any(alive(pid) for pid in pids(other))
    assert all(alive(node["pid"]) for node in state(folder)["nodes"])


STAGES = ("making", "deploying", "enrolling mill", "enrolling board", "mill is ready")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_up_that_ends_in_the_middle(tmp_path: Path, stage: str, number: signal.Signals):
    """Interrupted, `up` leaves nothing running; killed, the next `up` or `down` repairs what it left."""
    folder = tmp_path / "lab"
    line = command("lab", "up", "--nodes", "3", "--dir", str(folder))
    up = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    guard = threading.Timer(120, up.kill)
    guard.start()
    try:
        assert up.stderr is not None
        assert any(words.startswith(stage) for words in up.stderr)
        up.send_signal(number)
        if number != signal.SIGKILL:
            up.send_signal(number)  # impatience does not disturb the stopping
        up.communicate()
        assert up.returncode == (-number if number == signal.SIGKILL else 128 + number)
        if number != signal.SIGKILL:
            assert not any(alive(pid) for pid in pids(folder))
        elif stage != "deploying":
            made = lab(folder, "up")
            assert all(Http().exchange(f"{node['rest']}/readyz").status == 200 for node in made["nodes"])
    finally:
        guard.cancel()
        lab(folder, "down")
    assert not any(alive(pid) for pid in pids(folder))


def test_a_port_that_somebody_took_is_told(tmp_path: Path):
    """The node that cannot listen is named, the rest is stopped; once the port is free, all comes up."""
    import socket

    folder = tmp_path / "lab"
    try:
        made = lab(folder, "up", "--nodes", "2")
        lab(folder, "down")
        with socket.socket() as thief:
            host, _, port = made["nodes"][1]["grpc"].rpartition(":")
            thief.bind((host, int(port)))
            thief.listen()
            error = lab(folder, "up", code=70)["error"]
        assert "warehouse" in error["message"]
        assert not any(alive(pid) for pid in pids(folder))
        lab(folder, "up")
    finally:
        lab(folder, "down")


def test_the_chain_is_a_process_like_the_others(folder: Path):
    """Killed and started by its name; the nodes find it again."""
    lab(folder, "up")
    lab(folder, "kill", CHAIN)
    assert lab(folder, "status")["chain"]["up"] is False
    lab(folder, "start", CHAIN)
    made = lab(folder, "up")
    assert all(Http().exchange(f"{node['rest']}/readyz").status == 200 for node in made["nodes"])


def test_a_company_joins(tmp_path: Path):
    """A lab of one grows to three while it runs: the newcomers are members with all that the founders have,
    in through the node that was named; a killed one stays down meanwhile, and all come up again together.
    """
    folder = tmp_path / "lab"
    try:
        first = lab(folder, "up", "--nodes", "1")
        second = lab(folder, "add")
        assert [node["name"] for node in second["nodes"]] == ["mill", "warehouse"]
        assert second["nodes"][0] == first["nodes"][0]
        assert (second["quorum"], second["target"]) == (1, 2)
        lab(folder, "kill", "mill")
        third = lab(folder, "add", "--seed", "warehouse")
        assert [node["pid"] is not None for node in third["nodes"]] == [False, True, True]
        config = (folder / "nodes" / "board" / "tracehold.toml").read_text()
        assert f'seeds = ["{third["nodes"][1]["peer"]}"]' in config
        assert third == state(folder)
        up = lab(folder, "up")
        assert addresses(up) == addresses(third)
        for node in up["nodes"]:
            status = RestClient(node["rest"], token=node["readToken"]).get("v1/status")
            assert (status["quorum"], status["contract"]) == (1, up["chain"]["contract"])
        assert lab(folder, "add", "--seed", "baker", code=1)["error"]["code"] == "NOT_FOUND"
        assert len(state(folder)["nodes"]) == 3
    finally:
        lab(folder, "down")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_joining_that_ends_in_the_middle(tmp_path: Path, number: signal.Signals):
    """Whatever is left of it, the next `up` brings all companies up."""
    own = tmp_path / "lab"
    try:
        lab(own, "up", "--nodes", "2")
        line = command("lab", "add", "--dir", str(own))
        adding = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert adding.stderr is not None
        assert any(words.startswith("enrolling") for words in adding.stderr)
        adding.send_signal(number)
        adding.communicate(timeout=120)
        assert adding.returncode != 0
        made = lab(own, "up")
        assert len(made["nodes"]) == 3
        assert all(Http().exchange(f"{node['rest']}/readyz").status == 200 for node in made["nodes"])
    finally:
        lab(own, "down")
