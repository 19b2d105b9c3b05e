"""The copies of a log at nodes that live, over time: when repair began and ended, and how fast it was."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Log:
    """One of the two logs: its bytes of records, and how many entries each node that lives has of it, at
    each look.
    """

    id: str
    entries: int = 0
    bytes: int = 0
    looks: list[tuple[float, dict[str, int]]] = field(default_factory=list)

    def copies(self) -> list[tuple[float, float]]:
        """Seconds since the kill, and copies at living nodes, as a mean over all entries."""
        return [(at, sum(kept.values()) / self.entries) for at, kept in self.looks]

    def told(self, target: int) -> dict[str, Any]:
        """When making good began and ended, and how fast it was; the first look is at what was left."""
        copies = self.copies()
        left = copies[0][1]
        began = next(at for at, many in copies if many > left)
        ended = next(at for at, many in copies if many >= target)
        # What was there at the look before the first news is when it began at the earliest.
        before = max(at for at, many in copies if at < began)
        moved = (target - left) * self.bytes
        return {
            "entries": self.entries,
            "bytes": self.bytes,
            "beganS": began,
            "endedS": ended,
            "movedBytes": moved,
            "mbPerS": moved / 1e6 / (ended - before),
            "copies": copies,
        }
