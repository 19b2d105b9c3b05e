"""An agenda: what one holder is to be brought next, line by line.

What an anchor waits for comes first, then the oldest segment that is not whole there; one that comes no
further is put off, and holds up no other. What this disk knows as whole is asked for once after each start,
since the holder may have lost it; and again when it does not tell it among what it keeps.

What no anchor waits for and lies behind the anchors, which is catch-up and repair, waits for its turn.
"""

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.cargo import SHIPMENT_BYTES, segment_end
from tracehold.journey.errand import Errand, Round
from tracehold.journey.goal import Goal
from tracehold.journey.line import Line
from tracehold.journey.ports import Copy, Member

CHECK_S = 1.0
"""Seconds between two questions to a holder for segments that it acknowledged before the start."""


class Agenda:
    """Of one holder; its courier works on it."""

    def __init__(self, shared: Round, holder: Member) -> None:
        self._shared = shared
        self._holder = holder
        self._lines: dict[int, Line] = {}
        self._check_at = shared.now()

    async def next(self) -> Errand | None:
        """What comes next among the lines that are not put off."""
        shared = self._shared
        goal, anchored, horizon = shared.goal(), await shared.cargo.anchored(), await shared.cargo.horizon()
        if goal is not None and self.kept(goal.segment) is not None and not goal.has(self._holder):
            line = self.line(goal.segment)
            reserved = None if line.due > shared.now() else self._turn(line, anchored, goal)
            if reserved is not None:
                return Errand(line, goal.head, goal, reserved)
        return await self._behind(goal, anchored, horizon) or await self._doubtful(goal, horizon)

    def due(self) -> float | None:
        """When a line that was put off is due again, by `now`; None where none is."""
        now = self._shared.now()
        times = [at for line in self._lines.values() if (at := max(line.due, line.paced)) > now]
        if self._check_at > now and not all(line.asked for line in self._lines.values()):
            times.append(self._check_at)
        return min(times, default=None)

    def line(self, segment: int) -> Line:
        """The line of a segment."""
        if segment not in self._lines:
            self._lines[segment] = Line(segment, self.size(segment), moved=self._shared.now())
        return self._lines[segment]

    def kept(self, segment: int) -> Copy | None:
        """What the holder acknowledged of a segment; None where it is no holder of it."""
        return self._shared.holders.copy(segment, self._holder.number)

    def size(self, segment: int) -> int:
        """What counts as acknowledged."""
        kept = self.kept(segment)
        return kept.size if kept else 0

    def far(self) -> int:
        """The largest size that the holder ever acknowledged."""
        return max((line.far for line in self._lines.values()), default=0)

    def doubt(self, segment: int) -> None:
        """Ask whether the holder still has what it acknowledged."""
        self.line(segment).asked = False

    def awake(self) -> None:
        """The holder answers again after a silence."""
        for line in self._lines.values():
            line.awake()

    def forget(self) -> None:
        """Drop the lines of segments that it holds no more."""
        self._lines = {at: line for at, line in self._lines.items() if self.kept(at) is not None}

    # -- parts

    def _open(self, horizon: int) -> list[tuple[Line, int]]:
        """Lines that may be worked on, the oldest first, and how far each copy may reach."""
        now = self._shared.now()
        lines = [self.line(at) for at in self._shared.holders.segments if self.kept(at) is not None]
        ends = [(line, min(segment_end(line.segment), horizon)) for line in lines if line.due <= now]
        return [(line, end) for line, end in ends if end > line.segment * SEGMENT_ENTRIES]

    async def _behind(self, goal: Goal | None, anchored: int, horizon: int) -> Errand | None:
        for line, end in self._open(horizon):
            if self.size(line.segment) < end:
                reserved = self._turn(line, anchored)
                if reserved is not None:
                    return Errand(line, await self._at(end, reserved), goal, reserved)
        return None

    async def _at(self, end: int, reserved: int) -> Checkpoint:
        """The checkpoint there; what was reserved for it is free again where the disk does not answer."""
        try:
            return await self._shared.cargo.at(end)
        except BaseException:
            self._shared.throttle.pay(reserved, 0)
            raise

    async def _doubtful(self, goal: Goal | None, horizon: int) -> Errand | None:
        now = self._shared.now()
        for line, end in self._open(horizon) if self._check_at <= now else ():
            if not line.asked and self.size(line.segment) >= end:
                self._check_at = now + CHECK_S
                return Errand(line, await self._shared.cargo.at(end), goal)
        return None

    def _turn(self, line: Line, anchored: int, goal: Goal | None = None) -> int | None:
        """Bytes reserved for what is shipped next: 0 for what is not held up; None where it is not its
        turn.
        """
        shared = self._shared
        behind = self.size(line.segment) < min(anchored, segment_end(line.segment))
        if line.end is None or not behind or (goal is not None and goal.lacks(shared.holders)):
            return 0
        if wait := shared.throttle.wait():
            line.paced = shared.now() + wait
            return None
        return shared.throttle.reserve(SHIPMENT_BYTES)
