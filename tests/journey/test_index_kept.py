"""The index over logs of others: what was found wrong is not used, erased records say nothing, holes are
passed.
"""

from dataclasses import replace

from tests.journey.assess_scene import judged
from tests.journey.holding_scene import Scene, scene
from tests.journey.scene import FARM, damaged, event, statement
from tests.journey.segments_scene import START, long
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.gs1 import canonical
from tracehold.journey.expand import searched
from tracehold.journey.index import Disputed, Indexer
from tracehold.journey.ports import RecordLog, Sent

ITEM = "urn:epc:id:sgtin:9521000.000123.7"


async def indexed(store: RecordLog) -> tuple[MemoryGraph, list[Disputed]]:
    """A graph that is up to date with the store, and what was passed over."""
    graph, passed = MemoryGraph(), list[Disputed]()
    indexer = Indexer(store, graph, dispute=passed.append)
    while await indexer.once():
        pass
    return graph, passed


async def kept() -> Scene:
    """A sound event, one with a false signature, one that is no event, and a sound one."""
    made = await scene()
    records = [statement(1), damaged(statement(2)), statement(3, payload=b"{}"), statement(4)]
    made.branch.seal(*(record.raw for record in records))
    return made


async def test_what_was_found_wrong_is_passed_over() -> None:
    """Also a record whose bytes are an event: its signature was checked when it came, and not since."""
    made = await kept()
    await made.holder.take(made.branch, made.branch.shipment(0))
    graph, passed = await indexed(made.holder.store)
    facts = await graph.facts([canonical(ITEM)])
    assert {fact.fingerprint for fact in facts} == {made.branch.entries[at].fingerprint for at in (3, 6)}
    assert {fact.issuer.split(" by ")[0] for fact in facts} == {FARM}
    assert [(each.index, each.code) for each in passed] == [(4, "BAD_SIGNATURE"), (5, "NOT_EPCIS")]
    assert (await graph.coverage())[made.branch.log] == ((0, 7),)


async def test_an_erased_record_says_nothing_and_is_not_disputed() -> None:
    """Its place stays; the records around it are indexed."""
    made = await scene()
    made.branch.seal(statement(1).raw, statement(2).raw)
    whole = made.branch.shipment(0)
    sent = (*whole.entries[:3], Sent(b"", whole.entries[3].fingerprint), whole.entries[4])
    await made.holder.take(made.branch, replace(whole, entries=sent))
    graph, passed = await indexed(made.holder.store)
    assert {fact.fingerprint for fact in await graph.facts([canonical(ITEM)])} == {
        made.branch.entries[4].fingerprint
    }
    assert passed == []


async def test_holes_are_passed() -> None:
    """Entries of a later span are found though the segments before it are not here."""
    made = await long(statement(1, payload=event(1)).raw)
    await made.holder.take(made.branch, made.branch.shipment(0, 3))
    await made.holder.take(made.branch, await made.first())
    graph, _ = await indexed(made.holder.store)
    assert {fact.fingerprint for fact in await graph.facts([canonical(ITEM)])} == {
        made.branch.entries[START + 1].fingerprint
    }
    assert (await graph.coverage())[made.branch.log] == ((0, 3), (START, START + 2))


async def test_a_hole_that_is_filled_is_searched() -> None:
    """Also where the index had gone past it: nothing is promised before."""
    made = await long(statement(1, payload=event(1)).raw)
    store, log = made.holder.store, made.branch.log
    await made.holder.take(made.branch, made.branch.shipment(0, 3))
    await made.holder.take(made.branch, await made.first())
    graph, passed = MemoryGraph(), list[Disputed]()
    indexer = Indexer(store, graph, dispute=passed.append)
    while await indexer.once():
        pass
    assert passed == []
    await made.holder.take(made.branch, made.branch.shipment(3, 302))
    await judged(made.holder)
    assert (await searched(store, graph))[log] == ((0, 3), (START, START + 2))
    while await indexer.once():
        pass
    assert (await searched(store, graph))[log] == ((0, 302), (START, START + 2))
    assert {each.index for each in passed} == {*range(3, 300), 301}
