"""Sums that cannot be, each in its own unit: no unit is ever turned into another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage import TOLERANCE, Fact, Quantity, begun, makes, used_up
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, pointer


def more_out_than_in(events: Iterable[Fact]) -> Iterator[Finding]:
    """Of one process, the events that put out more of a unit than went in. Only where all that went in is
    measured in that one unit: pieces are cut, and water is added without a word.
    """
    told = list(events)
    inputs = [quantity for fact in told for quantity in fact.inputs]
    units = {quantity.uom for quantity in inputs}
    (unit,) = units if len(units) == 1 else (None,)
    if unit is None or any(quantity.amount is None for quantity in inputs):
        return
    into = sum(quantity.amount or 0.0 for quantity in inputs)
    out = sum(q.amount or 0.0 for fact in told for q in fact.outputs if q.uom == unit)
    if out <= into * (1 + TOLERANCE):
        return
    first = next(fact for fact in told if fact.inputs)
    for fact in told:
        large = next((q for q in fact.outputs if q.uom == unit and q.amount), None)
        if large:
            other = None if fact is first else first.fingerprint
            yield Finding(Code.MORE_OUT_THAN_IN, fact.fingerprint, pointer(fact, large.item), other)


def more_used_than_made(item: str, facts: Around) -> Iterator[Finding]:
    """The events that use up, by process or decommissioning, more of a lot or class than was made by then in
    that unit. Not where some of it was made uncounted or as pieces; what is used before anything was made
    is another finding.
    """
    made = [fact for fact in facts.events if makes(item, fact)]
    if any(_uncounted(item, fact) for fact in made):
        return
    left: defaultdict[str | None, float] = defaultdict(float)
    so_far: dict[str | None, tuple[float, Fact]] = {}
    for _, together in groupby(facts.events, key=lambda fact: fact.instant):
        at_once = list(together)
        for fact in at_once:
            for quantity in _of(item, begun(fact)):
                left[quantity.uom] += quantity.amount or 0.0
                before = so_far[quantity.uom][0] if quantity.uom in so_far else 0.0
                so_far[quantity.uom] = (before + (quantity.amount or 0.0), fact)
        for fact in at_once:
            for quantity in _of(item, used_up(fact)):
                if quantity.uom not in so_far:
                    continue
                left[quantity.uom] -= quantity.amount or 0.0
                all_of_it, last = so_far[quantity.uom]
                if left[quantity.uom] < -TOLERANCE * all_of_it and quantity.amount:
                    path = pointer(fact, item)
                    yield Finding(Code.MORE_USED_THAN_MADE, fact.fingerprint, path, last.fingerprint)


def more_unpacked_than_packed(item: str, facts: Around) -> Iterator[Finding]:
    """The events that take more of a lot or class out of a container than was put in since it was last empty,
    in that unit. Not where some of it was put in, or seen, uncounted.
    """
    within: defaultdict[str, dict[str | None, tuple[float, Fact]]] = defaultdict(dict)
    vague: set[str] = set()
    for fact in facts.events:
        if fact.type is not EventType.AGGREGATION or fact.parent is None:
            continue
        if fact.action is Action.DELETE and not fact.children:
            within.pop(fact.parent, None)
            vague.discard(fact.parent)
        for quantity in _of(item, fact.children):
            held, unit = within[fact.parent], quantity.uom
            amount, opened = held.get(unit, (0.0, fact))
            if fact.action is not Action.DELETE and (
                fact.action is Action.OBSERVE or quantity.amount is None
            ):
                vague.add(fact.parent)
            elif fact.action is Action.ADD:
                held[unit] = (amount + (quantity.amount or 0.0), fact)
            elif unit in held and quantity.amount is not None and fact.parent not in vague:
                held[unit] = (max(amount - quantity.amount, 0.0), opened)
                if amount - quantity.amount < -TOLERANCE * max(amount, quantity.amount):
                    path = pointer(fact, item)
                    yield Finding(Code.MORE_UNPACKED_THAN_PACKED, fact.fingerprint, path, opened.fingerprint)


def _of(item: str, quantities: Iterable[Quantity]) -> list[Quantity]:
    return [quantity for quantity in quantities if quantity.item == item and not quantity.piece]


def _uncounted(item: str, fact: Fact) -> bool:
    counted = [q for q in begun(fact) if q.item == item]
    return not counted or any(q.piece or q.amount is None for q in counted)
