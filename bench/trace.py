"""How fast a graph answers: N made-up events as facts into SQLite, then walks of several sizes.

    .venv/bin/python -m bench.trace [--events 100000] [--runs 9] [--file PATH]

It is the graph and the rules that are measured; no record is checked. Writes bench/results/trace-N.json.
Upstream walks start at the last stage, recalls at each earlier one; the smallest, middle and largest are
shown.
"""

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from bench.supply import STAGES, Chain
from tracehold.adapters.neo4j_graph import Neo4jGraph
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.ids import LogId
from tracehold.core.lineage import Direction, TraceResult, trace
from tracehold.journey.ports import Graph, Indexed

LOG = LogId(bytes(32))
STEP = 1_000
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it took to index the events. Memory in MiB, resident, at its highest so far."""

    events: int
    seconds: float
    events_per_s: float
    bytes_per_event: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Walked:
    """One walk: what it found and read, and milliseconds that went by; the first run has nothing in memory.

    `graph_cpu_ms` and `rules_cpu_ms` are processor time, the least of all later runs: what is left of it on a
    machine that others use too.
    """

    direction: str
    items: int
    events: int
    facts: int
    steps: int
    first_ms: float
    median_ms: float
    worst_ms: float
    graph_cpu_ms: float
    rules_cpu_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a walk. Seconds."""

    result: TraceResult
    facts: int
    steps: int
    seconds: float
    graph_cpu: float
    rules_cpu: float


async def load(graph: SqliteGraph, path: Path, chain: Chain, events: int) -> Loaded:
    """Index the events in steps, each one durable transaction."""
    spent, at = 0.0, 0
    source = chain.facts(events)
    while facts := list(islice(source, STEP)):
        step = Indexed(LOG, at, at + len(facts), list(enumerate(facts, at)), [])
        begun = time.perf_counter()
        await graph.add(step)
        spent += time.perf_counter() - begun
        at += len(facts)
    size = sum(each.stat().st_size for each in path.parent.glob(path.name + "*"))
    return Loaded(events, round(spent, 2), round(events / spent), round(size / events, 1), _peak_mib())


async def walk(graph: Graph, item: str, direction: Direction) -> Run:
    """Ask, step by step."""
    begun, working = time.perf_counter(), time.process_time()
    asked, facts, steps, reading = trace(item, direction), 0, 0, 0.0
    while not asked.done:
        wanted = asked.wanted()
        before = time.process_time()
        found = await graph.facts(wanted.items, wanted.transformations)
        reading += time.process_time() - before
        asked.feed(found)
        facts, steps = facts + len(found), steps + 1
    result = asked.result()
    spent = time.process_time() - working
    return Run(result, facts, steps, time.perf_counter() - begun, reading, spent - reading)


async def measure(graph: SqliteGraph | Neo4jGraph, item: str, direction: Direction, runs: int) -> Walked:
    """The walk, several times; the first with nothing remembered."""
    graph.forget()
    first, *later = [await walk(graph, item, direction) for _ in range(runs + 1)]
    seconds = [run.seconds for run in later]
    return Walked(
        str(direction),
        len(first.result.items),
        len(first.result.events),
        first.facts,
        first.steps,
        _ms(first.seconds),
        _ms(statistics.median(seconds)),
        _ms(max(seconds)),
        _ms(min(run.graph_cpu for run in later)),
        _ms(min(run.rules_cpu for run in later)),
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)


async def choose(graph: Graph, items: list[str], direction: Direction) -> list[str]:
    """The items with the smallest, the middle and the largest answer."""
    sized = sorted([(len((await walk(graph, item, direction)).result.items), item) for item in items])
    return [sized[0][1], sized[len(sized) // 2][1], sized[-1][1]]


async def bench(path: Path, events: int, runs: int) -> tuple[Loaded, list[Walked]]:
    """Load, then walk both ways."""
    chain, graph = Chain(), SqliteGraph(path)
    early = Chain()
    for _ in early.facts(min(events // 2, 50_000)):
        pass
    try:
        loaded = await load(graph, path, chain, events)
        last = await choose(graph, chain.lots(STAGES - 1), Direction.UPSTREAM)
        walked = [await measure(graph, item, Direction.UPSTREAM, runs) for item in last]
        for stage in (STAGES - 2, 2, 0):
            *_, largest = await choose(graph, early.lots(stage)[:12], Direction.DOWNSTREAM)
            walked.append(await measure(graph, largest, Direction.DOWNSTREAM, runs))
    finally:
        graph.close()
    return loaded, walked


def _peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="Events of the graph.")
    parser.add_argument("--runs", type=int, default=9, help="Runs of each walk after the first.")
    parser.add_argument("--file", type=Path, help="Where the graph is kept; a temporary file else.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "graph.sqlite"
        loaded, walked = asyncio.run(bench(path, options.events, options.runs))
    print(json.dumps(asdict(loaded)))
    for one in walked:
        print(json.dumps(asdict(one)))
    results = {"loaded": asdict(loaded), "walks": [asdict(one) for one in walked], "peak_mib": _peak_mib()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"trace-{options.events}.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
