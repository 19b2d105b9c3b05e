"""How fast questions are answered over a network, and how soon its records are final.

    .venv/bin/python -m bench.trace_network [--runs 60]

Three nodes on this machine. First with two copies of each record, so that every node lacks a third of them
and has
to ask: a chain of ten transformations, each step sealed at the next node, is traced at each node in turn.
Then
with three copies and a block every two seconds: records are sent one at a time, and the blocks from SEALED to
FINAL
are counted. Writes bench/results/trace_network.json and trace_network.md.
"""

import argparse
import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.workload import machine, quantile, rows, write
from tracehold.cli.demo.things import Company
from tracehold.lab.network import Lab, made
from tracehold_client import AsyncClient, Item, State, event_json, wait_for_state

MAKER = Company("bench maker", "9521703")
DEPTH = 10
WIDTH = 3
"""Lots that each lot is made of: one goes on, the others begin there."""
CHAINS = 5
BLOCK_S = 2.0
NODES = 3
FINALS = 60


def main() -> None:
    """Run both parts, about four minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="Traces at each node.")
    found: dict[str, Any] = {"machine": machine(), "runs": parser.parse_args().runs}
    with network(replicas=2, block_s=0.0) as lab:
        found["trace"] = asyncio.run(_traces(lab, found["runs"]))
    with network(replicas=NODES, block_s=BLOCK_S) as lab:
        found["final"] = asyncio.run(_finals(lab))
    write("trace_network", found, page(found))


@contextmanager
def network(replicas: int, block_s: float) -> Iterator[Lab]:
    """A lab of three, up, and nothing of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tracehold-bench-"))
    try:
        with made(folder / "lab", NODES, replicas, print, block_s=block_s) as lab:
            try:
                lab.up()
                yield lab
            finally:
                lab.down()
    finally:
        shutil.rmtree(folder)


async def _traces(lab: Lab, runs: int) -> dict[str, Any]:
    """Milliseconds of traces up the chains, by node and for all; every answer is whole and verified."""
    for chain in range(CHAINS):
        await _tell(lab, chain)
    taken: dict[str, list[float]] = {}
    for seat in lab.plan.seats:
        async with AsyncClient(seat.grpc, token=seat.read_token) as client:
            taken[seat.name] = [await _trace(client, run % CHAINS) for run in range(runs)]
    every = [each for part in taken.values() for each in part]
    return {
        "items": DEPTH * WIDTH,
        "nodes": {name: _quantiles(part) for name, part in taken.items()},
        "all": _quantiles(every),
    }


async def _tell(lab: Lab, chain: int) -> None:
    """One chain of lots, each step at the next node, until all of it is FINAL."""
    steps = [_begin(chain), *(_step(chain, depth) for depth in range(DEPTH))]
    for at, seat in enumerate(lab.plan.seats):
        async with AsyncClient(seat.grpc, token=seat.capture_token) as client:
            sent = [(await client.upload([item]))[0].unwrap() for item in steps[at::NODES]]
            await wait_for_state(client, [each.fingerprint for each in sent], State.FINAL, 60)


def _lot(chain: int, depth: int, side: int = 0) -> str:
    return MAKER.lot(1 + side, f"C{chain}-{depth}").link


def _begin(chain: int) -> Item:
    """What is not made of anything else is commissioned."""
    lots = [_lot(chain, 0), *(_lot(chain, depth, side) for depth in range(DEPTH) for side in range(1, WIDTH))]
    return _event("ObjectEvent", 1, {"action": "ADD", "quantityList": _quantities(lots)})


def _step(chain: int, depth: int) -> Item:
    """One transformation."""
    inputs = [_lot(chain, depth, side) for side in range(WIDTH)]
    body = {
        "inputQuantityList": _quantities(inputs),
        "outputQuantityList": _quantities([_lot(chain, depth + 1)]),
    }
    return _event("TransformationEvent", depth + 2, body)


def _event(kind: str, day: int, body: dict[str, Any]) -> Item:
    head = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": kind,
        "eventTime": f"2026-01-{day:02}T08:00:00Z",
        "eventTimeZoneOffset": "+00:00",
    }
    return event_json(json.dumps(head | body).encode())


def _quantities(lots: list[str]) -> list[dict[str, Any]]:
    return [{"epcClass": lot, "quantity": 1.0, "uom": "KGM"} for lot in lots]


async def _trace(client: AsyncClient, chain: int) -> float:
    """Milliseconds of one trace over ten steps. What is not whole is no answer."""
    began = time.perf_counter()
    answer = await client.trace(_lot(chain, DEPTH), "upstream")
    took = (time.perf_counter() - began) * 1000
    assert len(answer.items) == DEPTH * WIDTH, len(answer.items)
    assert max(item.depth for item in answer.items) == DEPTH
    assert all(event.verified for event in answer.events)
    assert not answer.gaps, answer.gaps
    return took


async def _finals(lab: Lab) -> dict[str, Any]:
    """Seconds and blocks from the answer SEALED until the record is FINAL, at the nodes in turn."""
    seconds = list[float]()
    chance = random.Random(1)
    for number in range(FINALS):
        seat = lab.plan.seats[number % NODES]
        item = _step(1000 + number, 0)
        await asyncio.sleep(chance.uniform(0, BLOCK_S))  # at any moment between two blocks
        async with AsyncClient(seat.grpc, token=seat.capture_token) as client:
            (await client.upload([item]))[0].unwrap()
            began = time.monotonic()
            (final,) = await client.upload([item], wait_for=State.FINAL, timeout=60)
            assert final.state is State.FINAL
            seconds.append(time.monotonic() - began)
    return {
        "blockSeconds": BLOCK_S,
        "records": FINALS,
        "blocks": _quantiles([each / BLOCK_S for each in seconds]),
        "seconds": _quantiles(seconds),
    }


def _quantiles(values: list[float]) -> dict[str, float]:
    return {"p50": quantile(values, 0.5), "p95": quantile(values, 0.95), "worst": max(values)}


def page(found: dict[str, Any]) -> str:
    """The results for people."""
    where, trace, final = found["machine"], found["trace"], found["final"]
    lines = [*trace["nodes"].items(), ("all", trace["all"])]
    return (
        f"# A network of three\n\n{where['date']}, {where['cores']} cores of {where['cpu']},"
        f" Python {where['python']}, load before {where['loadBefore']:.1f}."
        " Three nodes, their chain and the client share the machine.\n\n"
        f"A trace over {DEPTH} transformations, each sealed at the next of three nodes,"
        f" {trace['items']} items; two copies of each record, so that every node asks the others."
        f" Each record verified in the request, no gaps; {found['runs']} traces at each node."
        " Goal: p95 under 1 s.\n\n"
        + rows(
            ("asked at", "p50 ms", "p95 ms", "worst ms"),
            [(name, *(f"{each[key]:.0f}" for key in ("p50", "p95", "worst"))) for name, each in lines],
        )
        + f"\n{final['records']} records, one at a time, from SEALED to FINAL: three copies, quorum 1,"
        f" a block every {final['blockSeconds']:g} s, anchors after 1 s. Goal: p95 under 3 blocks.\n\n"
        + rows(
            ("from SEALED to FINAL", "p50", "p95", "worst"),
            [
                (name, *(f"{final[name][key]:.1f}" for key in ("p50", "p95", "worst")))
                for name in ("blocks", "seconds")
            ],
        )
    )


if __name__ == "__main__":
    main()
