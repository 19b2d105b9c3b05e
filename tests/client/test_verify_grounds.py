"""`tracehold verify` by Clique signers and by operators' accounts, and trust files for it made by
`--pin-by`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.blocks import BLOCK_TIME, CONTRACT, keccak256, word
from tests.client.chain_server import Answers, chain, honest
from tests.client.verifying import ENTRY, SIZE, run, trusting
from tests.logs import Log
from tests.sealing import HOLDERS, SALT, SEALERS, acknowledged, address, clique_anchor
from tracehold.core.anchor import Anchor

SIGNERS = {"threshold": 3, "addresses": ["0x" + address(name).hex() for name in SEALERS]}
ACCOUNTS = {
    "threshold": 2,
    "salt": "0x" + SALT.hex(),
    "operators": {HOLDERS[node]: {str(node): ["0x" + address(f"node {node}").hex()]} for node in (2, 3)},
}


@pytest.fixture
def clique(log: Log) -> Anchor:
    """The log's anchor, sealed and acknowledged."""
    return clique_anchor(log, SIZE)


def offline(tmp_path: Path, log: Log, anchor: Anchor, *options: str, **pins: Any) -> Result:
    """The command with pins in place of the blocks; None leaves a key out."""
    flag, name = trusting(tmp_path, **pins)
    kept = {key: value for key, value in json.loads(Path(name).read_text()).items() if value}
    Path(name).write_text(json.dumps(kept))
    return run(tmp_path, log.evidence(ENTRY, anchor=anchor), flag, name, *options)


@pytest.mark.parametrize("pins", [{"signers": SIGNERS}, {"accounts": ACCOUNTS}], ids=["signers", "accounts"])
def test_each_is_enough_and_is_named(tmp_path: Path, log: Log, clique: Anchor, pins: dict[str, Any]):
    """Exit 0, with no block pinned; the last line but one says what it rests on, and so does --json."""
    (by,) = pins
    result = offline(tmp_path, log, clique, **pins)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-2].startswith(f"trusted by {by}: rests on ")
    told = json.loads(offline(tmp_path, log, clique, "--json", **pins).stdout)["trust"]
    assert [(ground["by"], bool(ground["restsOn"])) for ground in told] == [(by, True)]


def test_all_that_are_given_must_hold(tmp_path: Path, log: Log, clique: Anchor):
    """Exit 4 where one does not."""
    good = {"blocks": ["0x" + clique.block_hash.hex()], "signers": SIGNERS, "accounts": ACCOUNTS}
    assert offline(tmp_path, log, clique, **good).exit_code == 0
    for bad in (
        {"blocks": ["00" * 32]},
        {"signers": {**SIGNERS, "threshold": 4}},
        {"accounts": {**ACCOUNTS, "salt": "00" * 32}},
    ):
        assert offline(tmp_path, log, clique, **good | bad).exit_code == 4


def test_attack_acknowledgements_on_a_chain_that_seals_nothing(tmp_path: Path, log: Log, proved: Anchor):
    """Headers without seals, and a proof without acknowledgements: exit 4."""
    assert offline(tmp_path, log, proved, signers=SIGNERS).exit_code == 4
    assert offline(tmp_path, log, proved, accounts=ACCOUNTS).exit_code == 4


def telling(anchor: Anchor, **changes: Any) -> Answers:
    """A chain that also tells its signers, the contract's salt, and the holders: nodes 2 and 3 of operators
    12
    and 13. `changes` replace answers.
    """
    answers = honest(anchor)
    told = {"salt()": SALT}
    for node in (2, 3):
        roles, account = changes.get(f"node {node}", (2, address(f"node {node}")))
        words = [
            word(10 + node),
            account.rjust(32, b"\0"),
            word(roles),
            word(int(roles > 0)),
            *[bytes(32)] * 3,
        ]
        told["nodeAt(uint32)" + word(node).hex()] = b"".join(words)
        told["operatorAt(uint32)" + word(10 + node).hex()] = bytes(32) + word(1)
    calls, logs = answers["eth_call"], answers["eth_getLogs"]
    data = {_data(call): answer for call, answer in told.items()}

    def call(params: list[Any]) -> Any:
        found = data.get(params[0]["data"])
        return calls(params) if found is None else "0x" + found.hex()

    def enrolled(params: list[Any]) -> Any:
        topics = params[0]["topics"]
        if topics[0] != "0x" + keccak256(b"OperatorEnrolled(uint32,string)").hex():
            return logs(params)
        party = HOLDERS[int(topics[1], 16) - 10].encode()
        return [{"data": "0x" + (word(32) + word(len(party)) + party.ljust(64, b"\0")).hex()}]

    signers = changes.get("signers", ["0x" + address(name).hex() for name in SEALERS])
    return answers | {
        "eth_call": call,
        "eth_getLogs": enrolled,
        "clique_getSigners": lambda params: signers if params == [hex(anchor.block_number - 1)] else [],
    }


