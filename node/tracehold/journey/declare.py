"""The error declaration that takes back an event, signed for the party that delegated (EPCIS 2.0 section
7.4.1.4).
"""

import json
from datetime import UTC, datetime

from tracehold.core.errors import Rejected
from tracehold.core.record import Kind, Record
from tracehold.core.strict_json import loads
from tracehold.journey.delegate import Delegated

REASON = "incorrect_data"
"""CBV 2.0 section 7.5: some of what the event said was wrong."""


def declared(record: Record, since: float) -> Delegated:
    """The record's event as it was said, with an error declaration of that time (seconds since 1970), which
    names the record in its header. The same arguments give the same event.

    Raises `Rejected("BAD_REQUEST")` where the record is no event, or is a declaration itself.
    """
    content = loads(record.payload) if record.header.kind == Kind.EVENT else None
    if not isinstance(content, dict) or "errorDeclaration" in content:
        raise Rejected(
            "BAD_REQUEST",
            "only an event that is no error declaration itself is taken back by one",
            path="fingerprint",
            remedy="Give the replacement as a signed statement.",
        )
    time = datetime.fromtimestamp(int(since), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    said = json.dumps({"declarationTime": time, "reason": REASON}, separators=(",", ":"))
    # Spliced in: what the party said stays byte for byte.
    payload = b'{"errorDeclaration":' + said.encode() + b"," + record.payload.strip()[1:]
    header = record.header
    return Delegated(header.iss, payload, audience=header.audience, supersedes=record.fingerprint)
