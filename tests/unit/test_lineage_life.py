"""What begins, what ends and where a piece was: the rules that lineage and quality share."""

import pytest

from tests.unit.lineage_facts import born, lot, mount, pack, pallet, piece, seen, some, turn, unpack
from tracehold.core.epcis import Action, EventType
from tracehold.core.lineage import ARRIVING, SENT_OFF, begun, makes, stays, used_up
from tracehold.core.lineage.intervals import OPEN
from tracehold.core.lineage.remains import ending
from tracehold.core.lineage.steps import TAKEN_OVER

A, B, L, P, Q = piece("a"), piece("b"), lot("l"), pallet(1), pallet(2)
IN, OF = EventType.AGGREGATION, EventType.ASSOCIATION


def test_processes_and_commissioning_begin_inputs_and_decommissioning_use_up():
    """And a look, a packing or a sale do neither."""
    assert (begun(turn(1, [A], [B])), used_up(turn(1, [A], [B]))) == (some(B), some(A))
    assert (begun(born(1, A)), used_up(born(1, A))) == (some(A), ())
    gone = seen(1, A, action=Action.DELETE)
    assert (begun(gone), used_up(gone)) == ((), some(A))
    for other in (seen(1, A), pack(1, P, A), unpack(1, P, A), mount(1, P, A)):
        assert (begun(other), used_up(other)) == ((), ())


def test_a_lot_is_made_with_its_pieces():
    """By what commissions them or puts them out, and by no look at them."""
    assert makes(L, born(1, A, memberships=((A, L),)))
    assert makes(L, turn(1, [], [A], memberships=((A, L),)))
    assert not makes(L, seen(1, A, memberships=((A, L),)))


def test_steps_send_off_or_take_in():
    """None does both, and what was collected was not sent off."""
    assert not SENT_OFF & TAKEN_OVER
    assert {"collecting"} == TAKEN_OVER - ARRIVING


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ([seen(2, A, action=Action.DELETE)], True),
        ([seen(2, A, action=Action.DELETE), turn(3, [L], [A])], False),
        ([turn(1, [L], [A]), seen(2, A, action=Action.DELETE)], True),
        ([seen(2, A, action=Action.DELETE), turn(2, [L], [A])], True),
        ([seen(2, A, action=Action.DELETE), turn(3, [A], [B])], True),
        ([turn(1, [A], [B])], False),
    ],
)
def test_a_piece_ends_until_it_is_begun_again(told, ended):
    """By a process as well as by commissioning; put into a process it may live on."""
    assert (ending(A, told) is not None) is ended


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([pack(1, P, A), unpack(3, P, A), pack(5, Q, A)], [(P, 1, 3), (Q, 5, OPEN)]),
        ([pack(1, P, A), pack(3, Q, A)], [(P, 1, 3), (Q, 3, OPEN)]),
        ([pack(1, P, A, B), unpack(3, P), pack(2, P, A)], [(P, 1, 3)]),
        ([pack(1, P, A), unpack(3, P, B), unpack(4, Q)], [(P, 1, OPEN)]),
        ([pack(2, Q, A), unpack(2, P, A), pack(2, P, A)], [(P, 2, 2), (Q, 2, OPEN)]),
        ([pack(1, P, A), born(3, A), pack(5, Q, A)], [(P, 1, 3), (Q, 5, OPEN)]),
        ([pack(1, P, A), turn(3, [A], [A]), unpack(5, P)], [(P, 1, 3)]),
        ([born(1, A), pack(1, P, A)], [(P, 1, OPEN)]),
        ([pack(1, P, A), born(3, A), pack(3, Q, A), unpack(3, Q, A)], [(P, 1, 3), (Q, 3, 3)]),
        ([pack(1, P, A), born(3, B), mount(4, Q, A), pack(5, None, A)], [(P, 1, OPEN)]),
        ([mount(1, P, A)], []),
    ],
)
def test_a_piece_stays_until_it_is_taken_out_seen_elsewhere_or_made_anew(told, found):
    """One container at a time, of one family; whatever the order in which it is told."""
    for said in (told, told[::-1]):
        assert [(stay.parent, stay.start, stay.end) for stay in stays(A, said, IN)] == found


def test_a_stay_names_what_opened_and_what_closed_it():
    """A move is seen by that: what closes the one stay opens the next."""
    into, moved = pack(1, P, A), pack(3, Q, A)
    first, second = stays(A, [moved, into], IN)
    assert first.opened_by == into.fingerprint
    assert first.closed_by == second.opened_by == moved.fingerprint
    assert second.closed_by is None
    assert [stay.parent for stay in stays(A, [mount(1, P, A), into], OF)] == [P]
