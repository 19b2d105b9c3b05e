"""How fast a graph takes events and answers: a made-up supply chain into SQLite, then questions of several
sizes.

    .venv/bin/python -m bench.trace [--events 100000] [--each 10] [--runs 4] [--file PATH]

The chain is made, and its truth kept, in a process of its own (`bench.supply`, `bench.truth`); every answer
is
compared with the truth, and the run ends with the first that is not it. Timed are the graph and the rules, on
facts that were made before; what it takes to read an event and to check a record stands apart. Writes
bench/results/trace-N.json and trace-N.md.
"""

import argparse
import asyncio
import os
import resource
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.asking import Asked, measure
from bench.questions import Supplier
from bench.workload import KEY, cpu_seconds, machine, rows, statements, write
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.record import check_signature, parse
from tracehold.journey.ports import Indexed
from tracehold.node.collecting import collect_seldom

LOG = LogId(bytes(32))
STEP = 1_000
CHECKED = 500
"""Records whose checks are timed."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it took to index the events, each step of a thousand one durable transaction, with the closing of
    the file; `cpu_s` is of this process. Memory in MiB, resident, at its highest so far."""

    events: int
    seconds: float
    events_per_s: float
    cpu_s: float
    events_per_cpu_s: float
    slowest_step_ms: float
    bytes_per_event: float
    peak_mib: float


async def load(path: Path, supplier: Supplier) -> Loaded:
    """Index the events, step after step; and close, by which all of it is brought into the one file."""
    times, working, at = [], 0.0, 0
    with closing(SqliteGraph(path)) as graph:
        for facts in supplier.steps():
            step = Indexed(LOG, at, at + len(facts), list(enumerate(facts, at)), [])
            begun, before = time.perf_counter(), time.process_time()
            await graph.add(step)
            working += time.process_time() - before
            times.append(time.perf_counter() - begun)
            at += len(facts)
        begun, before = time.perf_counter(), time.process_time()
    working += time.process_time() - before
    spent = sum(times) + time.perf_counter() - begun
    size = sum(each.stat().st_size for each in path.parent.glob(path.name + "*"))
    return Loaded(
        at,
        round(spent, 2),
        round(at / spent),
        round(working, 2),
        round(at / working),
        round(max(times) * 1e3, 1),
        round(size / at, 1),
        _peak_mib(),
    )


async def bench(path: Path, events: int, each: int, runs: int) -> tuple[Loaded, list[Asked]]:
    """Load, then ask."""
    with Supplier(events, STEP, each) as supplier:
        loaded = await load(path, supplier)
        questions = supplier.questions()
    with closing(SqliteGraph(path)) as graph:
        return loaded, await measure(graph, questions, runs)


def checks() -> dict[str, float]:
    """Microseconds of processor time for one record of five pieces: its form and signature, and the reading
    of
    its event."""
    raw = statements(NetworkId(bytes(32)), 0, CHECKED)
    records = [parse(one) for one in raw]

    def check() -> None:
        for one in raw:
            check_signature(parse(one), KEY.public)

    def read() -> None:
        for record in records:
            parse_event(record.payload, Mode.TOLERANT)

    return {
        "check_us": round(cpu_seconds(check) / CHECKED * 1e6, 1),
        "read_us": round(cpu_seconds(read) / CHECKED * 1e6, 1),
    }


def page(title: str, results: dict[str, Any]) -> str:
    """The results as tables."""
    where, loaded, asked = results["machine"], results["loaded"], results["asked"]
    host = f"{where['cpu']}, {where['cores']} cores, load {where['loadBefore']:.1f} before"
    if "loadAfter" in results:
        host += f" and {results['loadAfter']:.1f} after (the run itself: 1 to 2)"
    parts = [
        f"# {title}\n\n{where['date']}, {host}, Python {where['python']}.\n",
        rows(("indexed", "value"), list(loaded.items())),
        "Every answer is the truth. `first`: nothing was remembered; the others: asked again.\n",
        rows(tuple(asked[0]), [tuple(row.values()) for row in asked]) if asked else "",
    ]
    if "checks" in results:
        check, read = results["checks"]["check_us"], results["checks"]["read_us"]
        parts.append(
            f"Not in these times: form and signature of a record, {check} us, and the reading of its event, "
            f"{read} us, for each fact that a node reads of its own log or of another node.\n"
        )
    return "\n".join(parts)


def _peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="Events of the graph.")
    parser.add_argument("--each", type=int, default=10, help="Questions of each kind and size.")
    parser.add_argument("--runs", type=int, default=4, help="Runs of each question after the first.")
    parser.add_argument("--file", type=Path, help="Where the graph is kept; a temporary file else.")
    options = parser.parse_args()
    where = machine()
    collect_seldom()  # as a node
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "graph.sqlite"
        loaded, asked = asyncio.run(bench(path, options.events, options.each, options.runs))
    results = {
        "machine": where,
        "loadAfter": os.getloadavg()[0],
        "loaded": asdict(loaded),
        "asked": [asdict(row) for row in asked],
        "peak_mib": _peak_mib(),
        "checks": checks(),
    }
    write(f"trace-{options.events}", results, page(f"{options.events} events on SQLite", results))


if __name__ == "__main__":
    main()
