"""A pull and the creator's couriers at one copy: one of them always works, both never for long, and what is
there in the end is the log, acknowledged.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.journey.pull_scene import FAR, Lie, Node, Sight, Table, grown, short_segments, village
from tests.journey.replicate_scene import World, world
from tests.journey.scene import Clock
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.ids import LogId
from tracehold.journey.ports import Handed, Kept
from tracehold.journey.underway import STALL_S, WISHED_S, WISHES, Underway

LOG = LogId(b"\x09" * 32)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


def test_a_courier_waits_while_a_pull_comes_on() -> None:
    """From its first progress on, for its segment, and not after a stall or the end."""
    clock = Clock()
    underway = Underway(clock.now, 10)
    assert not underway.asked(LOG, 0, 100)
    with underway.pull(LOG, 0):
        assert not underway.asked(LOG, 0, 100)
        underway.moved(LOG)
        assert underway.asked(LOG, 50, 100)
        assert not underway.asked(LOG, 50, 300)
        clock.time += STALL_S
        assert not underway.asked(LOG, 50, 100)
        underway.moved(LOG)
        assert underway.asked(LOG, 60, 100)
    assert not underway.asked(LOG, 60, 100)


def test_a_question_far_beyond_the_copy_is_a_wish() -> None:
    """It rings once, counts for a while, and one near by is none."""
    clock = Clock()
    underway = Underway(clock.now, 10)
    ring = underway.bell.next()
    underway.asked(LOG, 90, 100)
    assert underway.wishes() == {}
    underway.asked(LOG, 80, 100)
    assert ring.is_set()
    ring = underway.bell.next()
    underway.asked(LOG, 80, 110)
    assert not ring.is_set()
    assert underway.wishes() == {LOG: {0: 110}}
    clock.time += WISHED_S
    assert underway.wishes() == {}


def test_security_who_asks_for_everything_is_heard_for_little() -> None:
    """A creator that names ever other segments fills no memory."""
    underway = Underway(Clock().now, 10)
    for segment in range(1_000):
        underway.asked(LOG, 0, 256 * segment + 100)
    assert list(underway.wishes()[LOG]) == list(range(1_000 - WISHES, 1_000))


async def test_a_question_in_a_pull_is_answered_that_it_runs() -> None:
    """And with the acknowledgement once there is nothing to fetch."""
    made = await village(2)
    grown(made.branch, 200)
    await made.anchor(90, 200)
    await made.ship(2, 200)
    await made.ship(3, 30)
    node, ask = made.nodes[3], made.branch.shipment(200)
    answers: list[Kept] = []

    @dataclass
    class Asking:
        """Asks as the courier does, whenever something is handed over."""

        line: MemoryLine

        async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> Handed:
            """What is there."""
            answers.append(await node.holder.take(made.branch, ask))
            return await self.line.handing(log, start, stop, max_bytes)

        @property
        def node(self) -> int:
            """Its number."""
            return self.line.node

    node.table.lies[2] = Asking  # type: ignore[assignment]
    assert await node.holder.take(made.branch, ask) == Kept(30)
    await made.pull(3)
    assert [(kept.size, kept.pulling) for kept in answers] == [(30, False), (90, True)]
    kept = await node.holder.take(made.branch, ask)
    assert not kept.pulling
    await node.holder.check(made.branch, kept, 200)


@pytest.mark.parametrize("seed", range(12))
async def test_both_at_once_keep_everything_once(seed: int) -> None:
    """In any order of their steps; the store stops whoever writes a place twice."""
    made = await village(2)
    grown(made.branch, 250)
    await made.anchor(*range(40, 250, 40), 250)
    await made.ship(2, 250)
    await made.ship(3, 20)
    node, chance = made.nodes[3], random.Random(seed)

    async def delay() -> None:
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)

    node.table.peers[2].delay = delay
    shipped = waited = 0

    async def courier() -> None:
        nonlocal shipped, waited
        kept = Kept(0)
        while not kept.acknowledgement:
            await delay()
            kept = await node.holder.take(made.branch, made.branch.shipment(250))
            if kept.pulling:
                waited += 1
            elif not kept.acknowledgement:
                stop = min(kept.size // 10 * 10 + chance.choice([10, 20, 60]), 250)
                kept = await node.holder.take(made.branch, made.branch.shipment(kept.size, stop))
                shipped += 1
                kept = Kept(kept.size)

    await asyncio.gather(courier(), made.pull(3))
    assert await made.has(3, 0, 250)
    assert shipped + waited > 0
    assert node.faults == []


def attached(made: World, number: int, lies: dict[int, Lie] | None = None) -> Node:
    """A holder of a creator at work that pulls, and hears of the others at each look."""
    node = Node(made.keepers[number], Sight(), Table(made.peers, number, lies or {}), made.target)
    made.listen(number)
    return node


@asynccontextmanager
async def behind(lies: dict[int, Lie] | None = None) -> AsyncIterator[tuple[World, Node]]:
    """Of two holders one was away while much was anchored, and is back."""
    async with world(2) as made:
        await made.start()
        await made.upload(10, start=1_000)
        await made.pass_by(12)
        made.peers[3].down = True
        for round_ in range(12):
            await made.upload(10, start=10 * round_)
            await made.pass_by(12)
        node = attached(made, 3, lies)
        node.sight.said[2] = (await MemoryLine(made.peers[2]).hello()).coverage
        made.peers[3].down = False
        pulling = asyncio.ensure_future(node.puller.run())
        try:
            yield made, node
        finally:
            pulling.cancel()


async def rounds(made: World, node: Node, count: int) -> None:
    """Seconds in which everybody hears of everybody."""
    for _ in range(count):
        node.sight.said[2] = (await MemoryLine(made.peers[2]).hello()).coverage
        await made.pass_by(1)


async def test_a_node_that_is_back_fetches_from_the_others() -> None:
    """The creator's courier waits meanwhile, and then gets its acknowledgement for all."""
    async with behind() as (made, node):
        end = await made.creator.store.size(made.log)
        before = sum(len(each.entries) for each in made.peers[3].shipped)
        await rounds(made, node, 90)
        assert made.kept_at(3) == end
        shipped = sum(len(each.entries) for each in made.peers[3].shipped) - before
        assert [what for what, _ in node.told if what != "comes on"] == ["begun", "ended"]
        assert shipped < FAR
        assert made.faults == []
        assert node.faults == []


async def test_where_nobody_else_hands_over_the_courier_ships() -> None:
    """A source that is false or silent holds the creator up for no longer than a stall."""

    @dataclass
    class Empty:
        line: MemoryLine

        @property
        def node(self) -> int:
            """Its number."""
            return self.line.node

        async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> Handed:
            """Never anything."""
            await asyncio.Event().wait()
            raise AssertionError

    async with behind({2: Empty}) as (made, node):  # type: ignore[dict-item]
        end = await made.creator.store.size(made.log)
        await rounds(made, node, 120)
        assert made.kept_at(3) == end
