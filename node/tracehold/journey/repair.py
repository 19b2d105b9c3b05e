"""Repair: places of the own log's segments go from holders that are lost, that leave or that fail to the next
nearest members, and back to nobody (docs/spec/placement.md).

    gone      a holder that fills no place any more: lost, or leaving, or nothing but failures came of
              bringing it a segment for as long as silence makes lost
    begun     the next nearest member that answers was chosen in its stead; couriers bring it the segment
    released  as many operators as are wanted have what is anchored of it: those who are gone hold no more

Nobody is gone before every member was looked at, and while over a third are silent. Who is heard again before
it was released counts again; whoever was chosen meanwhile stays, and the segment has a copy more.

What a crash means: what was chosen and released is on disk; who is gone is found again. So a repair that was
begun goes on as any copy that is behind, and nobody is chosen twice for one place.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.errors import Unavailable
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import reach
from tracehold.journey.follow import Trouble
from tracehold.journey.health import Health
from tracehold.journey.holders import Holders, Roll
from tracehold.journey.own_log import Now
from tracehold.journey.placing import fill
from tracehold.journey.ports import Copy
from tracehold.journey.segments import whole
from tracehold.journey.signs import Signs
from tracehold.journey.underway import FAR_ENTRIES
from tracehold.journey.upkeep import RepairStanding

AT_ONCE = 2
"""Segments in repair at one time, but for those that come no further."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A place of a segment that goes from one node to another, since `since` (seconds of the wall clock):
    `ended` when the copy is whole; `gone` is 0 where the place was free.
    """

    segment: int
    gone: int
    node: int
    since: float
    shipped: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the own log reaches: its entries, and those that are anchored."""

    size: int
    anchored: int


class Brought(Protocol):
    """What is known of bringing segments to nodes (`Couriers`)."""

    def failing_s(self, node: int, segment: int) -> float:
        """For how long nothing but failures came of it."""
        ...

    def idle_s(self, node: int, segment: int) -> float:
        """For how long nothing more was acknowledged."""
        ...

    def shipped(self, node: int, segment: int) -> int:
        """Record bytes."""
        ...

    def doubt(self, node: int, segment: int) -> None:
        """Let the node be asked what it still has."""
        ...


