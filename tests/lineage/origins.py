"""Pieces of lots: what master data and links of lot and serial join."""

from tests.lineage.goods import GTIN, lot, piece
from tests.lineage.story import Case, down, told, up
from tests.lineage.telling import begin, make, see, wrong

A, B, C, TART = (piece(name) for name in ("a", "b", "c", "tart"))
MILK, CHEESE, SISTER = lot("milk"), lot("L7"), lot("L8")
LINKED = f"{GTIN}/10/L7/21/a"
OTHER_KIND = "https://id.gs1.org/01/09521234000013/10/L7"

CASES = [
    Case(
        "pieces commissioned with a lot number come from that lot",
        [make(1, [(MILK, 9)], [(CHEESE, 3)]), begin(5, A, B, lot="L7"), begin(6, C, lot="L8")],
        [
            up(A, {CHEESE: 1, MILK: 2}, missing=[MILK]),
            up(C, {SISTER: 1}, missing=[SISTER]),
            down(MILK, {CHEESE: 1, A: 2, B: 2}),
            down(SISTER, {C: 1}),
        ],
    ),
    Case(
        "and so does all that is made of a piece",
        [begin(5, A, lot="L7"), make(8, [A], [TART]), make(1, [(MILK, 9)], [(CHEESE, 3)])],
        [up(TART, {A: 1, CHEESE: 2, MILK: 3}), down(MILK, {CHEESE: 1, A: 2, TART: 3}), up(TART, {}, at=4)],
    ),
    Case(
        "pieces of a lot are no ancestors of each other",
        [begin(5, A, B, lot="L7"), make(8, [A], [TART])],
        [down(B, {}), up(TART, {A: 1, CHEESE: 2}), down(CHEESE, {A: 1, B: 1, TART: 2})],
    ),
    Case(
        "the lot number of what a process puts out names a lot that it made",
        [make(1, [(MILK, 9)], [A, B], lot="L7"), begin(3, C, lot="L7")],
        [
            up(A, {MILK: 1, CHEESE: 1}),
            up(CHEESE, {MILK: 1}),
            up(C, {CHEESE: 1, MILK: 2}),
            down(MILK, {A: 1, B: 1, CHEESE: 1, C: 2}),
        ],
    ),
    Case(
        "a lot number that is no text joins its pieces all the same",
        [
            begin(1, A, ilmd={"cbvmda:lotNumber": 7}),
            begin(2, B, ilmd={"cbvmda:lotNumber": ["L7", {"@value": "L8", "@type": "xsd:string"}]}),
            make(3, [(MILK, 1)], [C], ilmd={"cbvmda:lotNumber": {"#text": "L7"}}),
        ],
        [
            up(A, {lot("7"): 1}),
            up(B, {CHEESE: 1, MILK: 2, SISTER: 1}),
            up(C, {CHEESE: 1, MILK: 1}),
            down(SISTER, {B: 1}),
            down(CHEESE, {B: 1, C: 1}),
        ],
    ),
    Case(
        "a lot number beside amounts of a class joins nothing: all goods of that kind would be of that lot",
        [begin(1, (GTIN, 12, "H87"), lot="L7"), make(4, [(GTIN, 1, "H87")], [TART]), see(5, (CHEESE, 1))],
        [up(TART, {GTIN: 1}, missing=[]), down(CHEESE, {}), down(GTIN, {TART: 1}), told(CHEESE, 5)],
    ),
    Case(
        "a lot number of another kind of goods is another lot",
        [make(1, [(MILK, 9)], [(OTHER_KIND, 3)]), begin(5, A, lot="L7")],
        [up(A, {CHEESE: 1}, missing=[CHEESE]), down(MILK, {OTHER_KIND: 1})],
    ),
    Case(
        "a link with lot and serial joins them, whatever the event",
        [see(5, LINKED), make(8, [A], [TART])],
        [up(TART, {A: 1, CHEESE: 2}), down(CHEESE, {A: 1, TART: 2}), told(A, 5, 8), told(CHEESE)],
    ),
    Case(
        "the lot is told late: it counts all the same",
        [make(4, [A], [TART]), begin(9, A, lot="L7"), make(1, [(MILK, 1)], [(CHEESE, 1)])],
        [up(TART, {A: 1, CHEESE: 2, MILK: 3}), up(TART, {A: 1, CHEESE: 2, MILK: 3}, strict_time=True)],
    ),
    Case(
        "an event on a lot is none on its pieces, nor the other way",
        [begin(1, A, lot="L7"), see(3, (CHEESE, 2)), see(5, A)],
        [told(A, 1, 5), told(CHEESE, 3)],
    ),
    Case(
        "a lot number that was said in error joins nothing",
        [event := begin(5, A, lot="L7"), wrong(event), begin(5, A, lot="L8")],
        [up(A, {SISTER: 1}), down(CHEESE, {})],
    ),
]
