"""Couriers of repair: bounded bytes, holders that fetch, that come back, and that lost what they had."""

import pytest

from tests.journey.holding_scene import Holder
from tests.journey.repair_scene import LIMITS, begun, holders, idle
from tests.journey.replicate_scene import Answer, world
from tests.journey.scene import statement
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Unavailable
from tracehold.journey.cargo import Cargo
from tracehold.journey.health import Health
from tracehold.journey.holders import CopyCount
from tracehold.journey.liveness import Limits
from tracehold.journey.ports import Kept, Shipment


async def test_a_holder_that_lost_its_data_and_takes_nothing_is_replaced() -> None:
    """Attack: it acknowledged, answers every look, has lost its copy, and refuses it. It counts for nothing
    at once, and is replaced after the time of a lost one.
    """
    async with world(5) as it:
        poisoned, other = await begun(it)

        async def full(honest: Answer, asked: Shipment) -> Kept:
            return Kept(0) if not asked.entries else Kept(0, refused="DISK_LOW")

        it.lies(poisoned, full)
        it.peers[poisoned].log = (await Holder.started(it.creator.clock, it.chain, poisoned)).store
        await idle(it, 60)
        assert it.count(0) == CopyCount(2, 3)
        assert holders(it) == {poisoned, other}
        await idle(it, 600)
        assert poisoned not in holders(it)
        assert it.count(0) == CopyCount(3, 3)


@pytest.mark.parametrize("rate", [1000, 4000])
async def test_repair_is_held_to_its_bytes_each_second(rate: int) -> None:
    """Two newcomers catch up at once; what both get stays under the rate, and all arrives."""
    async with world(1) as it:
        it.rate = rate
        await it.start()
        for number in range(8):
            await it.upload(start=6 * number)
            await it.pass_by(12)
        size = await it.final()
        whole = sum(len(entry.raw) for entry in await it.store.read(it.log, 0, size))
        assert whole > 15_000
        began = it.creator.clock.time
        await it.join(3, 4)
        it.holders._target = 4
        while it.count(0) != CopyCount(4, 4) or it.count(size - 1) != CopyCount(4, 4):
            await idle(it, 1)
            told = sum(len(e.raw) for n in (3, 4) for each in it.peers[n].shipped for e in each.entries)
            assert told <= rate * (it.creator.clock.time - began) + 2 * whole / 8 + 1
        assert it.creator.clock.time - began >= 0.8 * 2 * whole / rate - 20


async def test_who_answers_again_is_gone_to_at_once() -> None:
    """After a long silence a courier waits for half a minute between attempts; a look ends that."""
    async with world(3) as it:
        it.limits = Limits(suspect_s=60, replace_s=10_000, look_s=2)
        await it.start()
        await it.upload()
        await it.pass_by(12)
        away = it.holders.of(0)[0].node
        it.peers[away].down = True
        await it.upload(start=10)
        await it.pass_by(30)
        await idle(it, 300)
        size = await it.final()
        it.peers[away].down = False
        await idle(it, 4)
        copy = it.holders.copy(0, away)
        assert copy is not None
        assert copy.size == size


