"""Payloads, records and reports on the wire: odd content spoils no answer."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journey.scene import statement
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Report, StepResult
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Gap, GapReason
from tracehold.core.record import parse
from tracehold.core.roster import Level, Speaker
from tracehold.journey.answers import MasterDataAnswer, RecordAnswer, Said
from tracehold.journey.ports import Dispute
from tracehold.journey.states import State
from tracehold.v1 import record_pb2, trace_pb2, verify_pb2
from tracehold.wire.answers import MAX_SHOWN_DEPTH, gap_messages, json_struct, masterdata_message
from tracehold.wire.protojson import to_json
from tracehold.wire.records import record_message
from tracehold.wire.reports import report_message
from tracehold.wire.words import number_of, speaker_message, state_number

SPEAKER = Speaker("urn:party:farm", "urn:op", Level.SIGNED_BY_PARTY)
LOG = LogId(b"l" * 32)


def nested(levels: int, *, lists: bool = False) -> bytes:
    """An object with so many levels of objects or arrays in it."""
    return (
        b'{"a":' * levels + b"1" + b"}" * levels
        if not lists
        else b'{"a":' + b"[" * levels + b"]" * levels + b"}"
    )


def answer(payload: bytes) -> RecordAnswer:
    """A record with this payload."""
    record = parse(statement(payload=payload).raw)
    return RecordAnswer(record, LOG, 7, State.FINAL, SPEAKER, verified=True)


def test_record_is_written_with_its_bytes_and_what_they_say():
    """Header, place, speaker and payload stand beside the signed bytes."""
    given = answer(b'{"type":"ObjectEvent","n":1.0,"deep":{"list":[1,null,"x"]}}')
    message = record_message(given)
    assert message.statement == given.record.raw
    assert message.fingerprint == given.record.fingerprint.hex()
    assert (message.index, message.log, message.state) == (7, LOG.hex(), record_pb2.STATE_FINAL)
    assert message.audience == record_pb2.AUDIENCE_NETWORK
    assert message.speaker.level == record_pb2.SPEAKER_LEVEL_SIGNED_BY_PARTY
    assert to_json(message)["payload"] == {"type": "ObjectEvent", "n": 1, "deep": {"list": [1, None, "x"]}}


def test_a_disputed_record_says_what_is_wrong_and_names_nobody():
    """The finding with the version of its rules; no speaker where nobody can be held to it."""
    odd = replace(answer(b"{}"), speaker=None, disputes=(Dispute(7, "BAD_SIGNATURE", 3),))
    message = record_message(odd)
    assert [(said.code, said.rules) for said in message.disputes] == [("BAD_SIGNATURE", 3)]
    assert not message.HasField("speaker")
    assert list(record_message(answer(b"{}")).disputes) == []


@pytest.mark.parametrize("levels", [2, MAX_SHOWN_DEPTH])
def test_payload_that_is_shown_reaches_every_reader(levels: int):
    """What is put into an answer can be read by a client with protobuf's default limits."""
    for payload in (nested(levels), nested(levels - 1, lists=True)):
        message = verify_pb2.GetRecordResponse(record=record_message(answer(payload)))
        again = verify_pb2.GetRecordResponse.FromString(message.SerializeToString())
        assert to_json(again)["record"]["payload"] == json.loads(payload)


@pytest.mark.parametrize(
    "payload",
    [
        nested(MAX_SHOWN_DEPTH + 1),
        nested(64),
        nested(MAX_SHOWN_DEPTH, lists=True),
        nested(63, lists=True),
        b'{"n":' + b"9" * 309 + b"}",
        b"[]",
        b"7",
        b"{",
        b"\xff",
    ],
)
def test_payload_that_no_reader_could_take_is_left_out(payload: bytes):
    """An answer with a hostile payload is written without it; the signed bytes are there all the same."""
    message = verify_pb2.GetRecordResponse(record=record_message(answer(payload)))
    again = verify_pb2.GetRecordResponse.FromString(message.SerializeToString())
    assert not again.record.HasField("payload")
    assert again.record.statement == message.record.statement


@given(st.binary(max_size=50) | st.text(max_size=50).map(str.encode))
def test_any_payload_can_be_shown_or_left_out(payload: bytes):
    """Nothing that a record may hold raises."""
    json_struct(payload, "element")


def test_odd_master_data_spoils_no_answer():
    """The version beside it is shown in full, and it is shown without its element."""
    good = b'{"type":"t","element":{"id":"x"}}'
    bad = b'{"type":"t","element":' + nested(60) + b"}"
    versions = tuple(
        Said("t", payload, SPEAKER, Fingerprint(b"f" * 32), True, State.FINAL, known)
        for payload, known in ((good, 1_500), (bad, None))
    )
    message = masterdata_message(MasterDataAnswer("x", versions, ()))
    again = trace_pb2.GetMasterdataResponse.FromString(message.SerializeToString())
    assert [version.HasField("element") for version in again.versions] == [True, False]
    assert [version.HasField("known_at") for version in again.versions] == [True, False]


def test_every_state_and_level_and_gap_has_its_word():
    """Nothing falls together or is lost."""
    shown = {state: record_pb2.State.Name(state_number(state)) for state in State}
    assert shown == {state: f"STATE_{state.name}" for state in shown}
    assert state_number(None) == record_pb2.STATE_UNSPECIFIED
    for level in Level:
        assert speaker_message(Speaker("p", "o", level)).level
    unspecified = {reason for reason in GapReason if not number_of(trace_pb2.GapReason, reason)}
    assert unspecified == {GapReason.TRUNCATED}


def test_cut_answers_say_truncated_and_have_no_gap_for_it():
    """`truncated` says it once; a gap would say that something is missing."""
    gaps = [Gap("x", GapReason.TRUNCATED, "limit"), Gap("x", GapReason.HOLDER_DOWN, "down")]
    assert [gap.reason for gap in gap_messages(gaps)] == [trace_pb2.GAP_REASON_HOLDER_DOWN]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (None, "VERIFIED"),
        ("PROOF_INVALID", "FALSE"),
        ("MALFORMED_PROOF", "MALFORMED"),
        ("NOT_ANCHORED", "NOT_ANCHORED"),
        ("OVERDUE", "NOT_ANCHORED"),
        ("UNTRUSTED", "UNTRUSTED"),
        ("BAD_SIGNATURE", "FALSE"),
    ],
)
def test_verdict_follows_from_the_error_alone(code: str | None, verdict: str):
    """Only a report without an error is VERIFIED; an error that has no verdict of its own is FALSE."""
    error = Rejected(code, "why") if code else None
    steps = (
        StepResult(1, "a", "ok", "x"),
        StepResult(2, "b", "failed", ""),
        StepResult(3, "c", "not checked", ""),
    )
    written = to_json(report_message(Report(steps, "FINAL", error)))
    assert written["verdict"] == verdict
    assert [step["outcome"] for step in written["steps"]] == ["OK", "FAILED", "NOT_CHECKED"]
