"""A simulated town: nodes with logs, copies, repair and pulls, in one process behind the `Peers` port and in
virtual time. One chain; disks survive a stop, and are gone with who is lost for good.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from blake3 import blake3

from tests.journey.holding_scene import Branch, operator_of
from tests.journey.scene import NETWORK, PLENTY, SALTS, control
from tests.journey.segments_scene import listed
from tests.network.passing import PassingClock
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.memory.peers import MemoryLine, MemoryPeer
from tracehold.core import limits
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.leaf import Leaf
from tracehold.journey.anchor import Anchorer, Policy
from tracehold.journey.cargo import newest_anchored
from tracehold.journey.fetching import Means
from tracehold.journey.follow import Bell
from tracehold.journey.hearers import Hearers, Patience
from tracehold.journey.holders import Holders
from tracehold.journey.holding import Holding
from tracehold.journey.liveness import Limits, Liveness
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.onchain import Link
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.pacing import Pace
from tracehold.journey.ports import Kept, Member, Peer, Role, Shipment
from tracehold.journey.pull import Puller, Terms
from tracehold.journey.repair import Moved
from tracehold.journey.replicate import Replicator
from tracehold.journey.room import Room
from tracehold.journey.states import States
from tracehold.journey.underway import Underway
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing

LIMITS = Limits(suspect_s=180, replace_s=600, look_s=60)
POLICY = Policy(records=10, seconds=30.0, poll=10.0, bump_after=60, watch=3600.0)
STEP = 50
"""Entries between two checkpoints, about."""
DELAY_S = 0.01
TIMEOUT_S = 5.0
"""Of a call to a node that does not answer."""


class Town:
    """All nodes by number, who is down, and which part of a cut network each is in."""

    def __init__(self, *, seed: int = 1, target: int = 3, quorum: int = 1, limits: Limits = LIMITS) -> None:
        self.random = Random(seed)
        self.clock = PassingClock()
        self.chain = MemoryChain(self.clock.now, NETWORK, quorum=quorum)
        self.target = target
        self.limits = limits
        self.nodes: dict[int, Node] = {}
        self.down: set[int] = set()
        self.parts: dict[int, int] = {}
        self.listed: list[Neighbour] = []
        self._running: list[asyncio.Task[Any]] = []

    async def join(self, *numbers: int, creates: int = 0, pulls: bool = False) -> None:
        """New members, each of an operator of its own. With `creates` it has a log of so many entries that
        others keep; with `pulls` it takes what creators that are lost leave behind.
        """
        for number in numbers:
            node = Node(self, number, creates=creates, pulls=pulls)
            await node.begin()
            self.nodes[number] = node
            self.chain.members.append(node.member)
            self.listed.append(node.neighbour)
            node.start()

    def leave(self, number: int) -> None:
        """The contract counts on it no more."""
        at = next(at for at, each in enumerate(self.chain.members) if each.number == number)
        self.chain.members[at] = replace(self.chain.members[at], active=False)
        self.listed = [each for each in self.listed if each.number != number]

    def reaches(self, one: int, other: int) -> bool:
        """Whether a call gets through."""
        cut = self.parts.get(one, 0) != self.parts.get(other, 0)
        return not cut and not {one, other} & self.down

    def cut(self, away: Collection[int]) -> None:
        """These and all others are two networks from now on; nobody away: one again."""
        self.parts = dict.fromkeys(away, 1)

    async def kill(self, *numbers: int, forever: bool = False) -> None:
        """They end without a word; `forever`: with their disks."""
        for number in numbers:
            self.down.add(number)
            await self.nodes[number].stop()
            if forever:
                self.nodes[number].wipe()

    def revive(self, *numbers: int) -> None:
        """They start again over their disks."""
        for number in numbers:
            self.down.discard(number)
            self.nodes[number].start()

    def watch(self) -> None:
        """Let blocks be made."""
        self._running.append(asyncio.ensure_future(self._mine()))

    async def _mine(self) -> None:
        while True:
            await asyncio.sleep(5)
            recent = any(block.calls for block in self.chain.blocks[-4:])
            if self.chain.pool or recent or self.clock.now() - self.chain.blocks[-1].time > 60:
                self.chain.mine()

    async def end(self) -> None:
        """Stop all that runs."""
        for task in self._running:
            task.cancel()
        for node in self.nodes.values():
            await node.stop()


class Node:
    """A node: what is on its disk, and what runs as long as it runs."""

    def __init__(self, town: Town, number: int, *, creates: int, pulls: bool) -> None:
        self.town = town
        self.number = number
        self.creates = creates
        self.pulls = pulls
        self.key = Ed25519Key.from_seed(blake3(f"key {number}".encode()).digest())
        self.account = number.to_bytes(20, "big")
        self.ledger = MemoryLedger(town.chain, self.account)
        self.bell = Bell()
        self.moves: list[Moved] = []
        self.faults: list[TraceholdError] = []
        self.graph = MemoryGraph()
        self.leaving = False
        self.tasks: list[asyncio.Task[Any]] = []
        self.serving: set[asyncio.Task[Kept]] = set()
        self.branch: Branch | None = None
        self.wipe()

    def wipe(self) -> None:
        """An empty disk."""
        self.store, self.copies = MemoryLog(), MemoryCopies()

    async def begin(self) -> None:
        """The own log."""
        operator = operator_of(self.number)
        if self.creates:
            self.branch = await Branch.begun(self.town.clock, self.key, operator)
            self.store = self.branch.store
            await self.grow(self.creates)
            self.log = self.branch.log
        else:
            identity = Identity(operator, self.key, NETWORK)
            self.log = (await open_log(self.store, identity, self.town.clock.now, SALTS)).log

    async def grow(self, size: int) -> None:
        """Seal more, up to this size."""
        branch, operator = self.branch, operator_of(self.number)
        assert branch is not None
        while branch.size < size:
            at, segment = branch.size, limits.SEGMENT_ENTRIES
            if at % segment == 0:
                branch.seal(control(listed(branch), key=self.key, party=operator).raw)
                continue
            stop = min(size, at // STEP * STEP + STEP, at // segment * segment + segment)
            branch.seal(*(b"%d: entry %d" % (self.number, index) for index in range(at, stop)))
        await branch.disk()
        self.bell.ring()

    @property
    def member(self) -> Member:
        """As the contract has it."""
        key, name, roles = self.key.public.raw, operator_of(self.number), frozenset(Role)
        return Member(self.number, self.number, name, self.account, key, self.log, roles, True, b"")

    @property
    def neighbour(self) -> Neighbour:
        """As the others know it."""
        return Neighbour(
            self.number,
            self.log,
            f"node{self.number}:1",
            Leaf(self.account, b"", ""),
            frozenset(Role),
            self.number,
            operator_of(self.number),
            self.account,
            self.key.public,
        )

    def start(self) -> None:
        """A process over this disk."""
        now = asyncio.get_running_loop().time
        clock = self.town.clock
        self.underway = Underway(now)
        witnessing = Witnessing(self.store, self.copies, self.ledger, clock.now, self.faults.append)
        self.holding = Holding(witnessing, Room(Disk(lambda: PLENTY), 0), underway=self.underway)
        if self.creates or self.pulls:
            self.liveness = Liveness(
                Listed(self), Streets(self), self.town.limits, sleep=asyncio.sleep, now=now
            )
            self._run(self.liveness.run())
        if self.creates:
            self._run(self._replicate())
        if self.pulls:
            pace = Pace(0, asyncio.sleep, now)
            means = Means(witnessing, self.holding, self.underway, pace, asyncio.sleep, clock.now)
            terms = Terms(self.town.target, 30.0, fault=self.faults.append)
            puller = Puller(means, Streets(self), self.liveness, terms, asyncio.sleep, now)
            self._run(puller.run())

    async def _replicate(self) -> None:
        clock, now = self.town.clock, asyncio.get_running_loop().time
        self.holders = await Holders.open(self.store, self.copies, self.log, self.town.target)
        states = States(self.store, self.bell.ring, self.holders)
        hearers = Hearers(
            fault=self.faults.append, moved=lambda: states.moved(self.log), repair=self.moves.append
        )
        patience = Patience(10.0, asyncio.sleep, now, 0, clock.now)
        self.replicator = Replicator(
            self.store, self.holders, self.ledger, Streets(self), patience, hearers, self.liveness
        )
        link = Link(self.store, self.ledger, states, self.log, self.replicator.acknowledge)
        anchorer = Anchorer(link, POLICY, now=clock.now, sleep=asyncio.sleep)
        await asyncio.gather(self.replicator.run(self.bell), anchorer.run())

    def _run(self, work: Any) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def stop(self) -> None:
        """End at once. Raises what ended a part before."""
        broken = [task.exception() for task in self.tasks if task.done() and not task.cancelled()]
        for task in (ended := [*self.tasks, *self.serving]):
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        self.tasks.clear()
        if broken and broken[0] is not None:
            raise broken[0]

    # -- what a test looks at

    async def anchored(self) -> int:
        """The own log's anchored size."""
        return await newest_anchored(self.store, self.log)

    async def spans(self, log: LogId) -> Sequence[tuple[int, int]]:
        """What this disk has of a log."""
        return await self.store.spans(log) if log in await self.store.logs() else ()


