"""Replication: the follower that has the own log kept by nodes of other operators, and gathers what they
acknowledge for the anchor.

One courier per holder works on its own, so that whoever is slow, gone or false holds up nobody else. Holders
are chosen here, when a segment opens; members are read again at an interval and whenever an anchor asks.

An anchor waits until all holders acknowledged, and after `patience` for the contract's quorum. While holders
are silent and the quorum is not met, the next nearest members hold the segment too.

What a crash means: who holds, and what was acknowledged, is on disk before it counts; what an anchor had
gathered is gathered again, and holders sign the same state again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.cargo import Cargo
from tracehold.journey.couriers import Couriers
from tracehold.journey.errand import Round
from tracehold.journey.follow import Bell, Trouble, untold
from tracehold.journey.goal import Goal
from tracehold.journey.holders import Holders, Roll, call_roll, segment_of
from tracehold.journey.own_log import Now
from tracehold.journey.placing import fill
from tracehold.journey.ports import Acknowledgement, Ledger, Peers, RecordLog
from tracehold.journey.segments import SegmentStanding, standings
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep, within

LOOK_S = 15.0
"""Seconds between two readings of the members while no anchor asks."""
SLOW = 3
"""Times the patience that a holder may be on its way to what an anchor waits for: a large backlog is not
silence, and one that moves for ever and never arrives is.
"""


def unmoved() -> None:
    """Wakes nobody."""


def silent(_: str) -> Trouble:
    """Tells nobody what holds up which part."""
    return untold


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told. `trouble` gives, for the name of a part, what hears of its troubles; `fault` hears of
    answers of holders that cannot be; `moved` is called when an acknowledgement brought something further.
    """

    trouble: Callable[[str], Trouble] = silent
    fault: Fault = untold
    moved: Callable[[], None] = unmoved


@dataclass(frozen=True, slots=True)
class Patience:
    """`seconds` that an anchor waits for all holders before the contract's quorum is enough; how to wait, and
    any clock in seconds.
    """

    seconds: float
    sleep: Sleep
    now: Now


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
    ) -> None:
        told = hearers or Hearers()
        self._store = store
        self._holders = holders
        self._ledger = ledger
        self._patience = patience
        self._told = told
        self._bell = Bell()
        self._cargo = Cargo(store, holders.log)
        self._goal: Goal | None = None
        self._asking = False
        self._looking = asyncio.Lock()
        self._couriers = Couriers(
            Round(
                self._cargo,
                holders,
                ledger,
                peers,
                self._bell,
                lambda: self._goal if self._asking else None,
                patience.sleep,
                patience.now,
                told.fault,
                told.moved,
            ),
            told.trouble,
        )

    async def run(self, bell: Bell) -> NoReturn:
        """Have kept what is sealed, for ever. `bell` rings when the log grew or its anchors moved. Ends by
        cancellation, or raises what is Broken here.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                self._couriers.begin(tasks)
                tasks.create_task(self._pass_on(bell))
                await self._look_about()
        except BaseExceptionGroup as failures:
            # One that is broken ends the others.
            raise failures.exceptions[0] from None
        finally:
            self._couriers.end()

    async def look(self) -> Roll:
        """Read the members, choose holders where some are missing, and send couriers to all.

        Raises `Rejected("NOT_A_MEMBER")`, `Unavailable`, and what is Broken.
        """
        # One at a time: of two that overlap the older reading could come last, and a revoked holder count
        # again.
        async with self._looking:
            roll = await call_roll(self._ledger, self._holders.log)
            await self._holders.learn(roll)
            opened = await self._cargo.horizon()
            for segment in range(segment_of(opened) + 1 if opened else 0):
                await fill(self._holders, roll, segment, self._holders.wanted)
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
        goal = await self._aim(roll, prev_size, head)
        self._asking = True
        self._bell.ring()
        try:
            found = await self._gather(goal)
        finally:
            self._asking = False
        if len(found) < self._quorum:
            await self._reach_further(goal)
            raise Unavailable(
                "TOO_FEW_COPIES", f"{len(found)} of {self._quorum} holders acknowledged size {head.size}"
            )
        return found[: self._holders.wanted]

    async def standing(self) -> Sequence[SegmentStanding]:
        """How every segment of the own log is kept."""
        size, anchored = await self._store.size(self._holders.log), await self._cargo.anchored()
        return standings(self._holders, size, anchored, self._couriers.up)

    # -- parts

    async def _look_about(self) -> NoReturn:
        trouble = self._told.trouble("replicate")
        while True:
            try:
                await self.look()
            except (Unavailable, Rejected) as error:
                trouble(error)
            else:
                trouble(None)
            await self._patience.sleep(LOOK_S)

    @property
    def _quorum(self) -> int:
        return self._holders.quorum

    async def _aim(self, roll: Roll, prev_size: int, head: Checkpoint) -> Goal:
        pledge = await self._cargo.pledge(roll.creator.number, head, prev_size)
        if self._goal is None or self._goal.pledge != pledge:
            self._goal = Goal(pledge, head, self._patience.now())
        return self._goal

    async def _gather(self, goal: Goal) -> list[Acknowledgement]:
        """What was acknowledged when there is nothing more to wait for."""
        first = goal.since + self._patience.seconds - self._patience.now()
        # Whoever asks again was told that the quorum is not met, and waits for that only.
        enough = self._there if first > 0 else lambda _: self._quorum

        def reached() -> bool:
            return len(goal.acknowledged(self._roll)) >= enough(goal.segment)

        waiting = asyncio.ensure_future(goal.until(reached))
        try:
            await within(waiting, first if first > 0 else self._patience.seconds, self._patience.sleep)
        finally:
            waiting.cancel()
        return goal.acknowledged(self._roll)

    def _there(self, segment: int) -> int:
        """Operators that can acknowledge a segment, as many as are wanted, and the quorum at least."""
        there = len({copy.operator for copy in self._holders.of(segment)})
        return max(self._quorum, min(self._holders.wanted, there))

    async def _reach_further(self, goal: Goal) -> None:
        """Let the next nearest hold the segment too, as many as the quorum lacks for holders that are
        silent.
        """
        patience = self._patience.seconds
        there = self._holders.of(goal.segment)
        alive = {ack.operator_number for ack in goal.acknowledged(self._roll)}
        for copy in there:
            if self._couriers.moving(copy.node, goal.since, patience, SLOW * patience):
                alive.add(copy.operator)
        if len(alive) < self._quorum:
            wanted = len({copy.operator for copy in there}) + self._quorum - len(alive)
            await fill(self._holders, self._roll, goal.segment, wanted)
            self._couriers.send(self._roll)

    @property
    def _roll(self) -> Roll:
        assert self._holders.roll is not None, "nothing is asked for before a look"
        return self._holders.roll

    async def _pass_on(self, bell: Bell) -> NoReturn:
        ring = bell.next()
        while True:
            await ring.wait()
            ring = bell.next()
            self._bell.ring()
