"""Instants of EPCIS events: ISO 8601 with a zone (EPCIS 2.0 section 7.4.2,
the profile of RFC 3339) to microseconds UTC."""

import re
from datetime import date

from tracehold.core.errors import Rejected

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)")
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS = range(1970, 2200)


def instant(text: str, offset: str | None = None) -> int:
    """Microseconds since 1970-01-01T00:00:00Z. Further decimals are cut off, not rounded.

    `offset`, like `+01:00`, is the zone of a text that has none. Raises BAD_TIME: malformed, no zone known,
    no such day, or outside 1970 to 2199.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise Rejected("BAD_TIME", f"{text[:60]!r} is no ISO 8601 date and time")
    zone = match[8] or offset
    if not zone:
        raise Rejected("BAD_TIME", f"{text!r} has no zone")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    if year not in _YEARS:
        raise Rejected("BAD_TIME", f"{text!r} is outside {_YEARS[0]} to {_YEARS[-1]}")
    # Second 60 is a leap second: the instant after second 59.
    if hour > 23 or minute > 59 or second > 60:
        raise Rejected("BAD_TIME", f"{text!r} is no time of day")
    seconds = _days(year, month, day, text) * 86_400 + hour * 3600 + minute * 60 + second
    micros = int((match[7] or "")[:6].ljust(6, "0"))
    return (seconds - _zone_seconds(zone, text)) * 1_000_000 + micros


def is_rfc3339(text: str, found: int) -> bool:
    """Whether a text of which `instant` made `found` is a date-time of RFC 3339, section 5.6: with a zone, a
    point before its decimals, and second 60 only where leap seconds are, at the end of a UTC day."""
    if "," in text or not (text[-1] in "Zz" or text[-6] in "+-"):
        return False
    return text[17:19] != "60" or found // 1_000_000 % 86_400 == 0


def is_offset(text: str) -> bool:
    """Whether the text is an eventTimeZoneOffset: `+hh:mm` or
    `-hh:mm`, at most 14 hours (EPCIS JSON schema)."""
    return _OFFSET.fullmatch(text) is not None


def _days(year: int, month: int, day: int, text: str) -> int:
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        raise Rejected("BAD_TIME", f"{text!r} names a day that does not exist") from None


def _zone_seconds(zone: str, text: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise Rejected("BAD_TIME", f"{text!r} has an impossible zone")
    seconds = hours * 3600 + minutes * 60
    return -seconds if zone[0] == "-" else seconds
