"""What is left of a lot or class, begun less used up, and whether a piece has ended (docs/lineage.md,
"State")."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from tracehold.core.lineage.facts import Fact, Quantity
from tracehold.core.lineage.life import TOLERANCE, begins, begun, ended, is_among, used_up
from tracehold.core.lineage.voids import order, same_event


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
        return self.left[unit] <= TOLERANCE * self.begun[unit]


def remains(item: str, facts: Iterable[Fact]) -> Remains:
    """What is left after these events: commissioned and made, less decommissioned and put into processes; at
    one instant first what begins. One event counts once, by however many speakers."""
    found = Remains()
    single = {same_event(fact): fact for fact in facts}.values()
    by_time = sorted(single, key=lambda fact: fact.instant)
    for _, together in groupby(by_time, key=lambda fact: fact.instant):
        at_once = list(together)
        for fact in at_once:
            for quantity in _of(item, begun(fact)):
                found.begin(quantity)
        for fact in at_once:
            for quantity in _of(item, fact.inputs):
                found.take(quantity, whole=False)
            for quantity in _of(item, ended(fact)):
                found.take(quantity, whole=True)
    return found


def counting(item: str, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The events that begin some of a lot or class, or use some of it up: what `remains` rests on."""
    for fact in facts:
        if is_among(item, begun(fact)) or is_among(item, used_up(fact)):
            yield fact


def ending(item: str, facts: Iterable[Fact]) -> Fact | None:
    """The event that decommissioned a piece, where it was neither commissioned nor put out by a process after
    that.
    """
    lives = [fact for fact in facts if begins(item, fact) or is_among(item, ended(fact))]
    last = max(lives, key=order, default=None)
    return None if last is None or begins(item, last) else last


def _of(item: str, quantities: Iterable[Quantity]) -> list[Quantity]:
    return [quantity for quantity in quantities if quantity.item == item]
