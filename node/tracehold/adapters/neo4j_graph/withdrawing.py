"""Withdrawal: an event that an error declaration takes back keeps its vertex and loses its relationships.

Which declaration takes back which event is core's rule alone (`core.lineage.voids`); the server only narrows
down what may be meant: an event of the same issuer and instant, or of the same issuer and event id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from neo4j import AsyncTransaction

from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.neo4j_graph.relating import change, rows, run
from tracehold.adapters.neo4j_graph.vertices import Standing
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Namesakes, takes_back

DECLARATIONS = """
UNWIND $times AS t MATCH (d:ErrorDeclaration {t: t}) RETURN DISTINCT d.fingerprint, d.body
"""
MEANT = """
UNWIND $keys AS k MATCH (e:Event {t: k.t}) USING INDEX e:Event(t)
WHERE e.issuer = k.issuer AND NOT e:ErrorDeclaration
RETURN DISTINCT e.fingerprint, e.body, EXISTS { (e)<-[:TAKES_BACK]-() }
"""
TAKE_BACK = """
UNWIND $pairs AS p MATCH (d:ErrorDeclaration {fingerprint: p.declaration})
MATCH (e:Event {fingerprint: p.event}) MERGE (d)-[:TAKES_BACK {t: d.t}]->(e)
"""
NAMESAKES = """
UNWIND $ids AS id MATCH (d:Event {event_id: id}) USING INDEX SEEK d:Event(event_id) WHERE d:ErrorDeclaration
WITH DISTINCT id, d.issuer AS issuer
MATCH (e:Event {event_id: id}) USING INDEX SEEK e:Event(event_id) WHERE e.issuer = issuer
RETURN issuer, id, e.fingerprint, e.body, [(e)<-[:TAKES_BACK]-(d) | d.fingerprint]
"""
NO_MORE = """
UNWIND $pairs AS p MATCH (e:Event {fingerprint: p.event})
MATCH (:Event {fingerprint: p.declaration})-[x:TAKES_BACK]->(e) DELETE x
"""
FREED = """
MATCH (d:Event {fingerprint: $event})-[x:TAKES_BACK]->(e:Event)
WITH e, x, EXISTS { MATCH (e)<-[y:TAKES_BACK]-() WHERE y <> x } AS still
DELETE x RETURN e.fingerprint, e.body, still
"""


async def withdraw(transaction: AsyncTransaction, fresh: Collection[Fact]) -> set[Fingerprint]:
    """See that events that were just added, and those that they declare to be errors, count for nothing where
    that is so. Answers which of the fresh events are taken back; the others' relationships are changed.
    """
    stated = await _by_statement(transaction, fresh)
    ids = {fact.event_id for fact in fresh if fact.event_id is not None}
    return stated | await by_name(transaction, ids, {fact.fingerprint for fact in fresh})


async def _by_statement(transaction: AsyncTransaction, fresh: Collection[Fact]) -> set[Fingerprint]:
    times = sorted({fact.instant for fact in fresh})
    declarations = [
        decode(Fingerprint(bytes.fromhex(fingerprint)), body, None)
        for fingerprint, body in await rows(transaction, DECLARATIONS, times=times)
    ]
    if not declarations:
        return set()
    keys = [{"t": t, "issuer": issuer} for t, issuer in {(d.instant, d.issuer) for d in declarations}]
    meant = [
        (decode(Fingerprint(bytes.fromhex(fingerprint)), body, None), withdrawn)
        for fingerprint, body, withdrawn in await rows(transaction, MEANT, keys=keys)
    ]
    pairs = [(d, fact, withdrawn) for d in declarations for fact, withdrawn in meant if takes_back(d, fact)]
    await run(transaction, TAKE_BACK, pairs=_pairs((fact, {d.fingerprint}) for d, fact, _ in pairs))
    new = {fact.fingerprint for fact in fresh}
    late = {fact.fingerprint: fact for _, fact, before in pairs if not before and fact.fingerprint not in new}
    await change(transaction, [(fact, Standing.WITHDRAWN) for fact in late.values()])
    return {fact.fingerprint for _, fact, _ in pairs} & new


@dataclass(slots=True)
class _Named:
    """The statements of one issuer with one event id, and by which declarations each is taken back now."""

    facts: list[Fact] = field(default_factory=list)
    names: Namesakes = field(default_factory=Namesakes)
    before: dict[Fingerprint, set[Fingerprint]] = field(default_factory=dict)

    def after(self, event: Fact) -> set[Fingerprint]:
        """By which it is to be: others than these stay."""
        declared = {fact.fingerprint for fact in self.facts if fact.declares_error}
        return (self.before[event.fingerprint] - declared) | self._meant(event)

    def _meant(self, event: Fact) -> set[Fingerprint]:
        exact = [fact for fact in self.facts if fact.declares_error and takes_back(fact, event)]
        return {error.fingerprint for error in (*exact, *self.names.meant(event))}


async def by_name(
    transaction: AsyncTransaction, ids: Collection[str], new: Collection[Fingerprint] = ()
) -> set[Fingerprint]:
    """The same for what an event id alone means: where another event of that id comes or goes, what was taken
    back may count again. Answers which of the new events are taken back.
    """
    groups: defaultdict[tuple[str, str], _Named] = defaultdict(_Named)
    for issuer, id, name, body, by in await rows(transaction, NAMESAKES, ids=sorted(ids)) if ids else []:
        fact, group = decode(Fingerprint(bytes.fromhex(name)), body, None), groups[issuer, id]
        group.facts.append(fact)
        group.names.add(fact)
        group.before[fact.fingerprint] = {Fingerprint(bytes.fromhex(each)) for each in by}
    told: list[tuple[Fact, set[Fingerprint], set[Fingerprint]]] = [
        (fact, group.before[fact.fingerprint], group.after(fact))
        for group in groups.values()
        for fact in group.facts
        if not fact.declares_error
    ]
    await run(transaction, TAKE_BACK, pairs=_pairs((fact, after - before) for fact, before, after in told))
    await run(transaction, NO_MORE, pairs=_pairs((fact, before - after) for fact, before, after in told))
    other = [
        (fact, Standing.WITHDRAWN if after else Standing.LIVE)
        for fact, before, after in told
        if bool(before) != bool(after) and fact.fingerprint not in new
    ]
    await change(transaction, other)
    return {fact.fingerprint for fact, _, after in told if after and fact.fingerprint in new}


def _pairs(by_event: Iterable[tuple[Fact, set[Fingerprint]]]) -> list[dict[str, str]]:
    return [
        {"declaration": declaration.hex(), "event": fact.fingerprint.hex()}
        for fact, declarations in by_event
        for declaration in sorted(declarations)
    ]


async def restore(transaction: AsyncTransaction, declaration: Fingerprint) -> None:
    """A declaration is forgotten: what it alone took back counts again."""
    freed = await rows(transaction, FREED, event=declaration.hex())
    await change(
        transaction,
        [
            (decode(Fingerprint(bytes.fromhex(fingerprint)), body, None), Standing.LIVE)
            for fingerprint, body, still in freed
            if not still
        ],
    )
