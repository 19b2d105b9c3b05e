"""Replication: the follower that has the own log kept by nodes of other operators, and gathers what they
acknowledge for the anchor.

One courier per holder works on its own, so that whoever is slow, gone or false holds up nobody else. Holders
are chosen here, when a segment opens; members are read again at an interval and whenever an anchor asks.

What an anchor waits for is in `gathering`, who takes the place of whom in `repair`.

What a crash means: who holds, and what was acknowledged, is on disk before it counts; what an anchor had
gathered is gathered again, and holders sign the same state again.
"""

import asyncio
from collections.abc import Sequence
from typing import NoReturn

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.cargo import Cargo
from tracehold.journey.couriers import Couriers
from tracehold.journey.errand import Round
from tracehold.journey.follow import Bell
from tracehold.journey.gathering import Gathering
from tracehold.journey.hearers import Hearers, Patience
from tracehold.journey.holders import Holders, Roll, call_roll, segment_of
from tracehold.journey.ports import Acknowledgement, Ledger, Peers, RecordLog
from tracehold.journey.repair import Reach, Repairs
from tracehold.journey.segments import SegmentStanding, standings
from tracehold.journey.signs import NoSigns, Signs
from tracehold.journey.states import within
from tracehold.journey.throttle import Throttle
from tracehold.journey.upkeep import RepairStanding

__all__ = ["Hearers", "Patience", "Replicator"]

LOOK_S = 15.0
"""Seconds between two readings of the members while no anchor asks."""
SOON_S = 1.0
"""Seconds from the change of a member's health to the next reading: more may change at once."""


class Replicator:
    """Has the own log kept. One per node; one task runs `run`, the anchorer calls `acknowledge`."""

    def __init__(
        self,
        store: RecordLog,
        holders: Holders,
        ledger: Ledger,
        peers: Peers,
        patience: Patience,
        hearers: Hearers | None = None,
        signs: Signs | None = None,
    ) -> None:
        told, seen = hearers or Hearers(), signs or NoSigns()
        self._store = store
        self._holders = holders
        holders.health = seen.health
        self._ledger = ledger
        self._patience = patience
        self._told = told
        self._signs = seen
        self._bell = Bell()
        self._changed = Bell()
        self._cargo = Cargo(store, holders.log)
        self._looking = asyncio.Lock()
        shared = Round(
            self._cargo,
            holders,
            ledger,
            peers,
            self._bell,
            lambda: self._gathering.goal,
            patience.sleep,
            patience.now,
            told.fault,
            told.moved,
            Throttle(patience.repair_bytes_per_s, patience.now),
            seen,
        )
        self._couriers = Couriers(shared, told.trouble)
        self._repairs = Repairs(holders, self._couriers, seen, patience.wall, told.repair, told.trouble)
        self._gathering = Gathering(
            holders, self._cargo, self._couriers, self._repairs, seen, patience, self._bell
        )

    async def run(self, bell: Bell) -> NoReturn:
        """Have kept what is sealed, for ever. `bell` rings when the log grew or its anchors moved. Ends by
        cancellation, or raises what is Broken here.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                self._couriers.begin(tasks)
                tasks.create_task(self._pass_on(bell))
                tasks.create_task(self._watch())
                await self._look_about()
        except BaseExceptionGroup as failures:
            # One that is broken ends the others.
            raise failures.exceptions[0] from None
        finally:
            self._couriers.end()

    async def look(self) -> Roll:
        """Read the members, choose holders where some are missing, release those who are replaced, and send
        couriers to all.

        Raises `Rejected("NOT_A_MEMBER")`, `Unavailable`, and what is Broken.
        """
        # One at a time: of two that overlap the older reading could come last, and a revoked holder count
        # again.
        async with self._looking:
            roll = await call_roll(self._ledger, self._holders.log)
            await self._holders.learn(roll)
            opened, anchored = await self._cargo.horizon(), await self._cargo.anchored()
            reach = Reach(await self._store.size(self._holders.log), anchored)
            await self._repairs.tend(roll, reach, segment_of(opened) + 1 if opened else 0)
            self._couriers.send(roll)
            return roll

    async def acknowledge(self, prev_size: int, head: Checkpoint) -> Sequence[Acknowledgement]:
        """Acknowledgements of this state as the step from `prev_size`: of all holders, or after the patience
        of as many operators as the contract asks for. None in a network that asks for none.

        Raises `Unavailable("TOO_FEW_COPIES")`, after which it may be asked again, for the same state or
        another; and what `look` raises.
        """
        roll = await self.look()
        if not roll.quorum:
            return ()
        return await self._gathering.acknowledge(roll, prev_size, head)

    async def standing(self) -> Sequence[SegmentStanding]:
        """How every segment of the own log is kept."""
        size, anchored = await self._store.size(self._holders.log), await self._cargo.anchored()
        return standings(self._holders, size, anchored, self._couriers.up)

    def repairs(self) -> Sequence[RepairStanding]:
        """The repairs of the own log that are under way."""
        return self._repairs.standing(self._holders.roll.creator.number if self._holders.roll else 0)

    # -- parts

    async def _look_about(self) -> NoReturn:
        trouble = self._told.trouble("replicate")
        while True:
            changed = self._changed.next()
            try:
                await self.look()
            except (Unavailable, Rejected) as error:
                trouble(error)
            else:
                trouble(None)
            waiting = asyncio.ensure_future(changed.wait())
            try:
                if await within(waiting, LOOK_S, self._patience.sleep):
                    await self._patience.sleep(SOON_S)
            finally:
                waiting.cancel()

    async def _watch(self) -> NoReturn:
        """Look again when somebody's health changed; whoever answers again is gone to at once."""
        silent: set[int] = set()
        while True:
            ring = self._signs.bell.next()
            nodes = {copy.node for at in self._holders.segments for copy in self._holders.of(at)}
            now = {node for node in nodes if not self._signs.answers(node)}
            for node in (silent & nodes) - now:
                self._couriers.wake(node)
            silent = now
            await ring.wait()
            self._changed.ring()

    async def _pass_on(self, bell: Bell) -> NoReturn:
        ring = bell.next()
        while True:
            await ring.wait()
            ring = bell.next()
            self._bell.ring()
