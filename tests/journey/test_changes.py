"""The differences that a watcher is told, over every pair of standings; and cursors."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.changes import Standing, Told, decode_cursor, encode_cursor, fall, rise
from tracehold.journey.states import State

LOG = LogId(b"\x01" * 32)
POSITIONS = st.integers(0, 40)


def told_of(parts: list[int]) -> Told:
    """Numbers that a watcher can have been told."""
    final, anchored, replicated, sealed = sorted(parts)
    return Told(sealed, anchored, final, replicated=replicated)


@given(
    st.lists(POSITIONS, min_size=4, max_size=4),
    st.lists(POSITIONS, min_size=4, max_size=4),
    POSITIONS,
    st.integers(1, 9),
    st.booleans(),
)
def test_changes_lead_to_the_standing(
    before: list[int], after: list[int], kept: int, most: int, copied: bool
):
    """From whatever was told, changes of bounded length end at the log as it stands, and leave no state out;
    in a network without copies, all but REPLICATED.
    """
    told = told_of(before)
    final, anchored, replicated, sealed = sorted(after)
    sealed = max(sealed, told.sealed)
    now = Standing(sealed, anchored, final, min(kept, told.final, final), replicated if copied else 0)
    seen = {index: _state(told, index) for index in range(told.sealed)}
    for differing in (fall, rise):
        while change := differing(told, now, most):
            assert 0 < change.stop - change.first <= most
            for index in range(change.first, change.stop):
                assert (seen.get(index), change.state) in (ALLOWED if copied else ALLOWED | UNCOPIED)
                seen[index] = change.state
            told = change.told
    assert (told.sealed, told.anchored, told.final) == (now.sealed, now.anchored, now.final)
    assert not copied or told.beyond == now.replicated
    assert seen == {index: _state(told, index) for index in range(told.sealed)} | {
        index: seen[index] for index in seen if seen[index] is State.REORGED
    }


ALLOWED = {
    (None, State.SEALED),
    (State.SEALED, State.REPLICATED),
    (State.REPLICATED, State.ANCHORED),
    (State.ANCHORED, State.FINAL),
    (State.REPLICATED, State.SEALED),
    (State.ANCHORED, State.SEALED),
    (State.FINAL, State.REORGED),
    (State.REORGED, State.REPLICATED),
}
"""Steps that a record may be told."""

UNCOPIED = {(State.SEALED, State.ANCHORED), (State.REORGED, State.ANCHORED)}
"""Steps in a network of one operator, which asks for no copies."""


def _state(told: Told, index: int) -> State:
    if index < told.final:
        return State.FINAL
    if index < told.anchored:
        return State.ANCHORED
    return State.REPLICATED if index < told.replicated else State.SEALED


@given(st.lists(POSITIONS, min_size=4, max_size=4), st.binary(min_size=8, max_size=8))
def test_cursors_come_back_as_they_went(parts: list[int], mark: bytes):
    """What is encoded is decoded, and fits the field."""
    told = replace(told_of(parts), mark=mark)
    assert decode_cursor(LOG, encode_cursor(LOG, told)) == told
    assert len(encode_cursor(LOG, told)) <= 128


def test_cursors_of_the_release_before_are_read():
    """It told nothing of copies: what was anchored then is not told again, what is replicated since is."""
    told = decode_cursor(LOG, "AQEBAQEBAQEAAAAAAAAACQAAAAAAAAAFAAAAAAAAAAMHBwcHBwcHBw")
    assert told == Told(9, 5, 3, b"\x07" * 8)
    change = rise(told, Standing(9, 5, 3, 3, 8), 100)
    assert change is not None
    assert (change.state, change.first, change.stop) == (State.REPLICATED, 5, 8)


@pytest.mark.parametrize(
    "text", ["AQEBAQEBAQEAAAAAAAAACQAAAAAAAAAFAAAAAAAAAAMHBwcHBwcHBwA", "AQEBAQEBAQE", "é", "AAAA" * 14]
)
def test_what_is_no_cursor_is_refused(text: str):
    """Of another length, of no alphabet, of another log."""
    with pytest.raises(Rejected) as caught:
        decode_cursor(LOG, text)
    assert caught.value.code == "BAD_REQUEST"
