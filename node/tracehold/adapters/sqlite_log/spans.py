"""Runs and spans of a log: where entries stand without a gap.

A span begins where a base was begun (or at entry 0) and grows by appends. Where it meets the next one both
are one span, yet their rows stay two runs: the entries of the second count their bytes from its own start,
and nothing of them is written again. `Totals` adds what is before.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from tracehold.adapters.sqlite_log.rows import number_of
from tracehold.core.ids import LogId


@dataclass(frozen=True, slots=True)
class Run:
    """Entries [start, stop) of a log; `before` are the bytes of the runs that it continues."""

    start: int
    stop: int
    bytes: int
    before: int


def runs(connection: Connection, number: int) -> list[Run]:
    """The runs of a log, ascending; one that was only begun is empty."""
    query = "SELECT start, stop, bytes FROM runs WHERE log = ? ORDER BY start"
    found: list[Run] = []
    for start, stop, size in connection.execute(query, (number,)):
        meets = bool(found) and found[-1].stop == start
        found.append(Run(start, stop, size, found[-1].before + found[-1].bytes if meets else 0))
    return found


def joined(found: Sequence[Run]) -> list[list[Run]]:
    """The runs of each span, ascending; empty runs left out."""
    groups: list[list[Run]] = []
    for run in found:
        if run.stop == run.start:
            continue
        if groups and groups[-1][-1].stop == run.start:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def spans(connection: Connection, log: LogId) -> Sequence[tuple[int, int]]:
    """The spans of a log, ascending."""
    groups = joined(runs(connection, number_of(connection, log)))
    return [(group[0].start, group[-1].stop) for group in groups]


def span_with(found: Sequence[Run], size: int) -> list[Run]:
    """The runs of the span that holds entry `size` - 1, or begins behind it; none where no span does."""
    return next((group for group in joined(found) if group[0].start <= size <= group[-1].stop), [])


class Totals:
    """Record bytes of a log from the start of each span, out of those from the start of each run."""

    def __init__(self, found: Sequence[Run]) -> None:
        self._runs = found
        self._starts = [run.start for run in found]

    def of(self, index: int, bytes_total: int) -> int:
        """The total through entry `index`, whose row says `bytes_total`."""
        at = bisect_right(self._starts, index) - 1
        if at < 0 or index >= self._runs[at].stop:
            return bytes_total  # of a base
        return self._runs[at].before + bytes_total
