"""A line: one segment of the own log at one holder, as its courier knows it. In memory only: the holder says
again how far it is.

Only progress, which is an acknowledgement further than ever before, makes the waits short again. So whoever
takes much and acknowledges nothing new is asked more and more rarely, on this line and no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tracehold.journey.follow import growing

ATTEMPTS = 3
"""Answers in a row without an acknowledgement and without a refusal: one to learn where the copy ends, and
some for a copy that moved meanwhile.
"""


@dataclass(slots=True)
class Line:
    """`far` is the largest size that was ever acknowledged on it, `end` where the copy ends as the holder
    said last (None: not known), `due` when it may be worked on again. `asked` is set once the holder said,
    since this courier began, that it still has what it acknowledged.
    """

    segment: int
    far: int
    end: int | None = None
    due: float = float("-inf")
    asked: bool = False
    told: str = ""
    _attempts: int = 0
    _waits: Iterator[float] = field(default_factory=growing)

    def reached(self, size: int) -> bool:
        """This size is acknowledged; whether that is progress."""
        self.end = size
        if size <= self.far:
            return False
        self.far, self.told, self._attempts, self._waits = size, "", 0, growing()
        return True

    def spent(self) -> bool:
        """One more answer without an acknowledgement; whether that was one too many."""
        self._attempts += 1
        return self._attempts > ATTEMPTS

    def put_off(self, now: float) -> None:
        """Leave it for a while, and longer each time."""
        self.due, self._attempts = now + next(self._waits), 0

    def tell(self, said: str) -> bool:
        """Whether this was not just said already."""
        news, self.told = said != self.told, said
        return news
