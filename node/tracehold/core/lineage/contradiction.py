"""Statements that cannot both be true of one thing: shown, and never merged (docs/lineage.md, "State")."""

from collections.abc import Collection, Iterable

from tracehold.core.epcis.model import Action
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.stays import Concerning, is_subject


def contradicting(concerning: Iterable[Concerning], evidence: Collection[Fact]) -> frozenset[Fingerprint]:
    """Statements on a piece that say otherwise than the evidence for the same instant, of other issuers: at
    another place, in another disposition, or in another container. Of one issuer it is a hasty clock."""
    by_instant: dict[int, list[Fact]] = {}
    for fact in evidence:
        by_instant.setdefault(fact.instant, []).append(fact)
    return frozenset(
        fact.fingerprint
        for fact, item in concerning
        for other in by_instant.get(fact.instant, ())
        if is_subject(fact, item) and _is_otherwise(fact, other)
    )


def _is_otherwise(fact: Fact, other: Fact) -> bool:
    if fact.issuer == other.issuer:
        return False
    said = ((fact.place, other.place), (fact.disposition, other.disposition), (_into(fact), _into(other)))
    return any(one is not None and two is not None and one != two for one, two in said)


def _into(fact: Fact) -> tuple[str, str] | None:
    """What the event puts its children into."""
    if fact.parent is None or not fact.children or fact.action is Action.DELETE:
        return None
    return str(fact.type), fact.parent
