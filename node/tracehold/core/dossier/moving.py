"""Which control records stand in a dossier as records: those by which parties of its events moved between
operators, so that two voices are one (`core.voices`).
"""

from collections.abc import Collection, Mapping

from tracehold.core.control import Enrol, Mandate, Move, decode_control
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Kind, Record


def telling(controls: Mapping[Fingerprint, Record], parties: Collection[str]) -> frozenset[Fingerprint]:
    """Those of the control records that tell of moves of these parties: where one of them moved, all but what
    is said of others alone, and what nobody can read.
    """
    movers = {each.header.iss for each in controls.values() if each.header.kind == Kind.MOVE}
    moved = movers.intersection(parties)
    if not moved:
        return frozenset()
    return frozenset(name for name, each in controls.items() if _concerns(each, moved))


def _concerns(record: Record, parties: Collection[str]) -> bool:
    try:
        says = decode_control(record.header.kind, record.payload)
    except Rejected:
        return False
    match says:
        case Enrol(party=party):
            return party in parties
        case Mandate() | Move():
            return record.header.iss in parties
    return True  # of the log, of its node key, or of keys that may be theirs
