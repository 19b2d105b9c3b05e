"""A creator whose disk is gone, those who keep its log, honest or not, and what a rebuild asks of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from tests.journey.holding_scene import CREATOR
from tests.journey.pull_scene import SEGMENT, Village, grown, village
from tests.journey.test_own_head import Shows
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.spans import Spans
from tracehold.journey.own_log import Identity, OwnLog
from tracehold.journey.ports import Entries, Peer, RecordLog
from tracehold.journey.regrow import Regrowing, anchors_of, furthest_signed
from tracehold.journey.sources import Patient

SIZES = (100, SEGMENT, 400, 2 * SEGMENT, 600)
"""What is anchored: three segments, the last of them open."""

PIECES: Mapping[int, Spans] = {2: ((0, SEGMENT),), 3: ((SEGMENT, 2 * SEGMENT),), 4: ((2 * SEGMENT, 600),)}
"""Each node keeps one of them."""

WHOLE: Mapping[int, Spans] = dict.fromkeys((2, 3, 4), ((0, 600),))


@dataclass
class Loss:
    """A creator whose disk is gone, and what a rebuild of it asks. `store` is the new disk."""

    it: Village
    kept: Mapping[int, Spans]
    store: RecordLog = field(default_factory=MemoryLog)
    liars: dict[int, Callable[[Peer], Peer]] = field(default_factory=dict)
    faults: list[TraceholdError] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    identity: Identity = field(init=False)
    """Its keys are there."""

    def __post_init__(self) -> None:
        self.identity = self.it.branch.own.identity

    async def sleep(self, seconds: float) -> None:
        """Wait no longer than it takes to note it."""
        self.slept.append(seconds)

    async def regrowing(self) -> Regrowing:
        """What one run of the command makes."""
        member = self.it.chain.members[0]
        anchors = await anchors_of(MemoryLedger(self.it.chain, bytes([CREATOR]) * 20), member)
        sources: list[Patient] = []
        for number, node in self.it.nodes.items():
            line: Peer = MemoryLine(node.table.peers[number])
            peer = self.liars[number](line) if number in self.liars else line
            sources.append(Patient(Partly(peer, self.kept[number]), self.kept[number], self.sleep))
        made = Regrowing(
            self.store, anchors, sources, self.faults.append, lambda done, of: self.told.append((done, of))
        )
        made.tail = await furthest_signed(sources, anchors, self.identity.key.public)
        return made

    async def run(self) -> OwnLog:
        """One run to its end."""
        regrowing = await self.regrowing()
        return await regrowing.grow(await regrowing.begin(self.identity))

    async def code(self) -> str:
        """The code with which a run ends."""
        with pytest.raises(TraceholdError) as refusal:
            await self.run()
        return refusal.value.code

    async def is_whole(self) -> bool:
        """Whether entries, tree and the checkpoints of anchored sizes are what they were, byte for byte."""
        true, log = await self.it.branch.disk(), self.it.log
        ours, theirs = [await store.read(log, 0, 600, 1 << 40) for store in (self.store, true)]
        points = [(await self.store.checkpoint(log, at), await true.checkpoint(log, at)) for at in SIZES]
        return list(ours) == list(theirs) and all(mine == before for mine, before in points)


@dataclass
class Partly(Shows):
    """A peer that has no more than these entries."""

    kept: Spans = ()

    def __init__(self, peer: Peer, kept: Spans) -> None:
        super().__init__(peer)
        self.kept = kept

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """What it has."""
        for first, end in self.kept:
            if first <= start < end:
                return await self.peer.entries(log, start, min(stop, end), max_bytes)
        return Entries(start, (), 0)


@dataclass
class Silent(Shows):
    """Says that it keeps all, and hands over nothing."""

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """Nothing."""
        return Entries(start, (), stop)


@dataclass
class Short(Shows):
    """Leaves out the last entry before whatever it is asked up to."""

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """One less."""
        return await self.peer.entries(log, start, max(stop - 1, 1), max_bytes)


@dataclass
class Swaps(Shows):
    """Swaps two entries."""

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """In another order."""
        true = await self.peer.entries(log, start, stop, max_bytes)
        first, *rest = true.entries
        return replace(true, entries=[*rest, first])


@dataclass
class Older(Shows):
    """Shows an older checkpoint for every size."""

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """That of the first state."""
        return await self.peer.checkpoint(log, 100)


@dataclass
class Busy(Shows):
    """Puts off every other question."""

    asked: int = 0

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """Later, or now."""
        self.asked += 1
        if self.asked % 2:
            raise Unavailable("TOO_MANY_CALLS", "later")
        return await self.peer.entries(log, start, stop, max_bytes)


async def lost(kept: Mapping[int, Spans] = PIECES) -> Loss:
    """600 entries, anchored. The creator's disk is gone."""
    made = await village(3)
    grown(made.branch, 600, step=100)
    await made.anchor(*SIZES)
    for number in made.nodes:
        await made.ship(number, 600)
    return Loss(made, kept)
