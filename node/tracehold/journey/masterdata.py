"""Master data: what parties say about a product, a place or a party, version by version."""

from tracehold.core.access import Reader
from tracehold.core.lineage import Gap
from tracehold.journey.admission import Admission
from tracehold.journey.answers import MasterDataAnswer, Said
from tracehold.journey.inquiry import named
from tracehold.journey.knowledge import Knowledge


async def answer_masterdata(
    knowledge: Knowledge, reader: Reader, id: str, *, full: bool = False
) -> MasterDataAnswer:
    """All versions that the reader may read, oldest first. Raises
    `Rejected` (no identifier) and `Unavailable`.
    """
    name = named(id, "/id")
    admission = Admission(knowledge, reader, full=full)
    hints = await knowledge.graph.masterdata(name)
    await admission.admit([hint.fingerprint for hint in hints])
    versions: list[Said] = []
    gaps: dict[Gap, None] = {}
    for hint in hints:
        admitted = admission.admitted.get(hint.fingerprint)
        if admitted is None:
            refused = admission.refused[hint.fingerprint]
            gaps[Gap(name, refused.reason, refused.detail)] = None
            continue
        versions.append(
            Said(
                hint.type,
                admitted.record.payload,
                admitted.speaker,
                hint.fingerprint,
                admitted.verified,
                admitted.state,
                hint.known_ms,
            )
        )
    return MasterDataAnswer(name, tuple(versions), tuple(gaps))
