"""A log that has gone into its second segment, of true size: what only counts at a segment's end."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

from tests.journey.holding_scene import Branch, Holder, Scene, scene
from tests.journey.scene import FARM, FARM_KEY, MILL, MILL_KEY, control, damaged
from tracehold.core.control import Enrol, Revoke, Snapshot
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.snapshot import Listed
from tracehold.journey.cargo import Cargo
from tracehold.journey.ports import Base, Sent, Shipment

START = SEGMENT_ENTRIES
CONTROLS = (0, 1, 2, 300, 301, 40_000)
"""Indices of the control records in the first segment; 301 has a false signature."""


MADE: list[tuple[Scene, Branch]] = []


async def first_segment() -> tuple[Scene, Branch]:
    """A log that fills its first segment, which is anchored. Made once: tests go on with forks of it."""
    if not MADE:
        begun = await scene()
        branch, enrol = begun.branch, control(Enrol(MILL, MILL_KEY.public))
        branch.seal(*filler(3, 300), enrol.raw, damaged(control(Revoke(MILL_KEY.public.kid))).raw)
        branch.seal(*filler(302, 40_000), control(Enrol(FARM, FARM_KEY.public)).raw)
        branch.seal(*filler(40_001, START - 1))
        branch.seal(*filler(START - 1, START))
        await branch.disk()
        await begun.anchor(branch, START)
        MADE.append((begun, branch))
    return MADE[0]


def filler(start: int, stop: int) -> Sequence[bytes]:
    """Entries that say nothing."""
    return [b"entry %d" % at for at in range(start, stop)]


def listed(branch: Branch) -> Snapshot:
    """The snapshot that belongs at the end of the branch."""
    found = Listed()
    for at, entry in enumerate(branch.entries):
        if entry.kind in CONTROL_KINDS:
            found.add(at, entry.fingerprint)
    return found.snapshot()


@dataclass
class Long:
    """A log that has gone into its second segment, and a holder that has nothing of it."""

    branch: Branch
    holder: Holder
    cargo: Cargo

    async def bases(self) -> list[Base]:
        """What the creator ships before the second segment."""
        return [base async for base in self.cargo.bases(START)]

    async def first(self, **changes: object) -> Shipment:
        """The shipment that begins the copy."""
        (base,) = await self.bases()
        return replace(self.branch.shipment(START), prev_size=START, base=base, **changes)  # type: ignore[arg-type]


async def long(*raws: bytes, snapshot: Snapshot | None = None) -> Long:
    """The second segment holds a snapshot, then these."""
    made, branch = await first_segment()
    branch = branch.fork()
    branch.seal(control(snapshot or listed(branch)).raw, *raws)
    # A chain of its own: what a test anchors there is of its fork.
    chain = copy(made.chain)
    chain.blocks, chain.pool = list(chain.blocks), dict(chain.pool)
    holder = await Holder.started(made.clock, chain, 2)
    return Long(branch, holder, Cargo(branch.store, branch.log))


async def ship_first(made: Long, size: int) -> None:
    """Let the holder have the first segment, or the most of it, as one shipment."""
    sent = tuple(Sent(entry.raw, entry.fingerprint) for entry in made.branch.entries[:size])
    whole = Shipment(made.branch.log, 0, sent, made.branch.checkpoints[size], 0)
    assert (await made.holder.take(made.branch, whole)).refused == ""
