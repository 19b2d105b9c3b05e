"""`tracehold verify --rpc`: against a chain of the user's own, honest or not."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.blocks import CONTRACT, keccak256
from tests.client.chain_server import chain, honest
from tests.client.verifying import ENTRY, run
from tests.logs import NODE_KEY, OPERATOR, Log, without_proof
from tracehold.core.anchor import Anchor


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


@pytest.mark.parametrize("true", [NODE_KEY.public.raw, keccak256(OPERATOR.encode())], ids=["key", "operator"])
def test_security_a_header_that_borrows_an_operators_name_is_false(
    tmp_path: Path, log: Log, proved: Anchor, true: bytes
):
    """Exit 1: the contract has the anchor's node under another key, or its operator under another party."""
    answers = honest(proved)
    call, logs, told = answers["eth_call"], answers["eth_getLogs"], ""
    answers["eth_call"] = lambda params: call(params).replace(true.hex(), told)
    answers["eth_getLogs"] = lambda params: json.loads(json.dumps(logs(params)).replace(true.hex(), told))
    for told in ("11" * 32, "00" * 32):  # noqa: B007, read by the answer above
        result, _ = with_chain(tmp_path, log, proved, answers)
        assert result.exit_code == 1, result.output


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


def test_a_key_counts_as_it_was_in_force_at_the_anchor(tmp_path: Path, log: Log, proved: Anchor):
    """Replaced before: the checkpoint is not of this key. Replaced after: the present key says nothing."""
    evidence, own, other = log.evidence(ENTRY, anchor=proved), NODE_KEY.public.raw, bytes(range(32))
    for keys, code in (((own,), 0), ((other, own), 0), ((own, other), 1), ((other,), 1)):
        made = honest(proved, keys=keys)
        with chain(made) as (url, _):
            options = ("--rpc", url, "--contract", "0x" + CONTRACT.hex())
            assert run(tmp_path, evidence, *options).exit_code == code, keys


def test_where_events_are_gone_the_state_of_then_counts(tmp_path: Path, log: Log, proved: Anchor):
    """Chains' nodes may limit how far back events are told."""
    answers = honest(proved)
    logs = answers["eth_getLogs"]
    answers["eth_getLogs"] = lambda params: (
        b'{"error": {"code": -32000}}' if isinstance(params[0]["topics"][0], list) else logs(params)
    )
    result, requests = with_chain(tmp_path, log, proved, answers)
    assert result.exit_code == 0, result.output
    assert hex(proved.block_number) in [r["params"][-1] for r in requests if r["method"] == "eth_call"]


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
