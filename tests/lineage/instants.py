"""Several events at one instant: effect decides, never arrival."""

from tests.lineage.goods import lot, pallet, piece, place
from tests.lineage.story import Case, down, inside, stands, told, up
from tests.lineage.telling import make, pack, respelled, see, sight, unpack

A, P, Q, R = piece("a"), pallet(1), pallet(2), pallet(3)
L, WHEAT, FLOUR, BREAD = lot("L"), lot("wheat"), lot("flour"), lot("bread")
MANY = [piece(f"m{number}") for number in range(6)]
FARM, MILL = place(1), place(2)

CASES = [
    Case(
        "packed and unpacked in one minute, told the wrong way round",
        [unpack(5, P, A), sight(5, P, A), pack(5, P, A), see(6, P)],
        [inside(P), told(A, 5, 5, 5)],
    ),
    Case(
        "moved in one minute: out of one, into the other",
        [pack(1, P, A), pack(5, Q, A), unpack(5, P, A)],
        [inside(Q, A), inside(P), inside(P, A, at=4)],
    ),
    Case(
        "a day's work under one time: through one pallet to the other",
        [pack(5, P, A), unpack(5, P, A), pack(5, Q, A), see(6, P), see(7, Q)],
        [inside(Q, A), inside(P), told(A, 5, 5, 5, 7)],
    ),
    Case(
        "through two pallets to the third, whatever their names",
        [pack(5, R, A), pack(5, P, A), pack(5, Q, A), unpack(5, R, A), unpack(5, Q)],
        [inside(P, A), inside(Q), inside(R)],
    ),
    Case(
        "amounts in and out in one minute",
        [unpack(5, P, (L, 5)), pack(5, P, (L, 5)), see(6, P)],
        [inside(P), told(L, 5, 5)],
    ),
    Case(
        "made and used in one minute is in order",
        [make(5, [(FLOUR, 1)], [(BREAD, 1)]), make(5, [(WHEAT, 1)], [(FLOUR, 1)])],
        [up(BREAD, {FLOUR: 1, WHEAT: 2}), down(WHEAT, {FLOUR: 1, BREAD: 2}, strict_time=True)],
    ),
    Case(
        "packed, used and unpacked in one minute",
        [unpack(5, P), make(5, [P], [(BREAD, 1)]), pack(5, P, A)],
        [up(BREAD, {A: 1}), down(A, {BREAD: 1})],
    ),
    Case(
        "left and arrived in one minute",
        [
            see(1, A, bizLocation=FARM),
            see(5, A, bizLocation=MILL, bizStep="receiving"),
            see(5, A, bizStep="shipping", disposition="in_transit"),
        ],
        [stands(A, places=[MILL]), stands(A, places=[FARM], at=4)],
    ),
    Case(
        "in two pallets and at two places in one minute: the same for all, by name",
        [
            *(pack(5, vessel, thing) for vessel in (Q, P) for thing in MANY),
            *(see(5, thing, bizLocation=where) for where in (MILL, FARM) for thing in MANY),
        ],
        [inside(Q, *MANY), inside(P), *(stands(thing, places=[MILL]) for thing in MANY)],
    ),
    Case(
        "one instant in two zones",
        [respelled(pack(5, P, A)), unpack(5, P, A), see(6, P)],
        [inside(P), told(A, 5, 5)],
    ),
    Case(
        "time is compared as instants, not as text",
        [respelled(unpack(5, P, A)), pack(60, P, A), see(70, P)],
        [inside(P, A), told(A, 5, 60, 70)],
    ),
    Case(
        "set and lifted in one minute: a recall is not missed",
        [
            see(5, A, persistentDisposition={"unset": ["recalled"]}),
            see(5, A, persistentDisposition={"set": ["recalled"]}),
        ],
        [stands(A, lasting=["recalled"])],
    ),
]
