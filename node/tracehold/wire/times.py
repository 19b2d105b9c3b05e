"""Times on the wire: `google.protobuf.Timestamp` <-> microseconds, milliseconds, and RFC 3339 text."""

import re
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from tracehold.core.errors import Rejected

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:\d{2})", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62135596800, 253402300799
"""Seconds of 0001-01-01 and of the end of 9999: what a Timestamp may hold (timestamp.proto)."""


def from_us(microseconds: int) -> Timestamp:
    """The timestamp of microseconds since the epoch."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


def from_ms(milliseconds: int) -> Timestamp:
    """The timestamp of milliseconds since the epoch."""
    return from_us(milliseconds * 1_000)


def from_s(seconds: float) -> Timestamp:
    """The timestamp of seconds since the epoch, to the microsecond."""
    return from_us(round(seconds * 1_000_000))


def to_us(timestamp: Timestamp, path: str) -> int:
    """Microseconds since the epoch, what is finer cut off. Raises BAD_TIME
    where the message holds no time of 0001 to 9999.
    """
    if not (_FIRST <= timestamp.seconds <= _LAST and 0 <= timestamp.nanos < 1_000_000_000):
        raise Rejected("BAD_TIME", "not a time between the years 1 and 9999", path=path)
    return timestamp.seconds * 1_000_000 + timestamp.nanos // 1_000


def rfc3339(timestamp: Timestamp) -> str:
    """`2026-01-31T10:00:00.123456Z`, without a fraction where there
    is none: ProtoJSON's form, to the microsecond.
    """
    return us_text(timestamp.seconds * 1_000_000 + timestamp.nanos // 1_000)


def us_text(microseconds: int) -> str:
    """RFC 3339 text of microseconds since the epoch, with 0, 3 or 6 digits of fraction."""
    seconds, rest = divmod(microseconds, 1_000_000)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    if len(text) < 19:  # strftime does not pad years before 1000 on every platform
        text = text.rjust(19, "0")
    if not rest:
        return text + "Z"
    return f"{text}.{rest // 1_000:03}Z" if rest % 1_000 == 0 else f"{text}.{rest:06}Z"


def parse_rfc3339(text: str, path: str) -> Timestamp:
    """The timestamp of RFC 3339 text with any zone. Raises BAD_TIME."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise Rejected("BAD_TIME", "not a time of RFC 3339 with a zone", path=path)
    *numbers, fraction, zone = found.groups()
    try:
        local = datetime(*map(int, numbers), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        raise Rejected("BAD_TIME", "there is no such time", path=path) from None
    seconds = int((local - _EPOCH).total_seconds()) - _offset_s(zone, path)
    nanos = int((fraction or "0").ljust(9, "0"))
    if not _FIRST <= seconds <= _LAST:
        raise Rejected("BAD_TIME", "not a time between the years 1 and 9999", path=path)
    return Timestamp(seconds=seconds, nanos=nanos)


def _offset_s(zone: str, path: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise Rejected("BAD_TIME", "there is no such zone", path=path)
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
