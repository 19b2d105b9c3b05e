"""Withdrawal: an event that an error declaration takes back keeps its vertex and loses its relationships.

Which declaration takes back which event is core's rule alone (`core.lineage.takes_back`); the server only
narrows down what may be meant: an event of the same issuer and instant.
"""

from collections.abc import Collection, Iterable

from neo4j import AsyncTransaction

from tracehold.adapters.neo4j_graph.relating import change, rows, run
from tracehold.adapters.neo4j_graph.vertices import Standing
from tracehold.adapters.sqlite_graph.encoding import decode
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, takes_back

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
FREED = """
MATCH (d:Event {fingerprint: $event})-[x:TAKES_BACK]->(e:Event)
WITH e, x, EXISTS { MATCH (e)<-[y:TAKES_BACK]-() WHERE y <> x } AS still
DELETE x RETURN e.fingerprint, e.body, still
"""


async def withdraw(transaction: AsyncTransaction, fresh: Collection[Fact]) -> set[Fingerprint]:
    """See that events that were just added, and those that they declare to be errors, count for nothing where
    that is so. Answers which of the fresh events are taken back; the others' relationships are changed.
    """
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
    await _take_back(transaction, [(d, fact) for d, fact, _ in pairs])
    new = {fact.fingerprint for fact in fresh}
    late = {fact.fingerprint: fact for _, fact, before in pairs if not before and fact.fingerprint not in new}
    await change(transaction, [(fact, Standing.WITHDRAWN) for fact in late.values()])
    return {fact.fingerprint for _, fact, _ in pairs} & new


async def _take_back(transaction: AsyncTransaction, pairs: Iterable[tuple[Fact, Fact]]) -> None:
    named = [
        {"declaration": declaration.fingerprint.hex(), "event": fact.fingerprint.hex()}
        for declaration, fact in pairs
    ]
    await run(transaction, TAKE_BACK, pairs=named)


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
