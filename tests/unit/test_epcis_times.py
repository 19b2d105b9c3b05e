"""Instants: one number for one moment, and nothing absurd."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehold.core.epcis.times import instant, is_offset, is_rfc3339
from tracehold.core.errors import Rejected

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=zones)  # noqa: DTZ001


@given(moments, st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_agrees_with_the_calendar_of_python(moment, more):
    """Any moment in any zone, with any number of decimals, is its microseconds since 1970."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "9" * more + moment.isoformat()[-6:]
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert instant(text) == expected


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00.000+01:00"),
        ("2026-03-01t12:00:00z", "2026-03-01T12:00:00.0000000-00:00"),
        ("2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00.500000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2022-01-20T11:10:14.0250000+00:00", "2022-01-20T11:10:14.025Z"),
    ],
)
def test_spellings_of_one_moment(text, same):
    """Zone, decimals and letter case do not matter; a leap second is the next second."""
    assert instant(text) == instant(same)


@pytest.mark.parametrize(
    "text",
    [
        "22-07-2026", "2026-03-01", "2026-03-01T12:00", "2026-03-01 12:00:00Z", "20260301T120000Z",
        "2026-W09-7T12:00:00Z",
        "2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:61Z", "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+0100",
        "2026-03-01T12:00:00Z ", "\u0662\u0660\u0662\u0666-03-01T12:00:00Z", "2026-03-01T12:00:00",
        "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "",
    ],
)  # fmt: skip
def test_malformed_and_absurd_times_are_refused(text):
    """Neither half a time nor one of a year that no event has."""
    with pytest.raises(Rejected, match="BAD_TIME"):
        instant(text)


def test_a_zone_given_beside():
    """A text without a zone takes the one given; its own goes first."""
    assert instant("2026-03-01T12:00:00", "+01:00") == instant("2026-03-01T11:00:00Z")
    assert instant("2026-03-01T12:00:00Z", "+01:00") == instant("2026-03-01T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2026-03-01t12:00:00.5z", True),
        ("2016-12-31T23:59:60Z", True),
        ("2016-12-31T22:59:60.5-01:00", True),
        ("2016-12-31T22:59:60Z", False),
        ("2026-03-01T12:00:00", False),
        ("2026-03-01T12:00:00,5Z", False),
    ],
)
def test_the_profile_of_rfc_3339(text, valid):
    """A zone, a point, and leap seconds only where there are some."""
    assert is_rfc3339(text, instant(text, "Z")) is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("+01:00", True),
        ("-13:59", True),
        ("+14:00", True),
        ("+14:01", False),
        ("01:00", False),
        ("Z", False),
        ("+1:00", False),
    ],
)
def test_zone_offsets(text, valid):
    """Hours and minutes with a sign, at most 14 hours."""
    assert is_offset(text) is valid
