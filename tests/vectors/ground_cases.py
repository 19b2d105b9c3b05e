"""Evidence by each kind of trust: blocks, signers, accounts; and what is refused of each, all at step 7 or
8.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.logs import OPERATOR
from tests.sealing import HOLDERS, SALT, SEALERS, acknowledged, address, clique_anchor
from tests.vectors.proof_cases import LOG, PINS, evidence_case
from tracehold.core.anchor import Anchor

Case = tuple[str, dict[str, Any]]

ANCHOR = clique_anchor(LOG, 8, 2)
WHERE = {key: value for key, value in PINS.items() if key != "blocks"}
BLOCKS = {"blocks": ["0x" + ANCHOR.block_hash.hex()]}
SIGNERS = {"signers": {"threshold": 3, "addresses": ["0x" + address(name).hex() for name in SEALERS]}}


def accounts(operators: dict[str, dict[str, str]], threshold: int = 2, salt: bytes = SALT) -> dict[str, Any]:
    """Pins of these keys' accounts, by operator and node."""
    pinned = {
        party: {node: ["0x" + address(name).hex()] for node, name in nodes.items()}
        for party, nodes in operators.items()
    }
    return {"accounts": {"threshold": threshold, "salt": "0x" + salt.hex(), "operators": pinned}}


KNOWN = {party: {str(node): f"node {node}"} for node, party in HOLDERS.items()}
ACCOUNTS = accounts(KNOWN)


def evidence() -> Iterator[Case]:
    """Good ones name the grounds on which they stand."""
    yield _good("by-blocks", "By a pinned block of a Clique chain.", ANCHOR, BLOCKS, "blocks")
    yield _good(
        "by-signers", "By three of four signers, whose seals are in the headers.", ANCHOR, SIGNERS, "signers"
    )
    yield _good(
        "by-accounts", "By two operators' acknowledgements, with no block.", ANCHOR, ACCOUNTS, "accounts"
    )
    everything = BLOCKS | SIGNERS | ACCOUNTS
    yield _good("by-all", "All three hold.", ANCHOR, everything, "blocks", "signers", "accounts")
    first = clique_anchor(LOG, 8)
    yield _good("by-first-acks", "The first anchor: no root before.", first, ACCOUNTS, "accounts")
    late = clique_anchor(LOG, 8, 2, sealers=[SEALERS[0], SEALERS[3], SEALERS[1]])
    yield _good("out-of-turn", "Sealed out of turn, as when a sealer is down.", late, SIGNERS, "signers")
    yield from _false_seals()
    yield from _false_acks()
    none = everything | accounts(KNOWN, salt=bytes(32))
    yield _bad("all-but-one", "Blocks and signers hold, accounts do not.", ANCHOR, none)


def _false_seals() -> Iterator[Case]:
    for name, why, sealers in (
        ("stranger-seal", "The second header is sealed by a stranger.", [SEALERS[3], "stranger", SEALERS[1]]),
        (
            "signer-twice",
            "One signer seals two blocks in a row.",
            [SEALERS[3], SEALERS[3], SEALERS[0], SEALERS[1]],
        ),
        ("few-signers", "Two signers where three must have.", [SEALERS[3], SEALERS[0]]),
    ):
        yield _bad(name, why, clique_anchor(LOG, 8, 2, sealers=sealers), SIGNERS)
    turns = clique_anchor(LOG, 8, 2, difficulties=[1, 2, 2])
    yield _bad("wrong-difficulty", "A difficulty that says it was another's turn.", turns, SIGNERS)
    listed = clique_anchor(LOG, 8, 2, listed=bytes(20))
    yield _bad("other-list", "A header that lists other signers.", listed, SIGNERS)
    proof = ANCHOR.proof
    assert proof is not None
    one, two, three = proof.headers
    swapped = replace(ANCHOR, proof=replace(proof, headers=(one, three, two)))
    yield _bad("swapped-headers", "Two headers swapped.", swapped, SIGNERS, 7, "PROOF_INVALID")


def _false_acks() -> Iterator[Case]:
    for name, why, changes in (
        ("other-size-acks", "Acknowledgements of another size.", {"size": 9}),
        ("other-contract-acks", "Acknowledgements for another contract.", {"contract": bytes(20)}),
        ("other-chain-acks", "Acknowledgements for another chain.", {"chain_id": 1}),
        ("other-salt-acks", "Acknowledgements under another salt.", {"salt": bytes(32)}),
        ("other-creator-acks", "Acknowledgements for another creator.", {"node": 5}),
        ("other-root-before", "Acknowledgements of another previous root.", {"prev_root": bytes(32)}),
        ("stranger-acks", "One by a key that is not the node's.", {"names": ["node 2", "stranger"]}),
    ):
        given = acknowledged(LOG, 8, 2, **changes)
        yield _bad(name, why, clique_anchor(LOG, 8, 2, acknowledgements=given), ACCOUNTS)
    own = clique_anchor(LOG, 8, 2, acknowledgements=acknowledged(LOG, 8, 2, (2, 5)))
    pins = accounts({**KNOWN, OPERATOR: {"5": "node 5"}})
    yield _bad("own-acks", "One of the creator's own operator.", own, pins)
    pins = accounts({HOLDERS[2]: {"2": "node 2", "3": "node 3"}, HOLDERS[4]: {"4": "node 4"}})
    yield _bad("one-operator-acks", "Both of one operator.", ANCHOR, pins)
    without = clique_anchor(LOG, 8, 2, acknowledgements=())
    yield _bad("no-acks", "A proof of an older release, without acknowledgements.", without, ACCOUNTS)
    (node, good), other = acknowledged(LOG, 8, 2)
    high = (node, good[:32] + b"\x7f" + b"\xff" * 31)
    made = clique_anchor(LOG, 8, 2, acknowledgements=(high, other))
    yield _bad("high-s-acks", "A signature whose s is high.", made, ACCOUNTS, 8, "PROOF_INVALID")
    proof = ANCHOR.proof
    assert proof is not None
    turned = replace(ANCHOR, proof=replace(proof, acks=proof.acks[::-1]))
    yield _bad("turned-acks", "Not as the event names them.", turned, ACCOUNTS, 7, "PROOF_INVALID")


def _good(name: str, description: str, anchor: Anchor, pins: dict[str, Any], *by: str) -> Case:
    full, case = evidence_case(name, description, LOG.evidence(5, 8, anchor))
    return full, {**case, "trust": {**WHERE, **pins}, "by": list(by)}


def _bad(
    name: str, description: str, anchor: Anchor, pins: dict[str, Any], step: int = 8, code: str = "UNTRUSTED"
) -> Case:
    full, case = _good(name, description, anchor, pins)
    del case["state"], case["by"]
    return f"{full}_fail", {**case, "step": step, "code": code}
