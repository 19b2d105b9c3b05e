"""Withdrawal: an event that an error declaration takes back keeps its vertex and loses its relationships.

Which declaration takes back which event is core's rule alone (`core.lineage.voids`); the server only narrows
down what may be meant: an event of the same issuer and instant, or of the same issuer and event id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from neo4j import AsyncTransaction

from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.neo4j_graph.relating import change, rows, run
from tracehold.adapters.neo4j_graph.vertices import Standing
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Namesakes, takes_back

_SAME = {
    "hash": "MATCH (e:{0} {{event_hash: k.hash}}) USING INDEX SEEK e:{0}(event_hash) WHERE e.t = k.t",
    "none": "MATCH (e:Event {{t: k.t}}) USING INDEX SEEK e:Event(t) "
    "WHERE '{0}' IN labels(e) AND e.event_hash IS NULL",
}
"""What may be the same event as that of `k`: by its hash, which all have that were read from records. A label
in a list, for a planner that finds few with it joins all of them to what the index finds.
"""
DECLARATIONS = {
    kind: f"UNWIND $keys AS k {same.format('ErrorDeclaration')} AND e.issuer = k.issuer "
    "RETURN DISTINCT e.fingerprint, e.body, false"
    for kind, same in _SAME.items()
}
MEANT = {
    kind: f"UNWIND $keys AS k {same.format('Event')} AND e.issuer = k.issuer AND NOT e:ErrorDeclaration "
    "RETURN DISTINCT e.fingerprint, e.body, EXISTS { (e)<-[:TAKES_BACK]-() }"
    for kind, same in _SAME.items()
}
TAKE_BACK = """
UNWIND $pairs AS p MATCH (d:Event {fingerprint: p.declaration}) USING INDEX SEEK d:Event(fingerprint)
MATCH (e:Event {fingerprint: p.event}) USING INDEX SEEK e:Event(fingerprint)
MERGE (d)-[:TAKES_BACK {t: d.t}]->(e)
"""
NAMESAKES = """
UNWIND $ids AS id MATCH (d:Event {event_id: id}) USING INDEX SEEK d:Event(event_id)
WHERE 'ErrorDeclaration' IN labels(d)
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


_Key = tuple[str | None, int, str]


def _key(fact: Fact) -> _Key:
    return fact.event_hash, fact.instant, fact.issuer


async def _by_statement(transaction: AsyncTransaction, fresh: Collection[Fact]) -> set[Fingerprint]:
    """Only what a fresh event or declaration may be about is read, however much is told of one instant."""
    new = {fact.fingerprint for fact in fresh}
    declared: defaultdict[_Key, list[Fact]] = defaultdict(list)
    for fact in fresh:
        if fact.declares_error:
            declared[_key(fact)].append(fact)
    found = await _same(transaction, MEANT, list(declared))
    events = {_key(fact): None for fact in fresh if not fact.declares_error}
    for declaration, _ in await _same(transaction, DECLARATIONS, list(events)):
        if declaration.fingerprint not in new:
            declared[_key(declaration)].append(declaration)
    found += [(fact, False) for fact in fresh if not fact.declares_error]
    pairs = [(d, fact, before) for fact, before in found for d in declared[_key(fact)] if takes_back(d, fact)]
    await run(transaction, TAKE_BACK, pairs=_pairs((fact, {d.fingerprint}) for d, fact, _ in pairs))
    late = {fact.fingerprint: fact for _, fact, before in pairs if not before and fact.fingerprint not in new}
    await change(transaction, [(fact, Standing.WITHDRAWN) for fact in late.values()])
    return {fact.fingerprint for _, fact, _ in pairs} & new


async def _same(
    transaction: AsyncTransaction, statements: Mapping[str, str], keys: Collection[_Key]
) -> list[tuple[Fact, bool]]:
    """The events or declarations of these keys, each with whether it is taken back by now."""
    found: list[tuple[Fact, bool]] = []
    for kind, statement in statements.items():
        asked = [
            {"hash": hash, "t": t, "issuer": issuer}
            for hash, t, issuer in keys
            if (hash is not None) == (kind == "hash")
        ]
        for name, body, withdrawn in await rows(transaction, statement, keys=asked) if asked else []:
            found.append((decode(Fingerprint(bytes.fromhex(name)), body, None), withdrawn))
    return found


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
