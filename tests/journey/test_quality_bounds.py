"""How much is judged: bounds of work that hold whatever is uploaded, and that say so where they bite."""

from tests.journey.quality_bench import LOG, Bench
from tests.unit.quality_facts import A, B, C, P, Q, begin, pack, see
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.sqlite_quality import SqliteFindings
from tracehold.core.quality import Kind, Subject
from tracehold.journey import quality, surroundings


async def test_crowded_items_are_not_looked_up(monkeypatch):
    """Of an item in too many events, or in such a container, it is found that it was not judged, at the event
    at which it was too many first: the graph is not asked."""
    monkeypatch.setattr(surroundings, "MOST_LOAD", 3)
    bench = Bench()
    await bench.add(pack(1, P, A), pack(2, Q, A))
    await bench.settle()
    facts = [pack(day, P, B) for day in range(3, 6)]
    await bench.add(*facts)
    await bench.settle()
    assert await bench.found(*facts) == {(2, "NOT_JUDGED", None)}
    asked: list[str] = []
    real = MemoryGraph.facts

    async def spied(graph, items, transformations=()):
        asked.extend(items)
        return await real(graph, items, transformations)

    monkeypatch.setattr(MemoryGraph, "facts", spied)
    last = [see(9, P), see(9, C)]
    await bench.add(*last)
    await bench.settle()
    assert P not in asked
    assert await bench.found(*facts) == {(2, "NOT_JUDGED", None)}
    assert await bench.found(*last) == set()


async def test_attack_names_without_end_in_one_event(monkeypatch):
    """An event weighs by what it names, so few large ones are too much as many small ones are."""
    monkeypatch.setattr(surroundings, "MOST_LOAD", 3)
    monkeypatch.setattr(surroundings, "NAMES", 10)
    bench = Bench()
    many = [f"https://id.gs1.org/01/09521234543213/21/{n:03}" for n in range(10)]
    first, second = pack(1, P, A, *many), pack(2, Q, A)
    await bench.add(first, second)
    await bench.settle()
    assert await bench.found(first, second) == {(1, "PACKED_ELSEWHERE", 0)}
    third = pack(3, P, A, *many)
    await bench.add(third)
    await bench.settle()
    found = await bench.found(first, second, third)
    assert {code for _, code, _ in found} == {"NOT_JUDGED"}


async def test_attack_containers_without_end(monkeypatch):
    """What a thing was ever in counts together, however little is said of each."""
    monkeypatch.setattr(surroundings, "MOST_AROUND", 6)
    bench = Bench()
    facts = [pack(day, (P, Q)[day % 2], A) for day in range(3)]
    await bench.add(*facts)
    await bench.settle()
    assert "PACKED_ELSEWHERE" in {code for _, code, _ in await bench.found(*facts)}
    more = pack(4, Q, A)
    await bench.add(more)
    await bench.settle()
    assert (3, "NOT_JUDGED", None) in await bench.found(*facts, more)


async def test_attack_a_lost_file_bounds_nothing_less(monkeypatch, tmp_path):
    """A new file has counted nothing: nothing is judged until the index told it all again, and what is looked
    up is weighed as well."""
    monkeypatch.setattr(surroundings, "MOST_LOAD", 3)
    old = Bench(tmp_path / "old.sqlite")
    facts = [see(day, A) for day in range(8)]
    await old.add(*facts)
    fresh = Bench(tmp_path / "new.sqlite", old.graph)
    asked: list[object] = []
    real = MemoryGraph.facts

    async def spied(graph, items, transformations=()):
        asked.append(items)
        return await real(graph, items, transformations)

    monkeypatch.setattr(MemoryGraph, "facts", spied)
    for fact in facts:
        assert not await fresh.quality.once()
        await fresh.add(fact)
    await fresh.settle()
    assert not asked
    assert await fresh.found(*facts) == {(7, "NOT_JUDGED", None)}
    known = await surroundings.Surroundings(old.graph, SqliteFindings()).of([Subject(Kind.ITEM, A)])
    assert known == {}


async def test_a_file_lost_beside_entries_that_are_gone_waits_for_none(tmp_path):
    """What the log does not have any more the index will not hand over again."""
    old = Bench(tmp_path / "old.sqlite")
    gone, first, second = see(0, B), pack(1, P, A), pack(2, Q, A)
    await old.add(gone, first, second)

    async def kept():
        return {LOG: ((1, 3),)}

    fresh = Bench(tmp_path / "new.sqlite", old.graph, kept)
    fresh.at = 1
    await fresh.add(first, second)
    await fresh.settle()
    assert await fresh.found(first, second) == {(1, "PACKED_ELSEWHERE", 0)}


async def test_judging_is_handed_to_whoever_does_long_work():
    """What rules do runs where the event loop does not wait for it."""
    handed = []

    async def aside(work):
        handed.append(work)
        return work()

    bench = Bench(run=aside)
    await bench.add(pack(1, P, A), pack(2, Q, A))
    await bench.settle()
    assert handed


async def test_findings_of_a_thing_are_bounded(monkeypatch):
    """The first of them by event are kept."""
    monkeypatch.setattr(quality, "MOST_OF_SUBJECT", 2)
    bench = Bench()
    facts = [pack(day, (P, Q)[day % 2], A) for day in range(5)]
    await bench.add(*facts)
    await bench.settle()
    assert {at for at, code, _ in await bench.found(*facts) if code == "PACKED_ELSEWHERE"} == {1, 2}


async def test_too_much_at_once_is_judged_in_parts(monkeypatch):
    """More facts than are looked up at once are looked up one after the other."""
    monkeypatch.setattr(surroundings, "MOST_FACTS", 3)
    bench = Bench()
    facts = [pack(1, P, A), pack(2, Q, A), begin(5, B), see(3, B)]
    await bench.add(*facts)
    await bench.settle()
    assert (3, "USED_BEFORE_MADE", 2) in await bench.found(*facts)
