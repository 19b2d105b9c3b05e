"""The verify command on answers that were saved: exit codes, and that nothing is asked."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.client.verifying import app, trusting
from tests.dossiers import UPSTREAM, story
from tracehold.core.dossier import decode_group, encode_group, pack
from tracehold.core.dossier.groups import Group

SCENE = story()
FILES = SCENE.entries(UPSTREAM)
RAW = pack(FILES)
BLOCKS = [anchor.block_hash for anchor in SCENE.anchors.values()]
LOGS = {str(node): log.id.hex() for node, log in SCENE.logs.items()}


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any socket that would be opened fails the test."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def run(folder: Path, raw: bytes, *options: str) -> Result:
    """The command on this file."""
    file = folder / "answer.zip"
    file.write_bytes(raw)
    return CliRunner().invoke(app, [str(file), *options])


def trusted(folder: Path) -> tuple[str, str]:
    """A trust file that reaches both logs."""
    return trusting(folder, *BLOCKS, nodes=LOGS)


def test_verified(tmp_path: Path):
    """Exit 0, with the answer for programs, and lines for people."""
    result = run(tmp_path, RAW, *trusted(tmp_path))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "VERIFIED"
    assert "not checked 13  (completeness)" in result.stdout
    told = json.loads(run(tmp_path, RAW, *trusted(tmp_path), "--json").stdout)
    assert (told["verdict"], told["records"], told["question"]["kind"]) == ("VERIFIED", 4, "trace")
    assert [each["item"] for each in told["answer"]["items"]] == ["urn:x:flour", "urn:x:grain"]


def without(group: Group) -> bytes:
    """The group with one record less."""
    return encode_group(Group(group.anchor, group.controls, group.records[1:]))


def sealed(group: Group) -> bytes:
    """The group without its anchor."""
    return encode_group(Group(None, group.controls, group.records))


def test_exit_codes(tmp_path: Path):
    """False, malformed, not anchored (and overdue by now), untrusted."""
    name = "evidence/00000.cbor"
    group = decode_group(FILES[name])
    options = trusted(tmp_path)
    assert run(tmp_path, pack({**FILES, name: without(group)}), *options).exit_code == 1
    assert run(tmp_path, RAW[:-1], *options).exit_code == 2
    assert run(tmp_path, pack({**FILES, name: sealed(group)}), *options).exit_code == 3
    assert run(tmp_path, RAW).exit_code == 4
    assert run(tmp_path, RAW, *trusting(tmp_path, *BLOCKS, nodes=LOGS, network="00" * 32)).exit_code == 4


def test_zero_proofs_is_a_failure(tmp_path: Path):
    """An answer alone, whatever it says."""
    result = run(tmp_path, pack({"answer.json": FILES["answer.json"]}), *trusted(tmp_path))
    assert result.exit_code == 1
    assert "nothing is proved" in result.stdout


def test_record_option_is_of_one_record(tmp_path: Path):
    """Exit 2: a dossier has many."""
    (tmp_path / "record").write_bytes(b"x")
    result = run(tmp_path, RAW, *trusted(tmp_path), "--record", str(tmp_path / "record"))
    assert result.exit_code == 2
    assert "BAD_REQUEST" in result.stderr


def test_attack_file_larger_than_is_read(tmp_path: Path):
    """Exit 2 after the bound: a sparse file of a terabyte is not read."""
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.write(b"PK\3\4")
        out.truncate(1 << 40)
    result = CliRunner().invoke(app, [str(file), *trusted(tmp_path)])
    assert result.exit_code == 2
    assert "MALFORMED_PROOF" in result.stderr
