"""Gathering: what holders acknowledge of the state that an anchor is about to have.

An anchor waits until all holders acknowledged, and after `patience` for the contract's quorum. While holders
are silent and the quorum is not met, the next nearest members hold the segment too.
"""

import asyncio
from collections.abc import Sequence

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Unavailable
from tracehold.journey.cargo import Cargo
from tracehold.journey.couriers import Couriers
from tracehold.journey.follow import Bell
from tracehold.journey.goal import Goal
from tracehold.journey.hearers import Patience
from tracehold.journey.holders import Holders, Roll
from tracehold.journey.placing import fill
from tracehold.journey.ports import Acknowledgement
from tracehold.journey.repair import Repairs
from tracehold.journey.signs import Signs
from tracehold.journey.states import within

SLOW = 3
"""Times the patience that a holder may be on its way to what an anchor waits for: a large backlog is not
silence, and one that moves for ever and never arrives is.
"""


class Gathering:
    """Of one node; one anchor asks at a time."""

    def __init__(
        self,
        holders: Holders,
        cargo: Cargo,
        couriers: Couriers,
        repairs: Repairs,
        signs: Signs,
        patience: Patience,
        bell: Bell,
    ) -> None:
        """`bell` wakes the couriers."""
        self._holders = holders
        self._cargo = cargo
        self._couriers = couriers
        self._repairs = repairs
        self._signs = signs
        self._patience = patience
        self._bell = bell
        self._goal: Goal | None = None
        self._asking = False

    @property
    def goal(self) -> Goal | None:
        """What an anchor waits for now."""
        return self._goal if self._asking else None

    async def acknowledge(self, roll: Roll, prev_size: int, head: Checkpoint) -> Sequence[Acknowledgement]:
        """See `Replicator.acknowledge`; `roll` is that of a look just now."""
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

    # -- parts

    @property
    def _quorum(self) -> int:
        return self._holders.quorum

    @property
    def _roll(self) -> Roll:
        assert self._holders.roll is not None, "nothing is asked for before a look"
        return self._holders.roll

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
        there = {copy.operator for copy in self._holders.of(segment) if self._repairs.awaited(copy)}
        return max(self._quorum, min(self._holders.wanted, len(there)))

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
            silent = {node for node in self._roll.holders if not self._signs.answers(node)}
            await fill(self._holders, self._roll, goal.segment, wanted, avoid=silent)
            self._couriers.send(self._roll)
