"""How the segments of the own log are kept: what the status tells of copies."""

from collections.abc import Callable
from dataclasses import dataclass

from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.cargo import segment_end
from tracehold.journey.holders import Holders


@dataclass(frozen=True, slots=True)
class HolderStanding:
    """A holder of a segment, by the numbers of node and operator: whether its last exchange ended well, and
    how
    many of the segment's entries it did not acknowledge yet.
    """

    node: int
    operator: int
    up: bool
    behind: int


@dataclass(frozen=True, slots=True)
class SegmentStanding:
    """The copies of a segment: those that have all that is anchored of it, this node's own among them."""

    segment: int
    kept: int
    target: int
    holders: tuple[HolderStanding, ...]


def standing(
    holders: Holders, segment: int, size: int, anchored: int, up: Callable[[int], bool]
) -> SegmentStanding:
    """How one segment of the log of `size` entries is kept. `up` tells of a node whether it answers."""
    end = min(size, segment_end(segment))
    # Of the open segment the anchored part decides: what was sealed a moment ago is on its way.
    whole = min(max(anchored, segment * SEGMENT_ENTRIES + 1), end)
    there = holders.of(segment)
    kept = {copy.operator for copy in there if copy.size >= whole}
    told = (HolderStanding(c.node, c.operator, up(c.node), max(end - c.size, 0)) for c in there)
    return SegmentStanding(segment, 1 + len(kept), 1 + holders.wanted, tuple(told))
