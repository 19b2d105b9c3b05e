"""Totes and crates that serve again and again."""

from tests.lineage.goods import lot, piece, tote
from tests.lineage.story import Case, down, inside, told, up
from tests.lineage.telling import make, pack, see, unpack

T, U = tote("T1"), tote("T2")
MILK, JUICE, CREAM, JELLY = (lot(name) for name in ("milk", "juice", "cream", "jelly"))
A, B = piece("a"), piece("b")

CASES = [
    Case(
        "each filling has its own time in the tote",
        [pack(1, T, A), see(2, T), unpack(3, T), see(4, T), pack(5, T, B), see(6, T), unpack(7, T)],
        [
            told(A, 1, 2, 3),
            told(B, 5, 6, 7),
            told(T, 1, 2, 3, 4, 5, 6, 7),
            inside(T, A, at=2),
            inside(T, B, at=6),
        ],
    ),
    Case(
        "the first filling is not in what is made of the second",
        [
            pack(1, T, (MILK, 10)),
            make(2, [T], [(CREAM, 3)]),
            unpack(3, T),
            pack(5, T, (JUICE, 10)),
            make(6, [T], [(JELLY, 3)]),
        ],
        [
            up(CREAM, {MILK: 1}),
            up(JELLY, {JUICE: 1}),
            down(MILK, {CREAM: 1}),
            down(JUICE, {JELLY: 1}),
            down(T, {}),
        ],
    ),
    Case(
        "what was left in the tote goes with the next filling",
        [
            pack(1, T, (MILK, 10)),
            unpack(3, T, (MILK, 8)),
            pack(5, T, (JUICE, 10)),
            make(6, [T], [(JELLY, 3)]),
        ],
        [up(JELLY, {JUICE: 1, MILK: 1}), down(MILK, {JELLY: 1}), inside(T, (JUICE, 10), (MILK, 2))],
    ),
    Case(
        "nobody says that the tote was emptied: it may be used in part, so it stays in",
        [
            pack(1, T, (MILK, 10)),
            make(2, [T], [(CREAM, 3)]),
            pack(5, T, (JUICE, 10)),
            make(6, [T], [(JELLY, 3)]),
        ],
        [up(JELLY, {JUICE: 1, MILK: 1}), down(MILK, {CREAM: 1, JELLY: 1})],
    ),
    Case(
        "two totes change places",
        [pack(1, T, A), pack(1, U, B), pack(4, U, A), pack(5, T, B), see(6, T), see(7, U)],
        [inside(T, B), inside(U, A), told(A, 1, 4, 7), told(B, 1, 4, 5, 6)],
    ),
    Case(
        "a tote that carries an empty tote",
        [pack(1, T, U), pack(2, T, A), make(5, [T], [(JELLY, 1)])],
        [up(JELLY, {A: 1, U: 1}), down(A, {JELLY: 1}), inside(T, U, A)],
    ),
]
