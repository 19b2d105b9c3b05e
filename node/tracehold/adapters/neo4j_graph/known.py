"""When runs of entries were known: runs of one log that never overlap."""

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from tracehold.journey.ports import Known

Times = list[Known]
"""Ascending and apart from each other."""

_stop = attrgetter("stop")
_start = attrgetter("start")


def laid(times: Times, ranges: Iterable[Known]) -> Times:
    """The times with these ranges laid over them, one after the other: what one covers goes, what it cuts is
    shortened.
    """
    found = list(times)
    for each in ranges:
        if each.start >= each.stop:
            continue
        first = bisect_right(found, each.start, key=_stop)
        last = max(first, bisect_right(found, each.stop - 1, key=_start))
        cut = found[first:last]
        left = [Known(old.start, each.start, old.known_ms) for old in cut[:1] if old.start < each.start]
        right = [Known(each.stop, old.stop, old.known_ms) for old in cut[-1:] if old.stop > each.stop]
        found[first:last] = [*left, each, *right]
    return found


def known_at(times: Times, index: int) -> int | None:
    """When the entry was known by these; None where it is in none."""
    at = bisect_right(times, index, key=_stop)
    return times[at].known_ms if at < len(times) and times[at].start <= index else None
