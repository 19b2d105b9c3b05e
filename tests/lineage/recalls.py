"""What is affected when something is called back, and where each of it is now: in what, at which place, in
whose hands, by whose word, and whom to call.
"""

from tests.lineage.goods import lot, pallet, piece, place
from tests.lineage.story import Case, called, met, own, row, stands
from tests.lineage.telling import (
    ONE,
    OTHER,
    begin,
    end,
    handed,
    introduce,
    make,
    pack,
    said_by,
    see,
    unpack,
    wrong,
)

GRAIN, FLOUR, RYE, MALT, BEER, FEED = (lot(n) for n in ("grain", "flour", "rye", "malt", "beer", "feed"))
BREAD, CRUMBS, CHEESE = lot("bread"), lot("crumbs"), lot("L7")
A, B, P, Q = piece("a"), piece("b"), pallet(1), pallet(2)
MILL, BAKERY, SHOP, YARD = place(1), place(2), place(3), place(4)

CHAIN = [
    make(1, [(GRAIN, 9)], [(FLOUR, 8)], bizLocation=MILL),
    make(3, [(FLOUR, 4)], [A], bizLocation=BAKERY, by=OTHER),
    make(4, [(FLOUR, 4)], [B], bizLocation=BAKERY, by=OTHER),
    pack(5, P, A, by=OTHER),
    see(6, P, bizStep="shipping", by=OTHER, **handed(OTHER, ONE)),
    see(8, P, bizStep="receiving", bizLocation=SHOP),
]

