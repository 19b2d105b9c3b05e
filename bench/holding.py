"""How fast a node keeps the log of another: the records judged as they come, and kept first and judged later.

    .venv/bin/python -m bench.holding [--megabytes 64]

One process, SQLite on disk with its fsyncs, shipments of up to 8 MiB; the network is left out. Writes
bench/results/holding.json and holding.md.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.workload import KEY, SIGNER, event, machine, rows, write
from tests.journey.holding_scene import Branch, Holder
from tests.journey.scene import NETWORK, Clock, control
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.control import Enrol
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.assess import Assessor
from tracehold.journey.cargo import SHIPMENT_BYTES
from tracehold.journey.follow import Bell
from tracehold.journey.judge import Judge
from tracehold.journey.ports import Shipment
from tracehold.node.verifying import threaded
from tracehold_client import Signer

PIECES = {1: 2, 4: 60, 16: 296}
"""Pieces of an event, by the KiB that its record is to have."""


def document(number: int, kib: int) -> bytes:
    """An event of a record of about so many KiB: a shipment of more or fewer pieces."""
    body = json.loads(event(number))
    body["epcList"] = [SIGNER.piece(1, f"B{number}.{at}").link for at in range(PIECES[kib])]
    return json.dumps(body).encode()


async def branch(kib: int, megabytes: int) -> tuple[Branch, Sequence[Shipment]]:
    """A creator's log of so many MB of signed events, all within one segment, and its shipments."""
    made = await Branch.begun(Clock())
    made.seal(control(Enrol(SIGNER.party.link, KEY.public)).raw)
    signer = Signer(KEY, SIGNER.party.link, NETWORK)
    raws = [signer.event(document(0, kib))]
    count = min(megabytes * 1_000_000 // len(raws[0]), SEGMENT_ENTRIES - 8)
    raws += [signer.event(document(number, kib)) for number in range(1, count)]
    shipments, start, step = [made.shipment(0)], made.size, SHIPMENT_BYTES // len(raws[0])
    for at in range(0, count, step):
        made.seal(*raws[at : at + step])
        shipments.append(made.shipment(start))
        start = made.size
    return made, shipments


async def timed(work: Awaitable[object]) -> tuple[float, float]:
    """Seconds, and CPU seconds of the process."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work
    return time.perf_counter() - wall, time.process_time() - cpu


async def keep(holder: Holder, made: Branch, shipments: Sequence[Shipment], *, anchored: bool) -> None:
    """Keep all of them."""
    creator = made.neighbour()
    for shipment in shipments:
        await holder.holding.keep(creator, shipment, anchored=anchored)


async def judge(assessor: Assessor) -> None:
    """Judge all that was kept."""
    while await assessor.once():
        pass


async def beside(holder: Holder, made: Branch, shipments: Sequence[Shipment], assessor: Assessor) -> None:
    """Keep all of them while the node judges what it has, as it does at work."""
    bell = Bell()
    judging = asyncio.ensure_future(assessor.run(bell, asyncio.sleep))
    creator = made.neighbour()
    for shipment in shipments:
        await holder.holding.keep(creator, shipment, anchored=True)
        bell.ring()
    judging.cancel()
    await asyncio.gather(judging, return_exceptions=True)


async def measure(kib: int, megabytes: int, threads: ThreadPoolExecutor) -> dict[str, Any]:
    """One size, both ways."""
    made, shipments = await branch(kib, megabytes)
    verify = threaded(threads, os.cpu_count() or 1)
    records = sum(len(each.entries) for each in shipments)
    total = sum(len(sent.raw) for each in shipments for sent in each.entries)
    found: dict[str, Any] = {"kib": kib, "records": records, "bytes": total}
    for name in ("inline", "deferred", "beside"):
        with tempfile.TemporaryDirectory(prefix="tracehold-bench-") as folder:
            async with SqliteLog.open(Path(folder)) as store:
                chain = MemoryChain(made.clock.now, NETWORK)
                ports: dict[str, Any] = {"store": store, "copies": store.copies, "judge": Judge(verify)}
                holder = await Holder.started(made.clock, chain, 2, **ports)
                assessor = Assessor(store, Judge(verify))
                if name == "beside":
                    found[name] = rates(
                        await timed(beside(holder, made, shipments, assessor)), records, total
                    )
                    continue
                took = await timed(keep(holder, made, shipments, anchored=name == "deferred"))
                found[name] = rates(took, records, total)
                if name == "deferred":
                    found["judging"] = rates(await timed(judge(assessor)), records, total)
                assert await store.unjudged(made.log) == ()
                assert list(await store.disputes(made.log, 0, made.size)) == []
    return found


def rates(took: tuple[float, float], records: int, total: int) -> dict[str, float]:
    """Per second, and CPU for each record."""
    wall, cpu = took
    return {
        "megabytesPerS": round(total / 1e6 / wall, 1),
        "recordsPerS": round(records / wall),
        "seconds": round(wall, 3),
        "cpuMicrosPerRecord": round(cpu / records * 1e6, 1),
        "megabytesPerCpuS": round(total / 1e6 / cpu, 1),
    }


def page(found: dict[str, Any]) -> str:
    """The results as a page."""
    where = found["machine"]
    ways = {
        "inline": "judged as they come",
        "deferred": "kept first",
        "beside": "kept first, while what is there is judged",
        "judging": "judged later",
    }
    table = [
        (
            f"{case['bytes'] / case['records'] / 1024:.1f} KiB", f"{case['records']:,}", way,
            case[key]["megabytesPerS"], f"{case[key]['recordsPerS']:,}", case[key]["cpuMicrosPerRecord"],
            case[key]["megabytesPerCpuS"],
        )
        for case in found["sizes"]
        for key, way in ways.items()
    ]  # fmt: skip
    return "\n".join(
        [
            "# Keeping the logs of others",
            "",
            f"{where['date']}, {where['cores']} cores of {where['cpu']}, Python {where['python']}, "
            f"load before {where['loadBefore']:.1f}. Shipments of up to 8 MiB into SQLite on disk, one "
            "commit with its fsync each; without the network. Signed EPCIS events of "
            f"{', '.join(str(count) for count in PIECES.values())} pieces. All in one process: CPU is "
            "that of all its threads; other work ran on the machine, so the last column tells more.",
            "",
            rows(
                ("record", "records", "way", "MB/s", "records/s", "CPU µs per record", "MB per CPU s"), table
            ),
        ]
    )


async def results(megabytes: int) -> dict[str, Any]:
    """All sizes."""
    found: dict[str, Any] = {"machine": machine(), "sizes": []}
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        for kib in PIECES:
            found["sizes"].append(await measure(kib, megabytes, threads))
    return found


def main() -> None:
    """Run it, about a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=64)
    found = asyncio.run(results(parser.parse_args().megabytes))
    write("holding", found, page(found))


if __name__ == "__main__":
    main()
