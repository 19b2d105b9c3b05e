"""Messages as JSON and back, held against protobuf's own json_format."""

import json
import math

import pytest
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.errors import Rejected
from tracehold.v1 import event_pb2, record_pb2, trace_pb2, upload_pb2, verify_pb2
from tracehold.wire.from_json import fill, set_text
from tracehold.wire.protojson import to_json

text = st.text(max_size=20)
small = st.integers(0, (1 << 32) - 1)
wide = st.integers(0, (1 << 64) - 1)
json_values = st.recursive(
    st.none() | st.booleans() | text | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def structs(draw: st.DrawFn) -> Struct:
    """Any JSON object."""
    made = Struct()
    made.update(draw(st.dictionaries(text, json_values, max_size=3)))
    return made


@st.composite
def records(draw: st.DrawFn) -> record_pb2.Record:
    """Records with every kind of field: enum, message, repeated, struct, bytes, time, 64 bits."""
    made = record_pb2.Record(
        fingerprint=draw(text),
        index=draw(wide),
        audience=draw(st.sampled_from(list(record_pb2.Audience.values()))),
        attachments=[record_pb2.Attachment(size=size) for size in draw(st.lists(wide, max_size=2))],
        statement=draw(st.binary(max_size=20)),
    )
    if draw(st.booleans()):
        made.speaker.party = draw(text)
    if draw(st.booleans()):
        made.payload.CopyFrom(draw(structs()))
    if draw(st.booleans()):
        made.issued_at.seconds = draw(st.integers(-62135596800, 253402300799))
        made.issued_at.nanos = draw(st.integers(0, 999_999)) * 1_000
    return made


def oracle(message: object) -> object:
    """What json_format writes, prefixes of enums taken off."""
    written = json_format.MessageToJson(message, always_print_fields_with_no_presence=True)  # type: ignore[arg-type]
    return json.loads(written)


@given(records())
def test_writes_what_json_format_writes(record: record_pb2.Record):
    """Our encoder and protobuf's agree on every field but the words of enums."""
    expected = oracle(record)
    assert isinstance(expected, dict)
    expected["audience"] = expected["audience"].removeprefix("AUDIENCE_")
    expected["state"] = expected["state"].removeprefix("STATE_")
    if "speaker" in expected:
        expected["speaker"]["level"] = expected["speaker"]["level"].removeprefix("SPEAKER_LEVEL_")
    assert to_json(record) == expected


@given(records())
def test_reads_what_it_writes(record: record_pb2.Record):
    """A message survives the way through JSON, as ours and as json_format writes it."""
    for written in (to_json(record), oracle(record)):
        again = record_pb2.Record()
        fill(again, json.loads(json.dumps(written)))
        assert again == record


@given(st.floats())
def test_floats_are_never_bare_nan(number: float):
    """JSON has no NaN and no infinity: they are words, as in ProtoJSON."""
    written = to_json(trace_pb2.Content(quantity=number))["quantity"]
    assert json.dumps(written, allow_nan=False)
    assert isinstance(written, str) is not math.isfinite(number)


def test_fields_without_presence_are_always_written():
    """An empty answer says so in every field; what has presence is left out."""
    written = to_json(trace_pb2.GetContentsResponse())
    assert written == {
        "item": "",
        "children": [],
        "components": [],
        "events": [],
        "gaps": [],
        "truncated": False,
        "coverage": [],
    }
    assert "quantity" not in to_json(trace_pb2.Content())


def test_enum_number_of_a_later_release_is_written_as_number():
    """A word that this release does not know is not made up."""
    assert to_json(trace_pb2.Gap(reason=99))["reason"] == 99  # type: ignore[arg-type]


def test_maps_and_oneofs_are_read():
    """A map is an object; of a oneof one field is set."""
    event = event_pb2.Event()
    fill(event, {"namespaces": {"ex": "https://ex"}, "objectEvent": {"action": "ADD", "ilmd": {"ex:a": 1}}})
    assert dict(event.namespaces) == {"ex": "https://ex"}
    assert event.object_event.ilmd["ex:a"] == 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], ""),
        (None, ""),
        ({"nothing": 1}, "/nothing"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"eventId": 1}, "/eventId"),
        ({"eventId": "a", "event_id": "b"}, "/event_id"),
        ({"eventTime": 5}, "/eventTime"),
        ({"eventTime": "2026-13-01T00:00:00Z"}, "/eventTime"),
        ({"namespaces": []}, "/namespaces"),
        ({"namespaces": {"a/b": 1}}, "/namespaces/a~1b"),
        ({"sources": {}}, "/sources"),
        ({"sources": [{"type": "t"}, {"type": 1}]}, "/sources/1/type"),
        ({"sources": [None]}, "/sources/0"),
        ({"extensions": []}, "/extensions"),
        ({"objectEvent": {}, "transactionEvent": {}}, "/transactionEvent"),
        ({"objectEvent": {"action": "EXPLODE"}}, "/objectEvent/action"),
        ({"objectEvent": {"action": 1}}, "/objectEvent/action"),
        ({"objectEvent": {"quantityList": [{"quantity": "much"}]}}, "/objectEvent/quantityList/0/quantity"),
        ({"objectEvent": {"quantityList": [{"quantity": True}]}}, "/objectEvent/quantityList/0/quantity"),
        ({"objectEvent": {"epcList": ["a", None]}}, "/objectEvent/epcList/1"),
        ({"errorDeclaration": {"declarationTime": "2026-01-01"}}, "/errorDeclaration/declarationTime"),
    ],
)
def test_what_is_refused_names_its_path(value: object, path: str):
    """The path is a JSON pointer with what came in escaped."""
    with pytest.raises(Rejected) as caught:
        fill(event_pb2.Event(), value)
    assert caught.value.path == path


