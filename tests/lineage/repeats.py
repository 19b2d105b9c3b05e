"""The same event more than once: again, by others, in other spellings. Each statement is
evidence and is told; the event counts once.
"""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, down, inside, stands, told, up
from tests.lineage.telling import OTHER, begin, make, pack, respelled, said_by, see, unpack

A, B, P = piece("a"), piece("b"), pallet(1)
WHEAT, FLOUR = lot("wheat"), lot("flour")
PACKED, TAKEN = pack(1, P, (WHEAT, 5)), unpack(3, P, (WHEAT, 5))

CASES = [
    Case(
        "packed once, said twice in two spellings",
        [PACKED, respelled(PACKED), unpack(3, P, (WHEAT, 2))],
        [inside(P, (WHEAT, 3)), told(WHEAT, 1, 1, 3)],
    ),
    Case(
        "both parties say it: it is one packing, by two speakers",
        [PACKED, said_by(OTHER, respelled(PACKED, 1)), TAKEN],
        [inside(P, (WHEAT, 5), at=2), inside(P), told(WHEAT, 1, 1, 3)],
    ),
    Case(
        "taken out once, said three times",
        [pack(1, P, (WHEAT, 9)), TAKEN, respelled(TAKEN), said_by(OTHER, TAKEN)],
        [inside(P, (WHEAT, 4))],
    ),
    Case(
        "a transformation said twice has the same items",
        [
            milled := make(5, [(WHEAT, 1)], [(FLOUR, 1)]),
            respelled(milled),
            make(7, [(FLOUR, 1)], [A]),
        ],
        [up(FLOUR, {WHEAT: 1}), down(WHEAT, {FLOUR: 1, A: 2}), told(FLOUR, 5, 5, 7)],
    ),
    Case(
        "a transformation said by two has the same items, and two statements",
        [milled, said_by(OTHER, respelled(milled, 1))],
        [up(FLOUR, {WHEAT: 1}), down(WHEAT, {FLOUR: 1}), told(FLOUR, 5, 5)],
    ),
    Case(
        "issued once, said twice: the sum is that of one",
        [begun := begin(1, (WHEAT, 10)), respelled(begun), said_by(OTHER, begun), make(2, [(WHEAT, 4)], [A])],
        [stands(WHEAT, amounts=[(6, "KGM")])],
    ),
    Case(
        "one thing in every spelling is one thing",
        [respelled(pack(1, P, A)), respelled(see(2, P), 1), pack(3, P, B), respelled(unpack(5, P, A), 1)],
        [inside(P, B), told(A, 1, 2, 3, 5)],
    ),
    Case(
        "amounts that look alike and differ in time are two",
        [PACKED, pack(2, P, (WHEAT, 5))],
        [inside(P, (WHEAT, 10))],
    ),
]
