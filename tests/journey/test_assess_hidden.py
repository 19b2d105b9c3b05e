"""What is unjudged is shown to nobody, and what it is that is judged later."""

import asyncio
from dataclasses import replace

import pytest

from tests.journey.assess_scene import judged, keep, odd
from tests.journey.holding_scene import scene
from tests.journey.scene import (
    control,
    damaged,
    settle,
    statement,
)
from tests.journey.segments_scene import START, long
from tests.vectors.directory_cases import NETWORK_KEY
from tracehold.adapters.memory.directory import MemoryOffers
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.access import Reader
from tracehold.core.control import Redact, Snapshot
from tracehold.core.dht.keys import Key
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.gs1 import canonical
from tracehold.core.ids import Root
from tracehold.core.snapshot import RULES_VERSION
from tracehold.journey import assess
from tracehold.journey.assess import Assessor, Lateness
from tracehold.journey.erase import Eraser
from tracehold.journey.expand import Names, expand
from tracehold.journey.follow import Bell
from tracehold.journey.fsck import check_log
from tracehold.journey.index import Indexer
from tracehold.journey.judge import Judge
from tracehold.journey.kept_logs import KeptLogs
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import answer_record
from tracehold.journey.offering import Offering
from tracehold.journey.ports import Sent, Shipment
from tracehold.journey.speakers import Speakers

ITEM = "urn:epc:id:sgtin:9521000.000123.7"
ANYONE = Reader(authenticated=True)


async def test_security_nothing_is_shown_before_it_is_judged() -> None:
    """Not by the index, to other nodes, by its fingerprint, in the directory: neither sound nor odd records.
    Afterwards the sound ones are, and the odd one as disputed.
    """
    made = await scene()
    made.branch.seal(statement(3).raw, damaged(statement(4)).raw)
    await keep(made)
    store, log, graph, offers = made.holder.store, made.branch.log, MemoryGraph(), MemoryOffers()
    names = [entry.fingerprint for entry in made.branch.entries]
    indexer, offering = Indexer(store, graph), Offering(store, offers, NETWORK_KEY)
    knowledge = Knowledge(store, graph)
    for name in names[3:]:
        with pytest.raises(Rejected, match="NOT_FOUND"):
            await answer_record(knowledge, ANYONE, name)
    while await indexer.once() + await offering.once():
        pass
    assert log not in await graph.coverage()
    assert (log, 0) not in await offers.coverage()
    asked = await expand(store, graph, Names([canonical(ITEM)], fingerprints=names))
    assert (list(asked.records), log in asked.coverage) == ([], False)
    await judged(made.holder)
    while await indexer.once() + await offering.once():
        pass
    assert (await graph.coverage())[log] == ((0, 5),)
    assert {fact.fingerprint for fact in await graph.facts([canonical(ITEM)])} == {names[3]}
    assert (await answer_record(knowledge, ANYONE, names[4])).disputes[0].code == "BAD_SIGNATURE"
    assert (await offers.coverage())[log, 0] == 5
    assert len(await offers.due(0, None, Key(b"\xff" * 20), 99)) > 0


async def test_security_a_poison_record_is_never_indexed() -> None:
    """It stands among unjudged ones, its bytes are an event, and index and assessor run at once: what is
    indexed was judged before.
    """
    made = await scene()
    numbers = range(3, 203)
    made.branch.seal(*[(damaged(statement(at)) if at % 7 == 0 else statement(at)).raw for at in numbers])
    store, graph, bell = made.holder.store, MemoryGraph(), Bell()
    passed: list[int] = []
    indexer = Indexer(store, graph, dispute=lambda said: passed.append(said.index))
    assessor = Assessor(store, Judge(), bell.ring)

    async def passing(_: float) -> None:
        await asyncio.sleep(0)

    tasks = [asyncio.ensure_future(each.run(bell, passing)) for each in (indexer, assessor)]
    await keep(made)
    bell.ring()
    while (await graph.coverage()).get(made.branch.log, ()) != ((0, 203),):
        assert not any(task.done() for task in tasks)
        await settle()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    poison = [at for at in numbers if at % 7 == 0]
    assert passed == poison
    facts = {fact.fingerprint for fact in await graph.facts([canonical(ITEM)])}
    assert facts == {made.branch.entries[at].fingerprint for at in numbers if at % 7}


def erased(shipment: Shipment, *indices: int) -> Shipment:
    """The shipment without the bytes of these entries."""
    sent = [
        Sent(b"", each.fingerprint) if at in indices else each for at, each in enumerate(shipment.entries)
    ]
    return replace(shipment, entries=sent)


async def test_what_came_erased_is_disputed_unless_a_redaction_names_it() -> None:
    """Also one that came in a later batch, before the entry was judged; and one that may not be said is
    none.
    """
    made = await scene()
    made.branch.seal(*[statement(at).raw for at in range(3, 7)])
    names = [entry.fingerprint for entry in made.branch.entries]
    made.branch.seal(control(Redact(names[3], 3)).raw, damaged(control(Redact(names[4], 4))).raw)
    made.branch.seal(control(Redact(names[5], 5)).raw)
    creator = made.branch.neighbour()
    for start, size in ((0, 9), (9, 10)):
        shipment = erased(made.branch.shipment(start, size), *(() if start else (3, 4, 5, 6)))
        await made.holder.holding.keep(creator, shipment, anchored=True)
    await judged(made.holder)
    assert await made.holder.codes(made.branch.log) == {4: "REDACTED", 6: "REDACTED", 8: "BAD_SIGNATURE"}


