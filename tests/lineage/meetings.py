"""Complaints that began on the way: places that all of the items passed, and parties that had to do with all
of them, themselves, in a container, or by what they were made of.
"""

from tests.lineage.goods import lot, pallet, piece, place, tote
from tests.lineage.story import Case, met, shared, stands
from tests.lineage.telling import ONE, OTHER, handed, make, pack, see, sense, sight, unpack, wrong

A, B, C, P, Q, T = piece("a"), piece("b"), piece("c"), pallet(1), pallet(2), tote("T")
WHEAT, RYE, MILK = lot("wheat"), lot("rye"), lot("milk")
COLD, DOCK, DAIRY, FIELD = (place(number) for number in range(1, 5))
THIRD = "urn:x:haulier"

CASES = [
    Case(
        "nothing in them is the same, and both passed one dock",
        [
            make(1, [(WHEAT, 1)], [A], bizLocation=FIELD),
            make(1, [(RYE, 1)], [B], bizLocation=DAIRY, by=OTHER),
            see(3, A, readPoint=DOCK),
            see(4, B, readPoint=DOCK),
        ],
        [
            shared([A, B], {}),
            met([A, B], places=[DOCK], parties=[ONE]),
            met([A, B], places=[], parties=[], at=3),
            met([A, B, WHEAT], places=[], parties=[ONE]),
        ],
    ),
    Case(
        "on different pallets, at different times, in one cold room; after the unpacking no more",
        [
            pack(1, P, A),
            see(2, P, bizLocation=COLD),
            unpack(3, P, A),
            see(4, P, readPoint=DOCK),
            pack(5, Q, B, by=OTHER),
            see(6, Q, readPoint=COLD, by=OTHER),
            see(7, Q, readPoint=DOCK, by=OTHER),
        ],
        [met([A, B], places=[COLD], parties=[]), met([B, P], places=[COLD, DOCK], parties=[])],
    ),
    Case(
        "packed on a pallet that stood in the cold room already: it was there",
        [
            see(1, P, bizLocation=COLD, by=OTHER),
            pack(3, P, A),
            see(2, B, bizLocation=COLD),
            see(1, Q, readPoint=DOCK),
            pack(4, Q, B),
            see(5, A, readPoint=DOCK),
        ],
        [
            stands(A, places=[COLD]),
            met([A, B], places=[COLD], parties=[ONE]),  # the dock was passed by Q, before B came
            met([A, B], places=[], parties=[], at=2),
            met([P, B], places=[COLD], parties=[ONE]),
        ],
    ),
    Case(
        "told last to be elsewhere, it did not come to where the pallet had been before",
        [
            see(1, P, bizLocation=COLD),
            see(2, A, bizLocation=DOCK),
            pack(3, P, A),
            see(4, B, bizLocation=COLD),
        ],
        [stands(A, places=[DOCK]), met([A, B], places=[], parties=[ONE])],
    ),
    Case(
        "what else was made of the milk says nothing of the cheese",
        [
            see(1, (MILK, 9), readPoint=FIELD),
            make(2, [(MILK, 1)], [A], bizLocation=DAIRY),
            make(3, [(MILK, 1)], [C], bizLocation=COLD, by=OTHER),
            make(4, [(RYE, 1)], [B], bizLocation=COLD, by=OTHER),
            see(5, (RYE, 1), readPoint=FIELD, by=OTHER),
        ],
        [met([A, B], places=[FIELD], parties=[]), met([C, B], places=[COLD, FIELD], parties=[OTHER])],
    ),
    Case(
        "a party that speaks of none of them is named in both",
        [
            see(1, A, bizStep="shipping", **handed(ONE, THIRD)),
            see(2, T, bizStep="shipping", by=OTHER, **handed(THIRD, OTHER)),
            sight(1, T, B, by=OTHER),
        ],
        [met([A, B], places=[], parties=[THIRD]), met([A, B], places=[], parties=[], at=1)],
    ),
    Case(
        "told late, and taken back again",
        [
            [pack(1, P, A), see(1, B, bizLocation=COLD), sense(5, COLD, since=3, until=5)],
            [stood := see(2, P, bizLocation=COLD)],
            [wrong(stood)],
        ],
        [
            met([A, B], places=[], parties=[ONE], known_at=1),
            met([A, B], places=[COLD], parties=[ONE], known_at=2),
            met([A, B], places=[], parties=[ONE], at=1, known_at=2),
            met([A, B], places=[], parties=[ONE]),
        ],
    ),
]
