"""Records that are kept and disputed: shown by their fingerprint with what was found wrong, and used in no
other
answer.
"""

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Record, check_signature, parse
from tracehold.core.roster import Roster, Speaker
from tracehold.journey.admission import readable
from tracehold.journey.answers import RecordAnswer
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.proofs import Proofs
from tracehold.journey.states import State


async def answer_disputed(
    knowledge: Knowledge, reader: Reader, fingerprint: Fingerprint
) -> RecordAnswer | None:
    """The record with this fingerprint if it is disputed here; None where it is not, or not what it should
    be.

    Raises `Rejected`: FORBIDDEN where the reader may not read it, PROOF_INVALID where its bytes are no
    record, so that nobody can tell who may.
    """
    entry = (await knowledge.log.entries([fingerprint])).get(fingerprint)
    if entry is None or entry.erased:
        return None
    disputes = await knowledge.log.disputes(entry.log, entry.index, entry.index + 1)
    proofs = Proofs(knowledge.log)
    standing = await proofs.standing(entry.log, entry.index) if disputes else None
    if standing is None or await proofs.failures(standing, {entry.index: fingerprint}):
        return None
    try:
        record = parse(entry.raw)
    except Rejected as refusal:
        raise Rejected("PROOF_INVALID", f"the bytes there are no record ({refusal.code})") from None
    if record.fingerprint != fingerprint:
        return None
    if not readable(reader, record):
        raise Rejected("FORBIDDEN", "you may not read this record")
    roster = await knowledge.speakers.roster(entry.log)
    speaker = _speaker(roster, record, entry.index) if roster else None
    verified = standing.state in (State.ANCHORED, State.FINAL)
    place = (record, entry.log, entry.index, standing.state)
    return RecordAnswer(*place, speaker, verified, tuple(disputes))


def _speaker(roster: Roster, record: Record, index: int) -> Speaker | None:
    """Who can be held to it in spite of the dispute."""
    try:
        check_signature(record, roster.check(record, index))
        return roster.speaker(record, index)
    except Rejected:
        return None
