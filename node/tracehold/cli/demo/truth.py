"""What really happened, kept by the narrator while the story is
invented. It shares nothing with `core/lineage`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Truth:
    """The true relations, by canonical item and event id."""

    made_from: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    inside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    attached: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    histories: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    voided: set[str] = field(default_factory=set)

    def transformed(self, inputs: Iterable[str], outputs: Iterable[str]) -> None:
        """All inputs went into all outputs."""
        for output in outputs:
            self.made_from[output] |= set(inputs)

    def happened(self, event_id: str, items: Iterable[str]) -> None:
        """The event concerned these items, and all that was in them at that moment."""
        touched = set[str]()
        for item in items:
            touched |= {item} | self.contents(item)
        for item in touched:
            self.histories[item].append(event_id)

    def contents(self, container: str) -> set[str]:
        """What is in a container now, through all levels."""
        found = set[str]()
        for child in self.inside.get(container, ()):
            found |= {child} | self.contents(child)
        return found

    def upstream(self, item: str) -> frozenset[str]:
        """Everything that the item was made from."""
        return _closure(self.made_from, item)

    def downstream(self, item: str) -> frozenset[str]:
        """Everything that the item went into."""
        went_into: dict[str, set[str]] = defaultdict(set)
        for output, inputs in self.made_from.items():
            for each in inputs:
                went_into[each].add(output)
        return _closure(went_into, item)


def _closure(edges: Mapping[str, set[str]], start: str) -> frozenset[str]:
    found, todo = set[str](), [start]
    while todo:
        for reached in edges.get(todo.pop(), ()):
            if reached not in found:
                found.add(reached)
                todo.append(reached)
    return frozenset(found)
