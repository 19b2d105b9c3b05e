"""What companies say of their goods: facts as a node derives them from events, and the truth they speak of.

Each verb makes one fact and writes into the books what it did. Some are said wrong first and taken back, some
twice, by sender and receiver, and some arrive late.
"""

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from bench.goods import Goods, Kind, party, place
from bench.truth import OPEN, Truth
from tracehold.core.epcis import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity

START_US = 1_700_000_000_000_000
BETWEEN_US = 17_280_000
"""Between two events: five thousand a day."""
WRONG, TWICE, LATE = 0.02, 0.01, 0.02
"""Shares of packings and processes said wrong and taken back, of all events told by two, and told late."""
SAMPLE = 16
"""Of goods, one in so many has its history kept in the books; of containers, all."""

Amounts = Mapping[int, float | None]
"""Items with amounts in kilograms; None: a piece."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A company of a stage."""

    stage: int
    company: int


class Telling:
    """Facts so far, in the order in which they arrive, and the books."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.goods = Goods()
        self.truth = Truth()
        self.count = 0
        self._inside: dict[int, dict[int, float | None]] = {}
        self._arrived: list[Fact] = []
        self._late: list[Fact] = []

    def arrived(self) -> list[Fact]:
        """What came since the last time."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def late(self) -> list[Fact]:
        """What has not come yet; it comes now."""
        late, self._late = self._late, []
        return late

    def waiting(self) -> int:
        """How many facts have not been handed out."""
        return len(self._arrived) + len(self._late)

    def see(self, by: Speaker, items: Amounts, step: str, lasting: Iterable[str] = ()) -> None:
        """They were there."""
        seen = {"observed": self._named(items), "lasting": frozenset(lasting)}
        self._say(by, EventType.OBJECT, Action.OBSERVE, items, step, seen)

    def begin(self, by: Speaker, items: Amounts, lot: int | None = None) -> None:
        """They came into being; pieces belong to the lot from here on."""
        members = [(self.goods.name(item), self.goods.name(lot)) for item in items] if lot is not None else []
        begun = {"observed": self._named(items), "memberships": tuple(members)}
        if lot is not None:
            self.truth.belong(tuple(items), lot)
        self._say(by, EventType.OBJECT, Action.ADD, items, "commissioning", begun)

    def end(self, by: Speaker, items: Amounts) -> None:
        """They are no more."""
        self._say(
            by, EventType.OBJECT, Action.DELETE, items, "decommissioning", {"observed": self._named(items)}
        )

    def pack(self, by: Speaker, vessel: int, items: Amounts) -> None:
        """They were put into the container."""
        said = {"parent": self.goods.name(vessel), "children": self._named(items)}
        wrong = {"parent": f"{said['parent']}9"}
        instant = self._say(by, EventType.AGGREGATION, Action.ADD, [vessel, *items], "packing", said, wrong)
        self._inside.setdefault(vessel, {}).update(items)
        for item in filter(self._kept, items):
            self.truth.stays[item].append((vessel, instant, OPEN))

    def unpack(self, by: Speaker, vessel: int, items: Amounts | None = None) -> None:
        """They were taken out; None: everything, without a list."""
        named = {} if items is None else items
        said = {"parent": self.goods.name(vessel), "children": self._named(named)}
        instant = self._say(by, EventType.AGGREGATION, Action.DELETE, [vessel, *named], "unpacking", said)
        inside = self._inside[vessel]
        for item, amount in list(inside.items()) if items is None else items.items():
            left = 0.0 if amount is None else (inside[item] or 0.0) - amount
            inside[item] = left
            if left <= 0:
                del inside[item]
                self._leaves(item, vessel, instant)

    def make(self, by: Speaker, inputs: Amounts, outputs: Amounts, mistaken: int | None = None) -> None:
        """The inputs, or what was in them, became the outputs. `mistaken` is an input where it is said
        wrong."""
        said = {"inputs": self._named(inputs), "outputs": self._named(outputs)}
        wrong = {"inputs": self._named({mistaken: 1.0})} if mistaken is not None else None
        named = [*inputs, *outputs]
        instant = self._say(by, EventType.TRANSFORMATION, None, named, "commissioning", said, wrong)
        self.truth.process(instant, [item for each in inputs for item in self.inside(each)], outputs)

    def inside(self, item: int) -> list[int]:
        """The goods that the item stands for: itself, or all that it holds, however deep."""
        held = self._inside.get(item)
        return [goods for inner in held for goods in self.inside(inner)] if held else [item]

    def _leaves(self, item: int, vessel: int, instant: int) -> None:
        stays = self.truth.stays.get(item, [])
        for at, (where, since, until) in enumerate(stays):
            if where == vessel and until == OPEN:
                stays[at] = (vessel, since, instant)

    def _kept(self, item: int) -> bool:
        return item % SAMPLE == 0 or self.goods.kind(item) > Kind.PACK

    def _named(self, items: Amounts) -> tuple[Quantity, ...]:
        name = self.goods.name
        return tuple(
            [
                Quantity(name(item), piece=True) if amount is None else Quantity(name(item), amount, "KGM")
                for item, amount in items.items()
            ]
        )

    def _say(
        self,
        by: Speaker,
        type_: EventType,
        action: Action | None,
        named: Collection[int],
        step: str,
        said: Mapping[str, Any],
        wrong: Mapping[str, Any] | None = None,
    ) -> int:
        """Tell it, write down who it is about, and say when it was."""
        if wrong is not None and self.random.random() < WRONG:
            error = self._fact(by, type_, action, step, {**said, **wrong})
            self._tell(error)
            self._tell(replace(error, fingerprint=self._print(), declares_error=True))
        fact = self._fact(by, type_, action, step, said)
        self._tell(fact, named)
        if self.random.random() < TWICE:
            other = party(max(by.stage - 1, 0), self.random.randrange(3))
            self._tell(replace(fact, fingerprint=self._print(), issuer=other), named)
        return fact.instant

    def _tell(self, fact: Fact, named: Collection[int] = ()) -> None:
        for item in filter(self._kept, named):
            self.truth.told[item].append((fact.instant, self.count))
        (self._late if self.random.random() < LATE else self._arrived).append(fact)
        if len(self._late) > 20:
            self._arrived.append(self._late.pop(self.random.randrange(len(self._late))))

    def _print(self) -> Fingerprint:
        self.count += 1
        return fingerprint(self.count)

    def _fact(
        self, by: Speaker, type_: EventType, action: Action | None, step: str, said: Mapping[str, Any]
    ) -> Fact:
        mark = self._print()
        return Fact(
            fingerprint=mark,
            issuer=party(by.stage, by.company),
            instant=START_US + self.count * BETWEEN_US,
            type=type_,
            action=action,
            event_id=f"urn:uuid:{mark.hex()[:8]}-0000-4000-8000-{mark.hex()[8:20]}",
            event_hash=f"ni:///sha-256;{mark.hex()}?ver=CBV2.0",
            place=place(by.stage, by.company),
            step=step,
            disposition="in_progress",
            known_ms=START_US // 1000 + self.count,
            **said,
        )


def fingerprint(number: int) -> Fingerprint:
    """Of the statement of that number."""
    return Fingerprint(sha256(str(number).encode()).digest())
