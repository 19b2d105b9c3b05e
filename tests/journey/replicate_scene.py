"""A creator whose log is kept by holders of other operators, all in memory on one chain; time is moved by
hand.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tests.journey.chain_scene import ACCOUNT, POLICY
from tests.journey.holding_scene import Holder, operator_of
from tests.journey.scene import NETWORK, NODE_KEY, OPERATOR, Creator, creator, settle, statement
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.peers import MemoryPeer, MemoryPeers
from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.leaf import Leaf
from tracehold.journey.anchor import Anchorer
from tracehold.journey.holders import CopyCount, Holders
from tracehold.journey.liveness import Limits, Liveness
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.onchain import Link
from tracehold.journey.ports import (
    AnchorState,
    AnchorTask,
    Copies,
    Kept,
    Member,
    RecordLog,
    Role,
    Shipment,
)
from tracehold.journey.repair import Moved
from tracehold.journey.replicate import Hearers, Patience, Replicator
from tracehold.journey.states import States, frontier

PATIENCE = 10.0
CREATOR = 1

Answer = Callable[[Shipment], Awaitable[Kept]]


@dataclass
class Liar:
    """Stands before what keeps the logs at a holder, and answers otherwise. `honest` is what it stands
    before.
    """

    says: Callable[[Answer, Shipment], Awaitable[Kept]]
    holder: Holder

    async def replicate(self, caller: Neighbour, shipment: Shipment) -> Kept:
        """What it was made to say."""
        return await self.says(lambda asked: self.holder.holding.replicate(caller, asked), shipment)

    async def checkpoint(self, log: LogId, size: int | None = None) -> None:
        """Nothing."""


@dataclass
class World:
    """The creator at work, its chain, and its holders by number."""

    creator: Creator
    chain: MemoryChain
    ledger: MemoryLedger
    target: int
    copies: Copies = field(default_factory=MemoryCopies)
    keepers: dict[int, Holder] = field(default_factory=dict)
    peers: dict[int, MemoryPeer] = field(default_factory=dict)
    faults: list[TraceholdError] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    tasks: list["asyncio.Task[object]"] = field(default_factory=list)
    store: RecordLog = field(init=False)
    liveness: Liveness | None = None
    limits: Limits | None = None
    """When others are lost; None: nobody looks."""
    rate: int = 0
    """Bytes each second that are shipped at most behind the anchors; 0: no limit."""
    moves: list[Moved] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = self.creator.store

    @property
    def log(self) -> LogId:
        """The own log."""
        return self.creator.sealer.own.log

    async def join(self, *numbers: int, operator: int | None = None) -> None:
        """Nodes of other operators become members; each operator has its node's number unless one is
        given.
        """
        for number in numbers:
            keeper = await Holder.started(self.creator.clock, self.chain, number)
            owner = number if operator is None else operator
            self.keepers[number] = keeper
            peer = MemoryPeer(number, keeper.store, MemoryGraph())
            self.peers[number] = peer
            self.listen(number)
            log = (await keeper.store.logs())[0]
            name = OPERATOR if owner == CREATOR else operator_of(owner)
            member = Member(number, owner, name, keeper.account, NODE_KEY.public.raw, log, ROLES, True, b"")
            self.chain.members.append(member)

    def listen(self, number: int) -> None:
        """The holder answers as it is now."""
        self.peers[number].keeper = self.keepers[number].holding

    def lies(self, number: int, says: Callable[[Answer, Shipment], Awaitable[Kept]]) -> None:
        """The holder answers otherwise from now on."""
        self.peers[number].keeper = Liar(says, self.keepers[number])

    def change(self, number: int, **changes: object) -> None:
        """Change a member in the contract."""
        at = next(at for at, each in enumerate(self.chain.members) if each.number == number)
        self.chain.members[at] = replace(self.chain.members[at], **changes)  # type: ignore[arg-type]

    async def start(self) -> None:
        """What a start of the process makes, with followers running."""
        clock = self.creator.clock
        self.holders = await Holders.open(self.store, self.copies, self.log, self.target)
        states = States(self.store, self.creator.sealer.bell.ring, self.holders)
        self.creator.uploads._states = states
        peers = MemoryPeers(self.peers, CREATOR, self.caller)
        hearers = Hearers(
            lambda _: self._trouble, self.faults.append, lambda: states.moved(self.log), self.moves.append
        )
        patience = Patience(PATIENCE, clock.sleep, clock.now, self.rate, clock.now)
        if self.limits:
            self.liveness = Liveness(self, peers, self.limits, sleep=clock.sleep, now=clock.now)
        self.replicator = Replicator(
            self.store, self.holders, self.ledger, peers, patience, hearers, self.liveness
        )
        link = Link(self.store, self.ledger, states, self.log, self.replicator.acknowledge)
        self.anchorer = Anchorer(link, POLICY, now=clock.now, sleep=clock.sleep, trouble=self._trouble)
        bell = self.creator.sealer.bell
        self.tasks = [
            asyncio.ensure_future(self.replicator.run(bell)),
            asyncio.ensure_future(self.anchorer.run()),
        ]
        if self.liveness:
            self.tasks.append(asyncio.ensure_future(self.liveness.run()))
        await self.quiet()

    async def stop(self) -> None:
        """End at once, as SIGKILL does: what is on disk stays."""
        for task in self.tasks:
            task.cancel()
        self.ended = await asyncio.gather(*self.tasks, return_exceptions=True)

    async def restart(self) -> None:
        """Another process over the same disk."""
        await self.stop()
        await self.start()

    @property
    def own(self) -> LogId:
        """See `liveness.Listed`."""
        return self.log

    def others(self) -> Sequence[Neighbour]:
        """See `liveness.Listed`: all active members, as the contract has them."""
        members = [each for each in self.chain.members if each.active and each.number != CREATOR]
        return [
            replace(self.caller, number=each.number, log=each.log, operator_number=each.operator_number)
            for each in members
        ]

    @property
    def caller(self) -> Neighbour:
        """The creator as its holders know it."""
        return Neighbour(
            CREATOR,
            self.log,
            "creator:1",
            Leaf(b"creator", b"", ""),
            ROLES,
            CREATOR,
            OPERATOR,
            ACCOUNT,
            NODE_KEY.public,
        )

    async def quiet(self) -> None:
        """Let everything run until nothing does."""
        for _ in range(12):
            await settle()

    async def pass_by(self, seconds: float) -> None:
        """Time, with a block each second."""
        for _ in range(int(seconds)):
            await self.creator.clock.pass_by(1.0)
            await self.quiet()
            self.chain.mine()

    async def upload(self, count: int = 6, start: int = 0) -> None:
        """Seal so many events: enough to make an anchor due."""
        await self.creator.upload(*(statement(start + at) for at in range(count)))
        await self.quiet()

    async def tasks_in(self, *states: AnchorState) -> list[AnchorTask]:
        """Stored anchors in these states."""
        return list(await self.store.anchors(self.log, set(states)))

    async def final(self) -> int:
        """How far the log is final."""
        return (await frontier(self.store, self.log)).final

    def count(self, index: int = 0) -> CopyCount:
        """Copies of an entry."""
        return self.holders.count(index)

    def kept_at(self, number: int) -> int:
        """What this holder acknowledged of the first segment."""
        copy = self.holders.copy(0, number)
        return copy.size if copy else 0

    def ackers(self) -> list[tuple[int, ...]]:
        """Who acknowledged each anchor that is in a block."""
        calls = [each for block in self.chain.blocks for each in block.calls if each.event]
        return [tuple(node for node, _ in each.call.acks) for each in calls]

    def _trouble(self, error: TraceholdError | None) -> None:
        self.troubles.append(error.code if error else "")


ROLES = frozenset(Role)


@asynccontextmanager
async def world(
    others: int = 2, *, target: int = 3, quorum: int = 1, copies: Copies | None = None
) -> AsyncIterator[World]:
    """A creator (node and operator 1) with three entries, and so many holders, from node 2 on. Nothing runs
    before `start`.
    """
    async with creator() as made:
        chain = MemoryChain(made.clock.now, NETWORK, quorum=quorum)
        log = made.sealer.own.log
        chain.members.append(Member(1, 1, OPERATOR, ACCOUNT, NODE_KEY.public.raw, log, ROLES, True, b""))
        it = World(made, chain, MemoryLedger(chain, ACCOUNT), target)
        it.copies = copies or it.copies
        await it.join(*range(2, 2 + others))
        try:
            yield it
        finally:
            await it.stop()
