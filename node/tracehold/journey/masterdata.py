"""Master data: what parties say about a product, a place or a party, version by version."""

from collections.abc import Iterable

from tracehold.core.access import Reader
from tracehold.core.epcis import parse_masterdata
from tracehold.core.lineage import Gap, GapReason
from tracehold.core.record import Kind
from tracehold.journey.admission import UNREADABLE, Admitted
from tracehold.journey.answers import MasterDataAnswer, Said
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge


async def answer_masterdata(
    knowledge: Knowledge, reader: Reader, id: str, *, full: bool = False
) -> MasterDataAnswer:
    """All versions that the reader may read, from here and from other nodes, oldest first, but for those that
    were superseded. Raises `Rejected` (no identifier) and `Unavailable`.
    """
    name = named(id, "/id")
    inquiry = Inquiry(knowledge, reader, full=full)
    admission = inquiry.admission
    hints = await knowledge.graph.masterdata(name)
    await admission.admit([hint.fingerprint for hint in hints])
    others = [each for each in await inquiry.elsewhere.records([name]) if _is_masterdata(each.admitted)]
    gaps: dict[Gap, None] = {}
    for other in others:
        if admission.readable(other.admitted.record):
            admission.let_in(other.admitted)
        else:
            gaps[Gap(name, GapReason.ACCESS_REFUSED, UNREADABLE)] = None
    known = {hint.fingerprint: hint.known_ms for hint in hints}
    known |= {other.admitted.record.fingerprint: other.known_ms for other in others}
    for each in known:
        if each in admission.refused and each not in admission.admitted:
            gaps[Gap(name, admission.refused[each].reason, admission.refused[each].detail)] = None
    found = [(admission.admitted[each], ms) for each, ms in known.items() if each in admission.admitted]
    withdrawn = await inquiry.withdrawn([admitted for admitted, _ in found])
    found = [each for each in found if each[0].record.fingerprint not in withdrawn]
    versions = tuple(_said(admitted, ms) for admitted, ms in (_dated(found) if others else found))
    return MasterDataAnswer(name, versions, await inquiry.gaps(gaps))


def _is_masterdata(admitted: Admitted) -> bool:
    return admitted.record.header.kind == Kind.MASTERDATA


def _dated(found: Iterable[tuple[Admitted, int | None]]) -> list[tuple[Admitted, int | None]]:
    """By the time known, and by position where that is the same; what has no time yet is the newest."""
    return sorted(found, key=lambda each: (each[1] is None, each[1] or 0, each[0].log, each[0].index))


def _said(admitted: Admitted, known_ms: int | None) -> Said:
    record = admitted.record
    return Said(
        parse_masterdata(record.payload).type,
        record.payload,
        admitted.speaker,
        record.fingerprint,
        admitted.verified,
        admitted.state,
        known_ms,
    )
