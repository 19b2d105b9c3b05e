"""A creator over SQLite whose log is anchored on a running chain by the very follower that a node runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.journey.scene import FARM, FARM_KEY, SALTS, Clock, Creator, control, start, statement
from tests.real.chains.site import Creator as Enrolled
from tests.real.chains.site import Site, secret_of, until
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.control import Enrol
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.receipt import Anchor
from tracehold.journey.anchor import Anchorer, Policy
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.onchain import Link
from tracehold.journey.ports import Acknowledgement, AnchorState, AnchorTask
from tracehold.journey.states import State
from tracehold.journey.tree import root_at

POLICY = Policy(records=1, seconds=0.0, poll=1.0, bump_after=400, watch=0.0)
"""Whatever is sealed is due, and final anchors are looked at in every step."""


class WallClock(Clock):
    """Real time, since blocks have it."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass
class Line:
    """The creator, its node on the chain, and the follower between them."""

    site: Site
    creator: Creator
    node: Enrolled
    anchorer: Anchorer = field(init=False)
    faults: list[TraceholdError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A follower that knows nothing but what is stored."""
        store, states = self.creator.store, self.creator.states
        link = Link(store, self.node.ledger, states, self.node.log, self._acknowledge)
        now, told = self.creator.clock.now, self.faults.append
        self.anchorer = Anchorer(link, POLICY, now=now, sleep=self.creator.clock.sleep, fault=told)

    async def _acknowledge(self, prev_size: int, head: Checkpoint) -> Sequence[Acknowledgement]:
        before = await root_at(self.creator.store, self.node.log, prev_size)
        return await self.site.acks(self.node, head.size, head.root, prev_size, before)

    async def upload(self, number: int) -> Fingerprint:
        """Seal one record."""
        (outcome,) = await self.creator.upload(statement(number))
        assert outcome.fingerprint is not None, outcome.error
        return outcome.fingerprint

    async def tasks(self, *states: AnchorState) -> list[AnchorTask]:
        """Stored anchors, of all states or of these."""
        return list(await self.creator.store.anchors(self.node.log, set(states or AnchorState)))

    async def newest(self, state: AnchorState) -> AnchorTask:
        """Step until the newest anchor is in this state. A chain that is silent meanwhile is asked again."""

        async def looked() -> AnchorTask | None:
            try:
                await self.anchorer.step()
            except Unavailable:
                return None
            tasks = await self.tasks()
            return tasks[-1] if tasks and tasks[-1].state is state else None

        return await until(looked)

    async def settled(self) -> list[AnchorTask]:
        """Step, with blocks, until all that was sealed is final."""

        async def looked() -> bool:
            try:
                await self.anchorer.step()
                if await self.tasks(AnchorState.MINED):
                    await self.site.blocks(16 if self.site.chain.finality == "tag" else 1)
            except Unavailable:
                return False
            final = await self.tasks(AnchorState.FINAL)
            return bool(final) and final[-1].size == await self.creator.store.size(self.node.log)

        await until(looked)
        return await self.tasks()

    async def events(self) -> list[Anchor]:
        """All that the chain has of this log."""
        return list(await self.node.ledger.anchors(self.node.number, 0))

    async def check(self, *sealed: Fingerprint) -> None:
        """All is final, anchored once, without a gap, and the log is whole up to the chain's head."""
        found = await check_log(self.creator.store, self.node.log)
        assert found.final == found.entries
        await check_against_chain(self.creator.store, self.node.ledger, self.node.log, self.node.number)
        steps = [(task.prev_size, task.size) for task in await self.tasks()]
        assert [(event.prev_size, event.size) for event in await self.events()] == steps
        states = await self.creator.states.of(sealed)
        assert {known.state for known in states.values()} <= {State.FINAL}
        assert self.faults == []


@asynccontextmanager
async def line(site: Site, folder: Path, name: str, **changes: object) -> AsyncIterator[Line]:
    """A creator that is enrolled under this name, with three entries sealed."""
    # Two logs of one second and one salt are one log, and the contract takes each once.
    SALTS.drawn = int.from_bytes(secret_of(name)[:4])
    async with SqliteLog.open(folder) as store, _sealing(store) as made:
        node = await site.creator(name, made.sealer.own.log, **changes)
        yield Line(site, made, node)


@asynccontextmanager
async def _sealing(store: SqliteLog) -> AsyncIterator[Creator]:
    made = await start(store, WallClock())
    try:
        (outcome,) = await made.upload(control(Enrol(FARM, FARM_KEY.public)))
        assert outcome.error is None, outcome.error
        yield made
    finally:
        await made.crash()