CASES = [
    Case(
        "by issuer, with container, place and hands, then and now",
        CHAIN,
        [
            called(
                [FLOUR],
                row(A, 1, by=OTHER, comes={FLOUR}, places=[SHOP], around=[(A, P)], hands=[(ONE, "")]),
                row(B, 1, by=OTHER, comes={FLOUR}, places=[BAKERY], around=[], hands=[(OTHER, "")]),
                own=[own(FLOUR, places=[MILL], amounts=[], ended=True)],
            ),
            called([GRAIN], row(FLOUR, 1), row(A, 2, by=OTHER), row(B, 2, by=OTHER)),
            called([GRAIN], row(FLOUR, 1), max_depth=1),
            called(
                [GRAIN],
                row(FLOUR, 1, amounts=[(4, "KGM")], ended=False),
                row(A, 2, by=OTHER, places=[BAKERY], hands=[(OTHER, "")]),
                at=3,
            ),
            called(
                [GRAIN],
                row(FLOUR, 1, ended=True),
                row(A, 2, by=OTHER, places=[], around=[(A, P)], hands=[(OTHER, ONE)]),
                row(B, 2, by=OTHER, places=[BAKERY]),
                at=7,
            ),
            called([A], own=[own(A, places=[SHOP], hands=[(ONE, "")])]),
            called([P]),
        ],
    ),
    Case(
        "several at once: what comes of two of them stands once, and none of those called back",
        [
            make(1, [(GRAIN, 1)], [(MALT, 1)]),
            make(2, [(MALT, 1), (RYE, 1)], [(BEER, 1)]),
            make(3, [(RYE, 1)], [(FEED, 1)]),
        ],
        [
            called(
                [GRAIN, RYE],
                row(BEER, 1, comes={GRAIN, RYE}),
                row(FEED, 1, comes={RYE}),
                row(MALT, 1, comes={GRAIN}),
            ),
            called([GRAIN, MALT], row(BEER, 1, comes={GRAIN, MALT}), own=[own(GRAIN), own(MALT)]),
        ],
    ),
    Case(
        "a circle: what is called back is not affected by itself",
        [make(1, [(BREAD, 2)], [(CRUMBS, 1)]), make(5, [(CRUMBS, 1)], [(BREAD, 1)])],
        [called([BREAD], row(CRUMBS, 1)), called([CRUMBS], row(BREAD, 1)), called([BREAD, CRUMBS])],
    ),
    Case(
        "a lot and its pieces: commissioned, damaged, destroyed",
        [
            make(1, [(RYE, 9)], [(CHEESE, 3)]),
            begin(5, A, B, lot="L7", bizLocation=SHOP, by=OTHER),
            see(6, A, persistentDisposition={"set": ["recalled"]}, disposition="damaged", by=OTHER),
            end(7, B, disposition="destroyed", by=OTHER),
        ],
        [
            called(
                [RYE],
                row(CHEESE, 1, amounts=[(3, "KGM")]),
                row(A, 2, by=OTHER, dispositions=["damaged", "recalled"], ended=False, places=[SHOP]),
                row(B, 2, by=OTHER, dispositions=["destroyed"], ended=True, hands=[(OTHER, "")]),
            ),
        ],
    ),
    Case(
        "what is only reached against time is told to be so",
        [make(6, [(GRAIN, 1)], [(MALT, 1)]), make(4, [(MALT, 1)], [(BEER, 1)])],
        [
            called([GRAIN], row(MALT, 1), row(BEER, 2, late=True)),
            called([GRAIN], row(MALT, 1), strict_time=True),
            called([GRAIN, MALT], row(BEER, 1, comes={GRAIN, MALT})),
        ],
    ),
    Case(
        "taken back late: what was affected as far as one knew",
        [
            [make(1, [(GRAIN, 1)], [(FLOUR, 1)]), baked := make(3, [(FLOUR, 1)], [A], by=OTHER)],
            [wrong(baked), pack(4, P, A), make(5, [(FLOUR, 1)], [B], by=OTHER)],
            [see(6, P, bizLocation=YARD)],
        ],
        [
            called([GRAIN], row(FLOUR, 1), row(A, 2, by=OTHER, around=[]), known_at=1),
            called([GRAIN], row(FLOUR, 1), row(B, 2, by=OTHER), known_at=2),
            called([GRAIN], row(FLOUR, 1), at=4),
            called([A], own=[own(A, around=[(A, P)], places=[])], known_at=2),
            called([A], own=[own(A, around=[(A, P)], places=[YARD])]),
        ],
    ),
    Case(
        "said by two, and taken back by the first of them: now it is the word of the other",
        [
            [baked := make(3, [(FLOUR, 1)], [A]), said_by(OTHER, baked), pack(4, P, A, by=OTHER)],
            [wrong(baked)],
        ],
        [
            called([FLOUR], row(A, 1, by=OTHER, hands=[(OTHER, "")])),
            called([FLOUR], row(A, 1, by=OTHER), at=3),
        ],
    ),
    Case(
        "half of a pallet is taken out on the way: each half has its own place",
        [
            make(1, [(FLOUR, 1)], [A, B]),
            pack(2, P, A, B),
            see(3, P, bizLocation=SHOP, bizStep="arriving", by=OTHER),
            unpack(4, P, A, by=OTHER),
            see(5, P, bizStep="departing", by=OTHER),
            see(7, P, bizLocation=YARD, bizStep="arriving"),
        ],
        [
            called(
                [FLOUR],
                row(A, 1, places=[SHOP], around=[], hands=[(OTHER, "")]),
                row(B, 1, places=[YARD], around=[(B, P)], hands=[(ONE, "")]),
            ),
            called([FLOUR], row(A, 1, places=[SHOP]), row(B, 1, places=[], hands=[(OTHER, "")]), at=6),
        ],
    ),
    Case(
        "half of a lot was sent: some is on its way, some was taken in, some stayed",
        [
            begin(1, (FLOUR, 10), bizLocation=MILL),
            see(2, (FLOUR, 5), bizStep="shipping", **handed(ONE, OTHER)),
            see(4, (FLOUR, 3), bizStep="receiving", bizLocation=BAKERY, by=OTHER),
        ],
        [
            stands(FLOUR, hands=[(ONE, "")], places=[MILL], at=1),
            stands(FLOUR, hands=[(ONE, OTHER)], at=3),
            stands(FLOUR, hands=[(ONE, OTHER), (OTHER, "")], places=[MILL, BAKERY]),
        ],
    ),
    Case(
        "whom to call: each by its own word first, by what was known then",  # the only story with contacts
        [
            [*CHAIN, introduce(OTHER, "Bakers", by=OTHER), introduce(OTHER, "the bakery on the corner")],
            [introduce(OTHER, "Bakers and Sons", by=OTHER), introduce(SHOP, "Corner shop", kind="Location")],
        ],
        [
            called(
                [FLOUR],
                row(A, 1, by=OTHER),
                row(B, 1, by=OTHER),
                contacts={OTHER: ["Bakers", "the bakery on the corner"]},
                known_at=1,
            ),
            called(
                [FLOUR],
                row(A, 1, by=OTHER),
                row(B, 1, by=OTHER),
                contacts={OTHER: ["Bakers and Sons", "the bakery on the corner"], SHOP: ["Corner shop"]},
            ),
        ],
    ),
    Case(
        "the lot was called back, and its pieces met what else was there",
        [*CHAIN, see(9, B, readPoint=SHOP, by=OTHER)],
        [
            met([A, B], places=[MILL, BAKERY, SHOP], parties=[ONE, OTHER]),
            met([A, B], places=[MILL, BAKERY], parties=[ONE, OTHER], at=8),
        ],
    ),
]
