"""Holders in memory that fetch a lost creator's log from each other; segments are short, and time is moved by
hand.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.journey.holding_scene import CREATOR, Branch, Holder, operator_of
from tests.journey.holding_scene import anchor as anchor_on
from tests.journey.scene import NETWORK, NODE_KEY, OPERATOR, Clock, control
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.peers import MemoryLine, MemoryPeer
from tracehold.core.control import Snapshot
from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.snapshot import Listed
from tracehold.core.spans import Spans
from tracehold.journey.fetching import Means
from tracehold.journey.health import Health, Outlook
from tracehold.journey.holding import Holding
from tracehold.journey.pacing import Pace
from tracehold.journey.ports import Member, Peer, Role
from tracehold.journey.pull import Puller, Terms
from tracehold.journey.room import Room
from tracehold.journey.underway import Underway
from tracehold.journey.upkeep import RepairStanding
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing

SEGMENT = 256
"""Entries of a segment where `short_segments` is in force."""

SILENT_S = 60.0
"""After which a creator ships no more."""

FAR = 40
"""What counts as far behind here."""


def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody count in these segments."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tracehold.") and hasattr(module, "SEGMENT_ENTRIES"):
            monkeypatch.setattr(module, "SEGMENT_ENTRIES", SEGMENT)


def grown(branch: Branch, size: int, *, step: int = 10) -> None:
    """Seal filler up to a size, with a checkpoint at each multiple of the step and at each segment's end."""
    while branch.size < size:
        if branch.size % SEGMENT == 0:
            branch.seal(control(_listed(branch)).raw)
            continue
        stop = min(size, (branch.size // step + 1) * step, branch.size // SEGMENT * SEGMENT + SEGMENT)
        branch.seal(*(b"entry %d" % at for at in range(branch.size, stop)))


def _listed(branch: Branch) -> Snapshot:
    found = Listed()
    for at, entry in enumerate(branch.entries):
        if entry.kind in CONTROL_KINDS:
            found.add(at, entry.fingerprint)
    return found.snapshot()


@dataclass
class Sight:
    """What a node thinks of the others: up unless told otherwise. `said` is what they said they keep."""

    healths: dict[int, Health] = field(default_factory=dict)
    said: dict[int, Mapping[LogId, Spans]] = field(default_factory=dict)
    leaving: set[int] = field(default_factory=set)
    calm: bool = True

    def health(self, node: int) -> Health:
        """As told."""
        return self.healths.get(node, Health.UP)

    def draining(self, node: int) -> bool:
        """As told."""
        return node in self.leaving

    def kept(self, node: int) -> Mapping[LogId, Spans]:
        """What it said."""
        return self.said.get(node, {})


Lie = Callable[[MemoryLine], Peer]


@dataclass
class Table:
    """The `Peers` port of one node. `lies` stand before what a node says, by its number."""

    peers: Mapping[int, MemoryPeer]
    myself: int
    lies: dict[int, Lie] = field(default_factory=dict)

    async def holders(self, items: Any, among: Any = None) -> Sequence[Peer]:
        """Nobody asks for items here."""
        raise AssertionError

    async def node(self, number: int) -> Peer | None:
        """See `ports.Peers.node`."""
        found = self.peers.get(number)
        if found is None or number == self.myself:
            return None
        line = MemoryLine(found)
        return self.lies[number](line) if number in self.lies else line


@dataclass
class Node:
    """A holder that pulls. `restart` is what a new process does with the same disk."""

    holder: Holder
    sight: Sight
    table: Table
    target: int
    faults: list[TraceholdError] = field(default_factory=list)
    told: list[tuple[str, RepairStanding]] = field(default_factory=list)
    waiting: Callable[[], bool] = lambda: False
    leaving: bool = False

    def __post_init__(self) -> None:
        self.restart()

    @property
    def number(self) -> int:
        """In the contract."""
        return self.holder.number

    def restart(self, store: Any = None, ledger: Any = None, *, rate: int = 0) -> None:
        """Nothing but what is stored. Ports with faults may stand before the disk and the chain."""
        holder, clock = self.holder, self.holder.clock
        disk, chain = store or holder.store, ledger or holder.ledger
        witnessing = Witnessing(disk, holder.copies, chain, clock.now, holder.faults.append)
        self.underway = Underway(clock.now, FAR, silent_s=SILENT_S)
        room = Room(Disk(holder.free), holder.quota)
        self.holder.holding = Holding(witnessing, room, judge=holder.judge, underway=self.underway)
        pace = Pace(rate, clock.sleep, clock.now, self.waiting)
        means = Means(
            witnessing,
            self.holder.holding,
            self.underway,
            pace,
            clock.sleep,
            clock.now,
            lambda what, repair: self.told.append((what, repair)),
        )
        self.troubles: list[TraceholdError | None] = []
        terms = Terms(self.target, 30.0, self.troubles.append, self.faults.append, lambda: self.leaving)
        sight: Outlook = self.sight
        self.puller = Puller(means, self.table, sight, terms, clock.sleep, clock.now)


@dataclass
class Village:
    """A creator's branch, and nodes of other operators by their numbers, 2 and up."""

    clock: Clock
    chain: MemoryChain
    branch: Branch
    nodes: dict[int, Node]

    @property
    def log(self) -> LogId:
        """The creator's log."""
        return self.branch.log

    async def anchor(self, *sizes: int) -> None:
        """Put states of the branch on the chain."""
        for size in sizes:
            await anchor_on(self.chain, self.branch, size)

    async def ship(self, number: int, stop: int, start: int = 0) -> None:
        """Let a node have entries up to `stop` from the creator, as its courier brings them."""
        node = self.nodes[number]
        sizes = sorted(size for size in self.branch.checkpoints if start < size <= stop)
        assert sizes[-1] == stop
        for size in sizes:
            kept = await node.holder.take(self.branch, self.branch.shipment(start, size))
            assert kept.refused == "", kept
            start = size

    def lose(self, *numbers: int) -> None:
        """Nobody heard of these nodes for long, and none of them answers."""
        self.clock.time += SILENT_S
        for node in self.nodes.values():
            for number in numbers:
                node.sight.healths[number] = Health.LOST
                if number in node.table.peers:
                    node.table.peers[number].down = True

    async def look(self) -> None:
        """Let everybody hear of everybody what it keeps."""
        for node in self.nodes.values():
            for number, peer in node.table.peers.items():
                if not peer.down:
                    node.sight.said[number] = (await MemoryLine(peer).hello()).coverage

    async def pull(self, *numbers: int, turns: int = 10) -> None:
        """Let these nodes (or all) fetch what is due, one after the other."""
        for number in numbers or sorted(self.nodes):
            for _ in range(turns):
                await self.look()
                if not await self.nodes[number].puller.step():
                    break

    async def root(self, number: int) -> bytes:
        """Of what a node keeps of the log."""
        return await self.nodes[number].holder.root(self.log)

    async def size(self, number: int) -> int:
        """How far a node keeps the log."""
        return await self.nodes[number].holder.store.size(self.log)

    async def has(self, number: int, start: int, stop: int) -> bool:
        """Whether a node keeps these entries, byte for byte."""
        found = await self.nodes[number].holder.store.read(self.log, start, stop, 1 << 40)
        return [entry.raw for entry in found] == [each.raw for each in self.branch.entries[start:stop]]


async def village(count: int = 4, target: int = 3) -> Village:
    """So many holders, and a creator whose log has three entries; nobody keeps it yet."""
    clock = Clock()
    chain = MemoryChain(clock.now, NETWORK)
    branch = await Branch.begun(clock)
    made = Village(clock, chain, branch, {})
    peers: dict[int, MemoryPeer] = {}
    chain.members.append(_member(CREATOR, OPERATOR, branch.log))
    for number in range(2, count + 2):
        holder = await Holder.started(clock, chain, number)
        own = (await holder.store.logs())[0]
        chain.members.append(_member(number, operator_of(number), own))
        peers[number] = MemoryPeer(number, holder.store, MemoryGraph())
        made.nodes[number] = Node(holder, Sight(), Table(peers, number), target)
    return made


def _member(number: int, operator: str, log: LogId) -> Member:
    account, key = bytes([number]) * 20, NODE_KEY.public.raw
    return Member(number, number, operator, account, key, log, frozenset(Role), True, b"")
