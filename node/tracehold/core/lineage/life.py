"""What an event brings into being and what it uses up, in one place for sums, ends and contradictions."""

from collections.abc import Iterable

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage.facts import Fact, Quantity, lots_put_out

TOLERANCE = 1e-9
"""Of all that came in: sums of decimal amounts in binary floats."""


def begun(fact: Fact) -> tuple[Quantity, ...]:
    """What begins: outputs of a process, and what is commissioned (ObjectEvent ADD)."""
    return fact.outputs + (fact.observed if _is_life(fact, Action.ADD) else ())


def ended(fact: Fact) -> tuple[Quantity, ...]:
    """What is decommissioned (ObjectEvent DELETE)."""
    return fact.observed if _is_life(fact, Action.DELETE) else ()


def used_up(fact: Fact) -> tuple[Quantity, ...]:
    """What is less afterwards: inputs of a process, and what is decommissioned."""
    return fact.inputs + ended(fact)


def begins(item: str, fact: Fact) -> bool:
    """Whether the event puts the thing itself out, or commissions it."""
    return is_among(item, begun(fact))


def makes(item: str, fact: Fact) -> bool:
    """Whether it begins the thing, or pieces of it where it is a lot."""
    if begins(item, fact) or item in lots_put_out(fact):
        return True
    return _is_life(fact, Action.ADD) and any(lot == item for _, lot in fact.memberships)


def is_among(item: str, quantities: Iterable[Quantity]) -> bool:
    """Whether one of them is of the item."""
    return any(quantity.item == item for quantity in quantities)


def _is_life(fact: Fact, action: Action) -> bool:
    return fact.type is EventType.OBJECT and fact.action is action
