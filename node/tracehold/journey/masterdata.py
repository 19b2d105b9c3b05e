"""Master data: what parties say about a product, a place or a party, version by version."""

from collections.abc import Collection, Iterable

from tracehold.core.access import Reader
from tracehold.core.epcis import parse_masterdata
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Gap, GapReason
from tracehold.core.record import Kind
from tracehold.core.said import known_by
from tracehold.journey.admission import UNREADABLE, Admitted
from tracehold.journey.answers import MasterDataAnswer, Said
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge

Version = tuple[Admitted, int | None]
"""A record of master data, and when it was known, in milliseconds."""


async def answer_masterdata(
    knowledge: Knowledge, reader: Reader, id: str, *, full: bool = False, known_at: int | None = None
) -> MasterDataAnswer:
    """All versions that the reader may read, from here and from other nodes, oldest first, but for those that
    were superseded; all of this by what was known by `known_at` (milliseconds), None for all there is.
    Raises `Rejected` (no identifier) and `Unavailable`.
    """
    name = named(id, "/id")
    inquiry = Inquiry(knowledge, reader, full=full, known_at=known_at)
    found, gaps = await versions(knowledge, inquiry, [name])
    said = tuple(_said(each, ms) for each, ms in found.get(name, ()) if known_by(ms, known_at))
    return MasterDataAnswer(name, said, await inquiry.gaps(gaps))


async def versions(
    knowledge: Knowledge, inquiry: Inquiry, names: Collection[str]
) -> tuple[dict[str, list[Version]], list[Gap]]:
    """By name the records of master data that stand and may be read, oldest first, and where some may not.
    Ask an inquiry once for a name: what another node handed over before is not handed over again.
    """
    admission = inquiry.admission
    known: dict[Fingerprint, tuple[str, int | None]] = {}
    for name in names:
        hints = await knowledge.graph.masterdata(name)
        known |= {hint.fingerprint: (name, hint.known_ms) for hint in hints}
    await admission.admit(list(known))
    records = await inquiry.elsewhere.records(names)
    others = [each for each in records if _is_masterdata(each.admitted) and each.names & set(names)]
    gaps: dict[Gap, None] = {}
    for other in others:
        (name,) = other.names
        if admission.readable(other.admitted.record):
            admission.let_in(other.admitted)
        else:
            gaps[Gap(name, GapReason.ACCESS_REFUSED, UNREADABLE)] = None
        known[other.admitted.record.fingerprint] = name, other.known_ms
    for each, (name, _) in known.items():
        if each in admission.refused and each not in admission.admitted:
            gaps[Gap(name, admission.refused[each].reason, admission.refused[each].detail)] = None
    standing = [admission.admitted[each] for each in known if each in admission.admitted]
    withdrawn = await inquiry.withdrawn(standing)
    found: dict[str, list[Version]] = {}
    for each, (name, ms) in known.items():
        if each in admission.admitted and each not in withdrawn:
            found.setdefault(name, []).append((admission.admitted[each], ms))
    return {name: _dated(said) if others else said for name, said in found.items()}, list(gaps)


def _is_masterdata(admitted: Admitted) -> bool:
    return admitted.record.header.kind == Kind.MASTERDATA


def _dated(found: Iterable[Version]) -> list[Version]:
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
