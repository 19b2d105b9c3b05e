"""What really happened in a made-up supply chain: written down as it happens, and asked afterwards.

A second opinion on `tracehold.core.lineage`: it knows no facts, no error declarations and no rules about
them,
only which goods went into which process and what stood in what. Items are numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

OPEN = 1 << 62
"""The end of a stay that has not ended."""

Stay = tuple[int, int, int]
"""A container, and from when to when something was in it, both included."""


@dataclass(slots=True)
class Process:
    """Goods in, goods out, at an instant."""

    instant: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(slots=True)
class Truth:
    """The books of the chain. `told` and `stays` are kept of items that are remembered alone."""

    made: dict[int, list[Process]] = field(default_factory=lambda: defaultdict(list))
    used: dict[int, list[Process]] = field(default_factory=lambda: defaultdict(list))
    pieces: dict[int, Collection[int]] = field(default_factory=dict)
    lot: dict[int, int] = field(default_factory=dict)
    told: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    stays: dict[int, list[Stay]] = field(default_factory=lambda: defaultdict(list))

    def process(self, instant: int, inputs: Iterable[int], outputs: Iterable[int]) -> None:
        """The inputs, goods and no containers, became the outputs."""
        one = Process(instant, tuple(inputs), tuple(outputs))
        for item in set(one.inputs):
            self.used[item].append(one)
        for item in set(one.outputs):
            self.made[item].append(one)

    def belong(self, pieces: Collection[int], lot: int) -> None:
        """These pieces are all of the lot."""
        self.pieces[lot] = pieces
        self.lot.update(dict.fromkeys(pieces, lot))

    def ancestors(self, item: int, *, timely: bool) -> set[int]:
        """What it was made of; `timely`: by ways on which all was made before it was used."""
        return self._reached(item, timely, upstream=True)

    def descendants(self, item: int, *, timely: bool) -> set[int]:
        """What was made of it."""
        return self._reached(item, timely, upstream=False)

    def history(self, item: int) -> set[int]:
        """Numbers of the statements on it, and on what it was in, while it was."""
        found = {number for _, number in self.told.get(item, ())}
        edge = list(self.stays.get(item, ()))
        while edge:
            vessel, start, end = edge.pop()
            found |= {number for instant, number in self.told[vessel] if start <= instant <= end}
            wider = [(outer, max(start, s), min(end, e)) for outer, s, e in self.stays.get(vessel, ())]
            edge += [stay for stay in wider if stay[1] <= stay[2]]
        return found

    def _reached(self, start: int, timely: bool, *, upstream: bool) -> set[int]:
        # Per item the widest bound it was reached with; time is turned round downstream.
        bounds, edge = {start: OPEN}, [start]
        while edge:
            item = edge.pop()
            for at, other in self._beyond(item, upstream):
                bound = bounds[item] if at is None or not timely else at
                if (not timely or at is None or at <= bounds[item]) and bound > bounds.get(other, -OPEN):
                    bounds[other] = bound
                    edge.append(other)
        return bounds.keys() - {start}

    def _beyond(self, item: int, upstream: bool) -> Iterator[tuple[int | None, int]]:
        if upstream:
            if item in self.lot:
                yield None, self.lot[item]
            for one in self.made.get(item, ()):
                yield from ((one.instant, other) for other in one.inputs)
        else:
            yield from ((None, piece) for piece in self.pieces.get(item, ()))
            for one in self.used.get(item, ()):
                yield from ((-one.instant, other) for other in one.outputs)
