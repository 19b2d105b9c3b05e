"""How fast a node keeps the log of another: the records judged as they come, and kept first and judged later.

    .venv/bin/python -m bench.holding [--megabytes 64] [--before 1000000]

One process, SQLite on disk with its fsyncs, shipments of up to 8 MiB; the network is left out. Writes
bench/results/holding.json and holding.md.
"""

import argparse
import asyncio
import json
import os
import sqlite3
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
from tracehold.adapters.sqlite_log.log import FILE
from tracehold.adapters.sqlite_log.schema import INDEX_BITS
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


async def into_full(megabytes: int, before: int) -> dict[str, Any]:
    """Records of 1 KiB into a store that holds so many entries already: each new fingerprint goes to another
    page of a large index.
    """
    made, shipments = await branch(1, megabytes)
    sent = [each for shipment in shipments for each in shipment.entries]
    total = sum(len(each.raw) for each in sent)
    chain = MemoryChain(made.clock.now, NETWORK)
    with tempfile.TemporaryDirectory(prefix="tracehold-bench-") as folder:
        async with SqliteLog.open(Path(folder)) as store:
            await Holder.started(made.clock, chain, 2, store=store, copies=store.copies)
        fill(Path(folder) / FILE, before)
        async with SqliteLog.open(Path(folder)) as store:
            holder = await Holder.started(made.clock, chain, 2, store=store, copies=store.copies)
            written = bytes_written()
            took = await timed(keep(holder, made, shipments, anchored=True))
            written = bytes_written() - written
    per_byte = round(written / total, 1)
    return rates(took, len(sent), total) | {"before": before, "writtenPerByte": per_byte}


def fill(file: Path, count: int) -> None:
    """Entries of another log, without their bytes, straight into the tables."""
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute("PRAGMA cache_size = -400000")
    raw.execute("BEGIN")
    raw.execute("INSERT INTO logs VALUES (900, ?)", (bytes(32),))
    raw.execute("INSERT INTO runs VALUES (900, 0, ?, 0)", (count,))
    some = ((900 << INDEX_BITS | at, os.urandom(32)) for at in range(count))
    raw.executemany("INSERT INTO entries VALUES (?, ?, 'text/plain', 0, 0, NULL)", some)
    raw.execute("COMMIT")
    raw.close()


def bytes_written() -> int:
    """What this process gave to the disk so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


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
            full(found["full"]),
        ]
    )


def full(case: dict[str, Any]) -> str:
    """The store that was not empty, in a sentence."""
    speed = f"{case['megabytesPerS']} MB/s, {case['megabytesPerCpuS']} MB per CPU s"
    return (
        f"Kept first, records of 1 KiB into a store of {case['before']:,} entries: {speed}, "
        f"{case['cpuMicrosPerRecord']} µs of CPU a record. For each byte of a record "
        f"{case['writtenPerByte']} are written to the disk, most of them pages of the index of fingerprints, "
        "in the write-ahead file and in the file.\n"
    )


async def results(megabytes: int, before: int) -> dict[str, Any]:
    """All sizes."""
    found: dict[str, Any] = {"machine": machine(), "sizes": []}
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        for kib in PIECES:
            found["sizes"].append(await measure(kib, megabytes, threads))
    found["full"] = await into_full(megabytes, before)
    return found


def main() -> None:
    """Run it, about a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--before", type=int, default=1_000_000)
    asked = parser.parse_args()
    found = asyncio.run(results(asked.megabytes, asked.before))
    write("holding", found, page(found))


if __name__ == "__main__":
    main()
