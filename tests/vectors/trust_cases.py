"""Trust files, as text: what is read out of them, and what is refused rather than overlooked."""

import json
from collections.abc import Iterator
from typing import Any

from tests.logs import FARM, MILL
from tests.vectors.proof_cases import PINS

Case = tuple[str, dict[str, Any]]


def trust() -> Iterator[Case]:
    """A good one pins network, chain id, contract, blocks, and the logs of nodes by number."""
    yield "trust/pins", _case("All pins.", json.dumps(PINS))
    bare = {key: value for key, value in PINS.items() if key != "blocks"}
    yield "trust/signers", _case("Signers in place of blocks.", json.dumps({**bare, **_SIGNERS}))
    yield "trust/accounts", _case("Accounts in place of blocks.", json.dumps({**bare, **_ACCOUNTS}))
    yield "trust/all", _case("All of them.", json.dumps({**PINS, **_SIGNERS, **_ACCOUNTS}))
    yield from _grounds()
    plain = json.dumps(PINS).replace("0x", "")
    yield "trust/without-0x", _case("Hex digits alone.", plain)
    twice = json.dumps(PINS).replace('"chainId"', '"chainId": 1, "chainId"')
    yield _bad("key-twice", "A key twice.", twice)
    yield _bad("no-json", "No JSON.", "network: 00")
    for missing in PINS:
        without = {key: value for key, value in PINS.items() if key != missing}
        yield _bad(f"no-{missing.lower()}", f"{missing} is missing.", json.dumps(without))
    for name, why, changes in (
        ("unknown-key", "A key of nobody.", {"block": []}),
        ("signers", "Signers as a list.", {"signers": []}),
        ("short-network", "A network id of one byte.", {"network": "00"}),
        ("chain-id-text", "A chain id as text.", {"chainId": "1337"}),
        ("no-block", "No block.", {"blocks": []}),
        ("no-node", "No node.", {"nodes": {}}),
        ("nodes-list", "Nodes without their numbers.", {"nodes": list(PINS["nodes"].values())}),
        ("node-0", "Nodes are numbered from 1.", {"nodes": {"0": "00" * 32}}),
        ("node-spelled", "A number with a leading zero.", {"nodes": {"01": "00" * 32}}),
        ("short-log", "A log id of one byte.", {"nodes": {"1": "00"}}),
    ):
        yield _bad(name, why, json.dumps({**PINS, **changes}))


_ONE, _OTHER = "0x" + "11" * 20, "0x" + "22" * 20
_SIGNERS = {"signers": {"threshold": 2, "addresses": [_ONE, _OTHER]}}
_PARTIES = {MILL: {"2": [_ONE]}, FARM: {"3": [_OTHER, "0x" + "33" * 20]}}
_ACCOUNTS = {"accounts": {"threshold": 2, "salt": "0x" + "09" * 32, "operators": _PARTIES}}


def _grounds() -> Iterator[Case]:
    """What is refused of signers and accounts."""
    changes: dict[str, Any]
    for name, why, changes in (
        ("high-threshold", "More signers than there are.", {"threshold": 3}),
        ("zero-threshold", "No signer at all.", {"threshold": 0}),
        ("true-threshold", "A threshold that is no number.", {"threshold": True}),
        ("signer-twice", "A signer twice.", {"addresses": [_ONE, _ONE]}),
        ("no-signer", "No signer.", {"addresses": []}),
        ("short-signer", "A signer of 19 bytes.", {"addresses": [_ONE[:-2], _OTHER]}),
        ("signers-key", "A key of nobody.", {"salt": "00" * 32}),
    ):
        yield _bad(name, why, json.dumps({**PINS, "signers": {**_SIGNERS["signers"], **changes}}))
    for name, why, changes in (
        ("few-operators", "More operators than there are.", {"threshold": 3}),
        ("no-salt", "A salt of no bytes.", {"salt": ""}),
        ("no-operator", "No operator.", {"operators": {}}),
        ("operators-list", "Operators without their nodes.", {"operators": [_ONE]}),
        ("operator-name", "An operator that is no party.", {"operators": {"the mill": {"2": [_ONE]}}}),
        (
            "account-twice",
            "One account of two operators.",
            {"operators": {MILL: {"2": [_ONE]}, FARM: {"3": [_ONE]}}},
        ),
        (
            "node-twice",
            "One node of two operators.",
            {"operators": {MILL: {"2": [_ONE]}, FARM: {"2": [_OTHER]}}},
        ),
        (
            "account-text",
            "An account that stands alone.",
            {"operators": {MILL: {"2": _ONE}, FARM: {"3": [_OTHER]}}},
        ),
    ):
        yield _bad(name, why, json.dumps({**PINS, "accounts": {**_ACCOUNTS["accounts"], **changes}}))


def _case(description: str, text: str) -> dict[str, Any]:
    return {"description": description, "text": text}


def _bad(name: str, description: str, text: str) -> Case:
    return f"trust/{name}_fail", {**_case(description, text), "code": "BAD_CONFIG"}
