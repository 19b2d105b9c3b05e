"""What every `Graph` forgets of a record that was erased, and what it keeps: which items are concerned."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.ports.graphs import TWO, fact, made, names, step, version
from tests.ports.test_graph import graph
from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.sqlite_graph import SqliteGraph, queries
from tracehold.core.lineage import Fact, Quantity

__all__ = ["graph"]


async def test_only_the_items_are_left(graph):
    """Found by each of them and by its business transaction, and by nothing else; what it said of them is
    gone.
    """
    said = made("one", "ab", "c", event_id="e1", transformation_id="t1", place="mill", step="milling")
    whole = replace(said, dealings=(("po", "order"),))
    await graph.add(step(whole, made("two", "c", "d")))
    for _ in range(2):
        await graph.erase(whole.fingerprint)
    for item in ("a", "b", "order"):
        assert await names(graph, item) == ["one"]
    assert await names(graph, "c") == ["one", "two"]
    assert (await names(graph, transformations=("t1",)), await graph.by_event_id(["e1"])) == ([], [])
    (left,) = await graph.facts(["a"])
    assert (left.issuer, left.instant, left.inputs, left.outputs, left.place, left.step) == (
        "", 0, (), (), None, None
    )  # fmt: skip
    assert {quantity.item for quantity in left.observed} == {"a", "b", "c"}
    assert left.dealings == ((None, "order"),)


async def test_others_are_as_they_were(graph):
    """Also those about the same items."""
    kept = made("two", "a", "b")
    await graph.add(step(made("one", "a", "b"), kept))
    await graph.erase(fact("one").fingerprint)
    (left,) = [found for found in await graph.facts(["a"]) if found.fingerprint == kept.fingerprint]
    assert left.inputs == kept.inputs


async def test_of_master_data_only_that_there_was_some(graph):
    """Its place among the versions stays."""
    await graph.add(step(said=(version("one"), version("two"))))
    await graph.erase(version("one").fingerprint)
    first, second = await graph.masterdata("urn:x:mill")
    assert (first.fingerprint, first.payload, first.issuer) == (version("one").fingerprint, b"", "")
    assert second.payload == version("two").payload
    assert await graph.is_described("urn:x:mill")
    await graph.erase(version("two").fingerprint)
    assert not await graph.is_described("urn:x:mill")


async def test_a_record_that_is_not_there_is_nothing_to_forget(graph):
    """Harmless."""
    await graph.erase(fact("one").fingerprint)
    assert dict(await graph.coverage()) == {}


async def test_it_is_not_added_again_with_another_log(graph):
    """A copy elsewhere does not bring back what was forgotten."""
    await graph.add(step(made("one", "a", "b")))
    await graph.erase(fact("one").fingerprint)
    await graph.add(step(made("one", "a", "b"), log=TWO))
    (left,) = await graph.facts(["a"])
    assert left.inputs == ()


def content(folder: Path) -> bytes:
    """Of all files."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_nothing_of_it_is_left_in_the_file(tmp_path: Path):
    """Neither in the graph's file nor in its write-ahead log."""
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    await opened.add(step(fact("one", place="urn:x:the-secret-place")))
    assert b"the-secret-place" in content(tmp_path)
    await opened.erase(fact("one").fingerprint)
    assert b"the-secret-place" not in content(tmp_path)
    opened.close()


async def test_no_word_of_it_is_left_in_the_file(tmp_path: Path):
    """Nor the ids by which it was found; those of others stay."""
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    secret = fact("one", event_id="urn:secret:event", transformation_id="urn:secret:run", issuer="urn:secret",
                  parties=frozenset({"urn:secret:party"}), observed=(Quantity("a"),))  # fmt: skip
    shared = {"event_id": "urn:shared:event", "transformation_id": "urn:shared:run"}
    await opened.add(step(secret, fact("two", **shared), fact("three", **shared), said=(version("v"),)))
    for name in ("one", "two"):
        await opened.erase(fact(name).fingerprint)
    assert b"secret" not in content(tmp_path)
    assert [found.fingerprint for found in await opened.by_event_id(["urn:shared:event"])] == [
        fact("three").fingerprint
    ]
    assert await names(opened, transformations=("urn:shared:run",)) == ["three"]
    assert await names(opened, "a") == ["one"]
    opened.close()


async def test_attack_the_id_of_an_erased_record_leads_to_no_other(graph):
    """Its place in an index is not given to what comes next."""
    await graph.add(step(fact("one", observed=(Quantity("a"),), event_id="e1")))
    await graph.erase(fact("one").fingerprint)
    await graph.add(step(fact("two", observed=(Quantity("b"),), event_id="e2"), start=1))
    assert await graph.by_event_id(["e1"]) == []
    assert [found.fingerprint for found in await graph.by_event_id(["e2"])] == [fact("two").fingerprint]
    assert (await names(graph, "a"), await names(graph, "b")) == (["one"], ["two"])


async def test_attack_a_read_from_before_brings_nothing_back(tmp_path: Path, monkeypatch):
    """It sees the record, and ends after that was erased: nobody is told of it afterwards."""
    opened = SqliteGraph(tmp_path / "graph.sqlite")
    monkeypatch.setattr(opened, "_checkpoint", lambda: None)  # it would wait for the read
    await opened.add(step(made("one", "a", "b")))
    looked, erased = threading.Event(), threading.Event()

    def slowly(*of: Any) -> Fact:
        looked.set()
        erased.wait()
        return decode(*of)

    monkeypatch.setattr(queries, "decode", slowly)
    reading = asyncio.ensure_future(opened.facts(["a"]))
    await asyncio.to_thread(looked.wait)
    monkeypatch.setattr(queries, "decode", decode)
    await opened.erase(fact("one").fingerprint)
    erased.set()
    (before,) = await reading
    assert before.inputs
    (after,) = await opened.facts(["a"])
    assert after.inputs == ()
    opened.close()
