"""Logs that are kept in haste, and judged."""

from itertools import pairwise

from tests.journey.holding_scene import Holder, Scene, scene
from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    control,
    damaged,
    statement,
)
from tracehold.core.control import Enrol, Revoke
from tracehold.journey.assess import Assessor
from tracehold.journey.judge import Judge

ENROL = Enrol(MILL, MILL_KEY.public)


async def keep(made: Scene, *sizes: int, holder: Holder | None = None, start: int = 0) -> None:
    """Keep the branch in ranges that end at these sizes, as proved by an anchor."""
    for first, size in pairwise([start, *(sizes or [made.branch.size])]):
        shipment = made.branch.shipment(first, size)
        await (holder or made.holder).holding.keep(made.branch.neighbour(), shipment, anchored=True)


async def judged(holder: Holder, judge: Judge | None = None) -> int:
    """Judge all that is to be; how many entries that were."""
    assessor, done = Assessor(holder.store, judge or holder.judge), 0
    while step := await assessor.once():
        done += step
    return done


async def odd() -> Scene:
    """A log with one of each that is wrong, control records, and keys that come and go."""
    made = await scene()
    made.branch.seal(
        statement(3).raw,
        b"no record at all",
        damaged(statement(5)).raw,
        statement(6, key=MILL_KEY, party=MILL).raw,
        control(ENROL, key=FARM_KEY, party=FARM).raw,
        statement(8, payload=b"{}").raw,
    )
    made.branch.seal(
        control(ENROL).raw,
        statement(10, key=MILL_KEY, party=MILL).raw,
        control(Revoke(MILL_KEY.public.kid)).raw,
        statement(12, key=MILL_KEY, party=MILL).raw,
        damaged(control(ENROL)).raw,
        statement(14).raw,
    )
    return made


WRONG = {
    4: "MALFORMED_COSE",
    5: "BAD_SIGNATURE",
    6: "UNKNOWN_PARTY",
    7: "BAD_CONTROL",
    8: "NOT_EPCIS",
    12: "KEY_REVOKED",
    13: "BAD_SIGNATURE",
}
"""What is wrong in it, by index."""
