"""`tracehold fork`: the evidence that a node keeps, listed, written for others, and checked by anybody."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.journey.holding_scene import Branch, Holder, scene
from tests.journey.scene import OPERATOR, statement
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.cli.init import Placement, create
from tracehold.main import app


async def answer(*words: str, code: int = 0) -> Any:
    """What a command prints with --json, run as a process of its own would be."""
    result = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[tuple[Path, Branch]]:
    """The folder of a node that runs and has seen a fork, and the log."""
    home = tmp_path / "node"
    create(home, Placement(OPERATOR, "holder", "http://127.0.0.1:1", "127.0.0.1", 1, 2, 3, tls=False))
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw, statement(2).raw)
    fork.seal(statement(3).raw, statement(4).raw)
    async with SqliteLog.open(home / "data") as store:
        holder = await Holder.started(made.clock, made.chain, 2, store=store, copies=store.copies)
        await holder.take(made.branch, made.branch.shipment(0))
        assert (await holder.take(fork, fork.shipment(5, 5))).refused == "FORK_SEEN"
        yield home, made.branch


async def test_evidence_is_listed_written_and_checked(folder: tuple[Path, Branch], tmp_path: Path) -> None:
    """Beside the node that has the folder open; the file shows the same with no folder at all."""
    home, branch = folder
    (listed,) = (await answer("fork", "list", "--dir", str(home)))["forks"]
    assert (listed["log"], listed["size"], listed["verdict"]) == (branch.log.hex(), 5, "TWO_SIGNED_STATES")
    out = tmp_path / "fork.cbor"
    shown = await answer("fork", "show", branch.log.hex()[:8], "--dir", str(home), "--out", str(out))
    assert shown["file"] == str(out)
    checked = await answer("fork", "check", str(out))
    assert checked == {name: shown[name] for name in checked}
    assert checked["operator"] == OPERATOR
    assert checked["rootKept"] == branch.checkpoints[5].root.hex() != checked["rootShown"]


async def test_false_evidence_is_refused_with_its_code(folder: tuple[Path, Branch], tmp_path: Path) -> None:
    """Exit 1 where it shows nothing, 2 where it is no such file, 1 where nothing was seen."""
    home, branch = folder
    out = tmp_path / "fork.cbor"
    await answer("fork", "show", branch.log.hex(), "--dir", str(home), "--out", str(out))
    raw = out.read_bytes()
    note = raw.index(b"time ")
    out.write_bytes(raw[: note + 5] + b"2" + raw[note + 6 :])
    told = await answer("fork", "check", str(out), code=1)
    assert told["error"]["code"] == "BAD_SIGNATURE"
    out.write_bytes(b"junk")
    assert (await answer("fork", "check", str(out), code=2))["error"]["code"] == "MALFORMED_PROOF"
    told = await answer("fork", "show", "00", "--dir", str(home), code=1)
    assert told["error"]["code"] == "NOT_FOUND"


async def test_a_file_that_cannot_be_read_is_malformed(tmp_path: Path) -> None:
    """Exit 2: there is none, or it is a folder."""
    for path in (tmp_path / "none", tmp_path):
        told = await answer("fork", "check", str(path), code=2)
        assert told["error"]["code"] == "BAD_REQUEST"
        assert str(path) in told["error"]["message"]


async def test_evidence_is_written_over_nothing(folder: tuple[Path, Branch], tmp_path: Path) -> None:
    """One that is there, and one in no folder: exit 2; nothing is written over."""
    home, branch = folder
    there = tmp_path / "there"
    there.write_bytes(b"mine")
    for path in (there, tmp_path / "nope" / "fork.cbor"):
        words = ("fork", "show", branch.log.hex(), "--dir", str(home), "--out", str(path))
        assert (await answer(*words, code=2))["error"]["code"] == "BAD_REQUEST"
    assert there.read_bytes() == b"mine"


async def test_a_folder_without_a_log_says_so(tmp_path: Path) -> None:
    """It was never started."""
    home = tmp_path / "node"
    create(home, Placement(OPERATOR, "new", "http://127.0.0.1:1", "127.0.0.1", 1, 2, 3, tls=False))
    error = (await answer("fork", "list", "--dir", str(home), code=1))["error"]
    assert error["code"] == "NOT_FOUND"
    assert "Start the node" in error["remedy"]
