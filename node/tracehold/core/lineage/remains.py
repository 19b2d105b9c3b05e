"""What is left of a lot or class, begun less used up, and whether a piece has ended (docs/lineage.md,
"State")."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage.facts import Fact, Quantity
from tracehold.core.lineage.voids import order, same_event

_TOLERANCE = 1e-9  # of all that began: sums of decimal amounts in binary floats


@dataclass(slots=True)
class Remains:
    """`left` by unit; `begun` all that ever began, by unit; `vague`: some of it was never counted."""

    left: dict[str | None, float] = field(default_factory=dict)
    begun: dict[str | None, float] = field(default_factory=dict)
    vague: bool = False

    def amounts(self) -> tuple[tuple[float | None, str | None], ...]:
        """What is there: (amount, unit) by unit, and (None, None) for what was never counted."""
        units = sorted((unit for unit in self.left if not self._is_none(unit)), key=lambda unit: unit or "")
        known: list[tuple[float | None, str | None]] = [(self.left[unit], unit) for unit in units]
        return (*known, (None, None)) if self.vague else tuple(known)

    def is_used_up(self) -> bool:
        """Whether something began and nothing of it is left."""
        return bool(self.begun) and not self.vague and all(map(self._is_none, self.left))

    def begin(self, quantity: Quantity) -> None:
        """So much came into being."""
        if quantity.amount is None:
            self.vague = True
            return
        for sums in (self.left, self.begun):
            sums[quantity.uom] = sums.get(quantity.uom, 0.0) + quantity.amount

    def take(self, quantity: Quantity, *, whole: bool) -> None:
        """So much was used up; of an uncounted amount all if `whole`, else nobody knows how much."""
        if quantity.amount is not None and quantity.uom in self.left:
            self.left[quantity.uom] = max(self.left[quantity.uom] - quantity.amount, 0.0)
        elif quantity.amount is None and whole:
            self.left, self.vague = dict.fromkeys(self.left, 0.0), False

    def _is_none(self, unit: str | None) -> bool:
        return self.left[unit] <= _TOLERANCE * self.begun[unit]


def remains(item: str, facts: Iterable[Fact]) -> Remains:
    """What is left after these events: commissioned and made, less decommissioned and put into processes.
    One event counts once, by however many speakers."""
    found, counted = Remains(), set[object]()
    for fact in sorted(facts, key=order):
        if (event := same_event(fact)) in counted:
            continue
        counted.add(event)
        for quantity in _of(item, fact.outputs):
            found.begin(quantity)
        for quantity in _of(item, fact.inputs):
            found.take(quantity, whole=False)
        if fact.type is EventType.OBJECT:
            for quantity in _of(item, fact.observed):
                if fact.action is Action.ADD:
                    found.begin(quantity)
                elif fact.action is Action.DELETE:
                    found.take(quantity, whole=True)
    return found


def has_ended(facts: Iterable[Fact]) -> bool:
    """Whether a piece was decommissioned, and not commissioned again after that."""
    lives = [fact for fact in facts if fact.type is EventType.OBJECT and fact.action is not Action.OBSERVE]
    return bool(lives) and max(lives, key=order).action is Action.DELETE


def _of(item: str, quantities: Iterable[Quantity]) -> list[Quantity]:
    return [quantity for quantity in quantities if quantity.item == item]
