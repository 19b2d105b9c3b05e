"""The acceptance list of the directory (bench/results/dht.md) over real gRPC with mutual TLS:
twenty nodes in one process, each with its own certificate and member record, behind a gate on loopback that
is shut, hangs, delays and loses. Counts only: how long it takes is in bench/results/dht.md.
"""

import asyncio
from collections.abc import Callable

import pytest

from tests.network.asking import ask, placed, right
from tests.network.churn import churning
from tests.network.ring import Weather, announced, join, key_of
from tests.ports.ringed import GrpcRing, grpc_ring, grpc_ring_joined
from tracehold.adapters.memory.directory import MemoryShelf
from tracehold.core.dht.keys import Key
from tracehold.journey.announce import REPLICAS, Announcer

pytestmark = pytest.mark.slow

SIZE = 20
HOUR = 3_600
KEYS = [key_of(f"item {number}") for number in range(40)]


async def until(ready: Callable[[], bool]) -> None:
    """Let others run until it is so."""
    async with asyncio.timeout(120):
        while not ready():  # noqa: ASYNC110  the followers ring for nobody
            await asyncio.sleep(0.05)


def some_of(ring: GrpcRing, share: float) -> set:
    """That share of the members, by chance."""
    return {member.log for member in ring.random.sample(ring.up(), int(share * len(ring.members)))}


async def test_all_holders_are_found_and_records_are_at_the_nearest(tmp_path):
    """Point 1. Every key from every node; and each is kept by just the twelve that are truly nearest."""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        truth = await announced(ring, KEYS)
        members = list(ring.members.values())
        assert await right(members, truth) == len(members) * len(KEYS)
        assert await placed(ring, truth) == 1.0
        sizes = [await member.shelf.size() for member in members]
        assert sum(sizes) == 3 * REPLICAS * len(KEYS)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
async def test_holders_are_found_although_many_were_killed(tmp_path, share):
    """Point 2. Connections are cut and refused, at once, before anybody noticed."""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        truth = await announced(ring, KEYS)
        ring.down = some_of(ring, share)
        outcome = await ask(ring, truth, 300)
        assert outcome.some >= 0.999 * outcome.total
        assert outcome.every >= 0.99 * outcome.total


async def test_holders_are_found_although_half_accept_and_never_answer(tmp_path):
    """Point 3. Their kernels take connections and bytes, and nothing comes back."""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        truth = await announced(ring, KEYS)
        ring.hung = some_of(ring, 0.5)
        outcome = await ask(ring, truth, 300, at_once=20)
        assert outcome.some >= 0.999 * outcome.total
        assert outcome.every >= 0.99 * outcome.total


@pytest.mark.parametrize("loss", [0.01, 0.2])
async def test_slow_and_lossy_lines_hide_nobody(tmp_path, loss):
    """Point 4. Round trips of 85 ms; of what is sent a part is lost, and sent again by TCP."""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        ring.blow(Weather(delay_s=0.0425, loss=loss))
        truth = await announced(ring, KEYS[:10])
        outcome = await ask(ring, truth, 100, at_once=25)
        assert outcome.every >= 0.99 * outcome.total


async def test_a_sweep_of_ten_thousand_keys_goes_on_after_a_restart(tmp_path):
    """Point 8. At most two lookups for as many members as keep a record, with one restart on the way."""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        holder, keys = ring.up()[0], [key_of(f"key {number}") for number in range(10_000)]
        await holder.offer(keys)
        asked = list[Key]()
        nearest = holder.lookups.nearest

        async def counted(key: Key, *args, **kwargs):
            asked.append(key)
            return await nearest(key, *args, **kwargs)

        holder.lookups.nearest = counted  # type: ignore[method-assign]
        first = await holder.announcer.once()
        parts = holder.seat, holder.key, holder.lookups, holder.dialogue, holder.offers
        holder.announcer = Announcer(*parts, ring.random.randbytes, per_s=1e9)
        assert first + await holder.announce() == len(keys)
        assert len(asked) <= 2 * SIZE / REPLICAS + 1
        assert await placed(ring, {key: {holder.log} for key in keys[::20]}) >= 0.99


async def test_a_holder_that_is_gone_is_forgotten_after_48_hours(tmp_path):
    """Point 9. Until then it is named; a record ends with its holder. (Moved: test_directory_ring.)"""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        holder, asker, other = ring.up()[:3]
        await holder.offer(KEYS[:1])
        await holder.announce()
        ring.down = {holder.log}
        ring.passed = 48 * HOUR - 60
        assert await asker.held_by(KEYS[0]) == {holder.log}
        ring.passed = 48 * HOUR
        assert await other.held_by(KEYS[0]) == set()
        for member in ring.up():
            await member.shelf.expire(member.seat.now_ms, 1_000)
            assert await member.shelf.size() == 0


async def test_the_whole_network_restarts_from_its_seeds(tmp_path):
    """Point 10. Nothing that was kept for others is left; all is found after each holder announced once."""
    async with grpc_ring_joined(tmp_path, SIZE) as ring:
        truth = await announced(ring, KEYS)
        for member in ring.up():
            await member.lookups.close()
            member.shelf = MemoryShelf()
            member.start()
        await join(ring.up())
        for member in ring.up():
            await member.offers.announced([key for key in KEYS if member.log in truth[key]], 0)
            await member.announce()
        outcome = await ask(ring, truth, 200)
        assert outcome.every == outcome.total


async def test_nodes_whose_seeds_come_up_late_join_then(tmp_path):
    """Point 10. Nineteen try in vain; then the seed listens, and they find it and each other."""
    async with grpc_ring(tmp_path, SIZE, haste=20) as ring:
        seed, *others = ring.members.values()
        ring.down = {seed.log}
        running = [asyncio.ensure_future(member.contacts.run()) for member in others]
        await asyncio.sleep(3)
        assert not any(member.seat.table.contacts() for member in others)
        ring.down = frozenset()
        await until(lambda: all(len(member.seat.table.contacts()) == SIZE - 1 for member in others))
        truth = await announced(ring, KEYS[:10])
        assert await right(others, truth) == len(others) * len(truth)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_holders_are_found_while_nodes_come_and_go(tmp_path):
    """Point 12, shortened: half an hour, in which stays and followers are sixty times as fast, calls not."""
    async with grpc_ring_joined(tmp_path, SIZE, haste=60) as ring:
        truth = await announced(ring, KEYS)
        everybody = list(ring.members)
        for member in ring.up():
            member.seeds = everybody
        whole = await ask(ring, truth, 10)
        async with churning(ring, ring.up()):
            for _ in range(15):
                await asyncio.sleep(2)
                whole.add(await ask(ring, truth, 20))
            tasks = len(asyncio.all_tasks())
        assert whole.every >= 0.99 * whole.total
        assert tasks < 100 * SIZE
