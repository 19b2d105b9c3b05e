"""Limits of the protos, enforced generically, and equal to those of core."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core import limits as core
from tracehold.core.errors import Rejected
from tracehold.v1 import event_pb2, peer_pb2, trace_pb2, upload_pb2, verify_pb2
from tracehold.wire.ceiling import SLACK_BYTES, json_ceiling
from tracehold.wire.limits import check, limit_of
from tracehold.wire.protojson import to_json

HEX = "a" * 64
UP = trace_pb2.DIRECTION_UPSTREAM


def good_event() -> event_pb2.Event:
    """An event within all limits."""
    event = event_pb2.Event(
        event_time_zone_offset="+00:00", object_event=event_pb2.ObjectEvent(action=event_pb2.ACTION_ADD)
    )
    event.event_time.seconds = 1
    return event


@pytest.mark.parametrize(
    "message",
    [
        trace_pb2.TraceRequest(item="x" * 1024, direction=UP, max_depth=1000, page_token="t" * 16_384),
        upload_pb2.GetStatesRequest(fingerprints=[HEX] * 10_000),
        verify_pb2.VerifyRecordRequest(),
        verify_pb2.VerifyRecordRequest(fingerprint=HEX),
        upload_pb2.UploadItem(statement=bytes(core.MAX_RECORD_BYTES)),
        upload_pb2.UploadItem(event=good_event()),
        peer_pb2.ExpandRequest(),
        verify_pb2.GetStatusRequest(),
    ],
)
def test_what_is_within_its_limits_passes(message):
    """A limit is the last value that is taken."""
    check(message)


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (trace_pb2.TraceRequest(direction=UP), "/item"),
        (trace_pb2.TraceRequest(item="x"), "/direction"),
        (trace_pb2.TraceRequest(item="x" * 1025, direction=UP), "/item"),
        (trace_pb2.TraceRequest(item="x", direction=UP, max_depth=1001), "/maxDepth"),
        (trace_pb2.TraceRequest(item="x", direction=UP, page_token="t" * 16_385), "/pageToken"),
        (upload_pb2.GetStatesRequest(), "/fingerprints"),
        (upload_pb2.GetStatesRequest(fingerprints=[HEX] * 10_001), "/fingerprints"),
        (upload_pb2.GetStatesRequest(fingerprints=[HEX, ""]), "/fingerprints/1"),
        (upload_pb2.GetStatesRequest(fingerprints=[HEX.upper()]), "/fingerprints/0"),
        (verify_pb2.VerifyRecordRequest(fingerprint=HEX[1:]), "/fingerprint"),
        (verify_pb2.GetRecordRequest(), "/fingerprint"),
        (verify_pb2.GetRecordRequest(fingerprint=HEX + "\n"), "/fingerprint"),
        (upload_pb2.UploadItem(statement=bytes(core.MAX_RECORD_BYTES + 1)), "/statement"),
        (upload_pb2.UploadItem(event=event_pb2.Event()), "/event/eventTime"),
        (
            upload_pb2.UploadRequest(items=[upload_pb2.UploadItem(), upload_pb2.UploadItem(party="p" * 513)]),
            "/items/1/party",
        ),
    ],
)
def test_what_is_beyond_is_refused_with_its_path(message, path: str):
    """One more than the limit, one less than required."""
    with pytest.raises(Rejected, match="BAD_REQUEST") as caught:
        check(message)
    assert caught.value.path == path


def test_limits_deep_in_a_message_are_found():
    """A list in an event in an item: the path leads to the element."""
    event = good_event()
    event.sensor_elements.add().sensor_reports.add(uom="x" * 17)
    with pytest.raises(Rejected) as caught:
        check(upload_pb2.UploadItem(event=event))
    assert caught.value.path == "/event/sensorElements/0/sensorReports/0/uom"


def test_elements_can_be_left_to_the_caller_their_number_not():
    """A bad element is the caller's to refuse; too many of them are not."""
    bad = upload_pb2.UploadItem(event=event_pb2.Event())
    check(upload_pb2.UploadRequest(items=[bad]), but_elements_of=("items",))
    for items in ([], [bad] * 10_001):
        with pytest.raises(Rejected):
            check(upload_pb2.UploadRequest(items=items), but_elements_of=("items",))


def test_limits_of_the_protos_are_those_of_core():
    """Two places hold one number: this holds them together."""
    item = upload_pb2.UploadItem.DESCRIPTOR.fields_by_name
    items = limit_of(upload_pb2.UploadRequest.DESCRIPTOR.fields_by_name["items"])
    assert items is not None
    assert items.max_items == core.MAX_BATCH_RECORDS
    for name in ("statement", "event_json", "masterdata_json"):
        bound = limit_of(item[name])
        assert bound is not None
        assert bound.max_bytes == core.MAX_RECORD_BYTES
    evidence = limit_of(verify_pb2.VerifyRecordRequest.DESCRIPTOR.fields_by_name["evidence"])
    assert evidence is not None
    assert evidence.max_bytes == core.MAX_EVIDENCE_BYTES
    for field, most in (
        (item["party"], core.MAX_PARTY_CHARS),
        (trace_pb2.TraceRequest.DESCRIPTOR.fields_by_name["item"], core.MAX_ITEM_CHARS),
    ):
        bound = limit_of(field)
        assert bound is not None
        assert bound.max_chars == most


def test_every_repeated_field_of_a_request_is_bounded():
    """What a caller may repeat without end would be a caller's to exhaust."""
    for file in (upload_pb2, trace_pb2, verify_pb2, peer_pb2):
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                for field in method.input_type.fields:
                    bound = limit_of(field)
                    if field.is_repeated:
                        assert bound is not None, field.full_name
                        assert bound.max_items, field.full_name


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=1024), st.integers(0, 1000))
def test_largest_request_is_below_its_ceiling(item: str, depth: int):
    """No request within its limits is refused for its size, however it is escaped."""
    request = trace_pb2.TraceRequest(
        item=(item * 1024)[:1024], direction=UP, max_depth=depth, page_token="\0" * 16_384
    )
    request.at.GetCurrentTime()
    check(request)
    assert len(json.dumps(to_json(request))) < json_ceiling(request.DESCRIPTOR)


def test_ceilings_are_tight_where_limits_are_and_bounded_everywhere():
    """A question is small; a batch of anything is at most a message."""
    assert json_ceiling(trace_pb2.GetHistoryRequest.DESCRIPTOR) < 4 * SLACK_BYTES
    assert json_ceiling(trace_pb2.TraceRequest.DESCRIPTOR) < 8 * SLACK_BYTES
    assert json_ceiling(upload_pb2.UploadRequest.DESCRIPTOR) == core.MAX_MESSAGE_BYTES
    evidence = json_ceiling(verify_pb2.VerifyRecordRequest.DESCRIPTOR)
    assert core.MAX_EVIDENCE_BYTES * 4 // 3 < evidence < core.MAX_MESSAGE_BYTES
