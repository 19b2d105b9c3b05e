"""`tracehold verify`: its exit codes, its lines, and that it asks nobody unless told to."""

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.blocks import CHAIN_ID, CONTRACT, anchor
from tests.client.chain_server import chain, honest
from tests.logs import NETWORK, Log, without_proof
from tracehold.cli.verify import verify
from tracehold.core.anchor import Anchor
from tracehold.core.evidence import Evidence, encode_evidence

SIZE, ENTRY = 9, 5

app = typer.Typer()
app.command()(verify)


@pytest.fixture
def log() -> Log:
    """Nine entries, of which the farm's events begin at 2."""
    return Log().fill(SIZE)


@pytest.fixture
def proved(log: Log) -> Anchor:
    """The log's anchor with its proof."""
    return anchor(log, SIZE)


def run(tmp_path: Path, evidence: Evidence | bytes, *options: str) -> Result:
    """The command on this evidence."""
    file = tmp_path / "evidence"
    file.write_bytes(evidence if isinstance(evidence, bytes) else encode_evidence(evidence))
    return CliRunner().invoke(app, [str(file), *options])


def trusting(tmp_path: Path, *blocks: bytes, **changes: Any) -> tuple[str, str]:
    """The options of a trust file that pins these blocks."""
    pins = {
        "network": NETWORK.hex(),
        "chainId": CHAIN_ID,
        "contract": "0x" + CONTRACT.hex(),
        "blocks": ["0x" + block.hex() for block in blocks],
    }
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(pins | changes))
    return "--trust", str(path)


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
    assert all("not checked" in line for line in lines[9:-1])


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
    [{"network": "00" * 32}, {"chainId": 1}, {"contract": "0x" + "00" * 20}, {"blocks": ["00" * 32]}],
)
def test_trust_in_something_else_is_no_trust(
    tmp_path: Path, log: Log, proved: Anchor, changes: dict[str, Any]
):
    """Exit 4: another network, chain, contract or block."""
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


def with_chain(tmp_path: Path, log: Log, made: Anchor, answers: dict[str, Any]) -> tuple[Result, list[Any]]:
    """The command against a chain that answers like this."""
    with chain(answers) as (url, requests):
        options = ("--rpc", url, "--contract", "0x" + CONTRACT.hex())
        return run(tmp_path, log.evidence(ENTRY, anchor=made), *options), requests


@pytest.mark.parametrize("with_proof", [True, False])
def test_verified_against_a_chain_of_ones_own(tmp_path: Path, log: Log, proved: Anchor, with_proof: bool):
    """Exit 0 through the contract's event in the canonical, final block; a proof in the receipt is not
    needed.
    """
    made = proved if with_proof else without_proof(proved)
    result, _ = with_chain(tmp_path, log, made, honest(proved))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("method", "answer", "code"),
    [
        ("eth_chainId", "0x1", 4),
        ("eth_call", "0x" + "00" * 32, 5),
        ("eth_call", "0x", 4),
        ("eth_getLogs", [], 1),
        ("eth_getBlockByNumber", None, 1),
        ("eth_chainId", 7, 5),
        ("eth_getLogs", [{"topics": []}], 5),
        ("eth_getLogs", [{"topics": ["0x"], "data": 3}], 5),
        ("eth_chainId", b"no json", 5),
        ("eth_chainId", b'{"error": {"code": -32000}}', 5),
        ("eth_chainId", b"[" * 100_000, 5),
        ("eth_chainId", b'"' + b"a" * (9 << 20) + b'"', 5),
    ],
)
def test_chain_that_says_otherwise_or_nonsense(
    tmp_path: Path, log: Log, proved: Anchor, method: str, answer: Any, code: int
):
    """What the chain denies is false, another chain is not trusted, and nonsense is not reachable; never exit
    0.
    """
    result, _ = with_chain(tmp_path, log, proved, honest(proved) | {method: lambda _: answer})
    assert result.exit_code == code, result.output


def test_block_that_is_not_final_yet(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 3: on the chain, and not deep enough."""
    result, _ = with_chain(tmp_path, log, proved, honest(proved, final=proved.block_number - 1))
    assert result.exit_code == 3


def test_chain_without_the_word_finalized_is_judged_by_depth(tmp_path: Path, log: Log, proved: Anchor):
    """Twelve blocks on top make final where the chain does not know `finalized`."""
    answers = honest(proved)
    blocks = answers["eth_getBlockByNumber"]
    error = b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "unknown block"}}'
    answers["eth_getBlockByNumber"] = lambda p: error if p[0] == "finalized" else blocks(p)
    answers["eth_blockNumber"] = lambda _: hex(proved.block_number + 12)
    assert with_chain(tmp_path, log, proved, answers)[0].exit_code == 0
    answers["eth_blockNumber"] = lambda _: hex(proved.block_number + 11)
    assert with_chain(tmp_path, log, proved, answers)[0].exit_code == 3


def test_redirect_of_the_chain_is_not_followed(tmp_path: Path, log: Log, proved: Anchor):
    """The user named one address; an answer that points elsewhere is no answer."""
    with chain(honest(proved)) as (elsewhere, asked):
        answers = honest(proved) | {"eth_getBlockByNumber": lambda _: (307, elsewhere)}
        result, _ = with_chain(tmp_path, log, proved, answers)
    assert result.exit_code == 5
    assert asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "127.0.0.1:8545"])
def test_only_http_addresses_are_asked(tmp_path: Path, log: Log, proved: Anchor, url: str):
    """Exit 2: other schemes could read files."""
    options = ("--rpc", url, "--contract", "0x" + CONTRACT.hex())
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).exit_code == 2


def test_chain_that_is_down_is_not_reachable(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 5."""
    options = ("--rpc", "http://127.0.0.1:1", "--contract", "0x" + CONTRACT.hex())
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), *options).exit_code == 5


def test_rpc_and_contract_go_together(tmp_path: Path, log: Log, proved: Anchor):
    """Exit 2: a chain without the contract's address proves nothing."""
    assert run(tmp_path, log.evidence(ENTRY, anchor=proved), "--rpc", "http://127.0.0.1:1").exit_code == 2


def test_chain_is_asked_nothing_but_reads(tmp_path: Path, log: Log, proved: Anchor):
    """No transaction, no account, no key is ever sent to the chain."""
    _, requests = with_chain(tmp_path, log, proved, honest(proved))
    assert {request["method"] for request in requests} <= {
        "eth_chainId",
        "eth_getBlockByNumber",
        "eth_getLogs",
        "eth_call",
        "eth_blockNumber",
    }
