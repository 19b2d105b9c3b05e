"""`tracehold verify`: its exit codes, its lines, and that it asks nobody unless told to."""

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.client.verifying import ENTRY, app, run, trusting
from tests.logs import Log
from tracehold.core.anchor import Anchor


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any socket that would be opened fails the test."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_sockets")
def test_verified_offline_with_a_pinned_block(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 0: every step ok, with no network."""
    result = run(tmp_path, log.evidence(ENTRY, anchor=proved), *trusting(tmp_path, proved.block_hash))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[-1] == "VERIFIED"
    assert [line.split()[0] for line in lines[:9]] == ["ok"] * 9
    assert all("not checked" in line for line in lines[9:-2])
    assert lines[-2].startswith("trusted by blocks: rests on ")


@pytest.mark.usefixtures("no_sockets")
def test_without_trust_nothing_is_verified(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 4: the proof is whole, and nobody said what to trust; trust never comes from the evidence."""
    result = run(tmp_path, log.evidence(ENTRY, anchor=proved))
    assert result.exit_code == 4
    assert "UNTRUSTED" in result.stderr
    assert "--trust" in result.stderr
    assert "VERIFIED" not in result.stdout.replace("TRUST NOT ESTABLISHED", "")


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize(
    "changes",
    [
        {"network": "00" * 32},
        {"chainId": 1},
        {"contract": "0x" + "00" * 20},
        {"blocks": ["00" * 32]},
        {"nodes": {"1": "00" * 32}},
        {"nodes": {"2": Log().id.hex()}},
    ],
)
def test_trust_in_something_else_is_no_trust(
    tmp_path: Path, log: Log, proved: Anchor, changes: dict[str, Any]
):
    """Exit 4: another network, chain, contract, block, log, or number of its node."""
    options = trusting(tmp_path, proved.block_hash, **changes)
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).exit_code == 4


@pytest.mark.parametrize("place", [20, 60, -1])
def test_one_changed_byte_of_the_record_is_found(tmp_path: Path, log: Log, proved: Anchor, place: int):
    """Exit 1 or 2, never 0: false if it can still be read, malformed if not."""
    evidence = log.evidence(ENTRY, anchor=proved)
    changed = bytearray(evidence.record)
    changed[place] ^= 1
    result = run(tmp_path, replace(evidence, record=bytes(changed)), *trusting(tmp_path, proved.block_hash))
    assert result.exit_code in {1, 2}
    assert "FAILED" in result.stdout
    assert result.stdout.splitlines()[-1] in {"FALSE", "MALFORMED"}


def test_failure_says_what_was_expected_and_found(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 1, and the line of the step has both values; later steps are not checked."""
    evidence = log.evidence(ENTRY, anchor=proved)
    other = replace(evidence, record=log.entries[ENTRY + 1])
    result = run(tmp_path, other, *trusting(tmp_path, proved.block_hash))
    assert result.exit_code == 1
    failed = next(line for line in result.stdout.splitlines() if line.startswith("FAILED"))
    assert "expected" in failed
    assert result.stdout.count("not checked") > 2


@pytest.mark.parametrize("raw", [b"", b"\x00", b"not evidence", b"\xa0", b"\xbf\xff"])
def test_what_is_no_evidence_is_malformed(tmp_path: Path, raw: bytes):
    """Exit 2, the empty file included: success with nothing checked does not exist."""
    result = run(tmp_path, raw)
    assert result.exit_code == 2
    assert "MALFORMED_PROOF" in result.stderr


def test_missing_file_is_a_usage_error(tmp_path: Path):
    """Exit 2."""
    assert CliRunner().invoke(app, [str(tmp_path / "none")]).exit_code == 2


@pytest.mark.usefixtures("no_sockets")
def test_sealed_and_not_anchored_has_its_own_code(tmp_path: Path, log: Log):
    """Exit 3: everything up to the anchor holds."""
    result = run(tmp_path, log.evidence(ENTRY))
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1] == "NOT ANCHORED"


@pytest.mark.parametrize(("same", "code"), [(True, 0), (False, 1)])
def test_record_option_pins_the_record(tmp_path: Path, log: Log, proved: Anchor, same: bool, code: int):
    """Evidence of another record than the one in hand is false."""
    held = tmp_path / "record.cose"
    held.write_bytes(log.entries[ENTRY if same else ENTRY + 1])
    options = (*trusting(tmp_path, proved.block_hash), "--record", str(held))
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).exit_code == code


def test_trust_file_with_an_unknown_key_is_refused(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 2: a pin that is overlooked would be worse than none."""
    options = trusting(tmp_path, proved.block_hash, accounts=[])
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).exit_code == 2


def test_json_answer_has_all_steps(tmp_path: Path, log: Log, proved: Anchor):
    """Scripts read verdict, exit code and each step; the schema has a version."""
    options = (*trusting(tmp_path, proved.block_hash), "--json")
    answer = json.loads(run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).stdout)
    assert (answer["version"], answer["verdict"], answer["exitCode"]) == (1, "VERIFIED", 0)
    assert [step["status"] for step in answer["steps"] if step["required"]] == ["ok"] * 9
    assert answer["error"] is None
    assert answer["index"] == ENTRY


def test_json_answer_to_malformed_input_is_json_too(tmp_path: Path):
    """Errors are JSON as well."""
    assert json.loads(run(tmp_path, b"", "--json").stdout)["error"]["code"] == "MALFORMED_PROOF"
