"""Verify: a record of the network, or evidence from anywhere, step by step, on this node's own ledger.

Whoever does not trust this node runs the same steps alone: `tracehold verify`.
"""

from tracehold.core.access import Reader
from tracehold.core.errors import Broken, Rejected
from tracehold.core.evidence import Evidence, Report, StepResult, decode_evidence, report
from tracehold.core.evidence.steps import STEPS
from tracehold.core.ids import Fingerprint
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import parse
from tracehold.journey.admission import readable
from tracehold.journey.fetch import good_copy
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.locate import kept_record
from tracehold.journey.receipts import Receipts


async def verify_kept(knowledge: Knowledge, reader: Reader, fingerprint: Fingerprint, now_ms: int) -> Report:
    """The report on a record as it is kept here, or on the copy of another node where it is not kept or
    damaged here. One that is damaged here is a fault, and reported as false where nobody else has it.

    Raises `Rejected` (NOT_FOUND, FORBIDDEN where the reader may not read it) and `Unavailable`.
    """
    absent, own = None, None
    try:
        own = await _own(knowledge, reader, fingerprint, now_ms)
        if own.state != "UNVERIFIED" or await _sound(knowledge, reader, fingerprint):
            return own
    except Rejected as refusal:
        if refusal.code != "NOT_FOUND":
            raise
        absent = refusal
    try:
        copy = await good_copy(knowledge, reader, fingerprint, absent or Rejected("PROOF_INVALID", ""))
    except Rejected:
        if own is None:
            raise
        return own
    if not readable(reader, copy.admitted.record):
        raise Rejected("FORBIDDEN", "you may not read this record")
    return await _verify(knowledge, copy.evidence, now_ms)


async def _own(knowledge: Knowledge, reader: Reader, fingerprint: Fingerprint, now_ms: int) -> Report:
    try:
        raw = await Receipts(knowledge.log).evidence(fingerprint)
    except Broken as broken:
        if broken.code != "CORRUPT":
            raise
        knowledge.fault(f"record {fingerprint.hex()}: {broken.message}")
        knowledge.damaged(fingerprint)
        return _damaged(fingerprint, broken.message)
    evidence = decode_evidence(raw)
    if not readable(reader, parse(evidence.record)):
        raise Rejected("FORBIDDEN", "you may not read this record")
    return await _verify(knowledge, evidence, now_ms)


async def verify_evidence(knowledge: Knowledge, raw: bytes, now_ms: int) -> Report:
    """The report on an evidence file. Raises
    `Rejected("MALFORMED_PROOF")` where it is none, and `Unavailable`.
    """
    return await _verify(knowledge, decode_evidence(raw), now_ms)


async def _sound(knowledge: Knowledge, reader: Reader, fingerprint: Fingerprint) -> bool:
    """Whether the own copy is what it should be, so that others can say no better."""
    try:
        await kept_record(knowledge, reader, fingerprint)
    except Rejected as refusal:
        return refusal.code != "PROOF_INVALID"
    except Broken as broken:
        if broken.code != "CORRUPT":
            raise
        return False
    return True


async def _verify(knowledge: Knowledge, evidence: Evidence, now_ms: int) -> Report:
    chain = None
    if knowledge.ledger is not None:
        chain = await LedgerView(knowledge.ledger, knowledge.followed, knowledge.earlier).of(
            parse_receipt(evidence.receipt).anchor
        )
    # The largest file from anywhere takes about a second; other calls go on meanwhile.
    return await knowledge.run(lambda: report(evidence, None, chain, now_ms))


def _damaged(fingerprint: Fingerprint, why: str) -> Report:
    names = [name for name, _ in STEPS]
    first = StepResult(1, names[0], "failed", why)
    rest = [StepResult(number, name, "not checked", "") for number, name in enumerate(names[1:], 2)]
    return Report((first, *rest), "UNVERIFIED", Rejected("PROOF_INVALID", why), fingerprint)
