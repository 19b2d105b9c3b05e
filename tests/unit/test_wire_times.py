"""Times on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.errors import Rejected
from tracehold.wire.times import from_ms, from_s, from_us, parse_rfc3339, rfc3339, to_us, us_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROS = st.integers(-62135596800 * 10**6, 253402300799 * 10**6 + 999_999)


@given(MICROS)
def test_text_is_what_protobuf_writes(microseconds: int):
    """Same instant, same text as the runtime's own encoder."""
    timestamp = from_us(microseconds)
    assert rfc3339(timestamp) == us_text(microseconds) == timestamp.ToJsonString()
    assert to_us(timestamp, "") == microseconds


@given(MICROS, st.integers(-23 * 60, 23 * 60))
def test_text_in_any_zone_is_the_same_instant(microseconds: int, minutes: int):
    """The offset moves the text, not the time."""
    try:
        moment = EPOCH + timedelta(microseconds=microseconds)
        local = moment.astimezone(timezone(timedelta(minutes=minutes)))
    except OverflowError:
        return
    assert to_us(parse_rfc3339(local.isoformat(), "/at"), "") == microseconds


def test_seconds_and_milliseconds():
    """Units are not mixed up."""
    assert from_s(1.5) == from_ms(1_500) == from_us(1_500_000) == Timestamp(seconds=1, nanos=500_000_000)
    assert from_ms(-1) == Timestamp(seconds=-1, nanos=999_000_000)


def test_nanoseconds_are_kept_as_sent():
    """Nine digits are read, further ones cut off."""
    assert parse_rfc3339("1970-01-01T00:00:00.1234567899Z", "").nanos == 123_456_789


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00+0100",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "٢٠٢٦-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        "2026-01-01T00:00:00.Z",
    ],
)
def test_what_is_no_time_is_refused(text: str):
    """RFC 3339 with a zone, in the years 1 to 9999."""
    with pytest.raises(Rejected, match="BAD_TIME") as caught:
        parse_rfc3339(text, "/at")
    assert caught.value.path == "/at"


@pytest.mark.parametrize(("seconds", "nanos"), [(1 << 40, 0), (-(1 << 40), 0), (0, -1), (0, 10**9)])
def test_message_that_holds_no_time_is_refused(seconds: int, nanos: int):
    """A client can put anything into a Timestamp."""
    with pytest.raises(Rejected, match="BAD_TIME"):
        to_us(Timestamp(seconds=seconds, nanos=nanos), "/at")
