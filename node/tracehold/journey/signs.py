"""Signs of life: what those who place and ship are told of the other members. `Liveness` gives them."""

from collections.abc import Mapping
from typing import Protocol

from tracehold.core.ids import LogId
from tracehold.core.spans import Spans
from tracehold.journey.follow import Bell
from tracehold.journey.health import Health, Limits, Outlook


class Signs(Outlook, Protocol):
    """What is thought of the others, and what that rests on. See `Liveness` for each."""

    bell: Bell
    limits: Limits

    def silent_s(self, node: int) -> float:
        """For how long it was not heard."""
        ...

    def answers(self, node: int) -> bool:
        """Whether it answered last."""
        ...

    def heard(self, node: int) -> None:
        """An answer of it came."""
        ...


class NoSigns:
    """Where nobody looks: everybody is up, and no place is given to others."""

    calm = False

    def __init__(self) -> None:
        self.bell = Bell()
        self.limits = Limits(float("inf"), float("inf"), float("inf"))

    def health(self, node: int) -> Health:
        """Up."""
        return Health.UP

    def silent_s(self, node: int) -> float:
        """Not for a moment."""
        return 0.0

    def answers(self, node: int) -> bool:
        """So it is taken."""
        return True

    def draining(self, node: int) -> bool:
        """Nobody is known to."""
        return False

    def kept(self, node: int) -> Mapping[LogId, Spans]:
        """Nothing is known."""
        return {}

    def heard(self, node: int) -> None:
        """Nobody asks."""
