"""The receipt of one record, and its evidence, which holds the record, for those who may read it."""

from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.evidence import encode_evidence
from tracehold.core.ids import Fingerprint
from tracehold.journey.admission import readable
from tracehold.journey.fetch import Copy, or_copy, whole_evidence
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import kept_record
from tracehold.journey.receipts import Receipts


@dataclass(frozen=True, slots=True)
class Attested:
    """A receipt, and an evidence file; it is empty where the record may not be read, or was redacted."""

    receipt: bytes
    evidence: bytes


async def answer_receipt(
    knowledge: Knowledge, receipts: Receipts, reader: Reader, fingerprint: Fingerprint
) -> Attested:
    """The best receipt of a record: from what is kept here, else by the copy of another node. A final one is
    the same from every node.

    Raises `Rejected` (NOT_FOUND, PROOF_INVALID) and `Unavailable`.
    """
    found = await or_copy(knowledge, reader, fingerprint, _kept(knowledge, receipts, reader, fingerprint))
    if isinstance(found, Attested):
        return found
    return await _of(knowledge, reader, found)


async def _kept(
    knowledge: Knowledge, receipts: Receipts, reader: Reader, fingerprint: Fingerprint
) -> Attested:
    receipt = await receipts.receipt(fingerprint)
    try:
        await kept_record(knowledge, reader, fingerprint)
    except Rejected as refusal:
        if refusal.code not in {"FORBIDDEN", "REDACTED"}:
            raise
        return Attested(receipt, b"")
    return Attested(receipt, await receipts.evidence(fingerprint))


async def _of(knowledge: Knowledge, reader: Reader, copy: Copy) -> Attested:
    if knowledge.ledger is None:
        raise AssertionError("copies of others are verified on the ledger")
    evidence = await whole_evidence(knowledge.ledger, copy, knowledge.earlier)
    may_read = readable(reader, copy.admitted.record)
    return Attested(evidence.receipt, encode_evidence(evidence) if may_read else b"")
