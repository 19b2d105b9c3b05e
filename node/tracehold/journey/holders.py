"""Holders: who keeps which segment of the own log, and how far, as the disk has it.

The replicator alone writes here; whoever tells states or copies only looks. What is told rests on
acknowledgements that are durable on this disk, so a restart takes nothing back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.health import Health, unlooked
from tracehold.journey.ports import Copies, Copy, Ledger, Member, RecordLog, Role

QUORUM = "contract/quorum"
"""Bookmark of the contract's quorum, so that a start without the chain tells the states of before."""


def segment_of(size: int) -> int:
    """The segment of the last of so many entries."""
    return (size - 1) // SEGMENT_ENTRIES


@dataclass(frozen=True, slots=True)
class Roll:
    """Who may keep the own log, by the contract at one look: active members of other operators with the role
    HOLDER, by node number. `creator` is this node.
    """

    creator: Member
    quorum: int
    holders: Mapping[int, Member]


async def call_roll(ledger: Ledger, log: LogId, *, retired: bool = False) -> Roll:
    """Read the members. Raises `Rejected("NOT_A_MEMBER")` where this log's node is no active creator (of a
    `retired` log: no active node), and what the ledger raises.
    """
    members = await ledger.members()
    creator = next((each for each in members if each.log == log and each.active), None)
    if creator is None or not (retired or Role.CREATOR in creator.roles):
        raise Rejected("NOT_A_MEMBER", "the contract knows no active creator with this log")
    own = creator.operator_number
    able = [each for each in members if each.active and Role.HOLDER in each.roles]
    others = {each.number: each for each in able if each.operator_number != own}
    return Roll(creator, (await ledger.network()).quorum, others)


@dataclass(frozen=True, slots=True)
class CopyCount:
    """How many copies there are, this node's own among them, and how many are wanted."""

    kept: int
    target: int


class Holders:
    """The holders of the own log's segments. `open` makes one; one per node."""

    def __init__(self, store: RecordLog, copies: Copies, log: LogId, target: int) -> None:
        self.log = log
        """The own log."""
        self.quorum = 0
        """The contract's, when it was last read."""
        self.roll: Roll | None = None
        """Of the last look at the members; None before the first, when all who were chosen count."""
        self.leaving = False
        """Whether this node leaves: others shall have as many copies without its own."""
        self.health: Callable[[int], Health] = unlooked
        """How a node is, by its number."""
        self._store = store
        self._copies = copies
        self._target = target
        self._chosen: dict[int, dict[int, Copy]] = {}

    @classmethod
    async def open(cls, store: RecordLog, copies: Copies, log: LogId, target: int) -> "Holders":
        """What the disk knows. `target`: copies that are wanted of each record, the own one among them."""
        made = cls(store, copies, log, target)
        made.quorum = await store.bookmark(QUORUM)
        for segment in await copies.segments():
            made._chosen[segment] = {copy.node: copy for copy in await copies.holders(segment)}
        return made

    @property
    def wanted(self) -> int:
        """Holders that each segment shall have."""
        return max(self._target - (0 if self.leaving else 1), self.quorum)

    @property
    def segments(self) -> Sequence[int]:
        """Segments that have holders, ascending."""
        return sorted(self._chosen)

    def of(self, segment: int) -> list[Copy]:
        """The holders of a segment in the order in which they were chosen; none that is no active holder any
        more.
        """
        chosen = self._chosen.get(segment, {}).values()
        return [copy for copy in chosen if self.roll is None or copy.node in self.roll.holders]

    def copy(self, segment: int, node: int) -> Copy | None:
        """What this holder keeps of a segment; None where it is no holder of it."""
        return self._chosen.get(segment, {}).get(node)

    def count(self, index: int) -> CopyCount:
        """The copies of one entry: this node's, and one of each operator that acknowledged it."""
        return CopyCount(1 + len(self.operators(index // SEGMENT_ENTRIES, index + 1)), 1 + self.wanted)

    def operators(self, segment: int, size: int) -> set[int]:
        """Those that keep a segment up to this size: by holders that are not lost."""
        kept = [copy for copy in self.of(segment) if copy.size >= size]
        return {copy.operator for copy in kept if self.health(copy.node) is not Health.LOST}

    def replicated(self, anchored: int) -> int:
        """How many entries from the start are kept by as many operators as the contract asks for (one at
        least), beyond the `anchored` ones, which are. 0 in a network that asks for none. Who acknowledged and
        is lost counts: what was told is not taken back.
        """
        if not self.quorum:
            return 0
        reached = anchored
        while (further := self._reached(reached // SEGMENT_ENTRIES)) > reached:
            reached = further
        return reached

    def _reached(self, segment: int) -> int:
        best: dict[int, int] = {}
        for copy in self.of(segment):
            best[copy.operator] = max(copy.size, best.get(copy.operator, 0))
        sizes = sorted(best.values(), reverse=True)
        return sizes[self.quorum - 1] if len(sizes) >= self.quorum else 0

    async def learn(self, roll: Roll) -> None:
        """Take over what was read of the members."""
        self.roll = roll
        if roll.quorum != self.quorum:
            await self._store.save_bookmark(QUORUM, roll.quorum)
            self.quorum = roll.quorum

    async def choose(self, copy: Copy) -> None:
        """Make a node a holder; durable on return."""
        await self._copies.choose(copy)
        self._chosen.setdefault(copy.segment, {}).setdefault(copy.node, copy)

    async def acknowledged(self, copy: Copy) -> bool:
        """The holder keeps the segment up to `copy.size`; durable on return. Whether that is news. Nothing of
        a node that is no holder of it: it may have been released while it answered.
        """
        known = self.copy(copy.segment, copy.node)
        if known is None or known.size >= copy.size:
            return False
        await self._copies.acknowledged(copy)
        self._chosen.setdefault(copy.segment, {})[copy.node] = replace(copy)
        return True

    async def release(self, segment: int, node: int) -> None:
        """The node is no holder of the segment any more; durable on return."""
        await self._copies.release(segment, node)
        self._chosen.get(segment, {}).pop(node, None)

    def lost(self, segment: int, node: int, size: int) -> None:
        """The holder says that its copy ends at `size`, before what it acknowledged. It counts for no more
        from now on, until it acknowledges again. Not durable: after a start it is asked again.
        """
        known = self.copy(segment, node)
        if known is not None:
            self._chosen[segment][node] = replace(known, size=min(size, known.size))
