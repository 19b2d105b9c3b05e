"""Two features at once: where rules that are right alone could be wrong together."""

from tests.lineage.goods import lot, pallet, piece, place, tote
from tests.lineage.story import Case, called, down, inside, own, parts, row, stands, told, up
from tests.lineage.telling import (
    ONE,
    OTHER,
    begin,
    make,
    mount,
    pack,
    respelled,
    said_by,
    see,
    sense,
    sight,
    unmount,
    unpack,
    wrong,
)

A, B, C, D, E, CAKE, PIE = (piece(name) for name in ("a", "b", "c", "d", "e", "cake", "pie"))
CAR, MODULE, SCRAP = piece("car"), piece("module"), piece("scrap")
MILK, CORN, RYE, BEER, L = (lot(name) for name in ("milk", "corn", "rye", "beer", "L7"))
P, Q, R, T = pallet(1), pallet(2), pallet(3), tote("T1")
COLD, SHOP = place(1), place(2)
RUN = "urn:x:run:1"
RECALLED = {"set": ["recalled"]}

CASES = [
    Case(
        "a tote is filled again while the rework of what was in it still runs",
        [
            make(1, [(MILK, 10)], [A]),
            pack(2, T, A),
            make(4, [T], [], process=RUN),
            unpack(4, T),
            pack(5, T, C),
            make(9, [], [A, D], process=RUN),
            make(10, [T], [E]),
        ],
        [
            up(D, {A: 1, MILK: 2}),
            up(A, {MILK: 1}),
            up(E, {C: 1}),
            down(MILK, {A: 1, D: 2}),
            down(MILK, {A: 1}, at=8),
            down(C, {E: 1}),
            down(T, {}),
            called([MILK], row(A, 1, around=[]), row(D, 2), own=[own(MILK, around=[])]),
            called([A], row(D, 1), own=[own(A, around=[], ended=False)]),
        ],
    ),
    Case(
        "a run of two parties, in any order; one takes its part back later",
        [
            [make(1, [(CORN, 1)], [], process=RUN), rye := make(2, [(RYE, 1)], [], process=RUN, by=OTHER)],
            [make(9, [], [(BEER, 2)], process=RUN)],
            [wrong(rye), said_by(ONE, wrong(rye))],
        ],
        [
            called([RYE], known_at=1),
            called([RYE], row(BEER, 1, by=ONE, comes={RYE}), known_at=2),
            called([CORN, RYE], row(BEER, 1, by=ONE, comes={CORN, RYE}), known_at=2),
            called([CORN, RYE], row(BEER, 1, by=ONE, comes={CORN})),
            up(BEER, {CORN: 1, RYE: 1}, known_at=2),
            up(BEER, {}, at=8, known_at=2),
            up(BEER, {CORN: 1}),
        ],
    ),
    Case(
        "an emptying that was none, of what went into a process after it",
        [[pack(1, P, A, B), emptied := unpack(3, P), make(5, [P], [CAKE])], [wrong(emptied)]],
        [
            up(CAKE, {P: 1}, known_at=1),
            up(CAKE, {A: 1, B: 1}),
            inside(P, at=4, known_at=1),
            inside(P, A, B, at=4),
            called([A], own=[own(A, around=[])], known_at=1),
            called([A], row(CAKE, 1), own=[own(A, around=[(A, P)])]),
        ],
    ),
    Case(
        "an amount that ran out before its use did not, by a packing that is told late",
        [
            [
                make(0, [(MILK, 9)], [(L, 6)]),
                pack(1, P, (L, 5)),
                taken := unpack(3, P, (L, 5)),
                said_by(OTHER, respelled(taken)),
                make(5, [P], [CAKE]),
            ],
            [pack(2, P, (L, 1))],
        ],
        [
            up(CAKE, {P: 1}, known_at=1),
            up(CAKE, {L: 1, MILK: 2}),
            called([MILK], row(L, 1, around=[], amounts=[(6, "KGM")]), known_at=1),
            called([MILK], row(L, 1, around=[(L, P)]), row(CAKE, 2)),
            inside(P, (L, 1), at=4),
        ],
    ),
    Case(
        "seen in a pallet that was seen in another; a move without unpacking is told late",
        [[sight(1, Q, P), sight(2, P, A), make(6, [Q], [CAKE])], [pack(5, R, A)]],
        [
            up(CAKE, {A: 1}, known_at=1),
            up(CAKE, {P: 1}),
            down(A, {CAKE: 1}, known_at=1),
            down(A, {}),
            stands(A, around=[(A, P), (P, Q)], known_at=1),
            stands(A, around=[(A, P), (P, Q)], at=4),
            stands(A, around=[(A, R)]),
        ],
    ),
    Case(
        "taken out of a car for rework, while the car stands on a pallet",
        [
            mount(0, CAR, MODULE),
            pack(1, P, CAR),
            see(2, P),
            unmount(4, CAR, MODULE),
            make(5, [MODULE], [MODULE]),
            see(5.5, P),
            mount(6, CAR, MODULE),
            see(7, P),
            make(9, [P], [SCRAP]),
        ],
        [
            told(MODULE, 0, 1, 2, 4, 5, 6, 7, 9),
            parts(CAR, MODULE, at=3),
            parts(CAR, at=5),
            parts(CAR, MODULE),
            stands(MODULE, part_of=[], around=[], at=5),
            stands(MODULE, part_of=[(MODULE, CAR)], around=[(CAR, P)], ended=False),
            up(SCRAP, {CAR: 1, MODULE: 1}),
            called([MODULE], row(SCRAP, 1), own=[own(MODULE, part_of=[(MODULE, CAR)], around=[(CAR, P)])]),
        ],
    ),
    Case(
        "the lot of a packed piece was wrong, and is told anew",
        [
            [begun := begin(1, A, lot="L7"), pack(2, P, A), make(5, [P], [PIE])],
            [wrong(begun), begin(1, A, lot="L8")],
        ],
        [
            up(PIE, {A: 1, L: 2}, known_at=1),
            up(PIE, {A: 1, lot("L8"): 2}),
            called([L], row(A, 1, around=[(A, P)]), row(PIE, 2), known_at=1),
            called([L]),
            called([lot("L8")], row(A, 1, around=[(A, P)]), row(PIE, 2)),
            called([lot("L8")], known_at=1),
        ],
    ),
    Case(
        "said by two in two spellings, taken back by one after the other",
        [
            [
                packed := pack(1, P, (L, 5)),
                marked := see(2, A, persistentDisposition=RECALLED),
                said_by(OTHER, respelled(packed)),
                said_by(OTHER, respelled(marked, 1)),
            ],
            [wrong(packed), wrong(marked)],
            [said_by(OTHER, wrong(packed)), said_by(OTHER, respelled(wrong(marked)))],
        ],
        [
            stands(L, around=[(L, P)], hands=[(ONE, ""), (OTHER, "")], known_at=1),
            stands(L, around=[(L, P)], hands=[(OTHER, "")], known_at=2),
            stands(L, around=[], hands=[], known_at=3),
            inside(P, (L, 5), known_at=2),
            inside(P),
            *(stands(A, lasting=["recalled"], known_at=known) for known in (1, 2)),
            stands(A, lasting=[], at=2),
            told(A, 2, 2, known_at=1),
            told(A),
        ],
    ),
    Case(
        "a sensor's hours, and an arrival that is told late and was none",
        [
            [pack(1, P, A), sense(5, COLD, since=3, until=4), unpack(6, P, A)],
            [came := see(2, P, bizLocation=COLD)],
            [wrong(came), see(4.5, P, bizLocation=COLD)],
        ],
        [
            told(A, 1, 6, known_at=1),
            told(A, 1, 2, (5, "sensed"), 6, known_at=2),
            told(A, 1, 2, at=4, known_at=2),
            told(A, 1, 4.5, 6),
            stands(A, places=[COLD]),
        ],
    ),
    Case(
        "one minute: through one pallet to another; the unpacking is taken back",
        [
            [pack(5, P, A), out := unpack(5, P, A), make(5, [P], [CAKE])],
            [wrong(out), see(6, P)],
            [pack(5, Q, A), make(5, [Q], [PIE])],
        ],
        [
            inside(P, known_at=1),
            inside(P, A, known_at=2),
            told(A, 5, 5, 5, known_at=1),
            up(CAKE, {A: 1}, known_at=1),
            up(CAKE, {A: 1}),
            up(PIE, {A: 1}),
            inside(P),
            inside(Q, A),
            down(A, {CAKE: 1, PIE: 1}, strict_time=True),
        ],
    ),
    Case(
        "emptied one level deep, with pieces and amounts below; each level goes into a process",
        [
            pack(1, P, A, (L, 5)),
            pack(2, Q, P),
            pack(2, Q, B),
            unpack(3, Q),
            make(4, [Q], [CAKE]),
            make(5, [P], [PIE]),
            pack(6, Q, P),
            make(7, [Q], [D]),
        ],
        [
            up(CAKE, {Q: 1}),
            up(PIE, {A: 1, L: 1}),
            up(D, {A: 1, L: 1}),
            down(B, {}),
            called([L], row(D, 1), row(PIE, 1), own=[own(L, around=[(L, P), (P, Q)])]),
            called([L, B], row(PIE, 1, comes={L}), at=6),
        ],
    ),
    Case(
        "rework in a circle, by two parties, with a late and a false link",
        [
            [make(1, [A], [B]), make(3, [B], [C], by=OTHER)],
            [back := make(5, [C], [A], by=OTHER)],
            [wrong(back), make(6, [C], [D], by=OTHER)],
        ],
        [
            called([A], row(B, 1), row(C, 2, by=OTHER), known_at=1),
            called([B], row(C, 1, by=OTHER), row(A, 2, by=OTHER), known_at=2),
            up(A, {C: 1, B: 2}, known_at=2),
            up(A, {}),
            called([A], row(B, 1), row(C, 2, by=OTHER), row(D, 3, by=OTHER)),
            called([C], row(D, 1, by=OTHER)),
        ],
    ),
    Case(
        "decommissioned in its pallet, which goes on, and into a process",
        [
            begin(1, A, bizLocation=SHOP),
            pack(2, P, A),
            see(3, A, action="DELETE", disposition="destroyed"),
            see(4, P, bizLocation=COLD, by=OTHER),
            make(5, [P], [CAKE], by=OTHER),
        ],
        [
            called(
                [A],
                row(CAKE, 1, by=OTHER),
                own=[own(A, ended=True, dispositions=["destroyed"], around=[(A, P)], places=[COLD])],
            ),
            told(A, 1, 2, 3, 4, (5, "container")),
        ],
    ),
]