async def test_a_redaction_that_the_disk_damaged_stops_nothing() -> None:
    """It names nothing that can be read, and the rest is judged."""
    made = await scene()
    made.branch.seal(statement(3).raw)
    made.branch.seal(control(Redact(made.branch.entries[3].fingerprint, 3)).raw, statement(5).raw)
    shipment = erased(made.branch.shipment(0), 3)
    await made.holder.holding.keep(made.branch.neighbour(), shipment, anchored=True)
    log = made.holder.store._of(made.branch.log)
    log.put(replace(log.entries[4], raw=b"no record"))
    await judged(made.holder)
    assert await made.holder.codes(made.branch.log) == {3: "REDACTED"}
    assert await made.holder.store.unjudged(made.branch.log) == ((4, 6),)


async def test_what_is_erased_here_before_it_is_judged_is_not_disputed() -> None:
    """The redaction takes effect on unjudged records too, and the index goes past their places later."""
    made = await scene()
    made.branch.seal(statement(3).raw, statement(4).raw)
    made.branch.seal(control(Redact(made.branch.entries[3].fingerprint, 3)).raw)
    await keep(made)
    graph = MemoryGraph()
    eraser = Eraser(made.holder.store, graph)
    assert await eraser.once() == 1
    await judged(made.holder)
    assert await made.holder.codes(made.branch.log) == {}
    indexer = Indexer(made.holder.store, graph)
    while await indexer.once():
        pass
    assert await eraser.once() == 0
    assert {fact.fingerprint for fact in await graph.facts([canonical(ITEM)])} == {
        made.branch.entries[4].fingerprint
    }


async def test_counts_and_checks_know_of_what_is_unjudged() -> None:
    """`doctor` finds the log whole before and after; disputes are counted once each."""
    made = await odd()
    await keep(made, 9)
    kept = KeptLogs(made.holder.store, made.holder.copies, Speakers(made.holder.store), lambda _: 0)
    (each,) = await kept.all()
    assert (each.disputed, each.unjudged) == (0, 9)
    assert (await check_log(made.holder.store, made.branch.log)).entries == 9
    await judged(made.holder)
    assert (await kept.all())[0].disputed == 5
    await keep(made, 15, start=9)
    assert (await kept.all())[0].disputed == 5
    await judged(made.holder)
    (each,) = await kept.all()
    assert (each.disputed, each.unjudged) == (7, 0)
    assert (await check_log(made.holder.store, made.branch.log)).disputed == 7
    assert await Assessor(made.holder.store, Judge()).waiting() == 0


async def test_much_that_is_anchored_is_judged_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier that ships far behind the chain's head; not what an anchor waits for, nor a little."""
    monkeypatch.setattr(assess, "LATE", 5)
    made = await scene()
    made.branch.seal(statement(3).raw)
    made.branch.seal(*[statement(at).raw for at in range(4, 10)])
    made.branch.seal(*[statement(at).raw for at in range(10, 16)])
    await made.anchor(made.branch, 10)
    for start, size in ((0, 4), (4, 10), (10, 16)):
        await made.holder.take(made.branch, made.branch.shipment(start, size))
    assert await made.holder.store.unjudged(made.branch.log) == ((4, 10),)

    class Down:
        async def head(self, _: int) -> object:
            raise Unavailable("CHAIN_DOWN", "no answer")

    shipment, creator = made.branch.shipment(4, 10), made.branch.neighbour()
    assert not await Lateness(Down())(creator, shipment)  # type: ignore[arg-type]
    assert await Lateness(made.holder.ledger)(creator, shipment)


async def test_a_catch_up_over_many_anchors_asks_the_chain_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shipments end at anchors; what follows a large one is late too, however small it is."""
    monkeypatch.setattr(assess, "LATE", 5)
    made = await scene()
    made.branch.seal(*[statement(at).raw for at in range(3, 8)])
    made.branch.seal(statement(8).raw)
    made.branch.seal(statement(9).raw)
    await made.anchor(made.branch, 9)
    asked = []

    class Counting:
        async def head(self, node: int) -> object:
            asked.append(node)
            return await made.holder.ledger.head(node)

    late, creator = Lateness(Counting()), made.branch.neighbour()  # type: ignore[arg-type]
    found = [
        await late(creator, made.branch.shipment(start, size)) for start, size in ((3, 8), (8, 9), (9, 10))
    ]
    assert (found, asked) == ([True, True, False], [creator.number])


async def test_a_segment_without_its_snapshot_is_refused_in_haste_too() -> None:
    """Structure is no finding: LOG_BROKEN, and nothing of the segment is kept."""
    false = Snapshot(6, Root(bytes(32)), RULES_VERSION)
    made = await long(snapshot=false)
    with pytest.raises(Rejected, match="LOG_BROKEN"):
        await made.holder.holding.keep(made.branch.neighbour(), await made.first(), anchored=True)
    assert await made.holder.store.unjudged(made.branch.log) == ()
    sound = await long(statement(1).raw)
    await sound.holder.holding.keep(sound.branch.neighbour(), await sound.first(), anchored=True)
    assert await sound.holder.store.unjudged(sound.branch.log) == ((START, START + 2),)
    await judged(sound.holder)
    assert await sound.holder.codes(sound.branch.log) == {}
