"""What is left to hand over, against a plain count; and who may leave."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import Spans, joined
from tracehold.journey.drain import Left, Other, Owed, check_leaving, left_over, segments_of
from tracehold.journey.ports import Member, Role

LOG, OTHER = LogId(b"\x01" * 32), LogId(b"\x02" * 32)
NEAR = SEGMENT_ENTRIES - 4
"""Places from here on are few, and on both sides of a segment's end."""
WHOLE: Mapping[LogId, Spans] = {LOG: ((0, 3 * SEGMENT_ENTRIES),)}


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Some entries around a segment's end."""
    ends = st.tuples(st.integers(NEAR, NEAR + 8), st.integers(NEAR, NEAR + 8))
    return joined(draw(st.lists(ends, max_size=3)))


@st.composite
def others(draw: st.DrawFn) -> list[Other]:
    """Up to five members of up to four operators; the first may be the creator."""
    made = []
    for node in range(draw(st.integers(0, 5))):
        kept = draw(st.none() | spans().map(lambda found: {LOG: found}))
        log = LOG if node == 0 and draw(st.booleans()) else OTHER
        made.append(Other(node, draw(st.integers(1, 4)), log, draw(st.booleans()), kept))
    return made


def plainly(owed: Owed, there: list[Other], target: int) -> dict[int, tuple[int, int, int]]:
    """Entries, copies and wanted ones by segment, entry by entry."""
    entries = [index for start, stop in owed.spans for index in range(start, stop)]
    able = [e for e in there if e.log == owed.log or (e.holds and e.operator != owed.operator)]
    wanted = min(target, len({each.operator for each in able}))
    found = {}
    for segment in {index // SEGMENT_ENTRIES for index in entries}:
        inside = {index for index in entries if index // SEGMENT_ENTRIES == segment}
        have = {
            each.operator
            for each in able
            if each.kept is not None
            and inside <= {i for start, stop in each.kept[LOG] for i in range(start, stop)}
        }
        if len(have) < wanted:
            found[segment] = (len(inside), len(have), wanted)
    return found


@given(spans(), others(), st.integers(1, 4), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_it_is_what_a_plain_count_finds(owed: Spans, there: list[Other], target: int, operator: int) -> None:
    """Segment by segment; nobody who is silent counts as a keeper."""
    one = Owed(LOG, owed, operator)
    found = {each.segment: each for each in left_over([one], there, target)}
    told = {at: (each.entries, each.kept, each.wanted) for at, each in found.items()}
    assert told == plainly(one, there, target)
    able = [e for e in there if e.log == LOG or (e.holds and e.operator != operator)]
    assert all(each.silent == tuple(e.node for e in able if e.kept is None) for each in found.values())


def test_each_log_and_each_segment_counts() -> None:
    """Of three segments one is kept nowhere else; of another log everything is."""
    owed = [Owed(LOG, ((5, 3 * SEGMENT_ENTRIES),)), Owed(OTHER, ())]
    kept = {LOG: ((0, SEGMENT_ENTRIES), (2 * SEGMENT_ENTRIES, 3 * SEGMENT_ENTRIES))}
    there = [Other(2, 2, OTHER, True, kept), Other(3, 3, OTHER, True, None)]
    assert segments_of(owed[0].spans) == [0, 1, 2]
    assert left_over(owed, there[:1], 3) == [Left(LOG, 1, SEGMENT_ENTRIES, 0, 1)]
    assert [each.kept for each in left_over(owed, there, 3)] == [1, 0, 1]
    assert left_over(owed, [Other(2, 2, OTHER, True, WHOLE)], 1) == []


def member(number: int, operator: int | None = None, *roles: Role) -> Member:
    """An active node, by default of an operator of its own with both roles."""
    log, given_roles = LogId(bytes([number]) * 32), frozenset(roles or Role)
    return Member(number, operator or number, "", bytes(20), bytes(32), log, given_roles, True, b"")


FIVE = [member(number) for number in range(1, 6)]


def needed(members: list[Member], quorum: int, *leaving: int) -> bool:
    """Whether the first one is still needed."""
    try:
        check_leaving(members, members[0], quorum, leaving)
    except Rejected as refusal:
        return refusal.code == "STILL_NEEDED"
    return False


@pytest.mark.parametrize(
    ("left", "quorum", "refused"),
    [(4, 3, False), (4, 4, True), (3, 2, False), (2, 1, False), (2, 2, True), (1, 1, True), (1, 0, False)],
)
def test_those_that_stay_must_be_able_to_anchor(left: int, quorum: int, refused: bool) -> None:
    """Each creator needs as many other operators that hold; those that leave, too, are none."""
    assert needed(FIVE[: 1 + left], quorum) is refused
    assert needed(FIVE, quorum, *range(2, 6 - left)) is refused


def test_only_operators_that_hold_and_are_active_count() -> None:
    """Two nodes of one operator are one; a member that only creates keeps nothing, one that is revoked
    neither.
    """
    assert not needed(FIVE[:4], 2)
    assert needed([*FIVE[:3], member(4, 3)], 2)
    assert needed([*FIVE[:3], member(4, 4, Role.CREATOR)], 2)
    assert needed([*FIVE[:3], replace(FIVE[3], active=False)], 2)


def test_somebody_of_another_operator_must_be_there_to_take_it() -> None:
    """Also where no acknowledgement is asked for."""
    assert needed(FIVE[:1], 0)
    assert needed([FIVE[0], member(2, 1)], 0)
    assert needed([FIVE[0], member(2, 2, Role.CREATOR)], 0)
    assert not needed([FIVE[0], member(2, 2, Role.HOLDER)], 0)


def test_whoever_only_holds_needs_no_holders() -> None:
    """The quorum is what a log needs, and it has none that grows."""
    assert not needed([FIVE[0], member(2, 2, Role.HOLDER)], 1)
