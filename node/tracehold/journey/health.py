"""Health: what a node thinks of another, by how long it has been silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tracehold.core.ids import LogId
from tracehold.core.spans import Spans


class Health(StrEnum):
    """Silence is no guilt: whoever is lost is replaced, and never accused."""

    UP = "up"
    SUSPECT = "suspect"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of silence after which a member is suspect, and lost; and from one look at it to the next."""

    suspect_s: float
    replace_s: float
    look_s: float


def unlooked(_: int) -> Health:
    """Where nobody looks: up."""
    return Health.UP


class Thought(Protocol):
    """What is thought of the other members (`journey.liveness`)."""

    @property
    def calm(self) -> bool:
        """Whether places may be given to others now: every member was looked at, and not too many are
        silent.
        """
        ...

    def health(self, node: int) -> Health:
        """Of a member by its number."""
        ...


class Outlook(Thought, Protocol):
    """And what they say of themselves."""

    def draining(self, node: int) -> bool:
        """Whether it leaves."""
        ...

    def kept(self, node: int) -> Mapping[LogId, Spans]:
        """What it says it keeps."""
        ...
