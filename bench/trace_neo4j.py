"""How fast a graph on Neo4j takes events and answers: the questions of `bench.trace`, to a server of its own.

    .venv/bin/python -m bench.trace_neo4j [--events 100000] [--each 10] [--runs 4]

The server is that of the lab (loopback, TLS), with 1 GiB of heap and 2 GiB of page cache.
Every answer is compared with the truth. Beside the walk (a statement or two for each frontier, facts handed
to the rules) stands what one statement with the server's pruning breadth-first plan finds along the arrows,
how fast and how much of the truth; and what several items have in common, its names found ahead by the
server's traversal or frontier by frontier. Writes
trace-neo4j-N.json and .md to bench/results.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.asking import Asked, measure
from bench.neo4j_plans import Planned, Shared, plans, shared
from bench.questions import Supplier
from bench.trace import LOG, STEP, page
from bench.workload import machine, rows, write
from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.journey.ports import Indexed
from tracehold.lab.ports import held
from tracehold.lab.services.neo4j import USER, Neo4jServer, server_in

COLD_STEPS = 5
"""Steps that do not count as warm."""
HEAP_MB, PAGE_CACHE_MB = 1024, 2048
"""Of the server: the relations of a million events take some 3.4 GB."""
PATIENCE_S = 300.0
"""For one statement: what it takes is measured, and not limited."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it took to index the events, each step of a thousand one durable transaction; `client_cpu_s` is of
    this process. Resident memory of the server in MiB. The server makes its plans in the cold steps."""

    events: int
    seconds: float
    client_cpu_s: float
    cold_events_per_s: float
    warm_events_per_s: float
    slowest_warm_step_ms: float
    bytes_per_event: float
    server_mib: float


async def load(graph: Neo4jGraph, server: Neo4jServer, supplier: Supplier) -> Loaded:
    """Index the events, step after step."""
    times: list[tuple[int, float]] = []
    at, working = 0, 0.0
    for facts in supplier.steps():
        step = Indexed(LOG, at, at + len(facts), list(enumerate(facts, at)), [])
        begun, before = time.perf_counter(), time.process_time()
        await graph.add(step)
        working += time.process_time() - before
        times.append((len(facts), time.perf_counter() - begun))
        at += len(facts)
    cold, warm = times[:COLD_STEPS], times[COLD_STEPS:] or times
    return Loaded(
        at,
        round(sum(spent for _, spent in times), 1),
        round(working, 1),
        _rate(cold),
        _rate(warm),
        _ms(max(spent for _, spent in warm)),
        round(_size(server.folder / "data" / "databases") / at, 1),
        _resident_mib(server),
    )


def _rate(steps: Sequence[tuple[int, float]]) -> float:
    return round(sum(count for count, _ in steps) / sum(spent for _, spent in steps))


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _resident_mib(server: Neo4jServer) -> float:
    status = Path(f"/proc/{server.slot.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return round(int(line.split()[1]) / 1024, 1)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything."""

    loaded: Loaded
    asked: list[Asked]
    plans: list[Planned]
    shared: list[Shared]


async def bench(server: Neo4jServer, events: int, each: int, runs: int) -> Found:
    """Load, then ask."""
    password, certificate = server.password_file.read_text(), str(server.certificate)
    login = Server(server.uri, USER, password, certificate, timeout_s=PATIENCE_S)
    async with Neo4jGraph(login) as graph:
        with Supplier(events, STEP, each) as supplier:
            loaded = await load(graph, server, supplier)
            questions = supplier.questions()
        asked = await measure(graph, questions, runs)
        return Found(loaded, asked, await plans(login, questions, runs), await shared(graph, questions))


def pages(events: int, results: dict[str, Any]) -> str:
    """The results as tables."""
    parts = [page(f"{events} events on Neo4j", results)]
    for name, about in (
        ("plans", "One statement along the arrows, the server's pruning breadth-first plan:"),
        (
            "shared",
            "What items have in common and where they passed: names ahead by the server's traversal, or "
            "frontier by frontier:",
        ),
    ):
        table = [tuple(row.values()) for row in results[name]]
        parts += [about + "\n", rows(tuple(results[name][0]), table)] if table else []
    return "\n".join(parts)


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="Events of the graph.")
    parser.add_argument("--each", type=int, default=10, help="Questions of each kind and size.")
    parser.add_argument("--runs", type=int, default=4, help="Runs of each question after the first.")
    options = parser.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        server = server_in(Path(folder), HEAP_MB, PAGE_CACHE_MB)
        try:
            with held(1) as ports:
                server.found(ports.numbers[0])
                ports.release(*ports.numbers)
                server.launch()
            server.wait()
            found = asyncio.run(bench(server, options.events, options.each, options.runs))
        finally:
            server.kill()
    results = {"machine": where, **asdict(found)}
    write(f"trace-neo4j-{options.events}", results, pages(options.events, results))


if __name__ == "__main__":
    main()
