"""Sensor events by place and time: they belong to what was there then, and connect nothing."""

from tests.lineage.goods import lot, pallet, piece, place
from tests.lineage.story import Case, down, told, up
from tests.lineage.telling import begin, make, pack, see, sense, unpack, wrong

A, B, P, FISH, SOUP = piece("a"), piece("b"), pallet(1), lot("fish"), piece("soup")
COLD, WARM, DOCK = place(1), place(2), place(3)
SENSED = "sensed"

CASES = [
    Case(
        "read while it was there, not before and not after",
        [
            sense(1, COLD),
            see(3, A, bizLocation=COLD),
            sense(5, COLD),
            see(8, A, bizLocation=WARM),
            sense(9, COLD),
            sense(10, WARM),
        ],
        [told(A, 3, (5, SENSED), 8, (10, SENSED)), told(COLD, 1, 5, 9), told(WARM, 10)],
    ),
    Case(
        "read while the pallet around it was there",
        [
            pack(1, P, A, B),
            see(3, P, bizLocation=COLD),
            sense(5, COLD),
            unpack(7, P, A),
            see(8, P, bizLocation=WARM),
            sense(9, WARM),
        ],
        [told(A, 1, 3, (5, SENSED), 7), told(B, 1, 3, (5, SENSED), 7, 8, (9, SENSED))],
    ),
    Case(
        "packed on a pallet that stands in the cold room",
        [
            see(1, P, bizLocation=COLD),
            pack(3, P, A),
            sense(5, COLD),
            unpack(7, P, A),
            see(8, A, bizLocation=WARM),
        ],
        [told(A, 3, (5, SENSED), 7, 8), told(P, 1, 3, (5, SENSED), 7)],
    ),
    Case(
        "told last is where both are: the pallet was elsewhere before",
        [
            see(1, P, bizLocation=WARM),
            see(2, A, bizLocation=COLD),
            pack(3, P, A),
            sense(5, COLD),
            sense(6, WARM),
        ],
        [told(A, 2, 3, (5, SENSED))],
    ),
    Case(
        "on its way it is nowhere",
        [
            see(1, A, bizLocation=COLD),
            see(4, A, bizStep="shipping", readPoint=DOCK),
            sense(5, COLD),
            see(9, A, bizLocation=WARM),
        ],
        [told(A, 1, 4, 9)],
    ),
    Case(
        "readings over a time that began before it came",
        [see(5, A, bizLocation=COLD), sense(8, COLD, since=2, until=6), sense(9, COLD, since=2, until=4)],
        [told(A, 5, (8, SENSED))],
    ),
    Case(
        "at a read point for the moment",
        [see(5, A, readPoint=DOCK), sense(5, DOCK), sense(6, DOCK), sense(7, DOCK, since=4, until=6)],
        [told(A, 5, 5, (7, SENSED))],
    ),
    Case(
        "sensors with goods are events on the goods",
        [sense(3, COLD, A), sense(4, WARM, P), pack(1, P, A)],
        [told(A, 1, (3, "subject"), (4, "container")), told(COLD)],
    ),
    Case(
        "one cold room makes nobody an ancestor",
        [begin(1, A, bizLocation=COLD), begin(1, B, bizLocation=COLD), sense(3, COLD), make(5, [A], [SOUP])],
        [up(SOUP, {A: 1}), down(B, {}), up(COLD, {}), down(COLD, {})],
    ),
    Case(
        "a reading that was an error",
        [see(1, A, bizLocation=COLD), broken := sense(3, COLD), wrong(broken), sense(4, COLD)],
        [told(A, 1, (4, SENSED)), told(COLD, 4)],
    ),
    Case(
        "what was made there, and not what went into it",
        [make(2, [A], [SOUP], bizLocation=COLD), sense(4, COLD)],
        [told(SOUP, 2, (4, SENSED)), told(A, 2)],
    ),
    Case(
        "a lot may lie in both rooms",
        [
            see(1, (FISH, 5), bizLocation=COLD),
            see(3, (FISH, 2), bizLocation=WARM),
            sense(5, COLD),
            sense(6, WARM),
        ],
        [told(FISH, 1, 3, (5, SENSED), (6, SENSED))],
    ),
    Case(
        "known later, and only up to then",
        [[see(1, A, bizLocation=COLD)], [sense(4, COLD)]],
        [told(A, 1, known_at=1), told(A, 1, (4, SENSED)), told(A, 1, at=3)],
    ),
]
