"""What a walk reached with time respected: along such a path everything is made before it is used."""

from dataclasses import dataclass, field

from tracehold.core.lineage.containment import Use
from tracehold.core.lineage.flows import TIMELESS, Flows, ProcessKey
from tracehold.core.lineage.intervals import OPEN


@dataclass(slots=True)
class Reach:
    """Items with their depth, and the bounds of time within which their parts in processes, and those of
    processes in items, count. Bounds are in the turned time of `Flows.time`."""

    depth: dict[str, int]
    items: dict[str, int]
    processes: dict[ProcessKey, int] = field(default_factory=dict)

    def near(self, flows: Flows) -> list[tuple[str, ProcessKey, Use]]:
        """The parts that the items have in processes, towards the start."""
        return [
            (item, key, use)
            for item, bound in self.items.items()
            for key, use in flows.near.get(item, ())
            if key[0] == TIMELESS or flows.time(use) <= bound
        ]

    def far(self, flows: Flows, key: ProcessKey) -> list[Use]:
        """The parts of items beyond a process."""
        bound = self.processes.get(key)
        if bound is None:
            return []
        return [use for use in flows.far[key] if key[0] == TIMELESS or flows.time(use) <= bound]


def everything(flows: Flows, depth: dict[str, int]) -> Reach:
    """All that was reached, whatever the clocks say."""
    return Reach(depth, dict.fromkeys(depth, OPEN), dict.fromkeys(flows.far, OPEN))


def in_time(flows: Flows, start: str, within: dict[str, int]) -> Reach:
    """What is reached from the start along paths in time, among the items `within`.

    An item may be reached again with a wider bound: then what lies beyond it is looked at again.
    """
    reach = Reach({start: 0}, {start: OPEN})
    frontier, level = {start}, 0
    while frontier:
        level += 1
        # Bounds as they were when the level began: else depths would hang on the order within it.
        bounds = {item: reach.items[item] for item in frontier}
        wider: set[str] = set()
        for item, bound in bounds.items():
            for key, use in flows.near.get(item, ()):
                wider |= _through(flows, reach, bound, key, use)
        frontier = wider & within.keys()
        for item in frontier:
            reach.depth.setdefault(item, level)
    reach.items = {item: bound for item, bound in reach.items.items() if item in reach.depth}
    return reach


def _through(flows: Flows, reach: Reach, bound: int, key: ProcessKey, use: Use) -> set[str]:
    """The items whose bound grew by going through this process, from an item with this bound."""
    if key[0] != TIMELESS:
        if flows.time(use) > bound:
            return set()
        bound = flows.time(use)
    if bound <= reach.processes.get(key, -OPEN):
        return set()
    reach.processes[key] = bound
    grown = set()
    for part in reach.far(flows, key):
        reached = bound if key[0] == TIMELESS else flows.time(part)
        if reached > reach.items.get(part.item, -OPEN):
            reach.items[part.item] = reached
            grown.add(part.item)
    return grown
