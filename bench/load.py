"""Load on a running node: how much, how late, at what CPU and what gas."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.workload import quantile
from tests.e2e.world import World
from tracehold.cli.demo.gas import anchors
from tracehold_client import AsyncClient, Item, State, statement, wait_for_state
from tracehold_client.patience import Clock

BATCH = 100


@dataclass(frozen=True)
class Throughput:
    """Durable events a second, and the node's CPU microseconds for each."""

    events_per_second: float
    cpu_us_per_event: float


@dataclass(frozen=True)
class Latency:
    """Milliseconds from sending a message to its answer at SEALED, and until its records were FINAL."""

    offered: float
    sealed_p50: float
    sealed_p99: float
    final_p50: float
    final_p99: float


async def throughput(world: World, records: Sequence[bytes], lanes: int = 4) -> Throughput:
    """All records in messages of 100, `lanes` messages under way."""
    batches = _batches(records)
    async with AsyncClient(world.grpc) as client:
        room = asyncio.Semaphore(lanes)

        async def send(batch: list[Item]) -> None:
            async with room:
                for outcome in await client.upload(batch, receipts=True):
                    outcome.unwrap()

        before, began = node_cpu(world), time.monotonic()
        await asyncio.gather(*map(send, batches))
        took, cpu = time.monotonic() - began, node_cpu(world) - before
    return Throughput(len(records) / took, cpu / len(records) * 1e6)


async def latency(world: World, records: Sequence[bytes], per_second: float) -> Latency:
    """The records in messages of 100, sent at fixed times so that a slow answer delays no later message."""
    batches = _batches(records)
    sealed: list[float] = []
    final: list[float] = []
    async with AsyncClient(world.grpc) as client:

        async def send(number: int, batch: list[Item]) -> None:
            due = began + number * BATCH / per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            outcomes = await client.upload(batch)
            sealed.append((time.monotonic() - due) * 1000)
            await _until_final(client, outcomes[-1].unwrap().fingerprint)
            final.append((time.monotonic() - due) * 1000)

        began = time.monotonic() + 0.1
        await asyncio.gather(*(send(number, batch) for number, batch in enumerate(batches)))
    return Latency(
        per_second, quantile(sealed, 0.5), quantile(sealed, 0.99), quantile(final, 0.5), quantile(final, 0.99)
    )


async def gas(world: World, records: Sequence[bytes]) -> tuple[int, int]:
    """(gas, anchors) for these records: the chain stands still while they are sealed, so that one anchor
    takes them.
    """
    before = anchors(world.rpc, world.contract)
    assert world.chain is not None
    world.chain.stop()
    async with AsyncClient(world.grpc) as client:
        sealed = []
        for batch in _batches(records):
            sealed += await client.upload(batch, receipts=False, timeout=60)
        await asyncio.to_thread(world.start_chain)
        await wait_for_state(client, [outcome.unwrap().fingerprint for outcome in sealed], State.FINAL, 120)
    after = anchors(world.rpc, world.contract)
    return after.gas - before.gas, after.anchors - before.anchors


def node_cpu(world: World) -> float:
    """CPU seconds of the node's process so far."""
    assert world.node is not None
    fields = Path(f"/proc/{world.node.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _until_final(client: AsyncClient, fingerprint: str) -> None:
    steady = Clock(sleep=lambda _: asyncio.sleep(0.05))  # growing waits would show in the figures
    await wait_for_state(client, [fingerprint], State.FINAL, 120, clock=steady)


def _batches(records: Sequence[bytes]) -> list[list[Item]]:
    return [[statement(raw) for raw in records[at : at + BATCH]] for at in range(0, len(records), BATCH)]
