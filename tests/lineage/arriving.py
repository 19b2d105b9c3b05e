"""Statements that arrive late and out of order, and what could be known when."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, down, inside, shared, stands, told, up
from tests.lineage.telling import begin, make, pack, see, unpack

A, B, P, Q, R = piece("a"), piece("b"), pallet(1), pallet(2), pallet(3)
GRAPES, MUST, WINE, VINEGAR = (lot(name) for name in ("grapes", "must", "wine", "vinegar"))

CASES = [
    Case(
        "the unpacking arrives before the packing",
        [[unpack(5, P, A)], [pack(1, P, A)], [see(3, P)]],
        [
            inside(P, known_at=1),
            inside(P, A, at=4, known_at=2),
            inside(P, A, at=4),
            inside(P),
            told(A, 5, known_at=1),
            told(A, 1, 3, 5),
        ],
    ),
    Case(
        "a whole chain arrives backwards",
        [
            [make(9, [(WINE, 1)], [(VINEGAR, 1)])],
            [make(5, [(MUST, 1)], [(WINE, 1)])],
            [make(1, [(GRAPES, 1)], [(MUST, 1)])],
        ],
        [
            up(VINEGAR, {WINE: 1}, known_at=1, missing=[WINE]),
            up(VINEGAR, {WINE: 1, MUST: 2}, known_at=2),
            up(VINEGAR, {WINE: 1, MUST: 2, GRAPES: 3}, known_at=3, missing=[GRAPES]),
            down(GRAPES, {}, known_at=2),
            down(GRAPES, {MUST: 1, WINE: 2, VINEGAR: 3}),
        ],
    ),
    Case(
        "a stop on the way is told later",
        [[pack(1, P, A), pack(9, R, A), see(6, P), see(7, Q)], [pack(5, Q, A)]],
        [
            told(A, 1, 6, 9, known_at=1),
            told(A, 1, 5, 7, 9),
            inside(Q, A, at=8),
            inside(P, A, at=8, known_at=1),
        ],
    ),
    Case(
        "then, and known then",
        [[begin(1, (GRAPES, 1)), make(5, [(GRAPES, 1)], [(WINE, 1)])], [make(3, [(GRAPES, 1)], [(MUST, 1)])]],
        [
            down(GRAPES, {WINE: 1, MUST: 1}),
            down(GRAPES, {MUST: 1}, at=4),
            down(GRAPES, {WINE: 1}, known_at=1),
            down(GRAPES, {}, at=4, known_at=1),
        ],
    ),
    Case(
        "the commissioning arrives last",
        [[make(5, [(GRAPES, 1)], [(WINE, 1)])], [begin(1, (GRAPES, 1))]],
        [up(WINE, {GRAPES: 1}, missing=[GRAPES], known_at=1), up(WINE, {GRAPES: 1}, missing=[])],
    ),
    Case(
        "a late unpacking empties what was thought full",
        [[pack(1, P, A, B), make(5, [P], [(WINE, 1)])], [unpack(3, P, A)]],
        [up(WINE, {A: 1, B: 1}, known_at=1), up(WINE, {B: 1}), down(A, {})],
    ),
    Case(
        "state and shared ancestors, as known then",
        [
            [make(1, [(GRAPES, 1)], [(WINE, 1)]), see(2, A, disposition="in_progress")],
            [make(1, [(GRAPES, 1)], [(VINEGAR, 1)]), see(1, A, disposition="active")],
        ],
        [
            shared([WINE, VINEGAR], {}, known_at=1),
            shared([WINE, VINEGAR], {GRAPES: (1, 1)}, known_at=2),
            stands(A, disposition="in_progress"),
            stands(A, disposition="active", at=1),
            stands(A, disposition=None, at=1, known_at=1),
        ],
    ),
]