class Desk:
    """What keeps the logs of others at a node; what it was asked ends with it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._holding = node.holding

    async def replicate(self, caller: Neighbour, shipment: Shipment) -> Kept:
        """See `keeper.Keeper`."""
        work = asyncio.ensure_future(self._holding.replicate(caller, shipment))
        self._node.serving.add(work)
        work.add_done_callback(self._node.serving.discard)
        await asyncio.wait([work])
        if work.cancelled():
            raise Unavailable("PEER_DOWN", "it was killed")
        return work.result()

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """See `keeper.Keeper`."""
        return await self._holding.checkpoint(log, size)


class Listed:
    """The members, as one node knows them."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def own(self) -> LogId:
        """Its log."""
        return self._node.log

    def others(self) -> Sequence[Neighbour]:
        """All others."""
        return [each for each in self._node.town.listed if each.number != self._node.number]


class Streets:
    """The `Peers` port of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def holders(self, items: Any, among: Any = None) -> Sequence[Peer]:
        """Nobody asks for items here."""
        raise AssertionError

    async def node(self, number: int) -> Peer | None:
        """See `ports.Peers.node`."""
        town, own = self._node.town, self._node
        to = town.nodes.get(number)
        if to is None or number == own.number:
            return None

        async def way() -> None:
            await asyncio.sleep(DELAY_S * (0.5 + town.random.random()))
            if not town.reaches(own.number, number):
                await asyncio.sleep(TIMEOUT_S)
                raise Unavailable("PEER_DOWN", f"node {number} does not answer")

        peer = MemoryPeer(number, to.store, to.graph, delay=way, keeper=Desk(to))
        peer.leaving = to.leaving
        return MemoryLine(peer, own.neighbour)
