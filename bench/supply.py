"""A made-up supply chain as facts: lots made of recent lots of the stage before, moved, packed and unpacked.

Seeded, so that runs can be compared.
"""

import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tracehold.core.epcis import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity

START_US = 1_700_000_000_000_000
BETWEEN_US = 17_280_000
"""Between two events: five thousand a day."""
STAGES = 7
"""Farms to shops."""
WINDOW = 600
"""Lots of a stage that the next one still takes from."""


class Chain:
    """A supply chain of seven stages: lots made of recent lots of the stage before, moved, packed and
    unpacked.
    """

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._recent: list[list[str]] = [[] for _ in range(STAGES)]
        self._made = 0
        self._count = 0

    def facts(self, events: int) -> Iterator[Fact]:
        """That many facts, in time order."""
        for _ in range(events):
            self._count += 1
            yield self._one()

    def _one(self) -> Fact:
        kind = self._random.random()
        if kind < 0.25 or not self._recent[0]:
            return self._fact(EventType.OBJECT, Action.ADD, observed=(self._new(0),), step="harvesting")
        if kind < 0.55:
            return self._transformation()
        if kind < 0.80:
            seen = tuple(Quantity(item) for item in self._some(self._stage(), 1, 3))
            return self._fact(EventType.OBJECT, Action.OBSERVE, observed=seen, step="shipping")
        parent = f"https://id.gs1.org/00/{self._count // 8:018}"
        children = tuple(Quantity(item, 10.0, "KGM") for item in self._some(self._stage(), 1, 6))
        action = Action.ADD if kind < 0.92 else Action.DELETE
        return self._fact(EventType.AGGREGATION, action, parent=parent, children=children, step="packing")

    def _transformation(self) -> Fact:
        stage = self._random.randrange(1, STAGES)
        inputs = tuple(Quantity(item, 5.0, "KGM") for item in self._some(stage - 1, 2, 5))
        count = 8 if stage == STAGES - 1 else self._random.randint(1, 2)
        outputs = tuple(self._new(stage) for _ in range(count))
        return self._fact(
            EventType.TRANSFORMATION, None, inputs=inputs, outputs=outputs, step="commissioning"
        )

    def lots(self, stage: int) -> list[str]:
        """Some lots of a stage, made recently."""
        return self._recent[stage][::20]

    def _new(self, stage: int) -> Quantity:
        self._made += 1
        item = f"https://id.gs1.org/01/{9521234000000 + stage:014}/10/L{self._made:09}"
        recent = self._recent[stage]
        recent.append(item)
        if len(recent) > WINDOW:
            del recent[0]
        return Quantity(item, 100.0, "KGM")

    def _stage(self) -> int:
        return self._random.choice([stage for stage, recent in enumerate(self._recent) if recent])

    def _some(self, stage: int, least: int, most: int) -> list[str]:
        recent = self._recent[stage] or self._recent[0]
        return self._random.sample(recent, min(self._random.randint(least, most), len(recent)))

    def _fact(self, type_: EventType, action: Action | None, **fields: Any) -> Fact:
        fingerprint = Fingerprint(sha256(str(self._count).encode()).digest())
        party = f"https://id.gs1.org/417/{9521234000017 + self._count % 50:013}"
        return Fact(
            fingerprint=fingerprint,
            issuer=party,
            instant=START_US + self._count * BETWEEN_US,
            type=type_,
            action=action,
            event_id=f"urn:uuid:{fingerprint.hex()[:8]}-0000-4000-8000-{fingerprint.hex()[8:20]}",
            place=f"https://id.gs1.org/414/{9521234000024 + self._count % 80:013}",
            disposition="in_progress",
            known_ms=START_US // 1000 + self._count,
            **fields,
        )
