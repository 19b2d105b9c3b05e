"""What every `Graph` promises, shown on the one in memory, on SQLite, and (`real`) on Neo4j."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import neo4j_servers
from tests.ports.graphs import ONE, TWO, fact, made, names, step, version
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.epcis import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Quantity
from tracehold.journey.ports import Graph, Indexed, Known


@pytest.fixture(params=["memory", "sqlite", pytest.param("neo4j", marks=pytest.mark.real)])
async def graph(request, tmp_path: Path) -> AsyncIterator[Graph]:
    """An empty graph of each kind."""
    if request.param == "memory":
        yield MemoryGraph()
        return
    if request.param == "neo4j":
        async with neo4j_servers.opened(request.getfixturevalue("neo4j_server")) as found:
            await found.clear()
            yield found
        return
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    yield opened
    opened.close()


async def test_an_empty_graph_knows_nothing(graph):
    """Nothing was indexed: no facts, no versions, no coverage."""
    assert await graph.facts(["a"], ["t"]) == []
    assert await graph.by_event_id(["e"]) == []
    assert await graph.masterdata("a") == []
    assert dict(await graph.coverage()) == {}


async def test_a_fact_is_found_by_each_of_its_items_and_comes_back_whole(graph):
    """Parent, child, input, output, observed, a lot that a piece is of, business transactions: each leads to
    the very fact that was added.
    """
    full = fact(
        "full",
        type=EventType.AGGREGATION,
        action=Action.ADD,
        event_id="urn:uuid:1",
        event_hash="ni:///sha-256;00?ver=CBV2.0",
        parent="pallet",
        children=(Quantity("child", piece=True), Quantity("grain", 2.5, "KGM"), Quantity("some")),
        inputs=(Quantity("in", 1.0),),
        outputs=(Quantity("out", piece=True),),
        observed=(Quantity("seen", 3.0, None, False),),
        memberships=(("child", "lot"),),
        transformation_id="t1",
        place="mill",
        read_point="gate",
        step="packing",
        disposition="in_progress",
        parties=frozenset({"urn:x:a", "urn:x:b"}),
        declares_error=True,
        known_ms=7,
        sensed=(3, 5),
        lasting=frozenset({"recalled"}),
        lifted=frozenset({"expired", "needs_replacement"}),
        dealings=(("po", "order"), (None, "order"), ("inv", "invoice")),
    )
    await graph.add(step(full))
    for item in ("pallet", "child", "grain", "some", "in", "out", "seen", "lot", "order", "invoice"):
        assert list(await graph.facts([item])) == [full], item
    assert await graph.facts(["mill", "gate", "urn:x:a", "urn:x:farm", "t1", "urn:uuid:1"]) == []


async def test_transformations_and_event_ids_are_names_of_their_own(graph):
    """A transformation id or event id finds its facts, and an item of the same spelling does not."""
    await graph.add(step(made("m", "a", "b", transformation_id="x"), fact("e", event_id="x"), fact("n")))
    assert await names(graph, transformations=("x",)) == ["m"]
    assert await names(graph, "x") == []
    assert [f.event_id for f in await graph.by_event_id(["x", "y"])] == ["x"]


async def test_every_fact_of_an_event_id_is_given(graph):
    """Real data reuses event ids: all facts come, the error declaration too."""
    await graph.add(step(fact("a", event_id="x"), fact("b", event_id="x", declares_error=True)))
    assert len(await graph.by_event_id(["x"])) == 2


async def test_a_fact_is_given_once_however_often_it_is_hit(graph):
    """Several items and the transformation id of one fact give it once."""
    await graph.add(step(made("m", "aa", "b", transformation_id="x"), made("n", "b", "c")))
    assert await names(graph, "a", "b", "a", transformations=("x",)) == ["m", "n"]


async def test_adding_a_step_again_changes_nothing(graph):
    """A repeat after a crash is passed over, also where a larger step holds the covered entries again."""
    await graph.add(step(made("m", "a", "b"), said=(version("v"),)))
    before = (await graph.facts(["a"]), await graph.masterdata("urn:x:mill"), dict(await graph.coverage()))
    await graph.add(step(made("m", "a", "b"), said=(version("v"),)))
    assert (
        await graph.facts(["a"]),
        await graph.masterdata("urn:x:mill"),
        dict(await graph.coverage()),
    ) == before
    await graph.add(step(made("m", "a", "b"), made("other", "a", "c"), made("new", "a", "d")))
    assert await names(graph, "a") == ["m", "new"]
    assert dict(await graph.coverage()) == {ONE: ((0, 3),)}


async def test_parts_of_a_log_may_come_in_any_order(graph):
    """Holes are told, and filled later; what is indexed already is passed over in a step that reaches
    further.
    """
    await graph.add(step(made("m", "a", "b"), start=4))
    await graph.add(step(fact("a")))
    assert dict(await graph.coverage()) == {ONE: ((0, 1), (4, 5))}
    await graph.add(step(made("n", "a", "c"), start=2))
    assert dict(await graph.coverage()) == {ONE: ((0, 1), (2, 3), (4, 5))}
    await graph.add(step(made("o", "a", "d"), made("other", "a", "e"), made("p", "a", "f"), start=1))
    assert dict(await graph.coverage()) == {ONE: ((0, 5),)}
    assert await names(graph, "a") == ["m", "n", "o", "p"]


async def test_an_entry_is_indexed_once_more(graph):
    """It is a hole until then; what it said stays, and is one fact afterwards."""
    await graph.add(step(made("m", "a", "b"), made("n", "a", "c"), fact("a")))
    for _ in range(2):
        await graph.reopen(ONE, 1)
        assert dict(await graph.coverage()) == {ONE: ((0, 1), (2, 3))}
        assert await names(graph, "a") == ["m", "n"]
    await graph.add(step(made("n", "a", "c"), start=1))
    assert dict(await graph.coverage()) == {ONE: ((0, 3),)}
    assert await names(graph, "a") == ["m", "n"]
    await graph.reopen(ONE, 7)
    await graph.reopen(TWO, 0)
    assert dict(await graph.coverage()) == {ONE: ((0, 3),)}


async def test_an_entry_that_was_passed_over_is_found_when_it_is_indexed_once_more(graph):
    """Its bytes were damaged then."""
    await graph.add(Indexed(ONE, 0, 1, [], []))
    await graph.reopen(ONE, 0)
    await graph.add(step(made("m", "a", "b")))
    assert await names(graph, "a") == ["m"]


async def test_coverage_counts_entries_that_say_nothing_of_items(graph):
    """Control records have no facts and are covered all the same."""
    await graph.add(Indexed(ONE, 0, 5, [], []))
    await graph.add(Indexed(TWO, 0, 2, [], []))
    assert dict(await graph.coverage()) == {ONE: ((0, 5),), TWO: ((0, 2),)}


async def test_a_record_in_two_logs_is_one_fact_known_since_the_earliest(graph):
    """Identity is the fingerprint; which log was indexed first does not matter."""
    twice = made("m", "a", "b")
    await graph.add(step(replace(twice, known_ms=9), log=ONE))
    await graph.add(step(replace(twice, known_ms=4), log=TWO))
    assert [f.known_ms for f in await graph.facts(["a"])] == [4]
    await graph.set_known(TWO, [Known(0, 1, 20)])
    assert [f.known_ms for f in await graph.facts(["a"])] == [9]
    await graph.set_known(ONE, [Known(0, 1, 3)])
    assert [f.known_ms for f in await graph.facts(["a"])] == [3]


async def test_a_time_that_is_not_known_comes_after_one_that_is(graph):
    """None is no time: the other log's counts."""
    await graph.add(step(made("m", "a", "b"), log=ONE))
    assert [f.known_ms for f in await graph.facts(["a"])] == [None]
    await graph.add(step(made("m", "a", "b", known_ms=4), log=TWO))
    assert [f.known_ms for f in await graph.facts(["a"])] == [4]


