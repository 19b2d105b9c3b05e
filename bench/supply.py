"""A made-up supply chain: farms, five stages of makers and brands, twenty companies each, and what they say.

Goods travel on pallets in containers that are used again; a pallet is unpacked in part, put into a process as
it stands, or emptied. Brands make lots of single packs, in cases on pallets in containers. Lots are made
again
with something added, packs are repaired, some lots are recalled, and some of what is said is wrong and taken
back. Seeded, so that runs can be compared.
"""

from collections.abc import Callable, Iterator

from bench.goods import COMPANIES, STAGES, Kind
from bench.telling import Speaker, Telling
from bench.truth import Truth
from tracehold.core.lineage import Fact

WINDOW = 600
"""Lots of a stage that the next one still takes from."""
TRIPS = 10
"""How often a container is used."""
LONGEST = 100
"""Facts that no story goes beyond."""
KILOS = 100.0


class Chain:
    """The chain so far. `truth` is what really happened, in the numbers of `telling.goods`."""

    def __init__(self, seed: int = 7) -> None:
        self.telling = Telling(seed)
        self._random = self.telling.random
        self._recent: list[list[int]] = [[] for _ in range(STAGES)]
        self._empty: list[tuple[int, int]] = []

    @property
    def truth(self) -> Truth:
        """The books."""
        return self.telling.truth

    def facts(self, events: int) -> Iterator[Fact]:
        """That many facts, as they arrive; all that was begun is told to its end."""
        given = 0
        while (room := events - given - self.telling.waiting()) > 0:
            self._story(room)()
            arrived = self.telling.arrived()
            given += len(arrived)
            yield from arrived
        yield from self.telling.late()

    def lots(self, stage: int) -> list[int]:
        """Some lots of a stage, made recently."""
        return self._recent[stage]

    def _story(self, room: int) -> Callable[[], None]:
        if room < LONGEST:
            return lambda: self._observe(0)
        ready = [stage for stage in range(STAGES) if stage == 0 or len(self._recent[stage - 1]) >= 6]
        stage = self._random.choice(ready)
        if stage == 0:
            return self._harvest
        if self._random.random() < 0.03:
            return lambda: self._rework(stage)
        if self._random.random() < 0.03:
            return lambda: self._recall(stage)
        return self._brand if stage == STAGES - 1 else lambda: self._maker(stage)

    def _harvest(self) -> None:
        by = self._speaker(0)
        for _ in range(3):
            lot = self._lot(by)
            self.telling.begin(by, {lot: KILOS})
            self._ready(0, lot)

    def _observe(self, stage: int) -> None:
        self.telling.see(self._speaker(stage), self._some(stage, 1), "inspecting")

    def _maker(self, stage: int) -> None:
        """Two pallets come. Of the first a lot and a half are taken and go, with the second as it stands,
        into
        a process; the rest is made into something else.
        """
        tell, sender, by = self.telling, self._speaker(stage - 1), self._speaker(stage)
        lots = self._random.sample(self._recent[stage - 1], 6)
        first, second = self._pallet(sender, lots[:3]), self._pallet(sender, lots[3:])
        self._travel(sender, by, [first, second])
        taken = {lots[0]: KILOS, lots[1]: KILOS / 2}
        tell.unpack(by, first, taken)
        made = [self._lot(by), self._lot(by)]
        tell.make(by, {**taken, second: None}, dict.fromkeys(made, KILOS), self._mistaken(stage))
        if self._random.random() < 0.8:  # some forget to say so
            tell.unpack(by, second)
        tell.unpack(by, first)
        last = self._lot(by)
        tell.make(by, {lots[1]: KILOS / 2, lots[2]: KILOS}, {last: KILOS}, self._mistaken(stage))
        self._ready(stage, *made, last)

    def _brand(self) -> None:
        """A lot is made and packed singly: six in a case, four cases on a pallet, two pallets in a container.
        A shop takes half of a pallet, opens two cases and sells.
        """
        tell, stage, by = self.telling, STAGES - 1, self._speaker(STAGES - 1)
        lot, shop = self._lot(by), self._speaker(stage)
        inputs = dict.fromkeys(self._random.sample(self._recent[stage - 1], 5), KILOS)
        tell.make(by, inputs, {lot: KILOS}, self._mistaken(stage))
        packs = [tell.goods.new(Kind.PACK, stage, by.company) for _ in range(48)]
        tell.begin(by, dict.fromkeys(packs), lot)
        cases = [self._carrier(Kind.CASE, by, packs[at : at + 6]) for at in range(0, 48, 6)]
        pallets = [self._carrier(Kind.PALLET, by, cases[at : at + 4]) for at in (0, 4)]
        self._travel(by, shop, pallets)
        tell.unpack(shop, pallets[0], dict.fromkeys(cases[:2]))
        for case in cases[:2]:
            tell.unpack(shop, case)
        tell.see(shop, dict.fromkeys(packs[:5]), "retail_selling")
        tell.end(shop, dict.fromkeys(packs[5:8]))
        self._ready(stage, lot)
        if self._random.random() < 0.2:  # one comes back and is repaired
            spare = self._random.choice(self._recent[stage - 1])
            tell.make(by, {packs[0]: None, spare: 1.0}, {packs[0]: None})

    def _rework(self, stage: int) -> None:
        """A lot gets something added and is still that lot, or another one; parts of it may be in use."""
        by = self._speaker(stage)
        if len(self._recent[stage]) < 6:
            self._observe(stage - 1)
            return
        poor, added = self._random.choice(self._recent[stage]), self._random.choice(self._recent[stage - 1])
        result = poor if self._random.random() < 0.5 else self._lot(by)
        self.telling.make(by, {poor: KILOS, added: KILOS}, {result: KILOS}, self._mistaken(stage))
        if result != poor:
            self._ready(stage, result)

    def _recall(self, stage: int) -> None:
        """Lots are called back, once and for good."""
        recalled = self._some(stage - 1, 3)
        self.telling.see(self._speaker(stage - 1), recalled, "holding", lasting=["recalled"])

    def _travel(self, sender: Speaker, receiver: Speaker, pallets: list[int]) -> None:
        container, trips = self._container(sender)
        load: dict[int, float | None] = dict.fromkeys(pallets)
        alone: dict[int, float | None] = {container: None}
        self.telling.pack(sender, container, load)
        self.telling.see(sender, alone, "shipping")
        self.telling.see(receiver, alone, "receiving")
        self.telling.unpack(receiver, container)
        if trips < TRIPS:
            self._empty.append((container, trips))

    def _container(self, sender: Speaker) -> tuple[int, int]:
        if len(self._empty) < 20:
            return self.telling.goods.new(Kind.CONTAINER, sender.stage, sender.company), 1
        container, trips = self._empty.pop(0)
        return container, trips + 1

    def _pallet(self, by: Speaker, lots: list[int]) -> int:
        pallet = self.telling.goods.new(Kind.PALLET, by.stage, by.company)
        self.telling.pack(by, pallet, dict.fromkeys(lots, KILOS))
        return pallet

    def _carrier(self, kind: Kind, by: Speaker, inside: list[int]) -> int:
        carrier = self.telling.goods.new(kind, by.stage, by.company)
        self.telling.pack(by, carrier, dict.fromkeys(inside))
        return carrier

    def _mistaken(self, stage: int) -> int:
        return self._random.choice(self._recent[stage - 1])

    def _some(self, stage: int, most: int) -> dict[int, float | None]:
        recent = self._recent[stage]
        return dict.fromkeys(self._random.sample(recent, min(most, len(recent))), KILOS)

    def _lot(self, by: Speaker) -> int:
        return self.telling.goods.new(Kind.LOT, by.stage, by.company)

    def _ready(self, stage: int, *lots: int) -> None:
        recent = self._recent[stage]
        recent += lots
        del recent[:-WINDOW]

    def _speaker(self, stage: int) -> Speaker:
        return Speaker(stage, self._random.randrange(COMPANIES))
