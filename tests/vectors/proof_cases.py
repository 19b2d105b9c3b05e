"""Receipts, and evidence files that verify; those that do not stand in false_cases."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.blocks import CHAIN_ID, CONTRACT, anchor, keccak256, proof_of
from tests.logs import NETWORK, NODE_KEY, START, STRANGER_KEY, Log, without_proof
from tracehold.core import merkle, record
from tracehold.core.evidence import Evidence, encode_evidence
from tracehold.core.receipt import encode_receipt, make_receipt, parse_receipt

Case = tuple[str, dict[str, Any]]

LOG = Log().fill(10)
ANCHOR = anchor(LOG, 8, 2, others=1)
NOW = (START + 1_000) * 1000
PINS: dict[str, Any] = {
    "network": NETWORK.hex(),
    "chainId": CHAIN_ID,
    "contract": "0x" + CONTRACT.hex(),
    "blocks": ["0x" + ANCHOR.block_hash.hex()],
    "nodes": {"1": LOG.id.hex()},
}
"""The trust file under which the evidence of `LOG` verifies."""


def receipts() -> Iterator[Case]:
    """Good ones lead to the root that the key signed."""
    sealed, final = LOG.receipt(4, 5), LOG.receipt(5, 8, ANCHOR)
    other_key = Log(node_key=STRANGER_KEY).fill(5)
    yield _receipt("sealed", "Entry 4 of 5, not anchored.", 4, sealed)
    yield _receipt("final", "Entry 5 of 8 with its covering anchor and proof.", 5, final)
    yield _receipt("upgraded", "Sealed at 7, anchored at 8.", 5, LOG.receipt(5, 7, ANCHOR))
    yield _receipt(
        "final-without-proof", "Says only where to look.", 5, LOG.receipt(5, 8, without_proof(ANCHOR))
    )
    for size, index in ((2, 1), (3, 2), (9, 8)):
        forged = encode_receipt(replace(parse_receipt(sealed), size=size, index=index))
        why = f"The path of entry 4 of 5 as entry {index} of {size}: the signed size is 5."
        yield _receipt(f"size-{size}", why, 4, forged, "PROOF_INVALID")
    yield _receipt("other-entry", "The receipt of a neighbour.", 3, sealed, "BAD_SIGNATURE")
    yield _receipt("other-key", "Signed by another key.", 4, other_key.receipt(4), "BAD_SIGNATURE")
    path = (bytes(32), *parse_receipt(final).path[1:])
    forged = encode_receipt(replace(parse_receipt(final), path=path))
    yield _receipt("path", "A hash of the path is another.", 5, forged, "BAD_SIGNATURE")
    yield _receipt("trailing-byte", "A byte too many.", 4, sealed + b"\x00", "MALFORMED_PROOF")


def _receipt(name: str, description: str, index: int, raw: bytes, code: str | None = None) -> Case:
    case: dict[str, Any] = {
        "description": description,
        "entry": record.fingerprint(LOG.entries[index]).hex(),
        "key": NODE_KEY.public.cose_key().hex(),
        "receipt": raw.hex(),
    }
    if code is not None:
        return f"receipts/{name}_fail", {**case, "code": code}
    receipt = parse_receipt(raw)
    root = LOG.root(receipt.size).hex()
    return f"receipts/{name}", {**case, "size": receipt.size, "index": receipt.index, "root": root}


def evidence() -> Iterator[Case]:
    """Files that verify, with the trust and the time under which they do."""
    yield evidence_case("final", "Under a pinned block.", LOG.evidence(5, 8, ANCHOR))
    yield evidence_case("upgraded", "Sealed at 7, anchored at 8.", LOG.evidence(5, 7, ANCHOR))
    yield evidence_case("first-covered", "The first entry of its anchor.", LOG.evidence(2, 8, ANCHOR))
    name, case = evidence_case("late", "Anchored after the promised time: proved, and said.", under(_EARLY))
    yield name, {**case, "late": True}
    last = keccak256(proof_of(ANCHOR).headers[-1]).hex()
    yield evidence_case(
        "later-block", "A block upon it is pinned.", LOG.evidence(5, 8, ANCHOR), blocks=[last]
    )


_EARLY = START * 1000 - 3_600_000


def under(time_ms: int) -> Evidence:
    """The evidence under a checkpoint of another time, anchored all the same."""
    checkpoint = LOG.checkpoint(8, time_ms)
    made = [
        (LOG.entries[at], make_receipt(checkpoint, at, merkle.inclusion_path(at, 8, LOG.node), found))
        for at, found in ((5, ANCHOR), (0, None), (1, None))
    ]
    return Evidence(*made[0], tuple(made[1:]))


def evidence_case(
    name: str, description: str, made: Evidence, *, now_ms: int = NOW, **pins: Any
) -> tuple[str, dict[str, Any]]:
    """A file that verifies under these pins in place of the usual ones."""
    return f"evidence/{name}", {
        "description": description,
        "evidence": encode_evidence(made).hex(),
        "trust": {**PINS, **pins},
        "nowMs": now_ms,
        "state": "FINAL",
    }
