"""Containers in containers, three deep and more."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, deep, down, inside, stands, told, up
from tests.lineage.telling import make, pack, see, unpack

A, B, SOUP = piece("a"), piece("b"), piece("soup")
BOX, CRATE, PALLET, LORRY, SHIP = (pallet(number) for number in range(1, 6))
OATS = lot("oats")

LOADED = [pack(1, BOX, A, B), pack(2, CRATE, BOX), pack(3, PALLET, CRATE), pack(4, LORRY, PALLET)]

CASES = [
    Case(
        "four deep",
        LOADED,
        [
            deep(LORRY, (PALLET, LORRY), (CRATE, PALLET), (BOX, CRATE), (A, BOX), (B, BOX)),
            deep(LORRY, at=3),
            deep(PALLET, (CRATE, PALLET), (BOX, CRATE), (A, BOX), (B, BOX), at=3),
            inside(LORRY, PALLET),
            stands(A, around=[(A, BOX), (BOX, CRATE), (CRATE, PALLET), (PALLET, LORRY)]),
            told(A, 1, 2, 3, 4),
        ],
    ),
    Case(
        "what happens to the outermost happens to the innermost",
        [*LOADED, see(10, LORRY), unpack(12, LORRY, PALLET), see(14, LORRY), see(15, PALLET)],
        [told(A, 1, 2, 3, 4, (10, "container"), 12, 15), told(LORRY, 4, 10, 12, 14)],
    ),
    Case(
        "a container in the middle is taken out with all that is in it",
        [*LOADED, unpack(10, PALLET, CRATE), see(11, LORRY), see(12, CRATE)],
        [
            deep(LORRY, (PALLET, LORRY)),
            deep(CRATE, (BOX, CRATE), (A, BOX), (B, BOX)),
            told(A, 1, 2, 3, 4, 10, 12),
            stands(A, around=[(A, BOX), (BOX, CRATE)]),
        ],
    ),
    Case(
        "emptying is one level deep",
        [*LOADED, unpack(10, LORRY), see(11, LORRY)],
        [
            deep(LORRY),
            deep(PALLET, (CRATE, PALLET), (BOX, CRATE), (A, BOX), (B, BOX)),
            told(A, 1, 2, 3, 4, 10),
        ],
    ),
    Case(
        "a piece leaves the innermost while all travels on",
        [*LOADED, unpack(8, BOX, A), see(10, LORRY)],
        [told(A, 1, 2, 3, 4, 8), told(B, 1, 2, 3, 4, 8, 10), stands(A, around=[])],
    ),
    Case(
        "packed while its container is away",
        [
            pack(1, LORRY, BOX),
            see(3, LORRY),
            pack(5, BOX, A),
            see(6, LORRY),
            unpack(8, LORRY, BOX),
            see(9, LORRY),
        ],
        [told(A, 5, 6, 8), deep(LORRY, (BOX, LORRY), (A, BOX), at=7)],
    ),
    Case(
        "the whole lorry goes into the mill",
        [*LOADED, pack(5, CRATE, (OATS, 20)), make(20, [LORRY], [SOUP])],
        [
            up(SOUP, {A: 1, B: 1, OATS: 1}),
            down(OATS, {SOUP: 1}),
            down(A, {SOUP: 1}),
            down(BOX, {}),
            down(LORRY, {}),
        ],
    ),
    Case(
        "a level was changed before the use",
        [*LOADED, unpack(6, CRATE, BOX), pack(7, SHIP, BOX), make(20, [LORRY], [SOUP])],
        [
            up(SOUP, {CRATE: 1}),  # nothing is known of what it held
            down(A, {}),
            deep(LORRY, (PALLET, LORRY), (CRATE, PALLET)),
            stands(A, around=[(A, BOX), (BOX, SHIP)]),
        ],
    ),
    Case(
        "containers in a circle end",
        [pack(1, BOX, A), pack(2, CRATE, BOX), pack(3, BOX, CRATE), see(5, CRATE)],
        [told(A, 1, 2, 3, 5), deep(CRATE, (BOX, CRATE), (A, BOX), (CRATE, BOX))],
    ),
]
