"""Amounts of classes and lots: running sums, by container and unit, that run out."""

from tests.lineage.goods import GTIN, lot, pallet, piece
from tests.lineage.story import Case, down, inside, stands, told, up
from tests.lineage.telling import OTHER, begin, end, make, pack, respelled, said_by, see, sight, unpack

L, M, CAKE, PIE = lot("L"), lot("M"), piece("cake"), piece("pie")
P, Q = pallet(1), pallet(2)

CASES = [
    Case(
        "a lot stays while something of it is left",
        [
            pack(1, P, (L, 5)),
            pack(2, P, (L, 2)),
            unpack(4, P, (L, 6)),
            see(5, P),
            unpack(7, P, (L, 1)),
            see(8, P),
        ],
        [
            inside(P, (L, 7), at=3),
            inside(P, (L, 1), at=6),
            inside(P),
            told(L, 1, 2, 4, 5, 7),
        ],
    ),
    Case(
        "what ran out before the use is no ingredient",
        [
            pack(1, P, (L, 5)),
            pack(1, P, (M, 5)),
            unpack(3, P, (L, 5)),
            make(5, [P], [CAKE]),
            unpack(7, P, (M, 5)),
            make(9, [P], [PIE]),
        ],
        [up(CAKE, {M: 1}), down(L, {}), down(M, {CAKE: 1}), up(PIE, {P: 1})],
    ),
    Case(
        "in several containers at once",
        [pack(1, P, (L, 5)), pack(2, Q, (L, 3)), unpack(4, P), see(5, P), see(6, Q)],
        [inside(P), inside(Q, (L, 3)), told(L, 1, 2, 4, 6), stands(L, around=[(L, P), (L, Q)], at=3)],
    ),
    Case(
        "more is taken out than was put in: nothing is left, and nothing is owed",
        [pack(1, P, (L, 5)), unpack(3, P, (L, 9)), pack(5, P, (L, 4))],
        [inside(P, at=3), inside(P, (L, 4))],
    ),
    Case(
        "another unit takes nothing out",
        [pack(1, P, (L, 5)), unpack(3, P, (L, 5, "XBX"))],
        [inside(P, (L, 5))],
    ),
    Case(
        "two units run out apart",
        [
            pack(1, P, (L, 5)),
            pack(2, P, (L, 3, "LTR")),
            unpack(3, P, (L, 5)),
            see(4, P),
            unpack(5, P, (L, 3, "LTR")),
            see(6, P),
        ],
        [told(L, 1, 2, 3, 4, 5), inside(P, at=5)],
    ),
    Case(
        "an uncounted amount goes in: counted parts never take all of it",
        [pack(1, P, L), unpack(3, P, (L, 500)), see(4, P), unpack(6, P, L), see(7, P)],
        [inside(P, L, at=5), inside(P), told(L, 1, 3, 4, 6)],
    ),
    Case(
        "an uncounted amount comes out: nothing is left",
        [pack(1, P, (L, 5)), unpack(3, P, L)],
        [inside(P, (L, 5), at=2), inside(P)],
    ),
    Case(
        "decimals add up",
        [pack(1, P, (L, 0.1)), pack(2, P, (L, 0.2)), unpack(3, P, (L, 0.3))],
        [inside(P)],
    ),
    Case(
        "a class without lot counts like a lot, and is none",
        [pack(1, P, (GTIN, 12, "H87")), unpack(3, P, (GTIN, 5, "H87")), pack(4, P, (L, 1))],
        [inside(P, (GTIN, 7, "H87"), (L, 1)), told(L, 4), told(GTIN, 1, 3, 4)],
    ),
    Case(
        "counted in passing: what is seen does not add to what is there",
        [pack(1, P, (L, 5)), sight(2, P, (L, 5)), unpack(4, P, (L, 5))],
        [inside(P, (L, 5), at=3), inside(P)],
    ),
    Case(
        "two equal rows of one event are two amounts",
        [pack(1, P, (L, 10), (L, 10)), unpack(2, P, (L, 10)), make(4, [P], [CAKE]), unpack(5, P, (L, 10))],
        [
            inside(P, (L, 20), at=1),
            inside(P, (L, 10), at=4),
            inside(P),
            up(CAKE, {L: 1}),
            down(L, {CAKE: 1}),
            told(L, 1, 2, 4, 5),
        ],
    ),
    Case(
        "rows of one event count once, by however many speakers, in whatever spelling and order",
        [
            pack(1, P, (L, 10), (L, 10), (L, 5), (M, 1)),
            said_by(OTHER, respelled(pack(1, P, (L, 10), (L, 10), (L, 5), (M, 1)))),
            unpack(3, P, (L, 20), (L, 4)),
            said_by(OTHER, respelled(unpack(3, P, (L, 20), (L, 4)))),
        ],
        [inside(P, (L, 25), (M, 1), at=2), inside(P, (L, 1), (M, 1)), stands(L, around=[(L, P)])],
    ),
    Case(
        "seen in several rows, and some: all of it is there",
        [sight(1, P, (L, 10), (L, 10), (L, 3, "LTR"), L), sight(2, P, (L, 10))],
        [inside(P, (L, 20), (L, 3, "LTR"), (L, None, None))],
    ),
    Case(
        "all rows of an unpacking are taken out",
        [pack(1, P, (L, 20)), unpack(3, P, (L, 10), (L, 10)), see(5, P)],
        [inside(P, (L, 20), at=2), inside(P), told(L, 1, 3)],
    ),
    Case(
        "what is left of a lot",
        [begin(1, (L, 100)), make(3, [(L, 60)], [CAKE]), end(5, (L, 15)), make(7, [(L, 25)], [PIE])],
        [
            stands(L, amounts=[(100, "KGM")], ended=False, at=2),
            stands(L, amounts=[(40, "KGM")], at=4),
            stands(L, amounts=[(25, "KGM")], ended=False, at=6),
            stands(L, amounts=[], ended=True),
        ],
    ),
]
