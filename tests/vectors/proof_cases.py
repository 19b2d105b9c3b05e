"""Receipts and evidence files, final, sealed and false."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.blocks import CHAIN_ID, CONTRACT, anchor
from tests.logs import FARM, FARM_KEY, NETWORK, NODE_KEY, START, STRANGER_KEY, Log, header, without_proof
from tracehold.core import record
from tracehold.core.evidence import Evidence, encode_evidence
from tracehold.core.keys import SigningKey
from tracehold.core.receipt import encode_receipt, parse_receipt

Case = tuple[str, dict[str, Any]]

LOG = Log().fill(10)
ANCHOR = anchor(LOG, 8, 2, others=1)
NOW = (START + 1_000) * 1000


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
    """Files with the trust and the time under which they verify, or the step and code at which they do
    not.
    """
    whole = LOG.evidence(5, 8, ANCHOR)
    yield _evidence("final", "Under a pinned block.", whole)
    yield _evidence("upgraded", "Sealed at 7, anchored at 8.", LOG.evidence(5, 7, ANCHOR))
    yield _evidence("first-covered", "The first entry of its anchor.", LOG.evidence(2, 8, ANCHOR))
    changed = replace(whole, record=whole.record.replace(b'{"a":1}', b'{"a":2}'))
    unsealed = replace(whole, record=_event(FARM_KEY, 77))
    yield _evidence("broken-record", "No record.", replace(whole, record=b""), 1, "MALFORMED_PROOF")
    yield _evidence("changed", "One digit of the payload changed.", changed, 2, "PROOF_INVALID")
    yield _evidence("no-enrolment", "The enrolment left out.", _controls([0]), 2, "PROOF_INVALID")
    pairs = tuple((LOG.entries[at], LOG.receipt(at, 9)) for at in (0, 1))
    yield _evidence("mixed", "Two checkpoints.", replace(whole, controls=pairs), 3, "PROOF_INVALID")
    yield _evidence("unsealed", "Signed and never sealed.", unsealed, 4, "PROOF_INVALID")
    yield _evidence("forged-signature", "Zeros for the signature.", _unsigned(whole), 5, "PROOF_INVALID")
    yield _evidence(
        "other-anchor", "An anchor of later entries.", LOG.evidence(1, 8, ANCHOR), 6, "PROOF_INVALID"
    )
    yield _evidence("sealed", "Not anchored.", LOG.evidence(5, 8), 7, "NOT_ANCHORED")
    bare = LOG.evidence(5, 8, without_proof(ANCHOR))
    false = LOG.evidence(5, 8, replace(ANCHOR, node=2))
    other = LOG.evidence(5, 8, replace(ANCHOR, chain_id=1))
    yield _evidence("bare-claim", "An anchor without proof.", bare, 7, "UNTRUSTED")
    yield _evidence("other-node", "An anchor of another node.", false, 7, "PROOF_INVALID")
    yield _evidence("other-chain", "An anchor of another chain.", other, 8, "UNTRUSTED")


def _event(key: SigningKey, number: int) -> bytes:
    return record.sign(header(key, FARM, number=number), b"{}", key)


def _controls(positions: list[int]) -> Evidence:
    return LOG.evidence(5, 8, ANCHOR, controls=positions)


def _unsigned(whole: Evidence) -> Evidence:
    def cut(raw: bytes) -> bytes:
        return encode_receipt(replace(parse_receipt(raw), signature=bytes(64)))

    return Evidence(whole.record, cut(whole.receipt), tuple((raw, cut(one)) for raw, one in whole.controls))


def _evidence(name: str, description: str, made: Evidence, step: int = 0, code: str | None = None) -> Case:
    case: dict[str, Any] = {
        "description": description,
        "evidence": encode_evidence(made).hex(),
        "trust": {
            "network": NETWORK.hex(),
            "chainId": CHAIN_ID,
            "contract": "0x" + CONTRACT.hex(),
            "blocks": ["0x" + ANCHOR.block_hash.hex()],
        },
        "nowMs": NOW,
    }
    if code is None:
        return f"evidence/{name}", {**case, "state": "FINAL"}
    return f"evidence/{name}_fail", {**case, "step": step, "code": code}
