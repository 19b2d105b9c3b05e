"""The copies of a log on the disks of nodes that live, over time: when repair began and ended, and how fast
it was.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NUMBER = "SELECT number FROM logs WHERE id = ?"
_COUNT = "SELECT count(*) FROM entries WHERE position >= ? AND position < ?"
_BYTES = (
    "SELECT count(*), sum(length(raw)) FROM entries JOIN records ON records.id = entries.record"
    " WHERE position >= ? AND position < ?"
)
_LOG = 1 << 40
"""Positions of one log."""


@dataclass(frozen=True)
class Look:
    """Seconds since the kill, copies at living nodes as a mean over all entries, and the CPU seconds that
    the nodes took since they were started.
    """

    at: float
    copies: float
    cpu: float


@dataclass
class Log:
    """A log as it was when a node was killed."""

    id: bytes
    entries: int
    size: int
    """Bytes of its records."""
    looks: list[Look] = field(default_factory=list)

    @classmethod
    def of(cls, id: bytes, data: Path) -> "Log":
        """As it stands on a node's disk."""
        entries, size = _asked(data, id, _BYTES, _LOG)
        return cls(id, entries, size)

    def entries_on(self, disks: Sequence[Path]) -> int:
        """How much of it these nodes have on their disks, together."""
        return sum(int(_asked(each, self.id, _COUNT, self.entries)[0]) for each in disks)

    def told(self, target: int) -> dict[str, Any]:
        """When repair began and ended, and how fast it was; the first look is at what was left. It began
        after the look before the first news.
        """
        left = self.looks[0].copies
        first = next(at for at, look in enumerate(self.looks) if look.copies > left)
        before = self.looks[first - 1]
        ended = next(look for look in self.looks if look.copies >= target)
        moved = (target - left) * self.size
        return {
            "entries": self.entries,
            "bytes": self.size,
            "beganS": self.looks[first].at,
            "endedS": ended.at,
            "movedBytes": moved,
            "mbPerS": moved / 1e6 / (ended.at - before.at),
            "cpuS": ended.cpu - before.cpu,
            "copies": [(look.at, look.copies) for look in self.looks],
        }


def _asked(data: Path, log: bytes, query: str, stop: int) -> tuple[Any, ...]:
    with closing(sqlite3.connect(f"file:{data / 'log.sqlite'}?mode=ro", uri=True, timeout=30)) as stored:
        number = stored.execute(_NUMBER, (log,)).fetchone()
        if number is None:
            return (0, 0)
        start = number[0] << 40
        return tuple(stored.execute(query, (start, start + stop)).fetchone())


def cpu_s(pid: int | None) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
