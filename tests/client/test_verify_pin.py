"""`tracehold verify --pin`: what one's own chain said, kept for a check without it."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.blocks import CHAIN_ID, CONTRACT
from tests.client.chain_server import Answers, chain, honest
from tests.client.verifying import ENTRY, run, trusting
from tests.logs import NETWORK, Log, without_proof
from tracehold.core.anchor import Anchor


def pinning(tmp_path: Path, log: Log, made: Anchor, answers: Answers, *options: str) -> tuple[Result, Path]:
    """The command against a chain, asked to pin; and the file it was to write."""
    pins = tmp_path / "pins.json"
    with chain(answers) as (url, _):
        known = ("--rpc", url, "--contract", CONTRACT.hex(), "--pin", str(pins), *options)
        return run(tmp_path, log.evidence(ENTRY, anchor=made), *known), pins


def test_the_pins_check_the_same_evidence_offline(tmp_path: Path, log: Log, proved: Anchor):
    """The file has the form of every trust file, holds what the chain confirmed, and is enough."""
    result, pins = pinning(tmp_path, log, proved, honest(proved))
    assert result.exit_code == 0, result.output
    assert json.loads(pins.read_text()) == {
        "network": NETWORK.hex(),
        "chainId": CHAIN_ID,
        "contract": "0x" + CONTRACT.hex(),
        "blocks": ["0x" + proved.block_hash.hex()],
        "nodes": {str(proved.node): log.id.hex()},
    }
    offline = run(tmp_path, log.evidence(ENTRY, anchor=proved), "--trust", str(pins))
    assert offline.exit_code == 0, offline.output
    assert offline.stdout.splitlines()[-1] == "VERIFIED"


def test_stdout_stays_one_json_document(tmp_path: Path, log: Log, proved: Anchor):
    """With --json too the file is told of on stderr."""
    result, pins = pinning(tmp_path, log, proved, honest(proved), "--json")
    assert json.loads(result.stdout)["verdict"] == "VERIFIED"
    assert str(pins) in result.stderr


@pytest.mark.parametrize(
    ("method", "answer", "code"),
    [("eth_chainId", "0x1", 4), ("eth_getLogs", [], 1), ("eth_chainId", b"no json", 5)],
)
def test_security_nothing_is_pinned_without_a_good_verification(
    tmp_path: Path, log: Log, proved: Anchor, method: str, answer: object, code: int
):
    """Another chain, one that denies it, and none: no file."""
    result, pins = pinning(tmp_path, log, proved, honest(proved) | {method: lambda _: answer})
    assert result.exit_code == code
    assert not pins.exists()


def test_a_block_that_is_not_final_is_not_pinned(tmp_path: Path, log: Log, proved: Anchor):
    """It may be replaced."""
    result, pins = pinning(tmp_path, log, proved, honest(proved, final=proved.block_number - 1))
    assert (result.exit_code, pins.exists()) == (3, False)


def test_security_pins_never_come_from_the_evidence(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 2 without a chain, also where a trust file vouches."""
    pins = tmp_path / "pins.json"
    options = (*trusting(tmp_path, proved.block_hash), "--pin", str(pins))
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).exit_code == 2
    assert not pins.exists()


def test_an_existing_file_is_not_overwritten(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 2, before the chain is asked."""
    (tmp_path / "pins.json").write_text("mine")
    result, pins = pinning(tmp_path, log, proved, {})
    assert result.exit_code == 2
    assert pins.read_text() == "mine"


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 2: who asked for pins and got none must not take it for done."""
    result, _ = pinning(tmp_path, log, proved, honest(proved), "--pin", str(tmp_path / "none" / "pins.json"))
    assert result.exit_code == 2


def test_evidence_that_cannot_be_checked_offline_is_not_pinned(tmp_path: Path, log: Log, proved: Anchor):
    """Without the anchor's proof in it no trust file is enough."""
    result, pins = pinning(tmp_path, log, without_proof(proved), honest(proved))
    assert (result.exit_code, pins.exists()) == (2, False)
    assert "proof" in result.stderr
