"""What is counted of the directory's work, for those who watch the node."""

from enum import StrEnum
from typing import Protocol


class Counted(StrEnum):
    """What happens again and again."""

    ANNOUNCED = "announced"
    """A key that was told to members."""
    REFUSED = "refused"
    """An own record for which a member had no room."""
    EXPIRED = "expired"
    """A record of another that was forgotten at its end."""
    DEAD = "dead"
    """A contact that was given up since it did not answer."""


class Counters(Protocol):
    """Told of it as it happens; never waits and never fails."""

    def count(self, what: Counted, times: int) -> None:
        """It happened so many times more."""
        ...

    def looked_up(self, seconds: float, *, ended: bool) -> None:
        """A lookup of holders took so long; `ended`: it was not cut off."""
        ...


class Uncounted:
    """Nobody watches."""

    def count(self, what: Counted, times: int) -> None:
        """See `Counters.count`."""

    def looked_up(self, seconds: float, *, ended: bool) -> None:
        """See `Counters.looked_up`."""
