"""How the segments of the own log are kept: what the status tells of copies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.cargo import segment_end
from tracehold.journey.holders import CopyCount, Holders, segment_of


@dataclass(frozen=True, slots=True)
class HolderStanding:
    """A holder of a segment: its number and the URI of its operator (empty before the members were read),
    whether its last exchange ended well, and how many of the segment's entries it did not acknowledge yet.
    """

    node: int
    operator: str
    up: bool
    behind: int


@dataclass(frozen=True, slots=True)
class SegmentStanding:
    """The copies of a segment: those that have all that is anchored of it, this node's own among them."""

    segment: int
    copies: CopyCount
    holders: tuple[HolderStanding, ...]


def nobody_up(_: int) -> bool:
    """Where nobody is asked."""
    return False


def standings(
    holders: Holders, size: int, anchored: int, up: Callable[[int], bool] = nobody_up
) -> Sequence[SegmentStanding]:
    """How every segment of the log of `size` entries is kept. `up` tells of a node whether it answers."""
    return [_standing(holders, at, size, anchored, up) for at in range(segment_of(size) + 1 if size else 0)]


def _standing(
    holders: Holders, segment: int, size: int, anchored: int, up: Callable[[int], bool]
) -> SegmentStanding:
    end = min(size, segment_end(segment))
    # Of the open segment the anchored part decides: what was sealed a moment ago is on its way.
    whole = min(max(anchored, segment * SEGMENT_ENTRIES + 1), end)
    there = holders.of(segment)
    kept = {copy.operator for copy in there if copy.size >= whole}
    told = (HolderStanding(c.node, _name(holders, c.node), up(c.node), max(end - c.size, 0)) for c in there)
    return SegmentStanding(segment, CopyCount(1 + len(kept), 1 + holders.wanted), tuple(told))


def _name(holders: Holders, node: int) -> str:
    member = holders.roll.holders.get(node) if holders.roll else None
    return member.operator if member else ""
