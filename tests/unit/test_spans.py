"""Spans of entries, held against plain sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.spans import Spans, common, covers, joined, missing, overlaps, prefix, reach, without

ENDS = st.integers(0, 12)
SPANS = st.lists(st.tuples(ENDS, ENDS), max_size=5)


def members(spans: list[tuple[int, int]] | Spans) -> set[int]:
    """The entries in them."""
    return {index for start, stop in spans for index in range(start, stop)}


def one_form(spans: Spans) -> bool:
    """Ascending, apart, none empty."""
    ends = [end for span in spans for end in span]
    return all(first < second for first, second in pairwise(ends))


@given(SPANS, SPANS, ENDS)
def test_spans_are_sets(first, second, end):
    """Union, intersection and rest have the entries that sets have, in one form."""
    assert members(joined(first)) == members(first)
    assert members(common(first, second)) == members(first) & members(second)
    assert members(missing(first, end)) == set(range(end)) - members(first)
    assert members(without(first, second)) == members(first) - members(second)
    for spans in (joined(first), common(first, second), missing(first, end), without(first, second)):
        assert one_form(spans)


@given(SPANS, ENDS)
def test_what_is_in_them(spans, index):
    """One entry, and those from 0 on."""
    inside = joined(spans)
    assert covers(inside, index) == (index in members(spans))
    ends = [stop for start, stop in inside if start <= index <= stop]
    assert reach(inside, index) == (ends[0] if ends else None)
    upto = prefix(spans)
    assert set(range(upto)) <= members(spans)
    assert upto not in members(spans)


@given(SPANS, ENDS, ENDS)
def test_what_overlaps_them(spans, start, stop):
    """As soon as one entry is in both."""
    assert overlaps(joined(spans), start, stop) == bool(set(range(start, stop)) & members(spans))
