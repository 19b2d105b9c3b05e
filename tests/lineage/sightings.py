"""Observation: what is seen in what, with no packing in sight."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, deep, down, inside, told, up
from tests.lineage.telling import make, pack, see, sight, unpack

A, B, CAKE, P, Q = piece("a"), piece("b"), piece("cake"), pallet(1), pallet(2)
L = lot("L")

CASES = [
    Case(
        "seen in a pallet, it is in there from then on",
        [sight(3, P, A), see(4, P), unpack(6, P, A), see(7, P)],
        [inside(P, at=2), inside(P, A, at=3), inside(P), told(A, 3, 4, 6)],
    ),
    Case(
        "seen where it was packed: nothing changes",
        [pack(1, P, A, B), sight(3, P, A), see(5, P)],
        [inside(P, A, B), told(A, 1, 3, 5), told(B, 1, 3, 5)],
    ),
    Case(
        "seen in another pallet: it has moved",
        [pack(1, P, A), sight(3, Q, A), see(4, P), see(5, Q)],
        [inside(P), inside(Q, A), told(A, 1, 3, 5)],
    ),
    Case(
        "not seen among the others says nothing",
        [pack(1, P, A, B), sight(3, P, B), make(5, [P], [CAKE])],
        [inside(P, A, B), up(CAKE, {A: 1, B: 1})],
    ),
    Case(
        "seen together in nothing",
        [sight(3, None, A, B), make(5, [A], [CAKE])],
        [told(A, 3, 5), told(B, 3), up(CAKE, {A: 1}), down(B, {}), deep(A)],
    ),
    Case(
        "a pallet is seen, and not what is on it",
        [pack(1, P, A), sight(3, P), see(4, P)],
        [inside(P, A), told(A, 1, 3, 4)],
    ),
    Case(
        "a chain of sightings, outermost first",
        [sight(1, Q, P), sight(2, P, A), make(5, [Q], [CAKE])],
        [deep(Q, (P, Q), (A, P)), up(CAKE, {A: 1}), down(A, {CAKE: 1})],
    ),
    Case(
        "the packing is known later and was later: the sighting holds",
        [[sight(2, P, A), see(3, P)], [pack(5, P, A)]],
        [told(A, 2, 3, known_at=1), told(A, 2, 3, 5), inside(P, A, at=4)],
    ),
    Case(
        "an amount seen in a pallet",
        [sight(2, P, (L, 4)), unpack(5, P, (L, 1))],
        [inside(P, (L, 3)), inside(P, (L, 4), at=3)],
    ),
]
