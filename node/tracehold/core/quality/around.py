"""The facts around a subject, as the rules see them: events once each, what was taken back set apart."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Declared, Fact, order, same_event


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
    declared = Declared()
    for fact in ordered:
        declared.add(fact)
    found = Around()
    live: defaultdict[object, list[Fact]] = defaultdict(list)
    for fact in ordered:
        if fact.declares_error:
            continue
        taken = declared.takes(fact)
        if taken:
            found.voided.append(Voided(fact, *taken))
        else:
            live[same_event(fact)].append(fact)
    for together in live.values():
        first = min(together, key=lambda fact: fact.fingerprint)
        found.events.append(first)
        found.statements[first.fingerprint] = together
    found.events.sort(key=_in_order)
    return found


def _in_order(fact: Fact) -> tuple[object, ...]:
    """By time and effect; what is left goes by names, which another spelling or speaker does not change."""
    instant, effect, fingerprint = order(fact)
    return instant, effect, fact.parent or "", fact.event_hash or "", fingerprint
