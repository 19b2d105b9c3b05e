"""Error declarations: what is taken back never was."""

from tests.lineage.goods import lot, pallet, piece
from tests.lineage.story import Case, down, inside, shared, stands, told, up
from tests.lineage.telling import OTHER, begin, make, pack, respelled, said_by, see, unpack, wrong

A, B, P, Q = piece("a"), piece("b"), pallet(1), pallet(2)
WHEAT, RYE, FLOUR, BREAD = (lot(name) for name in ("wheat", "rye", "flour", "bread"))
ID = "urn:uuid:00000000-0000-4000-8000-000000000001"
NEXT = "urn:uuid:00000000-0000-4000-8000-000000000002"
MILLED = make(5, [(WHEAT, 1)], [(FLOUR, 1)], eventID=ID)
BAKED = make(7, [(FLOUR, 1)], [(BREAD, 1)])

CASES = [
    Case(
        "declared after its event",
        [MILLED, BAKED, wrong(MILLED)],
        [up(BREAD, {FLOUR: 1}, missing=[FLOUR]), down(WHEAT, {}), told(WHEAT), told(FLOUR, 7)],
    ),
    Case(
        "declared before its event arrives",
        [[wrong(MILLED)], [MILLED, BAKED]],
        [up(BREAD, {FLOUR: 1}), down(WHEAT, {}), down(WHEAT, {}, known_at=1)],
    ),
    Case(
        "before the declaration was known, the event stood",
        [[MILLED, BAKED], [wrong(MILLED)]],
        [up(BREAD, {FLOUR: 1, WHEAT: 2}, known_at=1), up(BREAD, {FLOUR: 1}, known_at=2)],
    ),
    Case(
        "a declaration is no second event",
        [wrong(MILLED), wrong(pack(1, P, A))],
        [up(FLOUR, {}), inside(P), told(A), told(WHEAT)],
    ),
    Case(
        "corrected: one event for the other",
        [MILLED, wrong(MILLED), make(5, [(RYE, 1)], [(FLOUR, 1)], eventID=NEXT)],
        [up(FLOUR, {RYE: 1}), down(WHEAT, {}), down(RYE, {FLOUR: 1})],
    ),
    Case(
        "somebody else's declaration changes nothing",
        [MILLED, said_by(OTHER, wrong(MILLED))],
        [up(FLOUR, {WHEAT: 1}), told(WHEAT, 5)],
    ),
    Case(
        "one of two speakers takes back: the other still says it",
        [MILLED, said_by(OTHER, MILLED), wrong(MILLED)],
        [up(FLOUR, {WHEAT: 1}), told(WHEAT, 5)],
    ),
    Case(
        "in another spelling than the event",
        [MILLED, respelled(wrong(MILLED), 1), pack(1, P, A), respelled(wrong(pack(1, P, A)))],
        [up(FLOUR, {}), inside(P)],
    ),
    Case(
        "sent twice, taken back once",
        [MILLED, respelled(MILLED), wrong(MILLED)],
        [up(FLOUR, {}), told(WHEAT)],
    ),
    Case(
        "an event id used again for another event: only the one that is meant goes",
        [MILLED, make(5, [(RYE, 1)], [(FLOUR, 1)], eventID=ID), wrong(MILLED)],
        [up(FLOUR, {RYE: 1})],
    ),
    Case(
        "a declaration typed anew: the event id names its event, where just one has it",
        [
            MILLED,
            wrong(make(6, [(WHEAT, 1)], [(FLOUR, 1)], eventID=ID)),
            pack(1, P, A, eventID=NEXT),
            pack(2, P, A, eventID=NEXT),
            wrong(pack(3, P, A, eventID=NEXT)),
        ],
        [up(FLOUR, {}), down(WHEAT, {}, at=5), told(WHEAT), told(A, 1, 2)],
    ),
    Case(
        "one event id on many events, and a declaration with it: none of them goes, in whatever order",
        [
            [see(minute, A, B, eventID=ID) for minute in (1, 2, 3)],
            [wrong(see(9, A, B, eventID=ID)), wrong(see(2, A, eventID=ID)), see(4, A, B, eventID=ID)],
            [said_by(OTHER, wrong(see(1, A, B, eventID=ID)))],
        ],
        [told(A, 1, 2, 3, 4), told(B, 1, 2, 3, 4), told(A, 1, 2, 3, known_at=1)],
    ),
    Case(
        "one event id on many events: by hash and instant just the one that is meant goes",
        [
            [wrong(see(2, A, B, eventID=ID)), see(1, A, B, eventID=ID)],
            [
                respelled(see(2, A, B, eventID=ID)),
                see(3, B, eventID=ID),
                said_by(OTHER, see(2, A, B, eventID=ID)),
            ],
        ],
        [told(A, known_at=1), told(A, 1, 2), told(B, 1, 2, 3)],
    ),
    Case(
        "a second event of the id is told later: what the declaration took back by the id alone counts again",
        [
            [see(1, A, eventID=ID), wrong(see(5, A, eventID=ID))],
            [see(3, A, eventID=ID)],
        ],
        [told(A, known_at=1), told(A, 1, 3, known_at=2)],
    ),
    Case(
        "a move that was none: it never left",
        [pack(1, P, A), moved := pack(5, Q, A), see(7, P), see(8, Q), wrong(moved)],
        [inside(P, A), inside(Q), told(A, 1, 7)],
    ),
    Case(
        "an unpacking that was none: it is still in",
        [pack(1, P, A, B), emptied := unpack(5, P), see(7, P), wrong(emptied)],
        [inside(P, A, B), told(A, 1, 7)],
    ),
    Case(
        "a withdrawn amount is not there",
        [pack(1, P, (WHEAT, 5)), more := pack(2, P, (WHEAT, 3)), wrong(more)],
        [inside(P, (WHEAT, 5))],
    ),
    Case(
        "a withdrawn recall is lifted, a withdrawn begin leaves a gap",
        [
            recalled := see(3, A, persistentDisposition={"set": ["recalled"]}, disposition="unavailable"),
            begun := begin(1, A, disposition="active"),
            wrong(recalled),
            wrong(begun),
        ],
        [stands(A, lasting=[], disposition=None), up(A, {}, missing=[A]), told(A)],
    ),
    Case(
        "half of a process is withdrawn",
        [
            make(1, [(WHEAT, 1)], [], process="urn:x:run"),
            rye := make(2, [(RYE, 1)], [], process="urn:x:run"),
            make(5, [], [(FLOUR, 1)], process="urn:x:run"),
            wrong(rye),
        ],
        [up(FLOUR, {WHEAT: 1}), down(RYE, {}), shared([FLOUR, RYE], {})],
    ),
]
