"""The differences that a watcher is told, over every pair of standings; and cursors."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.ids import LogId
from tracehold.journey.changes import Standing, Told, decode_cursor, encode_cursor, fall, rise
from tracehold.journey.states import State

LOG = LogId(b"\x01" * 32)
POSITIONS = st.integers(0, 40)


def told_of(parts: list[int]) -> Told:
    """Numbers that a watcher can have been told."""
    final, anchored, sealed = sorted(parts)
    return Told(sealed, anchored, final)


@given(
    st.lists(POSITIONS, min_size=3, max_size=3),
    st.lists(POSITIONS, min_size=3, max_size=3),
    POSITIONS,
    st.integers(1, 9),
)
def test_changes_lead_to_the_standing(before: list[int], after: list[int], kept: int, most: int):
    """From whatever was told, changes of bounded length end at the log as it stands, and leave no state
    out.
    """
    told = told_of(before)
    final, anchored, sealed = sorted(after)
    now = Standing(max(sealed, told.sealed), anchored, final, min(kept, told.final, final))
    seen = {index: _state(told, index) for index in range(told.sealed)}
    for differing in (fall, rise):
        while change := differing(told, now, most):
            assert 0 < change.stop - change.first <= most
            for index in range(change.first, change.stop):
                assert (seen.get(index), change.state) in ALLOWED
                seen[index] = change.state
            told = change.told
    assert (told.sealed, told.anchored, told.final) == (now.sealed, now.anchored, now.final)
    assert seen == {index: _state(told, index) for index in range(told.sealed)} | {
        index: seen[index] for index in seen if seen[index] is State.REORGED
    }


ALLOWED = {
    (None, State.SEALED),
    (State.SEALED, State.ANCHORED),
    (State.ANCHORED, State.FINAL),
    (State.ANCHORED, State.SEALED),
    (State.FINAL, State.REORGED),
    (State.REORGED, State.ANCHORED),
}
"""Steps that a record may be told."""


def _state(told: Told, index: int) -> State:
    if index < told.final:
        return State.FINAL
    return State.ANCHORED if index < told.anchored else State.SEALED


@given(st.lists(POSITIONS, min_size=3, max_size=3), st.binary(min_size=8, max_size=8))
def test_cursors_come_back_as_they_went(parts: list[int], mark: bytes):
    """What is encoded is decoded, and fits the field."""
    told = replace(told_of(parts), mark=mark)
    assert decode_cursor(LOG, encode_cursor(LOG, told)) == told
    assert len(encode_cursor(LOG, told)) <= 128
