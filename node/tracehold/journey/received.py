"""Under which idempotency key a record of the own log was received, told from the record alone."""

from tracehold.core.custody import decode_custody
from tracehold.core.keys import PublicKey
from tracehold.core.record import Kind, Record
from tracehold.journey.custodian import custody_key
from tracehold.journey.delegate import Delegated, received_key


def received_under(node_key: PublicKey, record: Record | None) -> bytes | None:
    """What a record that this node signed, for somebody or of what it keeps, was received under; None for all
    others. Raises `Rejected` where a custody record has not the form of one.
    """
    if record is None or record.header.kid != node_key.kid:
        return None
    kind = record.header.kind
    if kind == Kind.CUSTODY:
        says = decode_custody(record.payload)
        return custody_key(says.epoch_s, says.epoch)
    if kind not in (Kind.EVENT, Kind.MASTERDATA):
        return None
    return received_key(Delegated(record.header.iss, record.payload, Kind(kind)))
