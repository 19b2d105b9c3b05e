"""A thousand anchors by three nodes on a chain of three sealers: how soon what is sealed is final, at what
gas, and whether any nonce went wrong.

    .venv/bin/python -m bench.chain [--anchors 1000] [--period 3]

A Clique network of three geth (`make services`), a node of our own at each, quorum 1, three copies. Every
node gets one record after the other, anchors whatever is sealed as soon as its anchor before is in a block,
and stops when it has its third of the anchors. FINAL is when the node has kept it as such; heights are those
of its own sealer. Blocks come every 3 s by default: geth assembles a block when the one before arrives and
looks for more 2 s later, so with faster ones whatever arrives in between waits for one block more.

Writes bench/results/chain.json and chain.md; with another period chain_5s.json and so on.
"""

import argparse
import asyncio
import os
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.chain_lab import NODES, Disk, disk_of, faults_of_nonces, mined, network, reorganised, told
from bench.chain_page import page
from bench.workload import event, machine, quantile, write
from tracehold.adapters.ethereum.client import Client
from tracehold.lab.network import Lab
from tracehold.lab.plan import Seat
from tracehold.lab.readiness import status_of
from tracehold.lab.services.clique import Network
from tracehold_client import AsyncClient, event_json
from tracehold_client.jsonrpc import JsonRpc

PERIOD_S = 3
EVERY_S = 0.5
"""Between two records of a creator."""
LOOK_S = 0.05
TELL_S = 15.0


@dataclass
class Wait:
    """One record from its answer at SEALED until it is FINAL, in blocks and in seconds."""

    index: int
    height: int
    at: float
    blocks: int = 0
    seconds: float = 0.0


@dataclass
class Creator:
    """One node and its load."""

    number: int
    seat: Seat
    disk: Disk
    chain: Client
    wanted: int
    waiting: deque[Wait] = field(default_factory=deque)
    done: list[Wait] = field(default_factory=list)
    feeding: bool = True

    async def feed(self) -> None:
        """One record after the other until there are anchors enough."""
        sent = 0
        async with AsyncClient(self.seat.grpc, token=self.seat.capture_token, timeout=60) as client:
            while self.disk.mined() < self.wanted:
                began, number = time.monotonic(), self.number * 1_000_000 + sent
                (outcome,) = await client.upload([event_json(event(number))], receipts=False)
                index, height = outcome.unwrap().index, await self.chain.height()
                self.waiting.append(Wait(index, height, time.monotonic()))
                sent += 1
                await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
        self.feeding = False

    async def watch(self) -> None:
        """Look, until all is fed and final."""
        while self.feeding or self.waiting:
            final = self.disk.final()
            if self.waiting and self.waiting[0].index < final:
                # Read after it is final: the figure is never too small.
                height, now = await self.chain.height(), time.monotonic()
                while self.waiting and self.waiting[0].index < final:
                    wait = self.waiting.popleft()
                    wait.blocks, wait.seconds = height - wait.height, now - wait.at
                    self.done.append(wait)
            await asyncio.sleep(LOOK_S)


def main() -> None:
    """A thousand anchors take about twenty minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anchors", type=int, default=1_000, help="Of all creators together.")
    parser.add_argument("--period", type=int, default=PERIOD_S, help="Seconds between blocks.")
    asked = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "periodS": asked.period, "sealers": NODES}
    with network(asked.period) as (lab, chain):
        found |= asyncio.run(drill(lab, chain, -(-asked.anchors // NODES)))
    name = "chain" if asked.period == PERIOD_S else f"chain_{asked.period}s"
    write(name, found, page(found))


async def drill(lab: Lab, chain: Network, wanted: int) -> dict[str, Any]:
    """So many anchors by each; what was seen."""
    creators, depths = [], set()
    for number, seat in enumerate(lab.plan.seats, 1):
        status = status_of(seat)
        assert status is not None
        depths.add(status["chain"]["finality"])
        disk = disk_of(lab, seat, status["log"])
        creators.append(Creator(number, seat, disk, Client(chain.rpc(number)), wanted))
    (finality,) = depths
    began, first = time.monotonic(), await creators[0].chain.height()
    loads = [os.getloadavg()[0]]
    telling = asyncio.create_task(_tell(creators, began, loads))
    async with asyncio.TaskGroup() as work:
        for creator in creators:
            work.create_task(creator.feed())
            work.create_task(creator.watch())
    took, last = time.monotonic() - began, await creators[0].chain.height()
    telling.cancel()
    for creator in creators:
        await creator.chain.close()
    asked = JsonRpc(chain.rpc(1))
    events = mined(asked, lab.plan.contract)
    waits = [wait for creator in creators for wait in creator.done]
    gas = [each["gas"] for each in events]
    return {
        "finality": finality,
        "quorum": lab.plan.quorum,
        "copies": lab.plan.target,
        "anchors": len(events),
        "records": len(waits),
        "seconds": took,
        "blocks": last - first,
        "perMinute": len(events) / took * 60,
        "toFinal": {
            "blocks": _spread([wait.blocks for wait in waits]),
            "seconds": _spread([wait.seconds for wait in waits]),
        },
        "gas": {"mean": sum(gas) / len(gas), "max": max(gas), "first": events[0]["gas"]},
        "nonceErrors": faults_of_nonces(lab, asked, [each.disk for each in creators], events),
        "told": told(lab),
        "everyS": EVERY_S,
        "loads": [min(loads), max(loads)],
        "reorganised": reorganised(chain),
    }


async def _tell(creators: Sequence[Creator], began: float, loads: list[float]) -> None:
    while True:
        await asyncio.sleep(TELL_S)
        loads.append(os.getloadavg()[0])
        made, wanted = sum(each.disk.mined() for each in creators), sum(each.wanted for each in creators)
        final, took = sum(len(each.done) for each in creators), time.monotonic() - began
        pace = f"{made / took * 60:.0f} a minute"
        print(f"{took:6.0f} s  {made} of {wanted} anchors, {pace}, {final} records FINAL", flush=True)


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = list(values)
    return {name: quantile(ordered, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


if __name__ == "__main__":
    main()
