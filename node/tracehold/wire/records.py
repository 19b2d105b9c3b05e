"""Records on the wire."""

from tracehold.core.record import Attachment
from tracehold.journey.answers import RecordAnswer
from tracehold.v1 import record_pb2
from tracehold.wire.answers import json_struct
from tracehold.wire.times import from_s
from tracehold.wire.words import number_of, speaker_message, state_number


def record_message(answer: RecordAnswer) -> record_pb2.Record:
    """One record: its signed bytes, and what they say, to be read."""
    record = answer.record
    header = record.header
    return record_pb2.Record(
        fingerprint=record.fingerprint.hex(),
        kind=header.kind,
        log=answer.log.hex(),
        index=answer.index,
        speaker=speaker_message(answer.speaker),
        audience=number_of(record_pb2.Audience, header.audience),
        issued_at=from_s(header.iat),
        state=state_number(answer.state),
        attachments=[_attachment(attachment) for attachment in header.attachments],
        supersedes=header.supersedes.hex() if header.supersedes is not None else "",
        payload=json_struct(record.payload) if header.kind.endswith("+json") else None,
        statement=record.raw,
    )


def _attachment(attachment: Attachment) -> record_pb2.Attachment:
    return record_pb2.Attachment(
        fingerprint=attachment.fingerprint.hex(), size=attachment.size, media_type=attachment.media_type
    )
