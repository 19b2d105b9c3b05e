"""How fast a graph on Neo4j takes events and answers: the walks of `bench.trace` on a server of its own.

    .venv/bin/python -m bench.trace_neo4j [--events 100000] [--runs 5]

The server is that of the lab: loopback, TLS, 512 MiB of heap. Writes bench/results/trace-neo4j-N.json; the
rate of the first steps, in which the server makes its plans, stands apart.
"""

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from bench.supply import STAGES, Chain
from bench.trace import LOG, RESULTS, STEP, Walked, choose, measure
from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.core.lineage import Direction
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


async def load(graph: Neo4jGraph, server: Neo4jServer, events: int) -> Loaded:
    """Index the events in steps, each one durable transaction."""
    times: list[float] = []
    at, source = 0, Chain().facts(events)
    while facts := list(islice(source, STEP)):
        step = Indexed(LOG, at, at + len(facts), list(enumerate(facts, at)), [])
        begun = time.perf_counter()
        await graph.add(step)
        times.append(time.perf_counter() - begun)
        at += len(facts)
    cold, warm = times[:COLD_STEPS], times[COLD_STEPS:]
    return Loaded(
        events,
        round(sum(times), 1),
        round(len(cold) * STEP / sum(cold)),
        round(len(warm) * STEP / sum(warm)) if warm else 0,
        round(_size(server.folder / "data" / "databases") / events, 1),
        _resident_mib(server),
    )


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _resident_mib(server: Neo4jServer) -> float:
    status = Path(f"/proc/{server.slot.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return round(int(line.split()[1]) / 1024, 1)


async def bench(server: Neo4jServer, events: int, runs: int) -> tuple[Loaded, list[Walked]]:
    """Load, then walk both ways."""
    login = Server(server.uri, USER, server.password_file.read_text(), str(server.certificate))
    chain, early = Chain(), Chain()
    for each, upto in ((chain, events), (early, min(events // 2, 50_000))):
        for _ in each.facts(upto):
            pass
    async with Neo4jGraph(login) as graph:
        loaded = await load(graph, server, events)
        last = await choose(graph, chain.lots(STAGES - 1), Direction.UPSTREAM)
        walked = [await measure(graph, item, Direction.UPSTREAM, runs) for item in last]
        for stage in (STAGES - 2, 2, 0):
            *_, largest = await choose(graph, early.lots(stage)[:12], Direction.DOWNSTREAM)
            walked.append(await measure(graph, largest, Direction.DOWNSTREAM, runs))
    return loaded, walked


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="Events of the graph.")
    parser.add_argument("--runs", type=int, default=5, help="Runs of each walk after the first.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = server_in(Path(folder))
        try:
            with held(1) as ports:
                server.found(ports.numbers[0])
                ports.release(*ports.numbers)
                server.launch()
            server.wait()
            loaded, walked = asyncio.run(bench(server, options.events, options.runs))
        finally:
            server.kill()
    print(json.dumps(asdict(loaded)))
    for one in walked:
        print(json.dumps(asdict(one)))
    results = {"loaded": asdict(loaded), "walks": [asdict(one) for one in walked]}
    (RESULTS / f"trace-neo4j-{options.events}.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
