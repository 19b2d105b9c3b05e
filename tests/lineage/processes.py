"""Transformations: all inputs to all outputs, also of one transformation id over several events."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, down, up
from tests.lineage.telling import begin, make, pack

CORN, RYE, MALT, MASH, BEER, FEED, YEAST = (
    lot(n) for n in ("corn", "rye", "malt", "mash", "beer", "feed", "yeast")
)
A, B, BREW, OTHER, P = piece("a"), piece("b"), "urn:x:brew:1", "urn:x:brew:2", pallet(1)

CASES = [
    Case(
        "through several processes, nearest first",
        [
            make(1, [(CORN, 9)], [(MALT, 8)]),
            make(2, [(MALT, 8), (RYE, 1)], [(MASH, 9)]),
            make(3, [(MASH, 9)], [(BEER, 9)]),
        ],
        [
            up(BEER, {MASH: 1, MALT: 2, RYE: 2, CORN: 3}, missing=[RYE, CORN]),
            down(CORN, {MALT: 1, MASH: 2, BEER: 3}),
            up(BEER, {MASH: 1}, at=3, max_depth=1),
            up(BEER, {}, at=2),
            down(CORN, {MALT: 1, MASH: 2}, at=2),
        ],
    ),
    Case(
        "by-products have the same ancestors, and are none of each other",
        [make(5, [(MASH, 9)], [(BEER, 7), (FEED, 2)])],
        [up(FEED, {MASH: 1}), up(BEER, {MASH: 1}), down(MASH, {BEER: 1, FEED: 1}), down(FEED, {})],
    ),
    Case(
        "one transformation id over inputs first, outputs later",
        [
            make(1, [(CORN, 1)], [], process=BREW),
            make(2, [(RYE, 1)], [], process=BREW),
            make(9, [], [(BEER, 2)], process=BREW),
        ],
        [up(BEER, {CORN: 1, RYE: 1}), down(CORN, {BEER: 1}), down(RYE, {BEER: 1}), up(BEER, {}, at=8)],
    ),
    Case(
        "one transformation id, each event with inputs and outputs",
        [make(1, [(CORN, 1)], [(BEER, 1)], process=BREW), make(5, [(RYE, 1)], [(FEED, 1)], process=BREW)],
        [
            up(BEER, {CORN: 1, RYE: 1}, late=[RYE]),
            up(FEED, {CORN: 1, RYE: 1}),
            down(RYE, {BEER: 1, FEED: 1}, late=[BEER]),
            up(BEER, {CORN: 1}, strict_time=True),
        ],
    ),
    Case(
        "one transformation id, the output is told before any input",
        [
            make(9, [], [(BEER, 2)], process=BREW),
            make(2, [(RYE, 1)], [], process=BREW),
            make(1, [(CORN, 1)], [], process=BREW),
        ],
        [up(BEER, {CORN: 1, RYE: 1}), down(CORN, {BEER: 1}), down(RYE, {BEER: 1})],
    ),
    Case(
        "two transformation ids are two processes",
        [
            make(1, [(CORN, 1)], [], process=BREW),
            make(1, [(RYE, 1)], [], process=OTHER),
            make(5, [], [(BEER, 1)], process=BREW),
            make(5, [], [(FEED, 1)], process=OTHER),
        ],
        [up(BEER, {CORN: 1}), up(FEED, {RYE: 1}), down(RYE, {FEED: 1})],
    ),
    Case(
        "without an id, events of one instant are processes of their own",
        [make(5, [(CORN, 1)], [(BEER, 1)]), make(5, [(RYE, 1)], [(FEED, 1)])],
        [up(BEER, {CORN: 1}), up(FEED, {RYE: 1})],
    ),
    Case(
        "one transformation id with a pallet among its inputs",
        [
            pack(1, P, A, B),
            make(3, [P], [], process=BREW),
            make(9, [], [(BEER, 1)], process=BREW),
            begin(10, A),
        ],
        [up(BEER, {A: 1, B: 1}), down(B, {BEER: 1}), down(P, {})],
    ),
    Case(
        "an input that was used before it was made",
        [begin(1, (CORN, 1)), make(6, [(CORN, 1)], [(MALT, 1)]), make(4, [(MALT, 1)], [(BEER, 1)])],
        [
            up(BEER, {MALT: 1, CORN: 2}, late=[CORN], missing=[]),
            down(CORN, {MALT: 1, BEER: 2}, late=[BEER]),
            up(BEER, {MALT: 1}, strict_time=True),
        ],
    ),
    Case(
        "a lot of two runs: a product counts with the run before it",
        [
            make(1, [(CORN, 1)], [(MALT, 1)]),
            make(3, [(MALT, 1)], [(BEER, 1)]),
            make(5, [(RYE, 1)], [(MALT, 1)]),
        ],
        [
            up(BEER, {MALT: 1, CORN: 2, RYE: 2}, late=[RYE]),
            up(BEER, {MALT: 1, CORN: 2}, strict_time=True),
            down(RYE, {MALT: 1}, strict_time=True),
        ],
    ),
    Case(
        "the same ancestor by a short and a long way",
        [make(1, [(YEAST, 1)], [(MASH, 1)]), make(2, [(MASH, 1), (YEAST, 1)], [(BEER, 1)])],
        [up(BEER, {MASH: 1, YEAST: 1}), down(YEAST, {MASH: 1, BEER: 1})],
    ),
]
