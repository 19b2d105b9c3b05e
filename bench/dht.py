"""How the directory finds holders: counts and simulated times of a network in one process, and what it costs.

    .venv/bin/python -m bench.dht [--sizes 5,20,100,300] [--lookups 1000] [--only simulated|grpc]

Times of simulated lookups are those of the simulation, the same on every machine; CPU, rates and all times
over gRPC are this machine's, with all members in one process. Writes bench/results/dht.json and dht.md; with
`only`, the other part stays as it was measured last.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.dht_full import unsigned
from bench.dht_grpc import over_grpc
from bench.dht_pages import page
from bench.dht_told import told
from bench.workload import machine, write
from tests.network.asking import Outcome, ask, placed
from tests.network.churn import churning
from tests.network.liars import KINDS, turn
from tests.network.ring import Weather, announced, joined, key_of
from tests.network.virtual import run
from tracehold.adapters.sqlite_directory import DirectoryFile, SqliteShelf
from tracehold.journey.tidying import SLICE

KEYS = [key_of(f"item {number}") for number in range(200)]
FAR = Weather(delay_s=0.0425, loss=0.01)
RESULTS = Path("bench/results/dht.json")
NETWORKS = 10
"""For each share of members that are gone."""

LOSSY = Weather(delay_s=0.0425, loss=0.2)


async def healthy(size: int, lookups: int, weather: Weather | None = None) -> dict[str, Any]:
    """Nobody is missing."""
    cpu = time.process_time()
    ring = await joined(size, weather=weather)
    join, cpu = time.process_time() - cpu, time.process_time()
    truth = await announced(ring, KEYS)
    announce, before, cpu = time.process_time() - cpu, ring.calls, time.process_time()
    outcome = await ask(ring, truth, min(lookups, 100 * size))
    return told(
        outcome,
        members=size,
        placed=await placed(ring, truth),
        callsPerLookup=round((ring.calls - before) / outcome.total, 1),
        joinCpuMs=round(join / size * 1e3, 1),
        announceCpuMs=round(announce / (3 * len(KEYS)) * 1e3, 2),
        lookupCpuMs=round((time.process_time() - cpu) / outcome.total * 1e3, 2),
    )


async def missing(size: int, share: float, how: str, lookups: int) -> dict[str, Any]:
    """A share of all members is gone at once, before anybody noticed. In several networks: keys of one region
    share their replicas, so that what happens to one happens to many.
    """
    whole = Outcome()
    for seed in range(NETWORKS):
        ring = await joined(size, seed)
        truth = await announced(ring, KEYS)
        setattr(ring, how, {member.log for member in ring.random.sample(ring.up(), int(share * size))})
        whole.add(await ask(ring, truth, lookups // NETWORKS))
    return told(whole, members=size, share=share, how=how)


async def lying(size: int, count: int, kind: Any, lookups: int) -> dict[str, Any]:
    """Some members lie, together; the others announce and ask."""
    ring = await joined(size)
    liars = ring.random.sample(ring.up(), count)
    turn(kind, liars)
    gone = {member.log for member in liars}
    honest = [member for member in ring.members.values() if member.log not in gone]
    ring.up = lambda: honest  # type: ignore[method-assign]
    truth = await announced(ring, KEYS[:50])
    return told(await ask(ring, truth, lookups), members=size, liars=count, kind=kind.__name__)


async def sweep(size: int, count: int) -> dict[str, Any]:
    """One member announces many keys; every replica checks every signature."""
    ring = await joined(size)
    holder, keys = ring.up()[0], [key_of(f"key {number}") for number in range(count)]
    await holder.offer(keys)
    lookups = _counted(holder.lookups)
    calls, wall, cpu = ring.calls, time.perf_counter(), time.process_time()
    await holder.announce()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "members": size,
        "keys": count,
        "lookups": len(lookups),
        "callsPerKey": round((ring.calls - calls) / count, 3),
        "keysPerS": round(count / wall),
        "keysPerCpuS": round(count / cpu),
        "cpuMsPerKey": round(cpu / count * 1e3, 2),
        "placed": await placed(ring, {key: {holder.log} for key in keys[:: max(1, count // 500)]}),
    }


def _counted(lookups: Any) -> list[Any]:
    asked, nearest = [], lookups.nearest

    async def counted(key: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(key)
        return await nearest(key, *args, **kwargs)

    lookups.nearest = counted
    return asked


async def full(records: int) -> dict[str, Any]:
    """A node that keeps many records, on disk: what a newcomer costs it, and forgetting them."""
    now = 1_764_000_000_000
    with tempfile.TemporaryDirectory() as folder:
        file = DirectoryFile(Path(folder) / "directory.sqlite")
        shelf, wall = SqliteShelf(file), time.perf_counter()
        for start in range(0, records, 1_000):
            await shelf.put([unsigned(number, now) for number in range(start, start + 1_000)], now)
        put = time.perf_counter() - wall
        slices = []
        while True:
            cpu = time.process_time()
            if not await shelf.expire(now + 10_000, SLICE):
                break
            slices.append((time.process_time() - cpu) * 1e3)
        file.close()
    return {
        "records": records,
        "putsPerS": round(records / put),
        "expirySlice": SLICE,
        "sliceMsMedian": round(sorted(slices)[len(slices) // 2], 2),
        "sliceMsMax": round(max(slices), 2),
    }


def newcomer(records: int) -> dict[str, Any]:
    """What the host of a full shelf does when a member that it never saw asks."""

    async def scene() -> float:
        ring = await joined(20)
        host = ring.up()[0]
        now = host.seat.now_ms
        await host.shelf.put([unsigned(number, now) for number in range(records)], now)
        times = []
        for member in ring.enrol(50):
            cpu = time.process_time()
            await host.directory.find_node(member.log, key_of("somewhere"))
            times.append((time.process_time() - cpu) * 1e3)
        return max(times)

    return {"records": records, "worstMs": round(run(scene()), 3)}


async def churn(size: int, minutes: int) -> dict[str, Any]:
    """Members come and go: stays of ten minutes in the median, absences of two, both with heavy tails."""
    ring = await joined(size, weather=Weather(delay_s=0.02))
    truth = await announced(ring, KEYS[:60])
    for member in ring.up():
        member.seeds = [each.log for each in ring.members.values()]
    whole, tasks = Outcome(), []
    async with churning(ring, list(ring.members.values())):
        for _ in range(minutes):
            await asyncio.sleep(60)
            whole.add(await ask(ring, truth, 20))
            tasks.append(len(asyncio.all_tasks()))
    half = len(tasks) // 2
    more = {"tasksFirstHalf": max(tasks[:half]), "tasksSecondHalf": max(tasks[half:])}
    return told(whole, members=size, minutes=minutes, **more)


def simulated(sizes: Sequence[int], lookups: int) -> dict[str, Any]:
    """All that is."""
    shares = [(share, how) for how in ("down", "hung") for share in (0.1, 0.3, 0.5)]
    return {
        "machine": machine(),
        "healthy": [run(healthy(size, lookups)) for size in sizes],
        "missing": [run(missing(100, share, how, lookups)) for share, how in shares],
        "far": run(healthy(100, lookups, FAR)),
        "lossy": run(healthy(100, lookups, LOSSY)),
        "oneLiar": [run(lying(31, 1, kind, lookups // 4)) for kind in KINDS],
        "fifthLies": [run(lying(50, 10, kind, lookups // 4)) for kind in KINDS],
        "sweeps": [run(sweep(size, count)) for size, count in ((20, 10_000), (100, 10_000))],
        "full": asyncio.run(full(100_000)),
        "newcomer": newcomer(100_000),
        "churn": run(churn(60, 60)),
    }


def main() -> None:
    """Measure, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="5,20,100,300")
    parser.add_argument("--lookups", type=int, default=1_000)
    parser.add_argument("--only", choices=("simulated", "grpc"))
    given = parser.parse_args()
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if given.only else {}
    if given.only != "grpc":
        found |= simulated([int(size) for size in given.sizes.split(",")], given.lookups)
    if given.only != "simulated":
        found["grpc"] = {"machine": machine()} | over_grpc(given.lookups)
    write("dht", found, page(found))


if __name__ == "__main__":
    main()