def _data(call: str) -> str:
    signature, _, argument = call.partition(")")
    return "0x" + keccak256(f"{signature})".encode())[:4].hex() + argument


def pinning(tmp_path: Path, log: Log, made: Anchor, answers: Answers, *by: str) -> tuple[Result, Path]:
    """The command against a chain, asked to pin by these."""
    pins = tmp_path / "pins.json"
    with chain(answers) as (url, _):
        options = [part for one in by for part in ("--pin-by", one)]
        known = ("--rpc", url, "--contract", CONTRACT.hex(), "--pin", str(pins), *options)
        return run(tmp_path, log.evidence(ENTRY, anchor=made), *known), pins


@pytest.mark.parametrize(
    "by", [("signers",), ("accounts",), ("blocks",), ("blocks", "signers", "accounts")], ids="-".join
)
def test_pins_by_any_of_them_check_the_same_offline(
    tmp_path: Path, log: Log, clique: Anchor, by: tuple[str, ...]
):
    """What was asked for is in the file, nothing else, and it is enough."""
    result, pins = pinning(tmp_path, log, clique, telling(clique), *by)
    assert result.exit_code == 0, result.output
    found = json.loads(pins.read_text())
    assert found.keys() - {"network", "chainId", "contract", "nodes"} == set(by)
    assert found.get("signers", SIGNERS) == SIGNERS
    assert found.get("accounts", ACCOUNTS) == ACCOUNTS
    again = run(tmp_path, log.evidence(ENTRY, anchor=clique), "--trust", str(pins))
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize("lost", [(0, address("node 3")), (1, address("node 3")), (2, address("new node 3"))])
def test_a_node_that_is_no_holder_any_more_is_not_pinned(
    tmp_path: Path, log: Log, clique: Anchor, lost: tuple[int, bytes]
):
    """Revoked, without the role, or with another account now."""
    result, pins = pinning(tmp_path, log, clique, telling(clique, **{"node 3": lost}), "accounts")
    assert result.exit_code == 0, result.output
    assert json.loads(pins.read_text())["accounts"]["operators"].keys() == {HOLDERS[2]}


def test_what_cannot_be_pinned_writes_no_file(tmp_path: Path, log: Log, clique: Anchor, proved: Anchor):
    """A chain without the method, signers that did not seal it, evidence without acknowledgements: exit 2."""
    silent = telling(clique)
    silent["clique_getSigners"] = lambda _: (404, "")
    others = telling(clique, signers=["0x" + "11" * 20])
    for made, answers, by in (
        (clique, silent, "signers"),
        (clique, others, "signers"),
        (proved, telling(proved), "accounts"),
    ):
        result, pins = pinning(tmp_path, log, made, answers, by)
        assert (result.exit_code, pins.exists()) == (2, False), result.output


def test_attack_a_forged_acknowledgement_is_not_pinned(tmp_path: Path, log: Log):
    """Pins are of accounts that really signed; the chain's word about them is not enough."""
    forged = clique_anchor(log, SIZE, acknowledgements=acknowledged(log, SIZE, names=["node 2", "stranger"]))
    result, pins = pinning(tmp_path, log, forged, telling(forged), "accounts")
    assert result.exit_code == 0, result.output
    assert json.loads(pins.read_text())["accounts"]["operators"].keys() == {HOLDERS[2]}


def test_pin_by_without_pin_is_said(tmp_path: Path, log: Log, clique: Anchor):
    """Exit 2: it would write nothing."""
    assert run(tmp_path, log.evidence(ENTRY, anchor=clique), "--pin-by", "signers").exit_code == 2
    assert clique.block_time == BLOCK_TIME