@pytest.mark.parametrize("number", [-1, 1 << 32, 0.5, "1.5", "", "x", "٣", True, "1" * 30])
def test_what_is_no_32_bit_number_is_refused(number: object):
    """Numbers out of range, fractions and foreign digits are not bent into place."""
    with pytest.raises(Rejected, match="BAD_REQUEST"):
        fill(trace_pb2.TraceRequest(), {"maxDepth": number})


@pytest.mark.parametrize("number", [7, 7.0, "7"])
def test_spellings_of_a_number_are_read(number: object):
    """ProtoJSON takes numbers, whole floats and strings of digits."""
    request = trace_pb2.TraceRequest()
    fill(request, {"maxDepth": number})
    assert request.max_depth == 7


@pytest.mark.parametrize("encoded", ["+/8=", "+/8", "-_8", "-_8="])
def test_spellings_of_base64_are_read(encoded: str):
    """Standard and URL-safe, with and without padding."""
    request = verify_pb2.VerifyRecordRequest()
    fill(request, {"evidence": encoded})
    assert request.evidence == b"\xfb\xff"


@pytest.mark.parametrize("encoded", ["!", "a", "a=b", "aa aa", 7])
def test_what_is_no_base64_is_refused(encoded: object):
    """Stray characters are not skipped."""
    with pytest.raises(Rejected, match="BAD_REQUEST"):
        fill(verify_pb2.VerifyRecordRequest(), {"evidence": encoded})


def test_null_leaves_a_field_unset():
    """ProtoJSON: null is the default value."""
    request = trace_pb2.TraceRequest()
    fill(request, {"item": None, "at": None})
    assert request == trace_pb2.TraceRequest()


def test_parameters_are_read_by_the_type_of_their_field():
    """Path and query carry text; numbers, words, truth and times are read from it."""
    request = trace_pb2.TraceRequest()
    for name, value in (("item", "a"), ("maxDepth", "5"), ("direction", "UPSTREAM"), ("strictTime", "true")):
        set_text(request, name, [value], f"/{name}")
    set_text(request, "at", ["2026-03-01T10:00:00+01:00"], "/at")
    assert (request.item, request.max_depth, request.direction, request.strict_time) == ("a", 5, 1, True)
    assert request.at.ToJsonString() == "2026-03-01T09:00:00Z"
    states = upload_pb2.GetStatesRequest()
    set_text(states, "fingerprints", ["a", "b"], "/fingerprints")
    assert list(states.fingerprints) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("item", ["a", "b"]),
        ("strictTime", ["1"]),
        ("maxDepth", ["five"]),
        ("nothing", ["a"]),
        ("at", ["now"]),
    ],
)
def test_bad_parameters_are_refused(name: str, texts: list[str]):
    """Twice the same, unknown, or of another type."""
    with pytest.raises(Rejected) as caught:
        set_text(trace_pb2.TraceRequest(), name, texts, f"/{name}")
    assert caught.value.path == f"/{name}"


def test_messages_are_no_parameters():
    """A record cannot be given in a query."""
    with pytest.raises(Rejected, match="BAD_REQUEST"):
        set_text(verify_pb2.GetRecordResponse(), "record", ["{}"], "/record")
