"""What is made again of what was made of it."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, down, shared, stands, up
from tests.lineage.telling import begin, end, make, pack, sight

FLOUR, RYE, BREAD, CRUMBS, LOAF, ROLL = (lot(n) for n in ("flour", "rye", "bread", "crumbs", "loaf", "roll"))
A, B, P, Q = piece("a"), piece("b"), pallet(1), pallet(2)

CASES = [
    Case(
        "returned bread goes into the next dough of the same lot",
        [
            make(1, [(FLOUR, 9)], [(BREAD, 9)]),
            make(5, [(BREAD, 1)], [(CRUMBS, 1)]),
            make(9, [(CRUMBS, 1), (RYE, 1)], [(BREAD, 2)]),
        ],
        [
            up(BREAD, {FLOUR: 1, CRUMBS: 1, RYE: 1}),
            up(CRUMBS, {BREAD: 1, FLOUR: 2, RYE: 2}, late=[RYE]),
            down(FLOUR, {BREAD: 1, CRUMBS: 2}),
            down(CRUMBS, {BREAD: 1}),
            down(RYE, {BREAD: 1, CRUMBS: 2}, late=[CRUMBS]),
            up(CRUMBS, {BREAD: 1, FLOUR: 2}, strict_time=True),
        ],
    ),
    Case(
        "a lot put into itself",
        [make(1, [(FLOUR, 1)], [(BREAD, 1)]), make(2, [(BREAD, 1)], [(BREAD, 1)])],
        [up(BREAD, {FLOUR: 1}), down(BREAD, {}), down(FLOUR, {BREAD: 1})],
    ),
    Case(
        "a piece is repaired and stays itself",
        [begin(1, A), make(5, [A, B], [A])],
        [up(A, {B: 1}, missing=[B]), down(B, {A: 1}), down(A, {})],
    ),
    Case(
        "decommissioned, and put out by a process under its old serial",
        [begin(1, A), end(3, A), make(5, [(FLOUR, 1)], [A]), end(7, A), begin(9, A)],
        [
            stands(A, ended=False, at=2),
            stands(A, ended=True, at=4),
            stands(A, ended=False, at=6),
            stands(A, ended=True, at=8),
            stands(A, ended=False),
            up(A, {FLOUR: 1}),
        ],
    ),
    Case(
        "put out and decommissioned at one instant: it has ended",
        [make(5, [(FLOUR, 1)], [A]), end(5, A), make(6, [(FLOUR, 1)], [B]), make(8, [B], [(CRUMBS, 1)])],
        [stands(A, ended=True), stands(B, ended=False)],
    ),
    Case(
        "made anew inside a container, it stays in there until it is taken out or seen elsewhere",
        [pack(1, P, A), end(3, A), begin(5, A), make(6, [P], [(BREAD, 1)]), sight(7, Q, A)],
        [down(A, {BREAD: 1}), stands(A, around=[(A, P)], at=6), stands(A, around=[(A, Q)], ended=False)],
    ),
    Case(
        "a circle of three",
        [
            make(1, [(BREAD, 1)], [(LOAF, 1)]),
            make(2, [(LOAF, 1)], [(ROLL, 1)]),
            make(3, [(ROLL, 1)], [(BREAD, 1)]),
        ],
        [
            up(BREAD, {ROLL: 1, LOAF: 2}),
            up(LOAF, {BREAD: 1, ROLL: 2}, late=[ROLL]),
            down(LOAF, {ROLL: 1, BREAD: 2}),
            down(ROLL, {BREAD: 1, LOAF: 2}, late=[LOAF]),
        ],
    ),
    Case(
        "split and joined again",
        [
            make(1, [(FLOUR, 4)], [A, B]),
            make(2, [A], [(LOAF, 1)]),
            make(3, [B], [(ROLL, 1)]),
            make(4, [(LOAF, 1), (ROLL, 1)], [(BREAD, 1)]),
        ],
        [
            up(BREAD, {LOAF: 1, ROLL: 1, A: 2, B: 2, FLOUR: 3}),
            down(FLOUR, {A: 1, B: 1, LOAF: 2, ROLL: 2, BREAD: 3}),
            shared([LOAF, ROLL], {FLOUR: (2, 2)}),
        ],
    ),
    Case(
        "complaints about three lots lead to one sack",
        [
            make(1, [(FLOUR, 5)], [(LOAF, 1)]),
            make(2, [(FLOUR, 5), (RYE, 1)], [(ROLL, 1)]),
            make(3, [(ROLL, 1)], [(CRUMBS, 1)]),
            make(4, [(RYE, 1)], [(BREAD, 1)]),
        ],
        [
            shared([LOAF, ROLL, CRUMBS], {FLOUR: (1, 1, 2)}),
            shared([ROLL, CRUMBS], {ROLL: (0, 1), FLOUR: (1, 2), RYE: (1, 2)}),
            shared([LOAF, BREAD], {}),
            shared([LOAF, CRUMBS], {}, at=2),
        ],
    ),
]