async def test_the_anchor_s_time_goes_before_the_checkpoint_s(graph):
    """Ranges are half-open, of one log, and may be laid before the entries are indexed."""
    await graph.set_known(ONE, [Known(1, 2, 50)])
    await graph.add(step(*(made(name, "a", name, known_ms=7) for name in "xyz")))
    await graph.set_known(TWO, [Known(0, 3, 60)])
    times = {f.fingerprint[:1]: f.known_ms for f in await graph.facts(["a"])}
    assert times == {b"x": 7, b"y": 50, b"z": 7}


async def test_known_ranges_may_be_laid_again_and_anew(graph):
    """After a reorganisation other anchors cover the entries: the later range wins, the rest of the earlier
    stays.
    """
    await graph.add(step(*(made(name, "a", name) for name in "vwxyz")))
    await graph.set_known(ONE, [Known(0, 5, 10), Known(0, 5, 10)])
    await graph.set_known(ONE, [Known(1, 3, 20), Known(2, 4, 30), Known(4, 4, 99)])
    times = {f.fingerprint[:1]: f.known_ms for f in await graph.facts(["a"])}
    assert times == {b"v": 10, b"w": 20, b"x": 30, b"y": 30, b"z": 10}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 99)), max_size=8))
async def test_known_ranges_are_as_the_last_that_was_laid(ranges):
    """However ranges are laid over each other, an entry has the time of the last one that holds it."""
    memory, file = MemoryGraph(), SqliteGraph(Path(":memory:"))
    file._readers._idle.append(file._writer)  # a private database is seen by its own connection alone
    for graph in (memory, file):
        await graph.add(step(*(made(f"f{at}", "a", "b") for at in range(12))))
        await graph.set_known(ONE, [Known(*laid) for laid in ranges])
    expected = {f.fingerprint: f.known_ms for f in await memory.facts(["a"])}
    assert {f.fingerprint: f.known_ms for f in await file.facts(["a"])} == expected
    for at in range(12):
        times = [ms for start, stop, ms in ranges if start <= at < stop]
        assert expected[Fingerprint(f"f{at}".encode().ljust(32, b"."))] == (times[-1] if times else None)


