"""A creator whose log is anchored on a chain in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.journey.scene import NETWORK, NODE_KEY, OPERATOR, Creator, creator
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.ids import LogId
from tracehold.core.receipt import Anchor
from tracehold.journey.anchor import Anchorer, Policy
from tracehold.journey.onchain import Link
from tracehold.journey.ports import AnchorState, AnchorTask, Ledger, Member, RecordLog, Role

ACCOUNT = b"\xa1" * 20
POLICY = Policy(records=5, seconds=10.0, poll=1.0, bump_after=3, watch=60.0)


def member(log: LogId, *, account: bytes = ACCOUNT, active: bool = True) -> Member:
    """The creator as the contract knows it."""
    roles = frozenset({Role.CREATOR, Role.HOLDER})
    return Member(1, 1, OPERATOR, account, NODE_KEY.public.raw, log, roles, active, b"")


def event_of(task: AnchorTask) -> Anchor:
    """The event of an anchor that is mined."""
    assert task.anchor is not None
    return task.anchor


def anchorer(made: Creator, ledger: Ledger, store: RecordLog | None = None) -> Anchorer:
    """The anchor follower of a creator, as a start of the process makes it."""
    link = Link(store or made.store, ledger, made.states, made.sealer.own.log)
    return Anchorer(link, POLICY, now=made.clock.now, sleep=made.clock.sleep)


@dataclass
class Anchored:
    """A creator, its chain, and the follower between them."""

    creator: Creator
    chain: MemoryChain
    ledger: MemoryLedger
    anchorer: Anchorer

    @property
    def log(self) -> LogId:
        """The own log."""
        return self.creator.sealer.own.log

    def forget(self) -> None:
        """Lose every anchor from the disk, as a folder that was restored from before them."""
        assert isinstance(self.creator.store, MemoryLog)
        self.creator.store.forget_anchors(self.log)

    async def tasks(self, *states: AnchorState) -> list[AnchorTask]:
        """Stored anchors, of all states or of these."""
        return list(await self.creator.store.anchors(self.log, set(states or AnchorState)))

    async def step(self, times: int = 1) -> None:
        """Looks of the follower, with nothing happening in between."""
        for _ in range(times):
            await self.anchorer.step()

    async def finish(self, rounds: int = 12) -> None:
        """Time, blocks and looks until everything is final."""
        for _ in range(rounds):
            self.creator.clock.time += POLICY.seconds
            await self.anchorer.step()
            self.chain.mine()

    def restart(self) -> None:
        """A follower that knows nothing but what is stored."""
        self.anchorer = anchorer(self.creator, self.ledger)


@asynccontextmanager
async def anchored(*, joined: bool = True, store: RecordLog | None = None) -> AsyncIterator[Anchored]:
    """A creator with three entries (header, node key, the farm's key), enrolled in the contract of a new
    chain.
    """
    async with creator(store) as made:
        chain = MemoryChain(made.clock.now, NETWORK)
        if joined:
            chain.members.append(member(made.sealer.own.log))
        ledger = MemoryLedger(chain, ACCOUNT)
        yield Anchored(made, chain, ledger, anchorer(made, ledger))
