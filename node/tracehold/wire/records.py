"""Records on the wire."""

from tracehold.core.record import Attachment
from tracehold.journey.answers import RecordAnswer
from tracehold.journey.found import Found
from tracehold.journey.states import State, StateOf
from tracehold.journey.superseded import Supersession
from tracehold.v1 import record_pb2
from tracehold.wire.answers import json_struct
from tracehold.wire.times import from_s
from tracehold.wire.words import copies_message, number_of, speaker_message, state_number


def record_message(
    answer: RecordAnswer,
    known: StateOf | None = None,
    superseded: Supersession | None = None,
    found: Found | None = None,
) -> record_pb2.Record:
    """One record: its signed bytes, and what they say, to be read. `known` tells of its copies, where this
    node counts them; `superseded` what the chain says of it; `found` what is doubtful about it.
    """
    record = answer.record
    header = record.header
    return record_pb2.Record(
        fingerprint=record.fingerprint.hex(),
        kind=header.kind,
        log=answer.log.hex(),
        index=answer.index,
        speaker=speaker_message(answer.speaker) if answer.speaker else None,
        audience=number_of(record_pb2.Audience, header.audience),
        issued_at=from_s(header.iat),
        state=state_number(_state(answer, known)),
        copies=copies_message(known.copies) if known else None,
        attachments=[_attachment(attachment) for attachment in header.attachments],
        supersedes=header.supersedes.hex() if header.supersedes is not None else "",
        payload=json_struct(record.payload) if header.kind.endswith("+json") else None,
        statement=record.raw,
        disputes=[record_pb2.Dispute(code=said.code, rules=said.rules) for said in answer.disputes],
        superseded=superseded_message(superseded),
        findings=findings_message(found),
    )


def findings_message(found: Found | None) -> list[record_pb2.Finding]:
    """What is found of a record; where there is more than is shown, the last one says so."""
    if found is None:
        return []
    told = [
        record_pb2.Finding(
            code=each.code,
            path=each.path,
            message=each.message,
            other=each.other.hex() if each.other is not None else "",
        )
        for each in found.findings
    ]
    if found.more:
        told.append(record_pb2.Finding(code="MORE_FINDINGS", message="more is found than is shown"))
    return told


def superseded_message(said: Supersession | None) -> record_pb2.Superseded | None:
    """What the chain says of a record, and whether that counts; None where it says nothing."""
    if said is None:
        return None
    pointer = said.pointer
    return record_pb2.Superseded(
        replacement=pointer.replacement.hex(),
        honoured=said.honoured,
        claim=said.claim or "",
        node=pointer.node,
        block=pointer.number,
        block_hash=pointer.hash.hex(),
        at=from_s(pointer.time),
    )


def _state(answer: RecordAnswer, known: StateOf | None) -> State:
    """What was proved in this request; that copies were acknowledged is beside it."""
    replicated = known is not None and known.state is State.REPLICATED
    return State.REPLICATED if replicated and answer.state is State.SEALED else answer.state


def _attachment(attachment: Attachment) -> record_pb2.Attachment:
    return record_pb2.Attachment(
        fingerprint=attachment.fingerprint.hex(), size=attachment.size, media_type=attachment.media_type
    )
