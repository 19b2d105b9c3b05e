"""Trust files, as text: what is read out of them, and what is refused rather than overlooked."""

import json
from collections.abc import Iterator
from typing import Any

from tests.vectors.proof_cases import PINS

Case = tuple[str, dict[str, Any]]


def trust() -> Iterator[Case]:
    """A good one pins network, chain id, contract, blocks, and the logs of nodes by number."""
    yield "trust/pins", _case("All pins.", json.dumps(PINS))
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
        ("signers", "A key of later.", {"signers": []}),
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


def _case(description: str, text: str) -> dict[str, Any]:
    return {"description": description, "text": text}


def _bad(name: str, description: str, text: str) -> Case:
    return f"trust/{name}_fail", {**_case(description, text), "code": "BAD_CONFIG"}
