"""Packing and unpacking: in part, all at once, forgotten, and again."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, down, inside, told, up
from tests.lineage.telling import begin, make, pack, see, unpack

A, B, C, CAKE, PIE = (piece(name) for name in ("a", "b", "c", "cake", "pie"))
P, Q = pallet(1), pallet(2)
WHEAT, BREAD = lot("wheat"), lot("bread")

CASES = [
    Case(
        "half of a pallet is unpacked",
        [pack(1, P, A, B, C), unpack(5, P, A, B), see(7, P), see(8, A)],
        [
            inside(P, C),
            inside(P, A, B, C, at=4),
            inside(P, at=0),
            told(A, 1, 5, 8),
            told(C, 1, (5, "container"), 7),
        ],
    ),
    Case(
        "what was left is unpacked later",
        [pack(1, P, A, B), unpack(3, P, A), unpack(6, P, B), see(8, P)],
        [inside(P), inside(P, B, at=5), told(A, 1, 3), told(B, 1, 3, 6), told(P, 1, 3, 6, 8)],
    ),
    Case(
        "unpacking without a list takes everything out",
        [pack(1, P, A), pack(2, P, B), unpack(5, P), see(7, P)],
        [inside(P), inside(P, A, B, at=4), told(A, 1, 2, 5), told(B, 2, 5)],
    ),
    Case(
        "unpacking without a list takes out what is there, not what comes",
        [pack(1, P, A), unpack(5, P), pack(8, P, B)],
        [inside(P, B), inside(P, A, at=1), told(A, 1, 5), told(B, 8)],
    ),
    Case(
        "a piece that is packed elsewhere has left",
        [pack(1, P, A, B), pack(5, Q, A), see(7, P), see(8, Q)],
        [inside(P, B), inside(Q, A), inside(P, A, B, at=4), told(A, 1, 5, 8), told(B, 1, 7)],
    ),
    Case(
        "the forgotten unpacking is told after the move",
        [pack(1, P, A), pack(5, Q, A), unpack(6, P, A), unpack(7, P)],
        [inside(Q, A), inside(P), told(A, 1, 5, (6, "child"))],
    ),
    Case(
        "out and in again",
        [pack(1, P, A), unpack(3, P, A), see(4, P), pack(6, P, A), see(7, P), unpack(9, P)],
        [inside(P), inside(P, at=5), inside(P, A, at=6), told(A, 1, 3, 6, 7, 9)],
    ),
    Case(
        "packed twice and taken out once",
        [pack(1, P, A), pack(2, P, A), unpack(5, P, A), see(6, P)],
        [inside(P), inside(P, A, at=4), told(A, 1, 2, 5)],
    ),
    Case(
        "taken out of where it never was",
        [pack(1, P, A), unpack(3, Q, A), unpack(4, Q)],
        [inside(P, A), inside(Q), told(A, 1, 3)],
    ),
    Case(
        "packing mates are no ancestors",
        [begin(1, A), begin(1, B), pack(2, P, A, B), make(5, [A], [CAKE])],
        [up(CAKE, {A: 1}, missing=[]), down(A, {CAKE: 1}), down(B, {}), up(P, {}), down(P, {})],
    ),
    Case(
        "a pallet put into a process is what it held then",
        [
            pack(1, P, A, B),
            unpack(3, P, A),
            make(5, [P], [CAKE]),
            pack(8, P, C),
            make(9, [P], [PIE]),
        ],
        [
            up(CAKE, {B: 1}),
            up(PIE, {B: 1, C: 1}),
            down(A, {}),
            down(B, {CAKE: 1, PIE: 1}),
            down(C, {PIE: 1}),
            down(P, {}),
        ],
    ),
    Case(
        "a pallet of nothing known is an ingredient, and a gap",
        [make(5, [P, (WHEAT, 2)], [(BREAD, 2)]), begin(1, (WHEAT, 2))],
        [up(BREAD, {P: 1, WHEAT: 1}, missing=[P]), down(P, {BREAD: 1})],
    ),
    Case(
        "emptied in the minute of its use",
        [pack(1, P, A), make(5, [P], [CAKE]), unpack(5, P)],
        [up(CAKE, {A: 1}), down(A, {CAKE: 1}), inside(P)],
    ),
]
