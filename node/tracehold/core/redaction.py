"""Who may have a record's bytes deleted: its speaker, or the creator under law (protocol section 4)."""

from tracehold.core.control import Redact
from tracehold.core.errors import Rejected
from tracehold.core.record import CONTROL_KINDS, Record
from tracehold.core.roster import Roster


def check_redaction(roster: Roster, redaction: Record, says: Redact, record: Record) -> None:
    """Returns if a redaction that stands in a log may redact this record, which stands where it says in the
    same log. `roster` is that log's.

    Raises BAD_CONTROL for another record, one that says who may speak, or one of another party where the
    operator itself does not ask for it.
    """
    if record.fingerprint != says.fingerprint:
        raise Rejected("BAD_CONTROL", "another record stands there", path="payload.1")
    if record.header.kind in CONTROL_KINDS:
        raise Rejected("BAD_CONTROL", "what says who may speak stays", path="payload.1")
    if redaction.header.iss not in {record.header.iss, roster.operator}:
        raise Rejected(
            "BAD_CONTROL", "neither the record's party nor the operator asks for it", path="header.iss"
        )
