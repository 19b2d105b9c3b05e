"""Runs [start, stop) of entries of a log, or of instants, and what they cover together."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

Span = tuple[int, int]

Spans = tuple[Span, ...]
"""Ascending, apart from each other, none empty: each set of entries has one such form."""


def joined(spans: Iterable[Span]) -> Spans:
    """The entries that are in any of these, which may be in any order, touch and overlap."""
    found: list[Span] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(stop, found[-1][1])
        else:
            found.append((start, stop))
    return tuple(found)


def common(first: Iterable[Span], second: Iterable[Span]) -> Spans:
    """The entries that are in both."""
    ours, others = joined(first), joined(second)
    found: list[Span] = []
    i = j = 0
    while i < len(ours) and j < len(others):
        (start, stop), (begin, end) = ours[i], others[j]
        if max(start, begin) < min(stop, end):
            found.append((max(start, begin), min(stop, end)))
        if stop < end:
            i += 1
        else:
            j += 1
    return tuple(found)


def missing(spans: Iterable[Span], end: int) -> Spans:
    """The entries [0, end) that are in none."""
    found: list[Span] = []
    at = 0
    for start, stop in joined(spans):
        found.append((at, min(start, end)))
        at = stop
    return joined([*found, (at, end)])


def without(first: Iterable[Span], second: Iterable[Span]) -> Spans:
    """The entries that are in the first and not in the second."""
    spans = joined(first)
    return common(spans, missing(second, spans[-1][1])) if spans else ()


def covers(spans: Sequence[Span], index: int) -> bool:
    """Whether the entry is in one of them."""
    return (reach(spans, index) or 0) > index


def overlaps(spans: Sequence[Span], start: int, stop: int) -> bool:
    """Whether anything of [start, stop) is in one of them."""
    at = bisect_left(spans, stop, key=itemgetter(0)) - 1
    return start < stop and at >= 0 and spans[at][1] > start


def reach(spans: Sequence[Span], start: int) -> int | None:
    """Where the run ends that holds or reaches the place `start`; None where there is none."""
    at = bisect_right(spans, start, key=itemgetter(0)) - 1
    return spans[at][1] if at >= 0 and spans[at][1] >= start else None


def prefix(spans: Iterable[Span]) -> int:
    """How many entries from 0 on are in them without a gap."""
    return next((stop for start, stop in joined(spans) if start == 0), 0)
