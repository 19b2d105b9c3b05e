"""Which statements are one event, and which statement takes another back (EPCIS 2.0
section 7.4.1.4; CBV 2.0 section 8.9 for the event hash)."""

from tracehold.core.epcis.model import Action
from tracehold.core.lineage.facts import Fact, Quantity

Content = tuple[object, ...]

_EFFECT = {None: 0, Action.ADD: 0, Action.OBSERVE: 1, Action.DELETE: 2}


def order(fact: Fact) -> tuple[int, int, bytes]:
    """The order of facts: by instant, at one instant by effect (begin, look, end), then
    by fingerprint; so it never depends on arrival."""
    return fact.instant, _EFFECT[fact.action], fact.fingerprint


def content(fact: Fact) -> Content:
    """What a fact says, without who says it and under which id: equal for the same event in any spelling."""
    return (
        fact.type, fact.action, fact.instant, fact.parent, fact.transformation_id, fact.place,
        fact.read_point, fact.step, fact.disposition,
        _bag(fact.children), _bag(fact.inputs), _bag(fact.outputs), _bag(fact.observed),
        tuple(sorted(fact.memberships)), fact.parties, fact.sensed, fact.lasting, fact.lifted,
        frozenset(fact.dealings),
    )  # fmt: skip


def same_event(fact: Fact) -> object:
    """A key that is equal for repeats of one event: its hash, else its id with its content."""
    return fact.event_hash or (fact.event_id, content(fact))


def takes_back(declaration: Fact, fact: Fact) -> bool:
    """Whether an error declaration voids a fact: same issuer, same event id where it has one, and the same
    event by hash, else by content. Anyone else's declaration is a dispute and changes nothing."""
    return declaration.issuer == fact.issuer and _is_about(declaration, fact)


def disputes(declaration: Fact, fact: Fact) -> bool:
    """Whether an error declaration is about a fact of somebody else: to be shown, and not to be applied."""
    return declaration.issuer != fact.issuer and _is_about(declaration, fact)


def _is_about(declaration: Fact, fact: Fact) -> bool:
    if declaration.instant != fact.instant:
        return False
    if declaration.event_id is not None and declaration.event_id != fact.event_id:
        return False
    if declaration.event_hash and fact.event_hash:
        return declaration.event_hash == fact.event_hash
    return content(declaration) == content(fact)


def _bag(quantities: tuple[Quantity, ...]) -> tuple[tuple[str, float, str], ...]:
    return tuple(sorted((q.item, -1.0 if q.amount is None else q.amount, q.uom or "") for q in quantities))