async def test_master_data_comes_oldest_first_and_stays_apart_by_record(graph):
    """Within a log by position, each record once, other identifiers apart."""
    await graph.add(
        step(said=(version("b", known_ms=5), version("a", known_ms=5), version("c", "urn:x:other")))
    )
    assert [v.fingerprint[:1] for v in await graph.masterdata("urn:x:mill")] == [b"b", b"a"]
    assert list(await graph.masterdata("urn:x:other")) == [version("c", "urn:x:other")]
    assert await graph.is_described("urn:x:other")
    assert not await graph.is_described("urn:x:nobody")


async def test_master_data_of_two_logs_is_merged_by_the_time_it_was_known(graph):
    """Each log keeps its order, also where a later entry of it only has its checkpoint's earlier time."""
    await graph.add(step(said=(version("a", known_ms=1), version("c", known_ms=2)), log=ONE))
    await graph.add(step(said=(version("b", known_ms=20), version("a", known_ms=21)), log=TWO))
    await graph.set_known(ONE, [Known(0, 1, 10)])
    found = await graph.masterdata("urn:x:mill")
    assert [(v.fingerprint[:1], v.known_ms) for v in found] == [(b"a", 10), (b"c", 2), (b"b", 20)]


async def test_clear_forgets_everything(graph):
    """Coverage and known times too, so that a rebuild starts from nothing."""
    await graph.add(step(made("m", "a", "b", known_ms=1, event_id="e"), said=(version("v"),)))
    await graph.set_known(ONE, [Known(0, 1, 5)])
    await graph.clear()
    assert dict(await graph.coverage()) == {}
    assert await graph.facts(["a"]) == []
    assert await graph.masterdata("urn:x:mill") == []
    assert not await graph.is_described("urn:x:mill")
    await graph.add(step(made("m", "a", "b", known_ms=1)))
    assert [f.known_ms for f in await graph.facts(["a"])] == [1]


async def test_a_frontier_of_thousands_is_one_call(graph):
    """Five thousand items, each with its fact."""
    await graph.add(
        step(*(fact(f"f{at}", observed=(Quantity(f"i{at}", piece=True),)) for at in range(5_000)))
    )
    assert len(await graph.facts([f"i{at}" for at in range(5_000)])) == 5_000


async def test_reads_run_at_once_with_each_other_and_with_a_writer(graph):
    """Each sees whole steps only."""

    async def write() -> None:
        for at in range(20):
            await graph.add(step(made(f"a{at}", "x", "y"), made(f"b{at}", "x", "y"), start=2 * at))

    async def read() -> list[int]:
        return [len(await graph.facts(["x"])) for _ in range(10)]

    writing = asyncio.ensure_future(write())
    counts = await asyncio.gather(*(read() for _ in range(5)))
    await writing
    assert all(count % 2 == 0 for seen in counts for count in seen)
    assert all(sorted(seen) == seen for seen in counts)
    assert len(await graph.facts(["x"])) == 40


async def test_awkward_names_are_only_names(graph):
    """Quotes, wildcards, JSON, other scripts: what an identifier looks like changes nothing."""
    odd = ["' OR 1=1 --", '["a"]', "100%", "a_b", "\\", "名前", "\U0001f33e", " e x"]
    await graph.add(step(*(fact(f"f{at}", observed=(Quantity(name),)) for at, name in enumerate(odd))))
    for at, name in enumerate(odd):
        assert await names(graph, name) == [f"f{at}"], name
