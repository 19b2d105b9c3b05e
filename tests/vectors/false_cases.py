"""Evidence files that are refused, each at the step and with the code that it names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.blocks import BLOCK_TIME, Block, anchor, anchored_log, keccak256, receipt
from tests.logs import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    OPERATOR,
    STRANGER_KEY,
    Log,
    header,
    without_proof,
)
from tests.vectors.proof_cases import ANCHOR, LOG, NOW, evidence_case, under
from tracehold.core import record
from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.control import Enrol
from tracehold.core.evidence import Evidence
from tracehold.core.receipt import encode_receipt, parse_receipt

Case = tuple[str, dict[str, Any]]

WHOLE = LOG.evidence(5, 8, ANCHOR)


def evidence() -> Iterator[Case]:
    """By step."""
    yield from _bytes_and_signature()
    yield from _log()
    yield from _anchor()
    yield from _trust()
    late = under(BLOCK_TIME * 1000 + 300_001)
    yield _bad("future", "A checkpoint over five minutes after its block.", late, 9, "PROOF_INVALID")


def _bytes_and_signature() -> Iterator[Case]:
    anchored = replace(WHOLE, controls=((LOG.entries[0], LOG.receipt(0, 8, ANCHOR)), WHOLE.controls[1]))
    event = replace(WHOLE, controls=(*WHOLE.controls, (LOG.entries[2], LOG.receipt(2, 8))))
    many = replace(WHOLE, controls=WHOLE.controls[:1] * 1025)
    no_record = replace(WHOLE, record=b"")
    changed = replace(WHOLE, record=WHOLE.record.replace(b'{"a":1}', b'{"a":2}'))
    no_enrolment = LOG.evidence(5, 8, ANCHOR, controls=[0])
    yield _bad("broken-record", "No record.", no_record, 1, "MALFORMED_PROOF")
    yield _bad("anchored-control", "An anchor beside a control record.", anchored, 1, "MALFORMED_PROOF")
    yield _bad("event-as-control", "An event among the control records.", event, 1, "MALFORMED_PROOF")
    name, case = _bad("many-controls", "1,025 control records.", _short(many), 0, "MALFORMED_PROOF")
    del case["step"]  # refused before any
    yield name, case
    yield _bad("changed", "One digit of the payload changed.", changed, 2, "PROOF_INVALID")
    yield _bad("no-enrolment", "The enrolment left out.", no_enrolment, 2, "PROOF_INVALID")


def _log() -> Iterator[Case]:
    pairs = tuple((LOG.entries[at], LOG.receipt(at, 9)) for at in (0, 1))
    raw = record.sign(header(FARM_KEY, FARM, number=77), b"{}", FARM_KEY)
    later = LOG.evidence(1, 8, ANCHOR)
    receipt_of = parse_receipt(LOG.receipt(5, 7, ANCHOR))
    path = (bytes(32), *(receipt_of.consistency or ())[1:])
    forked = replace(LOG.evidence(5, 7), receipt=encode_receipt(replace(receipt_of, consistency=path)))
    yield _bad("mixed", "Two checkpoints.", replace(WHOLE, controls=pairs), 3, "PROOF_INVALID")
    yield _bad("unsealed", "Signed and never sealed.", replace(WHOLE, record=raw), 4, "PROOF_INVALID")
    yield _bad("forged-signature", "Zeros for the signature.", _unsigned(WHOLE), 5, "PROOF_INVALID")
    yield _bad("other-anchor", "An anchor of later entries.", later, 6, "PROOF_INVALID")
    yield _bad("false-consistency", "A path from size 7 that does not lead to 8.", forked, 6, "PROOF_INVALID")


def _anchor() -> Iterator[Case]:
    sealed = LOG.evidence(5, 8)
    by = parse_receipt(sealed.receipt).anchor_by_ms
    yield _bad("sealed", "Not anchored.", sealed, 7, "NOT_ANCHORED")
    yield _bad("overdue", "Not anchored by the promised time.", sealed, 7, "OVERDUE", now_ms=by + 1)
    bare = LOG.evidence(5, 8, without_proof(ANCHOR))
    yield _bad("bare-claim", "An anchor without proof.", bare, 7, "UNTRUSTED")
    event = AnchoredEvent(1, 2, 8, LOG.root(8), (2, 3))
    for name, why, found in (
        ("other-node", "An anchor of another node.", replace(ANCHOR, node=2)),
        ("failed-transaction", "The transaction failed.", _mined(anchored_log(event), b"")),
        ("foreign-contract", "Another contract says so.", _mined(anchored_log(event, bytes(20)))),
    ):
        yield _bad(name, why, LOG.evidence(5, 8, found), 7, "PROOF_INVALID")


def _trust() -> Iterator[Case]:
    zeros = "0x" + bytes(32).hex()
    other_log = {"1": bytes(32).hex()}
    yield _bad("other-network", "Another network.", WHOLE, 2, "UNTRUSTED", network=zeros)
    yield _bad("other-log", "Another log of this node.", WHOLE, 2, "UNTRUSTED", nodes=other_log)
    sealed = LOG.evidence(5, 8)
    yield _bad("sealed-elsewhere", "Sealed in another network.", sealed, 2, "UNTRUSTED", network=zeros)
    yield _bad("impostor", "A log whose header borrows the operator's name.", *_impostor())
    chain = LOG.evidence(5, 8, replace(ANCHOR, chain_id=1))
    number = {"2": LOG.id.hex()}
    yield _bad("other-chain", "An anchor of another chain.", chain, 8, "UNTRUSTED")
    yield _bad("other-contract", "Another contract.", WHOLE, 8, "UNTRUSTED", contract=zeros[:42])
    yield _bad("other-block", "Another block.", WHOLE, 8, "UNTRUSTED", blocks=[zeros])
    yield _bad("other-number", "The log is that of another node.", WHOLE, 8, "UNTRUSTED", nodes=number)


def _impostor() -> tuple[Evidence, int, str]:
    log = Log(node_key=STRANGER_KEY, operator=OPERATOR)
    log.say(Enrol(MILL, MILL_KEY.public))
    log.event(MILL_KEY, MILL)
    log.fill(8)
    return log.evidence(3, 8, anchor(log, 8, 2), controls=[0, 2]), 2, "UNTRUSTED"


def _mined(entry: list[Any], status: bytes = b"\x01") -> Anchor:
    """The anchor with a proof of a transaction that left this log entry."""
    block = Block(7, [receipt([entry], status)])
    return replace(ANCHOR, block_hash=keccak256(block.headers[0]), proof=block.proof(0))


def _unsigned(whole: Evidence) -> Evidence:
    def cut(raw: bytes) -> bytes:
        return encode_receipt(replace(parse_receipt(raw), signature=bytes(64)))

    return Evidence(whole.record, cut(whole.receipt), tuple((raw, cut(one)) for raw, one in whole.controls))


def _short(whole: Evidence) -> Evidence:
    return replace(whole, controls=tuple((b"", b"") for _ in whole.controls))


def _bad(
    name: str, description: str, made: Evidence, step: int, code: str, now_ms: int = NOW, **pins: Any
) -> Case:
    good, case = evidence_case(name, description, made, now_ms=now_ms, **pins)
    del case["state"]
    return f"{good}_fail", {**case, "step": step, "code": code}
