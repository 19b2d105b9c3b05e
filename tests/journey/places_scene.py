"""What `Repairs` is told of members and of their copies, and what it does, without any log or time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.journey.chain_scene import ACCOUNT
from tests.journey.scene import NODE_KEY
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import Spans
from tracehold.journey.follow import Bell, Trouble
from tracehold.journey.health import Health, Limits
from tracehold.journey.holders import Holders, Roll
from tracehold.journey.ports import Copy, Member, Role
from tracehold.journey.repair import Moved, Reach, Repairs

LOG = LogId(b"\x01" * 32)
LIMITS = Limits(suspect_s=600, replace_s=3600, look_s=30)


def member(number: int, operator: int | None = None) -> Member:
    """A node; its operator has its number unless one is given."""
    log = LogId(bytes([number]) * 32)
    return Member(
        number,
        operator or number,
        f"o{number}",
        ACCOUNT,
        NODE_KEY.public.raw,
        log,
        frozenset(Role),
        True,
        b"",
    )


@dataclass
class Place:
    """What `Repairs` is told, and what it does: `Signs` and `Brought` in one."""

    members: list[Member]
    segments: int = 1
    log: LogId = LOG
    calm: bool = True
    healths: dict[int, Health] = field(default_factory=dict)
    leaving: set[int] = field(default_factory=set)
    failing: dict[tuple[int, int], float] = field(default_factory=dict)
    idle: dict[tuple[int, int], float] = field(default_factory=dict)
    named: dict[int, Spans] = field(default_factory=dict)
    doubts: list[tuple[int, int]] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)
    copies: MemoryCopies = field(default_factory=MemoryCopies)
    troubles: list[str] = field(default_factory=list)
    limits: Limits = LIMITS
    bell: Bell = field(default_factory=Bell)

    async def begin(self, target: int = 3) -> None:
        """A start over the same disk."""
        self.holders = await Holders.open(MemoryLog(), self.copies, self.log, target)
        self.holders.health = self.health
        self.repairs = Repairs(self.holders, self, self, lambda: 7.0, self.moves.append, self._trouble)

    async def tend(self) -> None:
        """One look; all is anchored to the middle of the last segment."""
        size = self.segments * SEGMENT_ENTRIES - 100
        roll = Roll(member(1), 1, {each.number: each for each in self.members})
        await self.holders.learn(roll)
        await self.repairs.tend(roll, Reach(size, size), self.segments)

    async def take(self, segment: int, *nodes: int, entries: int = SEGMENT_ENTRIES) -> None:
        """They acknowledge so many entries of the segment."""
        start = segment * SEGMENT_ENTRIES
        for node in nodes:
            known = self.holders.copy(segment, node)
            assert known is not None, f"{node} is no holder"
            size = min(start + entries, self.segments * SEGMENT_ENTRIES - 100)
            await self.holders.acknowledged(Copy(segment, node, known.operator, size))

    async def whole(self) -> None:
        """All holders that are not lost have everything."""
        for segment in range(self.segments):
            up = [node for node in self.at(segment) if self.health(node) is not Health.LOST]
            await self.take(segment, *up)

    def at(self, segment: int) -> list[int]:
        """Holders of a segment."""
        return [copy.node for copy in self.holders.of(segment)]

    def health(self, node: int) -> Health:
        """As the test says."""
        return self.healths.get(node, Health.UP)

    def silent_s(self, node: int) -> float:
        """Fits the health."""
        return {Health.UP: 0.0, Health.SUSPECT: 700.0, Health.LOST: 4000.0}[self.health(node)]

    def answers(self, node: int) -> bool:
        """Whoever is up."""
        return self.health(node) is Health.UP

    def draining(self, node: int) -> bool:
        """As the test says."""
        return node in self.leaving

    def kept(self, node: int) -> Mapping[LogId, Spans]:
        """As the test says; whoever is not named there said nothing."""
        return {self.log: self.named[node]} if node in self.named else {}

    def heard(self, node: int) -> None:
        """Nobody asks here."""

    def failing_s(self, node: int, segment: int) -> float:
        """As the test says."""
        return self.failing.get((node, segment), 0.0)

    def idle_s(self, node: int, segment: int) -> float:
        """As the test says."""
        return self.idle.get((node, segment), 0.0)

    def shipped(self, node: int, segment: int) -> int:
        """Nothing is shipped here."""
        return 0

    def doubt(self, node: int, segment: int) -> None:
        """Kept for the test."""
        self.doubts.append((node, segment))

    def _trouble(self, part: str) -> Trouble:
        def told(error: TraceholdError | None) -> None:
            self.troubles.append(f"{part}: {error.message if error else 'goes on'}")

        return told


async def place(nodes: Sequence[int] = range(2, 10), segments: int = 1) -> Place:
    """Segments that are whole at two of these nodes each."""
    it = Place([member(number) for number in nodes], segments)
    await it.begin()
    await it.tend()
    await it.whole()
    return it
