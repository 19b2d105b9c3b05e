"""Association: being part of something, apart from being packed in it."""

from tests.lineage.goods import pallet, piece, place, tote
from tests.lineage.story import Case, deep, down, inside, parts, stands, told, up
from tests.lineage.telling import begin, make, mount, pack, see, sight, unmount, unpack

CAR, ENGINE, CELL, MODULE, NEW, SCRAP = (
    piece(n) for n in ("car", "engine", "cell", "module", "new", "scrap")
)
SENSOR, T, P, HALL = tote("sensor"), tote("T"), pallet(1), place(7)

CASES = [
    Case(
        "unpacking unmounts nothing, unmounting unpacks nothing",
        [mount(1, T, SENSOR), pack(2, T, CELL), unpack(4, T), pack(6, T, CELL), unmount(8, T)],
        [
            parts(T, SENSOR, at=5),
            inside(T, at=5),
            parts(T),
            inside(T, CELL),
            stands(SENSOR, part_of=[(SENSOR, T)], around=[], at=7),
        ],
    ),
    Case(
        "a module is replaced",
        [mount(1, CAR, MODULE), unmount(5, CAR, MODULE), mount(6, CAR, NEW), see(8, CAR)],
        [parts(CAR, NEW), parts(CAR, MODULE, at=4), parts(CAR, at=5), told(MODULE, 1, 5), told(NEW, 6, 8)],
    ),
    Case(
        "mounted elsewhere, it has left",
        [mount(1, CAR, MODULE), mount(5, SCRAP, MODULE), see(7, CAR), see(8, SCRAP)],
        [parts(CAR), parts(SCRAP, MODULE), told(MODULE, 1, 5, 8)],
    ),
    Case(
        "a cell in a module in a car on a pallet",
        [
            mount(1, MODULE, CELL),
            mount(2, CAR, MODULE),
            pack(3, P, CAR),
            see(5, P),
            unpack(7, P, CAR),
            see(8, P),
        ],
        [
            told(CELL, 1, 2, 3, 5, 7),
            stands(CELL, part_of=[(CELL, MODULE), (MODULE, CAR)], around=[(CAR, P)], at=6),
            deep(P, (CAR, P), at=6),
            deep(P),
        ],
    ),
    Case(
        "parts are no ancestors of the whole, nor the other way",
        [begin(1, CELL), begin(1, CAR), mount(2, CAR, CELL)],
        [up(CAR, {}, missing=[]), down(CELL, {}), up(CELL, {}), down(CAR, {})],
    ),
    Case(
        "what the whole is put into has its parts in it",
        [mount(1, CAR, ENGINE), mount(2, ENGINE, CELL), unmount(5, CAR, ENGINE), make(9, [ENGINE], [SCRAP])],
        [up(SCRAP, {ENGINE: 1, CELL: 1}), down(CELL, {SCRAP: 1}), down(CAR, {})],
    ),
    Case(
        "a place is no container",
        [mount(1, HALL, SENSOR), see(3, HALL), pack(4, P, CAR, readPoint=HALL)],
        [told(SENSOR, 1), parts(HALL, SENSOR), stands(SENSOR, part_of=[(SENSOR, HALL)])],
    ),
    Case(
        "seen in its whole, without being mounted in sight",
        [mount(3, CAR, MODULE, action="OBSERVE"), unmount(6, CAR, MODULE)],
        [parts(CAR, MODULE, at=3), parts(CAR)],
    ),
    Case(
        "packed in one thing and part of another",
        [mount(1, CAR, MODULE), pack(3, P, MODULE), sight(4, P, MODULE)],
        [
            parts(CAR, MODULE),
            inside(P, MODULE),
            stands(MODULE, part_of=[(MODULE, CAR)], around=[(MODULE, P)]),
        ],
    ),
]
