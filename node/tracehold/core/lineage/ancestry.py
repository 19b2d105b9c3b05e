"""Shared ancestors over flows that a store found by itself: the end of `common`, for who did not walk."""

from collections.abc import Sequence

from tracehold.core.lineage.answers import SharedItem
from tracehold.core.lineage.flows import Flows
from tracehold.core.lineage.reach import in_time


def shared_ancestors(
    flows: Flows, items: Sequence[str], *, max_depth: int = 64, strict_time: bool = False
) -> tuple[SharedItem, ...]:
    """The items of `common` over upstream `flows`, which must hold every process that one of the items, or an
    ancestor of theirs, came out of. Other processes do no harm."""
    depths: list[dict[str, int]] = []
    late: set[str] = set()
    for item in dict.fromkeys(items):
        found = _depths(flows, item, max_depth)
        timely = in_time(flows, item, found).depth
        late |= found.keys() - timely.keys()
        depths.append(timely if strict_time else found)
    shared = set.intersection(*map(set, depths)) if depths else set()
    entries = [SharedItem(item, tuple([depth[item] for depth in depths]), item in late) for item in shared]
    return tuple(sorted(entries, key=lambda entry: (sum(entry.depths), entry.item)))


def _depths(flows: Flows, item: str, max_depth: int) -> dict[str, int]:
    depth, frontier = {item: 0}, [item]
    for level in range(1, max_depth + 1):
        beyond = {
            part.item for name in frontier for key, _ in flows.near.get(name, ()) for part in flows.far[key]
        }
        frontier = [name for name in beyond if name not in depth]
        depth.update(dict.fromkeys(frontier, level))
    return depth
