"""Range requests (RFC 9110 section 14): one range of bytes; whatever else is asked for gets the whole."""

import re

from tracehold.core.errors import Rejected

_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.ASCII | re.IGNORECASE)


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, stop) of what a Range header asks of `size` bytes; None for the whole: where there is none,
    or one that a server may leave alone (another unit, several ranges, a spelling that means nothing).

    Raises BAD_RANGE where the range begins at or behind the end, or is of no bytes (section 15.5.17).
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        start, stop = max(0, size - int(suffix)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None  # section 14.1.2: no range at all
    if start >= size:
        raise Rejected("BAD_RANGE", f"the content has {size} bytes", path="/range")
    return start, stop


def is_same(header: str, tag: str) -> bool:
    """Whether an If-None-Match names this entity tag (RFC 9110 section 13.1.2)."""
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in header.split(","))
