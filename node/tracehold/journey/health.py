"""Health: what a node thinks of another, by how long it has been silent."""

from dataclasses import dataclass
from enum import StrEnum


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
