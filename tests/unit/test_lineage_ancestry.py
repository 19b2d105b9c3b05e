"""Shared ancestors over flows that somebody else found: those of `common`, at any depth, late or not."""

from collections.abc import Generator, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lineage.telling import Event
from tests.lineage.wild import THINGS, Shelf, facts, stories
from tracehold.core.lineage import Walk, Wanted, common
from tracehold.core.lineage.ancestry import shared_ancestors
from tracehold.core.lineage.book import Book
from tracehold.core.lineage.flows import Flows, upstream


def found(shelf: Shelf, items: Sequence[str]) -> Flows:
    """All processes above the items, and above others too."""
    book, flows = Book(), Flows(sign=1)

    def asking() -> Generator[Wanted, None, Flows]:
        frontier = sorted({*items, THINGS[0]})
        while frontier:
            yield from upstream(book, flows, frontier)
            near = (key for name in frontier for key, _ in flows.near[name])
            frontier = sorted({part.item for key in near for part in flows.far[key]} - flows.near.keys())
        return flows

    whole: Flows = shelf.drive(Walk(book, asking()))
    return whole


@given(stories, st.sampled_from([1, 2, 64]), st.booleans())
def test_they_are_those_of_the_walk(events: list[Event], max_depth: int, strict: bool):
    """Of every two things of a wild world, whatever else was looked up."""
    shelf = Shelf(facts(events))
    for some in combinations(THINGS, 2):
        walked = shelf.drive(common(some, max_depth=max_depth, strict_time=strict)).items
        flows = found(shelf, some)
        assert shared_ancestors(flows, some, max_depth=max_depth, strict_time=strict) == walked


@pytest.mark.parametrize("items", [[], ["a"], ["a", "a"]])
def test_of_none_and_of_one(items: list[str]):
    """Nothing is common to nothing; one thing has itself in common, asked about twice or once."""
    assert [entry.item for entry in shared_ancestors(Flows(1, {"a": []}), items)] == items[:1]
