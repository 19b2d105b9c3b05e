"""The facts around a subject, as the rules see them: events once each, what was taken back set apart."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, order, same_event, takes_back
from tracehold.core.lineage.voids import is_meant_by_id


@dataclass(frozen=True, slots=True)
class Voided:
    """An event that was taken back, by which declaration; `by_id`: only the event id says so."""

    fact: Fact
    declaration: Fact
    by_id: bool


@dataclass(slots=True)
class Around:
    """`events` in order of time, one for each event; `statements` of each, by the one that stands for it;
    `voided` and `erased` ones are not among them.
    """

    events: list[Fact] = field(default_factory=list)
    statements: dict[Fingerprint, list[Fact]] = field(default_factory=dict)
    voided: list[Voided] = field(default_factory=list)


def around(facts: Iterable[Fact]) -> Around:
    """Sort out what rules may see. Neither the order of the facts nor repeats matter."""
    known = {fact.fingerprint: fact for fact in facts if fact.issuer}  # erased facts have no issuer
    ordered = sorted(known.values(), key=order)
    declared = [fact for fact in ordered if fact.declares_error]
    said = [fact for fact in ordered if not fact.declares_error]
    found = Around()
    live: defaultdict[object, list[Fact]] = defaultdict(list)
    exact: defaultdict[tuple[str, int], list[Fact]] = defaultdict(list)
    for error in declared:
        exact[error.issuer, error.instant].append(error)
    for fact in said:
        void = _void(fact, exact, declared, said) if declared else None
        if void:
            found.voided.append(void)
        else:
            live[same_event(fact)].append(fact)
    for together in live.values():
        first = min(together, key=lambda fact: fact.fingerprint)
        found.events.append(first)
        found.statements[first.fingerprint] = together
    found.events.sort(key=order)
    return found


def _void(
    fact: Fact, exact: dict[tuple[str, int], list[Fact]], declared: list[Fact], said: list[Fact]
) -> Voided | None:
    for error in exact.get((fact.issuer, fact.instant), ()):
        if takes_back(error, fact):
            return Voided(fact, error, by_id=False)
    if fact.event_id is None:
        return None
    errors = [error for error in declared if _names(error, fact)]
    if errors and is_meant_by_id(fact, errors, [other for other in said if _names(other, fact)]):
        return Voided(fact, errors[0], by_id=True)
    return None


def _names(other: Fact, fact: Fact) -> bool:
    return (other.issuer, other.event_id) == (fact.issuer, fact.event_id)
