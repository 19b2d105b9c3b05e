"""What every `Graph` finds of sensors by place and time, and that the files find no more than that."""

import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ports.graphs import TWO, fact, made, step
from tests.ports.test_graph import graph
from tracehold.adapters.graph_facts.reading_rows import ranges
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.sqlite_graph import SqliteGraph, queries
from tracehold.adapters.sqlite_graph.schema import connect
from tracehold.core.lineage import Fact, Quantity
from tracehold.core.spans import Spans
from tracehold.journey.ports import Graph

__all__ = ["graph"]

DAY = 86_400_000_000


def read(name: str, start: int, end: int, place: str = "hall", **fields) -> Fact:
    """What a sensor read at a place, both instants included."""
    return fact(name, instant=end, observed=(Quantity(place, piece=True),), sensed=(start, end), **fields)


async def found(graph: Graph, **asked: Spans) -> str:
    """The names of what is found, in order."""
    each = await graph.readings(asked)
    assert len({one.fingerprint for one in each}) == len(each)
    return "".join(sorted(one.fingerprint.rstrip(b".").decode() for one in each))


async def test_what_was_read_there_then_is_found_and_nothing_else(graph):
    """At both ends; long and short, before 1970 too; of several spans; whatever else is about the place."""
    await graph.add(
        step(
            read("a", 10, 19),
            read("b", 20, 20),
            read("c", 21, 400 * DAY),
            read("d", -5 * DAY, -3),
            read("e", 15, 15, "yard"),
            fact("f", instant=15, observed=(Quantity("hall", piece=True),)),
            made("g", "x", "y"),
        )
    )
    assert await found(graph, hall=((20, 21),)) == "b"
    assert await found(graph, hall=((19, 22),)) == "abc"
    assert await found(graph, hall=((-3, -2), (399 * DAY, 1 << 62))) == "cd"
    assert await found(graph, hall=((-2, 10),)) == ""
    assert await found(graph, hall=((-(1 << 62), (1 << 62) + 1),)) == "abcd"
    assert await found(graph, hall=((15, 16),), yard=((0, 99),), nowhere=((0, 99),)) == "ae"
    assert await found(graph) == ""


async def test_declarations_and_what_was_erased_are_found_at_any_time(graph):
    """A declaration may be about any reading of the place, and what is missing is said."""
    declared = fact("b", declares_error=True, event_id="e", observed=(Quantity("hall", piece=True),))
    await graph.add(step(read("a", 10, 19), declared, read("c", 50, 60, event_id="e")))
    assert await found(graph, hall=((0, 1),)) == "b"
    await graph.erase(read("a", 10, 19).fingerprint)
    await graph.erase(declared.fingerprint)
    assert await found(graph, hall=((0, 1),)) == "ab"
    assert await found(graph, hall=((15, 16),)) == "ab"
    await graph.clear()
    assert await found(graph, hall=((0, 1000),)) == ""


async def test_readings_come_back_whole_and_as_known(graph):
    """The very fact, since the earliest of the places where it stands."""
    await graph.add(step(read("a", 10, 19, known_ms=9)))
    await graph.add(step(read("a", 10, 19, known_ms=4), log=TWO))
    assert await graph.readings({"hall": ((0, 99),)}) == [read("a", 10, 19, known_ms=4)]


TIMES = st.integers(-(1 << 50), 1 << 50) | st.integers(-9, 9)
SPANS = st.tuples(TIMES, TIMES, st.sampled_from(["hall", "yard"])).map(lambda t: (*sorted(t[:2]), t[2]))


async def test_the_file_finds_what_the_rule_finds(tmp_path):
    """Whatever the lengths."""
    file = SqliteGraph(tmp_path / "graph.sqlite")

    @settings(max_examples=15, deadline=None)
    @given(said=st.lists(SPANS, max_size=30), asked=st.lists(st.lists(SPANS, max_size=3), max_size=20))
    def same(said, asked):
        facts = [read(str(at), *each) for at, each in enumerate(said)]
        questions: list[dict[str, Spans]] = [
            {place: ((start, stop + 1),) for start, stop, place in each} for each in asked
        ]
        asyncio.run(compared(file, facts, questions))

    await asyncio.to_thread(same)
    file.close()


async def compared(file: SqliteGraph, facts: list[Fact], questions: list[dict[str, Spans]]) -> None:
    """The file answers as the graph in memory does, that of these facts."""
    plain = MemoryGraph()
    await file.clear()
    for each in (plain, file):
        await each.add(step(*facts))
    for asked in questions:
        assert await found(file, **asked) == await found(plain, **asked)


async def test_a_year_of_readings_costs_a_day_no_more(tmp_path):
    """Of the index only what begins near the span is looked at: SQLite tells its plan, and what it reads is
    about as much as it finds.
    """
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    hour = DAY // 24
    await opened.add(step(*(read(f"{at:05}", at * hour, at * hour + hour // 2) for at in range(24 * 365))))
    connection = connect(tmp_path / "graph.sqlite")
    day = queries._json(list(ranges({"hall": ((100 * DAY, 101 * DAY),)})))
    plan = connection.execute("EXPLAIN QUERY PLAN " + queries.READ_THERE, (day,)).fetchall()
    assert "SEARCH r USING PRIMARY KEY (term=? AND size=? AND start>? AND start<?)" in [
        row[3] for row in plan
    ]
    near = queries.READ_THERE.rpartition("WHERE")[0]
    assert len(connection.execute(queries.READ_THERE, (day,)).fetchall()) == 24
    assert len(connection.execute(near, (day,)).fetchall()) < 60
    connection.close()
    opened.close()


async def test_the_rest_of_a_fact_is_found_as_before(graph):
    """All that is told of a place, by its name."""
    await graph.add(step(read("a", 10, 19), replace(read("b", 50, 60), place="gate")))
    assert len(await graph.facts(["hall"])) == 2
