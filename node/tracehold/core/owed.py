"""What a holder owes one auditor: follows from what both said that they keep, and from the chain."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.custody import Custody, Run
from tracehold.core.ids import LogId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.sampling import Owed
from tracehold.core.spans import Span, overlaps


@dataclass(frozen=True, slots=True)
class Anchored:
    """A final anchor of a log: its size and root, and the number of its block."""

    size: int
    root: Root
    block: int


Anchors = Mapping[LogId, Sequence[Anchored]]
"""Final anchors by log, by size."""


def owed(holder: Custody, asking: LogId, auditor: Custody, anchors: Anchors, before: int) -> tuple[Owed, ...]:
    """What a holder owes this auditor: of the runs that it keeps the entries under final anchors in blocks
    before number `before`, segment by segment, in segments that the auditor keeps something of, or whose log
    is its own. Each is proved under the largest such anchor that the run reaches.
    """
    ours: dict[LogId, list[Span]] = {}
    for run in auditor.kept:
        ours.setdefault(run.log, []).append((run.start, run.stop))
    logs = {run.log for run in holder.kept}
    sizes = {log: sorted(each.size for each in anchors.get(log, ()) if each.block < before) for log in logs}
    found: list[Owed] = []
    for run in holder.kept:
        spans = [(run.start, run.stop)] if run.log == asking else ours.get(run.log, [])
        found += _owed_of(run, sizes[run.log], spans)
    return tuple(found)


def _owed_of(run: Run, sizes: Sequence[int], ours: Sequence[Span]) -> Iterator[Owed]:
    reached = sizes[bisect_right(sizes, run.start) : bisect_right(sizes, run.stop)]
    for segment, size in {(size - 1) // SEGMENT_ENTRIES: size for size in reached}.items():
        begin, end = segment * SEGMENT_ENTRIES, (segment + 1) * SEGMENT_ENTRIES
        if overlaps(ours, begin, end):
            yield Owed(run.log, max(run.start, begin), size, size)
