"""Answers of a network of three, with fewer copies than nodes, as files: checked with nothing running, and in
a network namespace that has nothing in it.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.labs import Network, network
from tests.e2e.lots import Line, line
from tracehold.cli.demo.programs import run
from tracehold.core.dossier import read_dossier
from tracehold.lab.programs import command

pytestmark = pytest.mark.slow

UNTRUSTED = 4
LONELY = ("unshare", "--user", "--map-root-user", "--net")
"""Runs a program in a network namespace of its own: one loopback device, which is down."""


@dataclass(frozen=True)
class Kept:
    """What is left of the network: files by name, and the line of lots that they tell of."""

    folder: Path
    line: Line

    def file(self, name: str) -> Path:
        """One of the files."""
        return self.folder / name

    def verify(self, *arguments: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        """The command, as a program of its own."""
        words = [*before, *command("verify", *arguments)]
        return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Saved at each node; the whole network is down by now."""
    folder = tmp_path_factory.mktemp("dossier")
    with network(folder / "lab", 3, 2) as over:
        made = line(over, over.names, "DOSSIER", 5)
        over.caught_up()
        for name in over.names:
            _save(over, name, folder, made.lots[-1])
        _save_several(over, min(over.names), folder, made.lots)
        told = ("--rpc", over.lab.plan.rpc, "--contract", over.lab.plan.contract)
        first = str(folder / f"{over.names[0]}.zip")
        run("verify", first, *told, "--pin", str(folder / "accounts"), "--pin-by", "accounts")
        run("verify", first, *told, "--pin", str(folder / "blocks"))
    return Kept(folder, made)


def _save(over: Network, name: str, folder: Path, lot: str) -> None:
    token = folder / f"{name}.token"
    token.write_text(over.lab.plan.seat(name).read_token)
    asked = ("--node", over.grpc(name), "--token-file", str(token))
    for kind, question in {
        "": ("trace", lot),
        "-again": ("trace", lot),
        "-history": ("history", lot),
        "-state": ("state", lot),
    }.items():
        run(*question, "--out", str(folder / f"{name}{kind}.zip"), *asked)


def _save_several(over: Network, name: str, folder: Path, lots: Sequence[str]) -> None:
    asked = ("--node", over.grpc(name), "--token-file", str(folder / f"{name}.token"))
    run("common", lots[-1], lots[-2], "--out", str(folder / f"{name}-common.zip"), *asked)
    run("recall", lots[0], "--out", str(folder / f"{name}-recall.zip"), *asked)


def _names(kept: Kept) -> list[str]:
    return sorted(file.stem for file in kept.folder.glob("*.token"))


def test_the_answer_of_each_node_holds_offline(kept: Kept):
    """Exit 0 with nothing running, by blocks and by acknowledgements alone; all events of the line are there,
    of the logs of all nodes.
    """
    for name in _names(kept):
        for pins in ("blocks", "accounts"):
            done = kept.verify(str(kept.file(f"{name}.zip")), "--trust", str(kept.file(pins)), "--json")
            told: dict[str, Any] = json.loads(done.stdout)
            assert (done.returncode, told["verdict"]) == (0, "VERIFIED"), done.stdout
        found = read_dossier(kept.file(f"{name}.zip").read_bytes())
        assert {each.hex() for each in found.records} == kept.line.events
        assert len({place.log for place in found.records.values()}) == 3
        assert [each["item"] for each in found.answer["items"]] == list(reversed(kept.line.lots[:-1]))


def test_same_answer_has_the_same_bytes(kept: Kept):
    """Asked twice, of a network that stands still; and the proofs are the same from every node."""
    proofs = set()
    for name in _names(kept):
        raw = kept.file(f"{name}.zip").read_bytes()
        assert raw == kept.file(f"{name}-again.zip").read_bytes()
        proofs.add(read_dossier(raw).groups)
    assert len(proofs) == 1


@pytest.mark.parametrize("kind", ["history", "state", "common", "recall"])
def test_other_answers_hold_offline(kept: Kept, kind: str):
    """What happened to the last lot, and how it stands; what the last two share; what came of the first."""
    name = _names(kept)[0]
    done = kept.verify(str(kept.file(f"{name}-{kind}.zip")), "--trust", str(kept.file("accounts")))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def lonely() -> tuple[str, ...]:
    """How to run a program without any network. Skips where the kernel gives no such namespace, and only
    there.
    """
    if shutil.which(LONELY[0]) is None:
        pytest.skip("there is no unshare")
    devices = subprocess.run(
        [*LONELY, "cat", "/proc/net/dev"], capture_output=True, text=True, timeout=30, check=False
    )
    if devices.returncode:
        pytest.skip(f"the kernel gives no network namespace to this user: {devices.stderr.strip()}")
    names = [row.split(":")[0].strip() for row in devices.stdout.splitlines()[2:]]
    assert names == ["lo"], "the namespace should have nothing in it"
    return LONELY


def test_a_file_is_verified_where_there_is_no_network(kept: Kept, lonely: tuple[str, ...]):
    """Exit 0 in a network namespace with nothing in it, where no connection can be made, not even to this
    machine: that is tried first.
    """
    knock = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    tried = subprocess.run(
        [*lonely, sys.executable, "-c", knock], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Network is unreachable" in tried.stderr
    for name in _names(kept):
        file = str(kept.file(f"{name}.zip"))
        done = kept.verify(file, "--trust", str(kept.file("accounts")), before=lonely)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1] == "VERIFIED"
        assert kept.verify(file, before=lonely).returncode == UNTRUSTED


def test_security_trust_file_of_another_network(kept: Kept, tmp_path: Path):
    """Another network id, chain, contract, salt or log: exit 4."""
    pins = json.loads(kept.file("accounts").read_text())
    other = {
        "network": "00" * 32,
        "chainId": pins["chainId"] + 1,
        "contract": "0x" + "11" * 20,
        "nodes": dict.fromkeys(pins["nodes"], "22" * 32),
        "accounts": pins["accounts"] | {"salt": "0x" + "33" * 32},
    }
    file = str(kept.file(f"{_names(kept)[0]}.zip"))
    for part, value in other.items():
        trust = tmp_path / part
        trust.write_text(json.dumps(pins | {part: value}))
        assert kept.verify(file, "--trust", str(trust)).returncode == UNTRUSTED, part
