"""Runs of known times: laid over each other they are what was laid last."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tracehold.adapters.neo4j_graph.known import known_at, laid
from tracehold.journey.ports import Known

RANGES = st.lists(st.builds(Known, st.integers(0, 12), st.integers(0, 12), st.integers(1, 9)), max_size=8)


@given(RANGES, RANGES)
def test_an_entry_has_the_time_of_the_last_range_that_holds_it(first, second):
    """In one call or in two, also where ranges are empty or the wrong way round."""
    times = laid(laid([], first), second)
    assert times == laid([], [*first, *second])
    for at in range(13):
        holding = [each.known_ms for each in [*first, *second] if each.start <= at < each.stop]
        assert known_at(times, at) == (holding[-1] if holding else None)


@given(RANGES)
def test_runs_stay_apart_and_in_order(ranges):
    """So that one search finds the run of an entry."""
    times = laid([], ranges)
    assert all(each.start < each.stop for each in times)
    assert all(one.stop <= two.start for one, two in pairwise(times))


@given(RANGES)
def test_laying_again_changes_nothing(ranges):
    """What a node lays again after each start is written only where it differs."""
    times = laid([], ranges)
    assert laid(times, times) == times


def test_what_is_cut_keeps_its_rest():
    """On both sides."""
    assert laid([Known(0, 9, 1)], [Known(3, 5, 2)]) == [Known(0, 3, 1), Known(3, 5, 2), Known(5, 9, 1)]
