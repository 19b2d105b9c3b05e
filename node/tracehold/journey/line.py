"""A line: one segment of the own log at one holder, as its courier knows it. In memory only: the holder says
again how far it is.

Only progress, which is an acknowledgement further than ever before, makes the waits short again. So whoever
takes much and acknowledges nothing new is asked more and more rarely, on this line and no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tracehold.journey.cargo import segment_end
from tracehold.journey.follow import growing

ATTEMPTS = 3
"""Answers in a row without an acknowledgement and without a refusal: one to learn where the copy ends, and
some for a copy that moved meanwhile.
"""
PULLING_S = 2.0
"""Seconds until a holder is asked again that fetches from others."""
FETCHING_S = 3600.0
"""Seconds for which a holder's word that it fetches, and comes on, is taken for progress: saying so costs
nothing.
"""
TOGETHER_S = 120.0
"""Seconds between two failures at most for what is between them to count: longer than waits grow, and shorter
than a holder is away, or a line waits for others.
"""


@dataclass(slots=True)
class Line:
    """`far` is the largest size that was ever acknowledged on it, `end` where the copy ends as the holder
    said last (None: not known), `due` when it may be worked on again, and `paced` when there is room again
    for what no anchor waits for. `asked` is set once the holder said, since this courier began, that it still
    has what it acknowledged. `moved` is when it acknowledged more than ever before, or when the line began.
    `shipped` counts record bytes, and `failing_s` the seconds without progress in
    which it was tried and failed, from one failure to the next.
    """

    segment: int
    far: int
    end: int | None = None
    moved: float = float("-inf")
    due: float = float("-inf")
    paced: float = float("-inf")
    asked: bool = False
    told: str = ""
    shipped: int = 0
    failing_s: float = 0.0
    _failed_at: float = float("-inf")
    _silent: bool = False
    _pulled: int = -1
    _pulls: float | None = None
    _attempts: int = 0
    _waits: Iterator[float] = field(default_factory=growing)

    def reached(self, size: int, now: float) -> bool:
        """This size is acknowledged; whether that is progress."""
        self.end = size
        if size <= self.far:
            return False
        self.far, self.told, self._attempts, self._waits = size, "", 0, growing()
        self.failing_s, self.moved, self._pulls = 0.0, now, None
        return True

    def pulling(self, size: int, now: float) -> None:
        """The holder fetches what it lacks from others, and has it up to `size`: it is asked again soon. One
        that gets no further that way fails, and so does one that acknowledges nothing for long.
        """
        size = min(size, segment_end(self.segment))
        if self._pulls is None:
            self._pulls = now
        if size > self._pulled and now - self._pulls <= FETCHING_S:
            self.failing_s = 0.0
        else:
            self._fail(now)
        self.end, self._pulled, self.due = None, size, now + PULLING_S

    def spent(self) -> bool:
        """One more answer without an acknowledgement; whether that was one too many."""
        self._attempts += 1
        return self._attempts > ATTEMPTS

    def put_off(self, now: float, *, silent: bool = False, theirs: bool = True) -> None:
        """Leave it for a while, and longer each time; `silent`: since no answer came, `theirs`: it is a
        holder that answers and failed, and neither one that is away, nor the chain, nor this disk.
        """
        if theirs:
            self._fail(now)
        self.due, self._attempts, self._silent = now + next(self._waits), 0, silent

    def awake(self) -> None:
        """The holder answers again: what was put off for its silence is due."""
        if self._silent:
            self.due, self._silent, self._waits = float("-inf"), False, growing()

    def tell(self, said: str) -> bool:
        """Whether this was not just said already."""
        news, self.told = said != self.told, said
        return news

    def _fail(self, now: float) -> None:
        if now - self._failed_at <= TOGETHER_S:
            self.failing_s += now - self._failed_at
        self._failed_at = now