async def test_a_holder_that_pulls_is_asked_again_and_not_shipped_to() -> None:
    """It says so for a while; then it acknowledges, and got nothing from here."""
    async with world(2) as it:
        await begun(it)
        await it.join(4)
        it.holders._target = 4
        since = it.creator.clock.time

        async def pulls(honest: Answer, asked: Shipment) -> Kept:
            passed = it.creator.clock.time - since
            if passed < 100:
                return Kept(min(8, int(passed) // 12), pulling=True)
            return await honest(asked)

        it.lies(4, pulls)
        await idle(it, 90)
        asked = it.peers[4].shipped
        assert {len(each.entries) for each in asked} == {0}
        assert 30 <= len(asked) <= 60
        assert it.faults == []
        await idle(it, 60)
        assert it.count(0) == CopyCount(4, 4)


async def test_a_chain_that_is_down_is_not_held_against_a_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it acknowledges cannot be checked for longer than it takes to be lost: it keeps its place."""
    async with world(5) as it:
        chosen = set(await begun(it))

        await it.creator.upload(statement(99))

        async def down(*_: object) -> None:
            raise Unavailable("CHAIN_DOWN", "told to be down")

        monkeypatch.setattr(it.ledger, "check_acknowledgement", down)
        await it.upload(start=50)
        await it.pass_by(40)
        await idle(it, 3 * LIMITS.replace_s)
        assert it.replicator._couriers.failing_s(min(chosen), 0) == 0
        monkeypatch.undo()
        await it.pass_by(60)
        assert {each.node for each in it.moves} == set()
        assert await it.final() == await it.store.size(it.log)


async def test_a_holder_that_is_busy_is_heard_and_asked_again() -> None:
    """It puts every shipment off, and every look: it is there, and nobody takes its place for a while; for
    as long as it takes to be lost, and somebody does.
    """
    async with world(5) as it:
        busy, other = await begun(it)

        async def later() -> None:
            raise Unavailable("TOO_MANY_CALLS", "later")

        it.peers[busy].delay = later
        await it.upload(start=50)
        await it.pass_by(20)
        await idle(it, LIMITS.replace_s - 60)
        assert it.liveness is not None
        assert (it.liveness.health(busy), it.moves) == (Health.UP, [])
        await idle(it, 200)
        assert busy not in holders(it)
        assert it.count(0) == CopyCount(3, 3)
        assert other in holders(it)


async def test_who_was_away_in_a_storm_and_refuses_once_keeps_its_place() -> None:
    """Its absence does not count as failing: the first thing that goes wrong afterwards costs nothing."""
    async with world(5) as it:
        away, other = await begun(it)
        down = [away, *sorted(it.peers.keys() - {away, other})[:2]]
        for number in down:
            it.peers[number].down = True
        await it.upload(start=50)
        await it.pass_by(20)
        await idle(it, 3 * LIMITS.replace_s)
        refused = []

        async def once(honest: Answer, asked: Shipment) -> Kept:
            refused.append(asked)
            return Kept(0, refused="DISK_LOW") if len(refused) < 4 else await honest(asked)

        it.lies(away, once)
        for number in down:
            it.peers[number].down = False
        await idle(it, 100)
        assert len(refused) >= 4
        assert (holders(it), it.moves) == ({away, other}, [])
        assert it.count(14) == CopyCount(3, 3)


async def test_a_holder_that_refuses_and_is_away_in_turns_is_replaced() -> None:
    """Attack: it takes nothing more, and misses a look now and then, so as to seem to be back each time."""
    async with world(5) as it:
        liar, _ = await begun(it)

        async def full(honest: Answer, asked: Shipment) -> Kept:
            return Kept(9 if not asked.entries else 0, refused="DISK_LOW")

        it.lies(liar, full)
        await it.upload(start=50)
        await it.pass_by(20)
        for _ in range(12):
            it.peers[liar].down = True
            await idle(it, 15)
            it.peers[liar].down = False
            await idle(it, 45)
        assert liar not in holders(it)
        assert it.count(14) == CopyCount(3, 3)


async def test_a_disk_that_is_busy_costs_repair_nothing_of_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was reserved for a shipment that never began is free again: otherwise each failure would hold up
    all couriers for half an hour.
    """
    async with world(1) as it:
        it.rate = 4000
        await it.start()
        await it.upload()
        await it.pass_by(12)
        at, asked = Cargo.at, []

        async def busy(cargo: Cargo, size: int) -> Checkpoint:
            asked.append(size)
            if len(asked) in range(2, 6):  # the first is for the question how far it is
                raise Unavailable("STORE_BUSY", "later")
            return await at(cargo, size)

        monkeypatch.setattr(Cargo, "at", busy)
        await it.join(3)
        await idle(it, 200)
        assert len(asked) > 5
        assert it.count(0) == CopyCount(3, 3)
