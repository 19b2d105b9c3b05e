"""Custody records, challenges and transcripts as messages and back, read as strictly as all of peers."""

from collections.abc import Sequence

from tracehold.core.audit import Answered, Asked, EntryAnswer
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.sampling import AskedEntry
from tracehold.journey.ports import Found
from tracehold.journey.ports.possession import TranscriptPage
from tracehold.v1 import peer_pb2
from tracehold.wire.limits import check
from tracehold.wire.peers import Controls, control_messages, found_message, read_found, read_log

_HASH = 32
_SIGNATURE = 64


def custody_message(found: Found | None) -> peer_pb2.GetCustodyResponse:
    """The node's custody record, where there is one."""
    if found is None:
        return peer_pb2.GetCustodyResponse()
    controls: Controls = {}
    record = found_message(found, controls)
    return peer_pb2.GetCustodyResponse(record=record, controls=control_messages(controls))


def read_custody(response: peer_pb2.GetCustodyResponse, log: LogId) -> Found | None:
    """The custody record in the peer's log. Raises BAD_REQUEST where it is another log's, or cannot be."""
    check(response)
    if not response.HasField("record"):
        return None
    found = read_found(
        response.record, [(control.statement, control.receipt) for control in response.controls]
    )
    if found.log != log:
        raise _refused("a custody record stands in the log of its own node")
    return found


def asked_message(asked: Asked) -> peer_pb2.ChallengeRequest:
    """The places that a holder is asked for."""
    return peer_pb2.ChallengeRequest(
        epoch_s=asked.epoch_s,
        epoch=asked.epoch,
        nonce=asked.nonce,
        block_hash=asked.block_hash,
        entries=[
            peer_pb2.AskedEntry(log=each.log.hex(), index=each.index, size=each.size)
            for each in asked.entries
        ],
    )


def read_asked(request: peer_pb2.ChallengeRequest) -> Asked:
    """The places, the message's fields within their limits. Raises BAD_REQUEST where one cannot be."""
    _hashes([request.nonce, request.block_hash])
    if any(each.index >= each.size for each in request.entries):
        raise _refused("an entry stands beyond the state that it is to lead to")
    return Asked(
        request.epoch_s,
        request.epoch,
        request.nonce,
        request.block_hash,
        tuple(AskedEntry(read_log(each.log), each.index, each.size) for each in request.entries),
    )


def answered_message(answered: Answered) -> peer_pb2.ChallengeResponse:
    """The answers to the first places."""
    return peer_pb2.ChallengeResponse(
        entries=[
            peer_pb2.EntryAnswer(
                statement=each.raw, erased=each.erased or b"", path=each.path, missing=each.missing
            )
            for each in answered.entries
        ],
        signature=answered.signature,
    )


def read_answered(response: peer_pb2.ChallengeResponse, asked: Asked) -> Answered:
    """The answers to the first of the places that were asked for. Raises BAD_REQUEST where there are more, or
    one says two things. Nothing is verified.
    """
    check(response)
    if len(response.entries) > len(asked.entries):
        raise _refused("there are more answers than places were asked for")
    if len(response.signature) != _SIGNATURE:
        raise _refused("this is no signature")
    return Answered(tuple(_entry(each) for each in response.entries), (), response.signature)


def transcripts_message(page: TranscriptPage) -> peer_pb2.GetTranscriptsResponse:
    """Transcripts, and where more follow."""
    return peer_pb2.GetTranscriptsResponse(transcripts=page.transcripts, next=page.after)


def read_transcripts(response: peer_pb2.GetTranscriptsResponse, after: int) -> TranscriptPage:
    """Transcripts behind `after`. Raises BAD_REQUEST where the pages do not go on."""
    check(response)
    if response.next and (response.next <= after or not response.transcripts):
        raise _refused("the pages do not go on")
    return TranscriptPage(tuple(response.transcripts), response.next)


def _entry(answer: peer_pb2.EntryAnswer) -> EntryAnswer:
    if bool(answer.statement) + bool(answer.erased) + answer.missing != 1:
        raise _refused("a place has a record, or what is left of it, or nothing")
    if answer.missing and answer.path:
        raise _refused("nothing leads to no root")
    _hashes([*answer.path, *([answer.erased] if answer.erased else [])])
    erased = Fingerprint(answer.erased) if answer.erased else None
    return EntryAnswer(answer.statement, erased, tuple(answer.path), answer.missing)


def _hashes(found: Sequence[bytes]) -> None:
    if any(len(each) != _HASH for each in found):
        raise _refused(f"a hash has {_HASH} bytes")


def _refused(message: str) -> Rejected:
    return Rejected("BAD_REQUEST", message)
