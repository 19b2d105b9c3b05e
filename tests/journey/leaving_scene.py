"""Nodes that keep each other's logs, some of which are told to leave: by their operators, on one chain."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tests.journey.network import Network, Node, begun, network, replicate
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.peers import MemoryPeers
from tracehold.core.errors import TraceholdError
from tracehold.journey.handover import Handover
from tracehold.journey.health import Health
from tracehold.journey.holders import Holders
from tracehold.journey.leaving import Leaving, Progress, Wish
from tracehold.journey.ports import Copy, Member

TARGET = 3


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Wishes:
    """The operator's wish, as it is on disk."""

    wish: Wish | None = None
    killed: str = ""
    """Where the process ends: `before` it cannot be taken back, or `after`."""

    def read(self) -> Wish | None:
        """What is wished now."""
        return self.wish

    def begin(self) -> bool:
        """It cannot be taken back."""
        if self.killed == "before":
            raise Killed
        self.wish = self.wish and replace(self.wish, begun=True)
        if self.killed == "after":
            raise Killed
        return self.wish is not None

    def undo(self) -> None:
        """It can again."""
        self.wish = self.wish and replace(self.wish, begun=False)


@dataclass
class Opinion:
    """What is thought of the others."""

    calm: bool = True
    lost: set[int] = field(default_factory=set)

    def health(self, node: int) -> Health:
        """Up, but for those that are lost."""
        return Health.LOST if node in self.lost else Health.UP


@dataclass
class Contract:
    """What a node sends to it. Blocks are final when `settle` says so."""

    net: Network
    fails: TraceholdError | None = None
    sent: list[int] = field(default_factory=list)
    known: Sequence[Member] = ()

    async def final(self) -> Sequence[Member]:
        """As of the last `settle`."""
        return self.known

    async def revoke(self, node: int) -> None:
        """In a block at once, or refused."""
        self.sent.append(node)
        if self.fails is not None:
            raise self.fails
        change(self.net, node, active=False, roles=frozenset())

    def settle(self) -> None:
        """What the chain has is final."""
        self.known = list(self.net.chain.members)


def change(net: Network, number: int, **changes: object) -> None:
    """Change a member in the contract."""
    members = net.chain.members
    members[number - 1] = replace(members[number - 1], **changes)  # type: ignore[arg-type]


async def say(node: Node, minute: int = 1) -> None:
    """One record more, final; who acknowledged that is no matter here."""
    await node.say(begun(f"urn:x:{node.number}", minute))
    await finish(node)


async def finish(node: Node) -> None:
    """Anchor what is sealed, until it is final."""
    chain = node.network.chain
    quorum, chain.quorum = chain.quorum, 0
    await node.finish()
    chain.quorum = quorum


class Leaver:
    """A node that may be told to leave."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.copies, self.turn = MemoryCopies(), asyncio.Lock()
        self.wishes, self.opinion, self.contract = Wishes(), Opinion(), Contract(node.network)
        self.contract.settle()
        self.unsigned: set[int] = set()

    async def start(self) -> None:
        """What a start of its process makes."""
        node = self.node
        self.holders = await Holders.open(node.store, self.copies, node.log, TARGET)
        peers = MemoryPeers(node.network.peers, node.number, node.neighbour)
        handover = Handover(self.holders, node.store, self.copies, node.ledger, peers, self.opinion, TARGET)
        self.leaving = Leaving(handover, self.wishes, self.contract, self.turn)

    def ask(self, *, leave: bool = False) -> None:
        """The operator wishes it to go, and it says so to others."""
        self.wishes.wish = Wish(1.0, leave)
        self.node.peer.leaving = True

    def cancel(self) -> None:
        """The operator takes that back."""
        self.wishes.wish = None
        self.node.peer.leaving = False

    async def steps(self, count: int = 2) -> Progress:
        """Some steps; the progress after the last. Whoever keeps the own log has acknowledged it, but for the
        `unsigned`.
        """
        for number, node in self.node.network.nodes.items():
            size = await node.store.size(self.node.log)
            if size and number not in {*self.unsigned, self.node.number}:
                await self.holders.choose(Copy(0, number, number))
                await self.holders.acknowledged(Copy(0, number, number, size))
        for _ in range(count):
            await self.leaving.step()
        assert self.leaving.progress is not None
        return self.leaving.progress

    async def left(self) -> dict[int, tuple[int, int]]:
        """Copies and wanted ones of what is left, by the number of the log's node."""
        numbers = {node.log: number for number, node in self.node.network.nodes.items()}
        return {numbers[each.log]: (each.kept, each.wanted) for each in (await self.steps()).found.left}


async def leaver(node: Node) -> Leaver:
    """A node that runs, and stays for now."""
    made = Leaver(node)
    await made.start()
    return made


@asynccontextmanager
async def kept(nodes: int, copies: int = 3, quorum: int = 1) -> AsyncIterator[list[Node]]:
    """So many nodes, each with a log that is final and kept by itself and the next ones in a circle."""
    async with network() as net:
        made = [await net.join() for _ in range(nodes)]
        net.chain.quorum = quorum
        for node in made:
            await say(node)
        for at, node in enumerate(made):
            for step in range(1, copies):
                await replicate(node, made[(at + step) % nodes])
        yield made


async def hand_over(nodes: list[Node], gone: Node) -> None:
    """What the others do about it: everybody keeps everything."""
    for source in nodes:
        for target in nodes:
            if gone is not target and source is not target:
                await replicate(source, target)


async def ready(nodes: list[Node], *, leave: bool = True) -> Leaver:
    """The first node, asked to go; everything was handed over."""
    made = await leaver(nodes[0])
    made.ask(leave=leave)
    await hand_over(nodes, nodes[0])
    return made
