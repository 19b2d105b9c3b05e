"""A small world that things happen in, one after the other, with its own books.

It simulates forward: what is where is plain state, changed by each event, and who came from whom is written
down as it happens. Nothing here looks back through facts, so it is a second opinion on the rules that do.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from tests.unit.lineage_facts import born, lot, pack, pallet, piece, seen, turn, unpack
from tracehold.core.epcis import Action
from tracehold.core.lineage import Fact

PIECES = [piece(name) for name in "abcdefgh"]
PALLETS = [pallet(number) for number in range(4)]
LOTS = [lot(name) for name in "xyz"]


@dataclass
class World:
    """State (`inside`: piece or pallet to its pallet; `stock`: (lot, pallet) to kilograms) and the truth."""

    inside: dict[str, str] = field(default_factory=dict)
    stock: dict[tuple[str, str], float] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    parents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lives: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    made: int = 0

    def around(self, item: str) -> set[str]:
        """All containers around an item now."""
        found: set[str] = set()
        edge = {self.inside[item]} if item in self.inside else set()
        edge |= {vessel for (name, vessel), left in self.stock.items() if name == item and left > 0}
        while edge:
            found |= edge
            edge = {self.inside[vessel] for vessel in edge if vessel in self.inside} - found
        return found

    def goods(self, item: str) -> set[str]:
        """What an input stands for: itself, or the goods on the pallet, however deep."""
        on_it = {name for name, vessel in self.inside.items() if vessel == item}
        on_it |= {name for (name, vessel), left in self.stock.items() if vessel == item and left > 0}
        if item in PALLETS and on_it:
            return set().union(*map(self.goods, on_it))
        return {item}.union(*map(self.goods, on_it)) if on_it else {item}

    def tell(self, event: Fact, named: set[str], before: dict[str, set[str]]) -> None:
        """Write the event into the life of everything it names, and of all in a container that it names."""
        self.facts.append(event)
        for item in PIECES + PALLETS + LOTS + [piece(f"made{n}") for n in range(self.made)]:
            if item in named or named & (before.get(item, set()) | self.around(item)):
                self.lives[item].add(event.instant)

    def step(self, random: Random, instant: int) -> None:
        """Something happens."""
        before = {item: self.around(item) for item in PIECES + PALLETS + LOTS}
        kind = random.choice(
            ["see", "pack", "pack", "pack", "load", "take", "unpack", "empty", "make", "make"]
        )
        event, named = getattr(self, f"_{kind}")(random, instant)
        if event is not None:
            self.tell(event, named, before)

    def _see(self, random, instant):
        item = random.choice(PIECES + PALLETS + LOTS)
        build = born if random.random() < 0.3 else seen
        return build(instant, (item, 1.0) if item in LOTS else item), {item}

    def _pack(self, random, instant):
        vessel = random.choice(PALLETS)
        free = [item for item in PIECES + PALLETS if item not in {vessel} | self.around(vessel)]
        items = random.sample(free, random.randint(1, 2))
        action = Action.OBSERVE if random.random() < 0.2 else Action.ADD
        self.inside.update(dict.fromkeys(items, vessel))
        return pack(instant, vessel, *items, action=action), {vessel, *items}

    def _load(self, random, instant):
        vessel, item, amount = random.choice(PALLETS), random.choice(LOTS), float(random.randint(1, 3))
        self.stock[item, vessel] = self.stock.get((item, vessel), 0.0) + amount
        return pack(instant, vessel, (item, amount)), {vessel, item}

    def _take(self, random, instant):
        vessel, item, amount = random.choice(PALLETS), random.choice(LOTS), float(random.randint(1, 3))
        self.stock[item, vessel] = max(0.0, self.stock.get((item, vessel), 0.0) - amount)
        return unpack(instant, vessel, (item, amount)), {vessel, item}

    def _unpack(self, random, instant):
        vessel, item = random.choice(PALLETS), random.choice(PIECES + PALLETS)
        if item == vessel:
            return None, set()
        if self.inside.get(item) == vessel:
            del self.inside[item]
        return unpack(instant, vessel, item), {vessel, item}

    def _empty(self, random, instant):
        vessel = random.choice(PALLETS)
        self.inside = {item: where for item, where in self.inside.items() if where != vessel}
        self.stock = {key: left for key, left in self.stock.items() if key[1] != vessel}
        return unpack(instant, vessel), {vessel}

    def _make(self, random, instant):
        inputs = random.sample(PIECES + PALLETS + LOTS + [piece(f"made{n}") for n in range(self.made)], 2)
        output = piece(f"made{self.made}")
        self.made += 1
        self.parents[output] |= set().union(*map(self.goods, inputs))
        return turn(instant, inputs, [output]), {output, *inputs}


def world(seed: int, events: int) -> World:
    """A world after a number of happenings, the same for the same seed."""
    random, made = Random(seed), World()
    for instant in range(1, events + 1):
        made.step(random, instant)
    return made


def ancestors(made: World, item: str) -> set[str]:
    """All that an item came from, by the world's own books."""
    found: set[str] = set()
    edge = set(made.parents.get(item, ()))
    while edge:
        found |= edge
        edge = set().union(*(made.parents.get(name, set()) for name in edge)) - found
    return found - {item}
