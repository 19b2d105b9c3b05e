"""The directory over real gRPC with mutual TLS: twenty nodes of one process on loopback, each with a
certificate and a member record of its own, behind gates that are shut, hang, delay and lose. All times are
real ones, and those of all nodes together on this machine.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from bench.dht_full import SIZE, full, ringed, settled
from bench.dht_told import told
from tests.network.asking import Outcome, ask, placed
from tests.network.churn import churning
from tests.network.liars import KINDS, honest, turn
from tests.network.ring import Weather, announced, join, key_of
from tracehold.core.dht.keys import Key
from tracehold.journey.announce import Announcer

KEYS = [key_of(f"item {number}") for number in range(100)]
WEATHERS = {"RTT 85 ms, 1 % lost": 0.01, "RTT 85 ms, 20 % lost": 0.2}


async def healthy(lookups: int) -> dict[str, Any]:
    """Nobody is missing."""
    async with ringed() as ring:
        truth = await announced(ring, KEYS)
        await settled(ring, truth)
        before = ring.calls
        cpu = time.process_time()
        outcome = await ask(ring, truth, lookups)
        cpu, calls = time.process_time() - cpu, ring.calls - before
        return told(
            outcome,
            name="all up",
            placed=await placed(ring, truth),
            callsPerLookup=round(calls / outcome.total, 1),
            lookupCpuMs=round(cpu / outcome.total * 1e3, 2),
        )


async def missing(share: float, how: str, lookups: int) -> dict[str, Any]:
    """A share of all nodes is gone at once, before anybody noticed."""
    async with ringed() as ring:
        truth = await announced(ring, KEYS)
        await settled(ring, truth)
        setattr(ring, how, {each.log for each in ring.random.sample(ring.up(), int(share * SIZE))})
        return told(await ask(ring, truth, lookups), name=f"{share:.0%} {how}")


async def weather(name: str, loss: float, lookups: int) -> dict[str, Any]:
    """Far away from each other."""
    async with ringed() as ring:
        ring.blow(Weather(delay_s=0.0425, loss=loss))
        truth = await announced(ring, KEYS[:40])
        await settled(ring, truth)
        return told(await ask(ring, truth, lookups), name=name)


async def lying(count: int, kind: Any, lookups: int) -> dict[str, Any]:
    """Some nodes lie, together; the others announce and ask."""
    async with ringed() as ring:
        liars = ring.random.sample(ring.up(), count)
        turn(kind, liars)
        honest(ring, liars)
        truth = await announced(ring, KEYS[:20])
        await settled(ring, truth)
        return told(await ask(ring, truth, lookups), liars=count, kind=kind.__name__)


async def sweep(count: int) -> dict[str, Any]:
    """One node announces many keys, and is started again on the way; every replica checks every signature."""
    async with ringed() as ring:
        holder, keys = ring.up()[0], [key_of(f"key {number}") for number in range(count)]
        await holder.offer(keys)
        asked, nearest = list[Key](), holder.lookups.nearest

        async def counted(key: Key, *args: Any, **kwargs: Any) -> Any:
            asked.append(key)
            return await nearest(key, *args, **kwargs)

        holder.lookups.nearest = counted  # type: ignore[method-assign]
        calls, wall, cpu = ring.calls, time.perf_counter(), time.process_time()
        await holder.announcer.once()
        parts = holder.seat, holder.key, holder.lookups, holder.dialogue, holder.offers
        holder.announcer = Announcer(*parts, ring.random.randbytes, per_s=1e9)
        await holder.announce()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {
            "members": SIZE,
            "keys": count,
            "lookups": len(asked),
            "callsPerKey": round((ring.calls - calls) / count, 3),
            "keysPerS": round(count / wall),
            "keysPerCpuS": round(count / cpu),
            "cpuMsPerKey": round(cpu / count * 1e3, 2),
            "placed": await placed(ring, {key: {holder.log} for key in keys[::20]}),
        }


async def late_seeds() -> dict[str, Any]:
    """Nineteen nodes start before their seed does: how long after it they know everybody."""
    async with ringed(joined=False) as ring:
        seed, *others = ring.members.values()
        ring.down = {seed.log}
        running = [asyncio.ensure_future(member.contacts.run()) for member in others]
        await asyncio.sleep(25)
        ring.down, start, first = frozenset(), time.perf_counter(), 0.0
        while any(len(member.seat.table.contacts()) < SIZE - 1 for member in others):
            await asyncio.sleep(0.1)
            if not first and all(member.seat.table.contacts() for member in others):
                first = time.perf_counter() - start
        whole = time.perf_counter() - start
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        return {"joinedS": round(first or whole, 1), "wholeS": round(whole, 1)}


async def restarted(lookups: int) -> dict[str, Any]:
    """All nodes begin anew with empty shelves, join by one seed, and each announces once."""
    async with ringed() as ring:
        truth, start = await announced(ring, KEYS), time.perf_counter()
        for member in ring.up():
            await member.lookups.close()
            member.shelf = type(member.shelf)()
            member.start()
        await join(ring.up())
        for member in ring.up():
            await member.offers.announced([key for key in KEYS if member.log in truth[key]], 0)
        await asyncio.gather(*(member.announce() for member in ring.up()))
        await settled(ring, truth)
        seconds = time.perf_counter() - start
        return told(await ask(ring, truth, lookups), name="all restarted", seconds=round(seconds, 1))


async def churn(seconds: int, haste: float) -> dict[str, Any]:
    """Nodes come and go: stays of ten minutes in the median, `haste` times as fast as it is said."""
    async with ringed(haste=haste) as ring:
        truth, everybody = await announced(ring, KEYS), list(ring.members)
        for member in ring.up():
            member.seeds = everybody
        whole, memory = Outcome(), []
        async with churning(ring, ring.up()):
            for _ in range(seconds // 2):
                await asyncio.sleep(2)
                whole.add(await ask(ring, truth, 20))
                memory.append(_resident())
        half = len(memory) // 2
        kept = {"mibFirstHalf": max(memory[:half]), "mibSecondHalf": max(memory[half:])}
        return told(whole, members=SIZE, seconds=seconds, haste=haste, **kept)


def _resident() -> int:
    """MiB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def over_grpc(lookups: int) -> dict[str, Any]:
    """All of it."""
    shares = [(0.1, "down"), (0.3, "down"), (0.5, "down"), (0.5, "hung")]
    lookup = [asyncio.run(healthy(lookups))]
    lookup += [asyncio.run(missing(share, how, lookups // 2)) for share, how in shares]
    lookup += [asyncio.run(weather(name, loss, lookups // 4)) for name, loss in WEATHERS.items()]
    return {
        "members": SIZE,
        "lookups": [*lookup, asyncio.run(restarted(lookups // 4))],
        "oneLiar": [asyncio.run(lying(1, kind, lookups // 10)) for kind in KINDS],
        "fifthLies": [asyncio.run(lying(SIZE // 5, kind, lookups // 10)) for kind in KINDS],
        "sweep": asyncio.run(sweep(10_000)),
        "lateSeeds": asyncio.run(late_seeds()),
        "full": asyncio.run(full(100_000)),
        "churn": asyncio.run(churn(120, 30.0)),
    }
