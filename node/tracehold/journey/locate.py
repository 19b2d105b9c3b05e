"""Locate: which records there are about an item or a business transaction, where they stand, and
which nodes keep them. And one record itself.
"""

from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Gap, GapReason
from tracehold.journey import cursor
from tracehold.journey.admission import UNREADABLE, Admission, Admitted, readable
from tracehold.journey.answers import LocateAnswer, Location, RecordAnswer
from tracehold.journey.disputed import answer_disputed
from tracehold.journey.fetch import or_copy
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.proving import Proved
from tracehold.journey.subject import Subject, Transaction, concerns, name_of


@dataclass(frozen=True, slots=True)
class LocateQuestion:
    """Records about which item, in any spelling, or under which business transaction."""

    item: Subject


async def answer_locate(
    knowledge: Knowledge,
    reader: Reader,
    question: LocateQuestion,
    *,
    page_size: int = 100,
    page_token: str = "",
) -> LocateAnswer:
    """One page of the records about an item, by log and index: events in any role, and master data;
    of a business transaction the events that name it.

    Raises `Rejected` (no identifier, BAD_PAGE_TOKEN) and `Unavailable`.
    """
    item = name_of(question.item)
    (after,) = cursor.begin(page_token, question)
    inquiry = Inquiry(knowledge, reader)
    gaps, here = await _gather(knowledge, inquiry, question.item, item)
    found = sorted(inquiry.admission.admitted.values(), key=_key)
    page, last, more = cursor.cut(found, after, page_size, _key)
    return LocateAnswer(
        item,
        tuple(_location(admitted, _holders(knowledge, inquiry, admitted, here)) for admitted in page),
        await inquiry.gaps(gaps),
        cursor.encode(question, (last,)) if more else "",
    )


async def _gather(
    knowledge: Knowledge, inquiry: Inquiry, subject: Subject, item: str
) -> tuple[list[Gap], frozenset[Fingerprint]]:
    """Admit every record about the subject, called `item`, from here and elsewhere. What was refused, and
    what is kept here.
    """
    admission = inquiry.admission
    facts = [fact for fact in await knowledge.graph.facts([item]) if _asked_for(fact, subject, item)]
    versions = () if isinstance(subject, Transaction) else await knowledge.graph.masterdata(item)
    names = [fact.fingerprint for fact in facts] + [version.fingerprint for version in versions]
    await admission.admit(names)
    here = frozenset(admission.admitted)
    gaps: list[Gap] = []
    for proved in await inquiry.elsewhere.records([item]):
        if not _handed_for(proved, subject, item):
            continue
        if admission.readable(proved.admitted.record):
            admission.let_in(proved.admitted)
        else:
            gaps.append(Gap(item, GapReason.ACCESS_REFUSED, UNREADABLE))
    refused = [admission.refused[name] for name in names if name in admission.refused]
    return [*gaps, *(Gap(item, r.reason, r.detail) for r in refused)], here


def _asked_for(fact: Fact, subject: Subject, item: str) -> bool:
    """Whether a record found here is to be shown, or missed: of one that was erased nobody knows any more
    which type of transaction it named.
    """
    return not fact.issuer or concerns(fact, subject, item)


def _handed_for(proved: Proved, subject: Subject, item: str) -> bool:
    """Whether a record that another node handed over is to be shown, or missed."""
    if proved.fact is None:
        return not isinstance(subject, Transaction)
    return concerns(proved.fact, subject, item)


def _holders(
    knowledge: Knowledge, inquiry: Inquiry, admitted: Admitted, here: frozenset[Fingerprint]
) -> tuple[int, ...]:
    name = admitted.record.fingerprint
    own = {knowledge.node} if name in here else set()
    return tuple(sorted(own | inquiry.elsewhere.handed.get(name, set())))


def _location(admitted: Admitted, holders: tuple[int, ...]) -> Location:
    return Location(
        admitted.record.fingerprint,
        admitted.log,
        admitted.index,
        admitted.state,
        admitted.speaker,
        admitted.record.header.kind,
        holders,
    )


def _key(admitted: Admitted) -> cursor.Key:
    return "", admitted.index, admitted.log.hex()


async def answer_record(
    knowledge: Knowledge, reader: Reader, fingerprint: Fingerprint, *, full: bool = False
) -> RecordAnswer:
    """The record with this fingerprint: as it is kept here, else from another node that has a good copy.

    Raises `Rejected`: NOT_FOUND, FORBIDDEN where the reader may not read it, REDACTED where its bytes were
    erased here, PROOF_INVALID where it is damaged here and nobody else has it; and `Unavailable`.
    """
    kept = kept_record(knowledge, reader, fingerprint, full=full)
    found = await or_copy(knowledge, reader, fingerprint, kept)
    if isinstance(found, RecordAnswer):
        return found
    if not readable(reader, found.admitted.record):
        raise Rejected("FORBIDDEN", "you may not read this record")
    return _answer(found.admitted)


async def kept_record(
    knowledge: Knowledge, reader: Reader, fingerprint: Fingerprint, *, full: bool = False
) -> RecordAnswer:
    """The record as it is kept here; one that is disputed, with what is wrong. No other node is asked.

    Raises as `answer_record`; NOT_FOUND where it is not kept here.
    """
    disputed = await answer_disputed(knowledge, reader, fingerprint)
    if disputed is not None:
        return disputed
    admission = Admission(knowledge, reader, full=full)
    await admission.admit([fingerprint])
    admitted = admission.admitted.get(fingerprint)
    if admitted is not None:
        return _answer(admitted)
    refused = admission.refused[fingerprint]
    if refused.reason is GapReason.ACCESS_REFUSED:
        raise Rejected("FORBIDDEN", "you may not read this record")
    if refused.reason is GapReason.ERASED:
        raise Rejected("REDACTED", refused.detail)
    if refused.reason is GapReason.PROOF_FAILED:
        raise Rejected("PROOF_INVALID", refused.detail)
    raise Rejected("NOT_FOUND", "no record with this fingerprint is kept here")


def _answer(admitted: Admitted) -> RecordAnswer:
    place = (admitted.record, admitted.log, admitted.index, admitted.state)
    return RecordAnswer(*place, admitted.speaker, admitted.verified)
