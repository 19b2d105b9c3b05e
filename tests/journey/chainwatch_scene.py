"""A follower of a chain in a test's hand, and what it keeps, to be compared with a fresh scan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.journey.scene import NETWORK
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.followed import MemoryFollowed
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.anchor import Anchor
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.journey.chainwatch import ChainWatch, Listeners
from tracehold.journey.members import Members
from tracehold.journey.ports import Member, Role
from tracehold.journey.ports.followed import (
    Anchored,
    Change,
    Feed,
    Followed,
    LogRetired,
    NodeEnrolled,
    NodeReplaced,
    NodeRevoked,
    OperatorEnrolled,
    RolesChanged,
    Superseded,
    What,
)

DEPTH = 2
RECORDS = [Fingerprint(bytes([at]) * 32) for at in range(8)]


def new_chain() -> MemoryChain:
    """A chain of one block; time does not matter."""
    return MemoryChain(lambda: 1_800_000_000, NETWORK)


def enrolled(node: int, log: int = 0) -> NodeEnrolled:
    """A node of operator 1."""
    name = LogId(bytes([log or 0x40 + node]) * 32)
    return NodeEnrolled(node, 1, bytes([node]) * 20, bytes([node]) * 32, name, frozenset(Role), b"a record")


@dataclass
class Watched:
    """A follower over a ledger, which is its feed or has one, and what it told."""

    feed: Any
    kept: Followed = field(default_factory=MemoryFollowed)
    heads: list[Anchor] = field(default_factory=list)
    heard: list[What] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    reread: int = 0
    told: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process on the same store."""
        listeners = Listeners(
            self._head,
            lambda changes: self.heard.extend(each.what for each in changes),
            lambda standing: self.told.append(standing.behind),
            self._reread,
        )
        self.watch = ChainWatch(
            getattr(self.feed, "feed", self.feed),
            self.feed.network,
            self.kept,
            listeners,
            lambda error: self.faults.append(error.code),
        )

    async def _head(self, anchor: Anchor) -> None:
        self.heads.append(anchor)

    def _reread(self) -> None:
        self.reread += 1

    async def catch_up(self) -> int:
        """Step until nothing is left; how many steps."""
        steps = 1
        while await self.watch.step():
            steps += 1
        return steps


async def image(kept: Followed) -> Any:
    """Everything that a follower knows, but how it came to know it."""
    members: Sequence[Member] = Members().apply(await kept.members()).all()
    nodes = sorted({each.number for each in members})
    return {
        "newest": await kept.newest(),
        "members": (list(await kept.members()), list(members)),
        "heads": list(await kept.heads()),
        "anchors": {node: list(await kept.anchored(node, 0, 1_000)) for node in nodes},
        "pointers": {k: list(v) for k, v in (await kept.pointers(RECORDS)).items()},
        "retired": list(await kept.retired()),
    }


async def scanned(feed: Feed) -> Any:
    """The image of a follower that begins now."""
    fresh = Watched(feed)
    await fresh.catch_up()
    return await image(fresh.kept)


class Random:
    """What a contract may say next, by small numbers that a test draws: always what it could say there."""

    def __init__(self, chain: MemoryChain) -> None:
        self._chain = chain

    def act(self, kind: int, which: int) -> None:
        """Queue one event that fits what is on the chain and waits."""
        told = [each.what for block in self._chain.blocks for each in block.changes()] + self._chain.acts
        nodes = [each.node for each in told if isinstance(each, NodeEnrolled)]
        if not any(isinstance(each, OperatorEnrolled) for each in told):
            self._chain.act(OperatorEnrolled(1, "urn:one"))
        if kind == 0 or not nodes:
            self._chain.act(enrolled(len(nodes) + 1, log=0x60 + which + 8 * len(nodes)))
            return
        self._chain.act(self._said(kind, which, nodes[which % len(nodes)], told))

    def _said(self, kind: int, which: int, node: int, told: Sequence[What]) -> What:
        match kind:
            case 1:
                return NodeReplaced(node, bytes([0x80 + which]) * 20, bytes([0x90 + which]) * 32, b"another")
            case 2:
                return RolesChanged(node, frozenset({Role.HOLDER} if which % 2 else Role))
            case 3:
                return NodeRevoked(node)
            case 4:
                return Superseded(node, RECORDS[which % 8], RECORDS[(which + 1) % 8])
            case 5:
                return LogRetired(node, which, bytes(32))
            case _:
                sizes = [each.size for each in told if isinstance(each, Anchored) and each.node == node]
                size = max(sizes, default=0)
                return Anchored(node, size, size + which + 1, Root(bytes([which]) * 32), (1,), b"t" * 32)


def memory_ledger(chain: MemoryChain) -> MemoryLedger:
    """The chain as a node's feed, with two confirmations."""
    return MemoryLedger(chain, b"\xa1" * 20, confirmations=DEPTH)


def change_whats(changes: Sequence[Change]) -> list[What]:
    """What was said."""
    return [each.what for each in changes]
