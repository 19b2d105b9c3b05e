"""How things stand: places, dispositions, and those that last until they are lifted."""

from tests.lineage.goods import lot, pallet, piece, place
from tests.lineage.story import Case, stands
from tests.lineage.telling import begin, end, make, pack, see, trade, unpack

A, B, P, Q, LOT, PIE = piece("a"), piece("b"), pallet(1), pallet(2), lot("L"), piece("pie")
FARM, SHOP = place(1), place(2)


def lasting(*words: str) -> dict[str, list[str]]:
    """They are set."""
    return {"set": list(words)}


CASES = [
    Case(
        "a later disposition does not end one that lasts",
        [
            see(2, A, persistentDisposition=lasting("recalled", "expired"), disposition="unavailable"),
            see(4, A, disposition="returned"),
            see(6, A, persistentDisposition={"unset": ["recalled"]}),
        ],
        [
            stands(A, lasting=["expired", "recalled"], disposition="unavailable", at=3),
            stands(A, lasting=["expired", "recalled"], disposition="returned", at=5),
            stands(A, lasting=["expired"], disposition="returned"),
            stands(A, lasting=[], disposition=None, at=1),
        ],
    ),
    Case(
        "lifted and set again",
        [
            see(1, A, persistentDisposition=lasting("needs_replacement")),
            see(2, A, persistentDisposition={"unset": ["needs_replacement"]}),
            see(3, A, persistentDisposition=lasting("needs_replacement")),
        ],
        [stands(A, lasting=[], at=2), stands(A, lasting=["needs_replacement"])],
    ),
    Case(
        "lifted before it was set, in order of time",
        [
            see(5, A, persistentDisposition={"unset": ["recalled"]}),
            see(3, A, persistentDisposition=lasting("recalled")),
        ],
        [stands(A, lasting=["recalled"], at=4), stands(A, lasting=[])],
    ),
    Case(
        "what is said of a pallet is not said of what is on it",
        [
            pack(1, P, A),
            see(3, P, persistentDisposition=lasting("recalled"), disposition="damaged", bizLocation=FARM),
        ],
        [
            stands(P, lasting=["recalled"], disposition="damaged", places=[FARM]),
            stands(A, lasting=[], disposition=None, places=[FARM], around=[(A, P)]),
        ],
    ),
    Case(
        "of a lot, and not of its pieces; of outputs, and not of inputs",
        [
            begin(1, A, lot="L"),
            see(2, (LOT, 5), persistentDisposition=lasting("recalled")),
            make(4, [A], [PIE], persistentDisposition=lasting("completeness_verified"), disposition="active"),
        ],
        [
            stands(LOT, lasting=["recalled"]),
            stands(A, lasting=[], disposition=None),
            stands(PIE, lasting=["completeness_verified"], disposition="active"),
        ],
    ),
    Case(
        "where it is: with its pallet, then by itself",
        [
            see(1, A, bizLocation=FARM),
            pack(2, P, A),
            see(3, P, bizStep="shipping"),
            see(6, P, bizLocation=SHOP, bizStep="receiving"),
            unpack(8, P, A),
            see(9, P, bizLocation=FARM),
        ],
        [
            stands(A, places=[FARM], around=[(A, P)], at=2),
            stands(A, places=[], at=4),
            stands(A, places=[SHOP], around=[(A, P)], at=7),
            stands(A, places=[SHOP], around=[]),
            stands(P, places=[FARM]),
        ],
    ),
    Case(
        "it comes to where its container is",
        [
            see(1, A, bizLocation=FARM),
            see(2, Q, bizLocation=SHOP),
            pack(3, Q, P),
            pack(5, P, A),
            unpack(8, P, A),
        ],
        [stands(A, places=[FARM], at=4), stands(A, places=[SHOP], at=6), stands(A, places=[SHOP])],
    ),
    Case(
        "it ends, and may begin again",
        [begin(1, A), end(5, A), begin(9, A)],
        [stands(A, ended=False, at=4), stands(A, ended=True, at=5), stands(A, ended=False)],
    ),
    Case(
        "a trade says how things stand, and moves nothing",
        [pack(1, P, A), trade(3, "urn:x:order:7", A, disposition="reserved")],
        [stands(A, disposition="reserved", around=[(A, P)], places=[])],
    ),
    Case(
        "a lot in two places, on two pallets",
        [pack(1, P, (LOT, 5), bizLocation=FARM), pack(2, Q, (LOT, 3), bizLocation=SHOP)],
        [stands(LOT, places=[FARM, SHOP], around=[(LOT, P), (LOT, Q)])],
    ),
]
