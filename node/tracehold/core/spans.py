"""Runs of entries [start, stop) of a log, and what they cover together."""

from collections.abc import Iterable

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
    others = joined(second)
    return joined(
        (max(start, begin), min(stop, end)) for start, stop in joined(first) for begin, end in others
    )


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


def covers(spans: Iterable[Span], index: int) -> bool:
    """Whether the entry is in one of them."""
    return any(start <= index < stop for start, stop in spans)


def prefix(spans: Iterable[Span]) -> int:
    """How many entries from 0 on are in them without a gap."""
    return next((stop for start, stop in joined(spans) if start == 0), 0)
