"""Electricity certificates in MWh: a park's meter, certificates issued for it, accounts that hold them,
transfers, cancellation for a customer. Accounts are containers; a certificate lot is an amount."""

from tests.lineage.goods import lot
from tests.lineage.story import Case, down, inside, stands, told, up
from tests.lineage.telling import OTHER, Event, begin, make, pack, said_by, unpack, wrong

METERED, CERTIFICATES, OLDER = "urn:x:meter:park-7:2026-03", lot("GO-2026-03"), lot("GO-2026-02")
PARK, TRADER, SUPPLIER = (f"urn:x:account:{name}" for name in ("park", "trader", "supplier"))
USED = "urn:x:cancellation:8841"


def mwh(amount: float, what: str = CERTIFICATES) -> tuple[str, float, str]:
    """Certificates for so much electricity."""
    return what, amount, "MWH"


def moved(minute: float, amount: float, source: str, target: str, what: str = CERTIFICATES) -> list[Event]:
    """A transfer: out of one account and into the other at one instant."""
    return [pack(minute, target, mwh(amount, what)), unpack(minute, source, mwh(amount, what))]


ISSUED = [make(1, [mwh(100, METERED)], [mwh(100)]), pack(2, PARK, mwh(100))]
SOLD = [*moved(10, 40, PARK, TRADER), *moved(20, 30, TRADER, SUPPLIER)]
CANCELLED = [unpack(30, SUPPLIER, mwh(25)), make(30, [mwh(25)], [USED], disposition="inactive")]

CASES = [
    Case(
        "issued, transferred twice, cancelled in part",
        [*ISSUED, *SOLD, *CANCELLED],
        [
            inside(PARK, mwh(100), at=5),
            inside(PARK, mwh(60)),
            inside(TRADER, mwh(40), at=15),
            inside(TRADER, mwh(10)),
            inside(SUPPLIER, mwh(30), at=25),
            inside(SUPPLIER, mwh(5)),
            stands(CERTIFICATES, amounts=[(100.0, "MWH")], ended=False, at=25),
            stands(CERTIFICATES, amounts=[(75.0, "MWH")], ended=False),
            stands(CERTIFICATES, around=[(CERTIFICATES, p) for p in sorted([PARK, TRADER, SUPPLIER])]),
        ],
    ),
    Case(
        "what was cancelled leads back to the meter, and the meter to what was cancelled",
        [*ISSUED, *SOLD, *CANCELLED],
        [
            up(USED, {CERTIFICATES: 1, METERED: 2}, missing=[METERED]),
            down(METERED, {CERTIFICATES: 1, USED: 2}),
            down(PARK, {}),
            up(SUPPLIER, {}),
            told(CERTIFICATES, 1, 2, 10, 10, 20, 20, 30, 30),
        ],
    ),
    Case(
        "an account is emptied: nothing more can come of it",
        [*ISSUED, *moved(10, 100, PARK, TRADER), make(30, [mwh(100)], [USED]), unpack(30, TRADER)],
        [inside(PARK), inside(TRADER), stands(CERTIFICATES, amounts=[], ended=True, around=[])],
    ),
    Case(
        "a transfer that did not happen is taken back by who said it, on both sides",
        [*ISSUED, *(false := moved(10, 40, PARK, TRADER)), *map(wrong, false)],
        [inside(PARK, mwh(100)), inside(TRADER)],
    ),
    Case(
        "the buyer tells the same transfer: it is one, and only the seller's word is taken back",
        [
            *ISSUED,
            *(deal := moved(10, 40, PARK, TRADER)),
            *(said_by(OTHER, event) for event in deal),
            *map(wrong, deal),
        ],
        [inside(PARK, mwh(60)), inside(TRADER, mwh(40))],
    ),
    Case(
        "kilowatt-hours are another unit, and two months are two lots",
        [
            begin(1, mwh(50, OLDER)),
            pack(2, PARK, mwh(50, OLDER)),
            *ISSUED,
            unpack(9, PARK, (CERTIFICATES, 40000, "KWH")),
        ],
        [inside(PARK, mwh(50, OLDER), mwh(100)), stands(OLDER, amounts=[(50.0, "MWH")])],
    ),
]
