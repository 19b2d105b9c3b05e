"""How the segments of the own log are kept: what the status tells of copies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.cargo import segment_end
from tracehold.journey.health import Health
from tracehold.journey.holders import CopyCount, Holders, segment_of
from tracehold.journey.ports import Copy


@dataclass(frozen=True, slots=True)
class HolderStanding:
    """A holder of a segment: its number and the URI of its operator (empty before the members were read),
    whether its last exchange ended well, how many of the segment's entries it did not acknowledge yet, and
    what is thought of it. A copy of who is lost does not count.
    """

    node: int
    operator: str
    up: bool
    behind: int
    health: Health = Health.UP


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
    there = holders.of(segment)
    kept = holders.operators(segment, whole(segment, size, anchored))
    told = (_holder(holders, copy, up, end) for copy in there)
    return SegmentStanding(segment, CopyCount(1 + len(kept), 1 + holders.wanted), tuple(told))


def whole(segment: int, size: int, anchored: int) -> int:
    """How far a copy of a segment reaches that has all of it. Of the open segment the anchored part decides:
    what was sealed a moment ago is on its way.
    """
    return min(max(anchored, segment * SEGMENT_ENTRIES + 1), size, segment_end(segment))


def _holder(holders: Holders, copy: Copy, up: Callable[[int], bool], end: int) -> HolderStanding:
    behind, health = max(end - copy.size, 0), holders.health(copy.node)
    return HolderStanding(copy.node, _name(holders, copy.node), up(copy.node), behind, health)


def _name(holders: Holders, node: int) -> str:
    member = holders.roll.holders.get(node) if holders.roll else None
    return member.operator if member else ""
