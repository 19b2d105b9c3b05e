"""Findings behind the index: the same in whatever order events come, through crashes, within bounds."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journey.quality_bench import LOG, Bench
from tests.unit.quality_facts import (
    BREAD,
    DEPOT,
    FLOUR,
    SHOP,
    A,
    B,
    P,
    Q,
    all_found,
    begin,
    end,
    make,
    name,
    pack,
    receive,
    see,
    ship,
    unpack,
    void,
)  # fmt: skip
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact
from tracehold.core.quality import Code, Finding
from tracehold.journey.ports import MasterDataVersion


def master(id: str) -> MasterDataVersion:
    """Somebody describes a place."""
    return MasterDataVersion(id, "location", "mill", Fingerprint(b"\x02" * 32), "network", b"{}", None)


ITEMS = st.sampled_from([A, B])
BOXES = st.sampled_from([P, Q])
DAYS = st.integers(1, 6)
KILOS = st.sampled_from([2.0, 3.0, None])
EVENTS = st.one_of(
    st.builds(pack, DAYS, BOXES, ITEMS),
    st.builds(pack, DAYS, st.just(Q), st.just(P)),
    st.builds(unpack, DAYS, BOXES, ITEMS),
    st.builds(unpack, DAYS, BOXES),
    st.builds(begin, DAYS, ITEMS),
    st.builds(end, DAYS, ITEMS),
    st.builds(see, DAYS, ITEMS),
    st.builds(lambda day, item: see(day, item, event_id="e"), DAYS, ITEMS),
    st.builds(ship, DAYS, st.sampled_from([P, Q, A])),
    st.builds(receive, DAYS, st.sampled_from([A, P]), place=st.sampled_from([SHOP, DEPOT])),
    st.builds(lambda day, kilos: begin(day, (FLOUR, kilos)), DAYS, KILOS),
    st.builds(lambda day, kilos: make(day, ((FLOUR, kilos),), ((BREAD, 4.0),)), DAYS, KILOS),
    st.builds(lambda day, kilos: pack(day, P, (FLOUR, kilos)), DAYS, KILOS),
    st.builds(lambda day, kilos: unpack(day, P, (FLOUR, kilos)), DAYS, KILOS),
)  # fmt: skip


def _trip() -> list[Fact]:
    """A case in a box on a pallet goes to the shop, and on to the depot in another one."""
    return [
        pack(1, P, A), pack(2, Q, P), ship(3, Q), receive(4, P), unpack(4, Q), receive(4.5, A),
        unpack(5, P), pack(5, Q, A), ship(5.5, Q, place=SHOP), receive(6, A, place=DEPOT),
    ]  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(EVENTS, min_size=0, max_size=6), st.integers(0, 1 << 32).map(random.Random), st.data())
def test_any_order_and_any_steps_end_in_the_same_findings(told, chance: random.Random, data) -> None:
    """What is stored in the end is what the rules find of all facts at once: whatever came first, however
    often what waited was judged meanwhile, and though steps are repeated.
    """
    told = [*told, *(fact for fact in _trip() if data.draw(st.integers(0, 7)))]
    facts = [*told, *(void(fact) for fact in told if data.draw(st.integers(0, 7)) == 0)]
    came = list(facts)
    chance.shuffle(came)

    async def run() -> None:
        bench = Bench()
        while came:
            step = [came.pop() for _ in range(min(len(came), chance.randint(1, 3)))]
            at = bench.at
            await bench.add(*step)
            if chance.random() < 0.2:
                bench.at = at
                await bench.add(*step)
            if chance.random() < 0.5:
                await bench.quality.once()
        await bench.settle()
        expected = {each for each in all_found(*facts) if each[1] != Code.UNKNOWN_PLACE}
        found = {each for each in await bench.found(*facts) if each[1] != Code.UNKNOWN_PLACE}
        assert found == expected

    asyncio.run(run())


async def test_a_finding_goes_when_what_was_missing_comes():
    """Received without shipment, until the shipment of its container comes, late."""
    bench = Bench()
    packed, received, shipped = pack(1, P, A), receive(4, A, place=None), ship(2, P, place=None)
    await bench.add(packed, received)
    await bench.settle()
    assert await bench.found(received) == {(0, "RECEIVED_NOT_SHIPPED", None)}
    before = await bench.store.newest()
    await bench.add(shipped)
    await bench.settle()
    assert await bench.found(packed, received, shipped) == set()
    assert [event for _, event in await bench.store.changes(before, 9)] == [received.fingerprint]


async def test_unknown_place_until_it_is_described():
    """Master data, of the place or of the one that it lies in, ends the finding; in slices."""
    bench = Bench()
    ramp = f"{SHOP}/254/ramp"
    events = [see(day, A, place=ramp if day % 2 else SHOP) for day in range(1, 9)]
    await bench.add(*events)
    await bench.settle()
    assert await bench.found(*events) == {(at, "UNKNOWN_PLACE", None) for at in range(8)}
    await bench.add(said=(master(SHOP),))
    await bench.settle()
    assert await bench.found(*events) == set()
    later = see(9, A, place=ramp)
    await bench.add(later)
    await bench.settle()
    assert await bench.found(later) == set()


async def test_a_place_within_another_describes_not_that():
    """Master data of the ramp says nothing of the shop."""
    bench = Bench()
    event = see(1, A, place=SHOP)
    await bench.add(event, said=(master(f"{SHOP}/254/ramp"),))
    await bench.settle()
    assert await bench.found(event) == {(0, "UNKNOWN_PLACE", None)}


async def test_a_crash_between_mark_and_graph(tmp_path):
    """What was marked and did not come into the graph is marked again with it; nothing is lost or stays."""
    graph = MemoryGraph()
    bench = Bench(tmp_path / "findings.sqlite", graph)
    first, second = pack(1, P, A), pack(2, Q, A)
    await bench.add(first)
    graph.down = True
    with pytest.raises(Unavailable):
        await bench.add(second)
    graph.down = False
    assert await bench.quality.watched.coverage() == {LOG: ((0, 1),)}
    bench.store.close()
    restarted = Bench(tmp_path / "findings.sqlite", graph)
    await restarted.settle()
    restarted.at = 1
    await restarted.add(second)
    await restarted.settle()
    assert await restarted.found(first, second) == {(1, "PACKED_ELSEWHERE", 0)}


async def test_a_lost_file_of_findings_is_made_again(tmp_path):
    """The graph counts as indexed only what was marked, so the index hands all of it over once more."""
    old = Bench(tmp_path / "old.sqlite")
    first, second = pack(1, P, A), pack(2, Q, A)
    await old.add(first, second)
    await old.settle()
    position = await old.store.newest()
    fresh = Bench(tmp_path / "new.sqlite", old.graph)
    assert await fresh.quality.watched.coverage() == {LOG: ()}
    await fresh.add(first, second)
    await fresh.settle()
    assert await fresh.found(first, second) == {(1, "PACKED_ELSEWHERE", 0)}
    # Watchers whose cursor is of the old file are told of it.
    assert (await fresh.store.changes(position, 9))[-1][1] == second.fingerprint


async def test_erased_events_are_found_nothing_of():
    """What rests on a redacted event goes with it, and so does what was found of it."""
    bench = Bench()
    first, second = pack(1, P, A, place=SHOP), pack(2, Q, A)
    await bench.add(first, second)
    await bench.settle()
    assert await bench.found(first, second) == {(0, "UNKNOWN_PLACE", None), (1, "PACKED_ELSEWHERE", 0)}
    await bench.quality.watched.erase(first.fingerprint)
    await bench.settle()
    assert await bench.found(first, second) == set()


async def test_rebuilt_from_nothing():
    """Cleared with the graph; watchers hear that nothing is found, and then what is."""
    bench = Bench()
    first, second = pack(1, P, A), pack(2, Q, A)
    await bench.add(first, second)
    await bench.settle()
    before = await bench.store.newest()
    await bench.quality.watched.clear()
    assert await bench.found(first, second) == set()
    assert [event for _, event in await bench.store.changes(before, 9)] == [second.fingerprint]
    assert await bench.quality.watched.coverage() == {}


async def test_nothing_waits_without_need():
    """A thing of which one event is known waits for no judgement."""
    bench = Bench()
    await bench.add(begin(1, A), begin(2, B))
    assert await bench.store.due(9) == []
    assert not await bench.quality.once()
    assert bench.changed == 0


async def test_findings_of_one_event_are_bounded():
    """No more than asked for, in order, and the same every time."""
    bench = Bench()
    many = [f"https://id.gs1.org/01/09521234543213/21/{n:03}" for n in range(60)]
    await bench.add(pack(1, P, *many), second := pack(2, Q, *many))
    await bench.settle()
    (found,) = (await bench.store.of([second.fingerprint], 20)).values()
    assert len(found) == 20
    assert list(found) == sorted(found, key=Finding.sort_key)
    assert await bench.store.of([name(1 << 200)], 5) == {}
