"""How fast a graph on Neo4j takes events and answers: chain and questions of `bench.trace`, on a server of
its
own.

    .venv/bin/python -m bench.trace_neo4j [--events 100000] [--each 10] [--runs 4]

The server is that of the lab: loopback, TLS, 512 MiB of heap. Writes bench/results/trace-neo4j-N.json and
trace-neo4j-N.md; the rate of the first steps, in which the server makes its plans, stands apart.
"""

import argparse
import asyncio
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.asking import Asked, measure
from bench.questions import Supplier
from bench.trace import LOG, STEP, page
from bench.workload import machine, write
from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.journey.ports import Indexed
from tracehold.lab.ports import held
from tracehold.lab.services.neo4j import USER, Neo4jServer, server_in

COLD_STEPS = 5
"""Steps that do not count as warm."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it took to index the events. Resident memory of the server in MiB."""

    events: int
    seconds: float
    cold_events_per_s: float
    warm_events_per_s: float
    bytes_per_event: float
    server_mib: float


async def load(graph: Neo4jGraph, server: Neo4jServer, supplier: Supplier) -> Loaded:
    """Index the events in steps, each one durable transaction."""
    times: list[float] = []
    at = 0
    for facts in supplier.steps():
        step = Indexed(LOG, at, at + len(facts), list(enumerate(facts, at)), [])
        begun = time.perf_counter()
        await graph.add(step)
        times.append(time.perf_counter() - begun)
        at += len(facts)
    cold, warm = times[:COLD_STEPS], times[COLD_STEPS:]
    return Loaded(
        at,
        round(sum(times), 1),
        round(len(cold) * STEP / sum(cold)),
        round(len(warm) * STEP / sum(warm)) if warm else 0,
        round(_size(server.folder / "data" / "databases") / at, 1),
        _resident_mib(server),
    )


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _resident_mib(server: Neo4jServer) -> float:
    status = Path(f"/proc/{server.slot.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return round(int(line.split()[1]) / 1024, 1)


async def bench(server: Neo4jServer, events: int, each: int, runs: int) -> tuple[Loaded, list[Asked]]:
    """Load, then ask."""
    login = Server(server.uri, USER, server.password_file.read_text(), str(server.certificate))
    async with Neo4jGraph(login) as graph:
        with Supplier(events, STEP, each) as supplier:
            loaded = await load(graph, server, supplier)
            questions = supplier.questions()
        return loaded, await measure(graph, questions, runs)


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="Events of the graph.")
    parser.add_argument("--each", type=int, default=10, help="Questions of each kind and size.")
    parser.add_argument("--runs", type=int, default=4, help="Runs of each question after the first.")
    options = parser.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        server = server_in(Path(folder))
        try:
            with held(1) as ports:
                server.found(ports.numbers[0])
                ports.release(*ports.numbers)
                server.launch()
            server.wait()
            loaded, asked = asyncio.run(bench(server, options.events, options.each, options.runs))
        finally:
            server.kill()
    results = {"machine": where, "loaded": asdict(loaded), "asked": [asdict(row) for row in asked]}
    write(f"trace-neo4j-{options.events}", results, page(f"{options.events} events on Neo4j", results))


if __name__ == "__main__":
    main()
