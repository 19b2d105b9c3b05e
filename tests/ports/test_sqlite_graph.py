"""What the graph's file must hold to beyond the port: durability, versions, plans of its queries."""

import sqlite3
from dataclasses import replace
from typing import cast

import pytest

from tests.ports.graphs import ONE, TWO, fact, made, names, step, version
from tracehold.adapters.graph_facts import remembered
from tracehold.adapters.graph_facts.encoding import decode, encode
from tracehold.adapters.sqlite_graph import SqliteGraph, queries, writes
from tracehold.core.epcis import EventType
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity
from tracehold.journey.ports import Known


async def test_what_was_added_is_there_after_reopening(tmp_path):
    """Durable on return: another process that opens the file while the first still runs sees all of it."""
    path = tmp_path / "graph.sqlite"
    first = SqliteGraph(path)
    await first.add(step(made("m", "a", "b"), said=(version("v"),)))
    second = SqliteGraph(path)
    assert await names(second, "a") == ["m"]
    assert dict(await second.coverage()) == {ONE: ((0, 2),)}
    await first.add(step(made("n", "a", "c"), start=2))
    assert await names(second, "a") == ["m", "n"]
    first.close()
    second.close()


async def test_a_file_of_a_newer_release_is_refused(tmp_path):
    """It may hold what this release would misread."""
    path = tmp_path / "graph.sqlite"
    SqliteGraph(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Broken) as caught:
        SqliteGraph(path)
    assert caught.value.code == "SCHEMA_NEWER"


async def test_a_file_that_is_no_database_is_down(tmp_path):
    """The caller is told so, and not in SQLite's words."""
    path = tmp_path / "graph.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable) as caught:
        SqliteGraph(path)
    assert caught.value.code == "GRAPH_DOWN"


async def test_a_failed_step_leaves_the_graph_as_it_was(tmp_path):
    """The transaction is rolled back, and the next step is taken."""
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    with pytest.raises(TypeError):
        await opened.add(step(made("m", "a", "b"), fact("bad", observed=(Quantity("x", cast(float, 1j)),))))
    assert dict(await opened.coverage()) == {}
    await opened.add(step(made("m", "a", "b")))
    assert await names(opened, "a") == ["m"]
    opened.close()


SEARCHED = [queries.HITS, queries.BODIES, queries.MASTERDATA, writes.UNTOUCH, writes.NO_TERM, writes.EMPTY]


@pytest.mark.parametrize("query", SEARCHED)
async def test_questions_search_and_never_scan(tmp_path, query):
    """With rows and with statistics: no table is read from end to end, no filter is built over one.

    The frontier itself (w, hit) is read whole, and so may be the few rows of the logs (l).
    """
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    many = (made(f"f{at}", f"{at % 10}", "z", transformation_id=f"t{at % 7}") for at in range(500))
    await opened.add(step(*many, said=tuple(version(f"v{at}", f"i{at}") for at in range(50))))
    await opened.set_known(ONE, [Known(0, 300, 5)])
    for statistics in (False, True):
        if statistics:
            opened._writer.execute("ANALYZE")
        asked = ("[]",) * query.count("?")
        plan = [row[-1] for row in opened._writer.execute(f"EXPLAIN QUERY PLAN {query}", asked)]
        assert not [line for line in plan if "BLOOM" in line or "AUTOMATIC" in line], plan
        assert not [line for line in plan if line.startswith("SCAN") and line.split()[1] not in "w hit l"], (
            plan
        )
    opened.close()


async def test_facts_are_the_same_when_memory_is_full(tmp_path, monkeypatch):
    """What is remembered is forgotten at a limit, and changes no answer."""
    monkeypatch.setattr(remembered, "REMEMBER", 3)
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    await opened.add(step(*(made(f"f{at}", "a", str(at)) for at in range(9))))
    for _ in range(2):
        assert await names(opened, "a") == [f"f{at}" for at in range(9)]
        assert await names(opened, "1", "2") == ["f1", "f2"]
        assert len(opened._recent) <= 3
    opened.close()


def test_a_fact_with_nothing_optional_survives_its_encoding():
    """Every field that may be absent is absent, and stays so."""
    bare = Fact(Fingerprint(b"b" * 32), "urn:x:farm", -1, EventType.TRANSACTION)
    assert decode(bare.fingerprint, encode(bare), None) == bare


async def test_what_was_read_before_is_told_as_it_is_known_now(tmp_path):
    """Since an anchor, and since another log showed it before: however often it was asked for meanwhile."""
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    shown = replace(made("m", "a", "b"), known_ms=90)

    async def known() -> set[int | None]:
        return {each.known_ms for _ in range(2) for each in await opened.facts(["a"])}

    await opened.add(step(shown, made("n", "c", "d")))
    assert await known() == {90}
    await opened.set_known(ONE, [Known(0, 1, 70)])
    assert await known() == {70}
    await opened.add(step(replace(shown, known_ms=50), log=TWO))
    assert await known() == {50}
    await opened.add(step(made("o", "e", "f"), start=2))
    assert await known() == {50}
    opened.close()