class Repairs:
    """Gives and takes places. One per node; the replicator alone calls `tend`, one call at a time."""

    def __init__(
        self,
        holders: Holders,
        couriers: Brought,
        signs: Signs,
        wall: Now,
        moved: Callable[[Moved], None],
        trouble: Callable[[str], Trouble],
    ) -> None:
        """`moved` hears when a repair begins and when it ended, `trouble` of holders that are silent."""
        self._holders = holders
        self._couriers = couriers
        self._signs = signs
        self._wall = wall
        self._moved = moved
        self._trouble = trouble
        self._troubles: dict[int, Trouble] = {}
        self._running: dict[tuple[int, int], Moved] = {}
        self._reach = Reach(0, 0)
        self._calm = False
        self._never: Set[int] = set()
        self._not_instead: Set[int] = set()

    async def tend(self, roll: Roll, reach: Reach, segments: int) -> None:
        """Release whoever is no longer needed, and choose holders where places are free, for the first so
        many segments; the least kept ones first, of those the newest, for which anchors wait, and the oldest.
        """
        self._reach = reach
        self._look_at(roll)
        self._settle()
        for segment in sorted(range(segments), key=lambda at: (self._kept(at), at != segments - 1, at)):
            await self._release(segment)
            await self._choose(roll, segment)
            self._doubt(segment)
        self._tell()

    def awaited(self, copy: Copy) -> bool:
        """Whether an anchor waits for this holder: not for who is lost or leaves, nor for whoever is just
        being brought what it takes over, or is far behind for another reason.
        """
        silent = self._signs.health(copy.node) is Health.LOST or self._signs.draining(copy.node)
        behind = self._whole(copy.segment) - max(copy.size, copy.segment * SEGMENT_ENTRIES)
        taking = (copy.segment, copy.node) in self._running
        return not (silent or taking or behind > FAR_ENTRIES)

    def standing(self, own: int) -> Sequence[RepairStanding]:
        """The repairs that are under way; `own` is this node's number."""
        return [self._standing(each, own) for each in self._running.values()]

    def gone(self, segment: int) -> set[int]:
        """Holders of a segment that fill no place any more, as of this look."""
        if not self._calm:
            return set()
        return {copy.node for copy in self._holders.of(segment) if self._is_gone(copy)}

    # -- parts

    def _look_at(self, roll: Roll) -> None:
        """What is the same for all segments: who leaves or is lost takes nothing new, and the place of
        another goes to who answers.
        """
        signs, self._calm = self._signs, self._signs.calm
        health = {node: signs.health(node) for node in roll.holders}
        lost = {node for node, each in health.items() if self._calm and each is Health.LOST}
        self._never = lost | {node for node in roll.holders if signs.draining(node)}
        up = {node for node, each in health.items() if each is Health.UP and signs.answers(node)}
        self._not_instead = self._never | (roll.holders.keys() - up)

    def _is_gone(self, copy: Copy) -> bool:
        signs, limit = self._signs, self._signs.limits.replace_s
        if signs.health(copy.node) is Health.LOST or signs.draining(copy.node):
            return True
        return not self._is_whole(copy) and self._couriers.failing_s(copy.node, copy.segment) >= limit

    def _whole(self, segment: int) -> int:
        return whole(segment, self._reach.size, self._reach.anchored)

    def _is_whole(self, copy: Copy) -> bool:
        return copy.size >= self._whole(copy.segment)

    def _kept(self, segment: int) -> int:
        return len(self._holders.operators(segment, self._whole(segment)))

    async def _release(self, segment: int) -> None:
        """Of those who are gone, whoever as many as are wanted have no less than."""
        gone = self.gone(segment)
        for copy in [each for each in self._holders.of(segment) if each.node in gone]:
            # No less than the one that goes: what is told as REPLICATED is never taken back.
            size = max(self._whole(segment), copy.size)
            there = [each for each in self._holders.of(segment) if each.node not in gone]
            if len({each.operator for each in there if each.size >= size}) >= self._holders.wanted:
                await self._holders.release(segment, copy.node)

    async def _choose(self, roll: Roll, segment: int) -> None:
        gone = self.gone(segment)
        if gone and not self._has_turn(segment):
            return
        avoid = self._not_instead if gone else self._never
        new = await fill(self._holders, roll, segment, self._holders.wanted, gone=gone, avoid=avoid)
        places = sorted(gone - {each.gone for each in self._running.values() if each.segment == segment})
        for copy, left in zip(new, places, strict=False):
            self._begin(Moved(segment, left, copy.node, self._wall()))

    def _has_turn(self, segment: int) -> bool:
        running = {each.segment for each in self._running.values()}
        return segment in running or len({at for at, _ in filter(self._moves, self._running)}) < AT_ONCE

    def _moves(self, place: tuple[int, int]) -> bool:
        """Whether the newcomer acknowledged something lately: one that only says so holds up no other."""
        segment, node = place
        return self._couriers.idle_s(node, segment) < self._signs.limits.suspect_s

    def _begin(self, begun: Moved) -> None:
        self._running[begun.segment, begun.node] = begun
        self._moved(begun)

    def _doubt(self, segment: int) -> None:
        """Let holders be asked that acknowledged what they do not name among what they keep."""
        start = segment * SEGMENT_ENTRIES
        for copy in self._holders.of(segment):
            named = self._signs.kept(copy.node)
            spans, stop = named.get(self._holders.log, ()), min(copy.size, self._whole(segment))
            if named and stop > start and (reach(spans, start) or 0) < stop:
                self._couriers.doubt(copy.node, segment)

    def _settle(self) -> None:
        """Drop what is whole, or comes no further."""
        for (segment, node), each in list(self._running.items()):
            copy = self._holders.copy(segment, node)
            if copy is None or node in self.gone(segment) or copy not in self._holders.of(segment):
                del self._running[segment, node]
            elif self._is_whole(copy):
                del self._running[segment, node]
                shipped = self._couriers.shipped(node, segment)
                self._moved(Moved(segment, each.gone, node, each.since, shipped, ended=True))

    def _standing(self, each: Moved, own: int) -> RepairStanding:
        start, copy = each.segment * SEGMENT_ENTRIES, self._holders.copy(each.segment, each.node)
        entries = self._whole(each.segment) - start
        done = min(max((copy.size if copy else 0) - start, 0), entries)
        shipped = self._couriers.shipped(each.node, each.segment)
        log = self._holders.log
        return RepairStanding(log, each.segment, own, each.node, done, entries, shipped, each.since)

    def _tell(self) -> None:
        """Of holders that are silent, once each; and when they are heard again."""
        nodes = {copy.node for segment in self._holders.segments for copy in self._holders.of(segment)}
        for node in nodes | self._troubles.keys():
            if node in nodes and self._signs.health(node) is not Health.UP:
                trouble = self._troubles.setdefault(node, self._trouble(f"node {node}"))
                trouble(Unavailable("PEER_DOWN", self._silence(node)))
            elif node in self._troubles:
                self._troubles.pop(node)(None)

    def _silence(self, node: int) -> str:
        silent, limit = self._signs.silent_s(node), self._signs.limits.replace_s
        left = max(0.0, limit - silent)
        when = f"in {left:.0f} s" if left else "now"
        if left == 0 and not self._calm:
            when = "when fewer members are silent"
        return f"node {node} is silent for {silent:.0f} s; its places go to others {when}"


def nowhere(_: Moved) -> None:
    """Tells nobody."""
