"""A ring over gRPC for the bench, and a node in it that keeps many records on disk."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from tests.network.asking import placed
from tests.network.ring import join, key_of
from tests.ports.ringed import GrpcRing, grpc_ring, grpc_ring_joined
from tracehold.adapters.sqlite_directory import DirectoryFile, SqliteShelf
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import Provider
from tracehold.core.ids import LogId
from tracehold.journey.announce import POOR_MS
from tracehold.journey.tidying import SLICE

SIZE = 20


@asynccontextmanager
async def ringed(joined: bool = True, **given: Any) -> AsyncIterator[GrpcRing]:
    """So many nodes, at the speed of a network in use."""
    make = grpc_ring_joined if joined else grpc_ring
    with tempfile.TemporaryDirectory() as folder:
        async with make(Path(folder), SIZE, patience=1.0, **given) as ring:
            yield ring


async def settled(ring: GrpcRing, truth: Mapping[Key, set[LogId]]) -> None:
    """Let be announced again what too few heard, as nodes do after ten minutes: where a machine is busy, some
    of the twenty do not answer in time.
    """
    for _ in range(3):
        if await placed(ring, truth) == 1.0:
            return
        ring.passed += POOR_MS / 1_000
        await asyncio.gather(*(member.announce() for member in ring.up()))


async def full(records: int) -> dict[str, Any]:
    """A node that keeps many records on disk: how long its loop stands still while a newcomer joins by it,
    and while expired records are forgotten.
    """
    with tempfile.TemporaryDirectory() as folder, closing(DirectoryFile(Path(folder) / "d.sqlite")) as file:
        async with ringed(joined=False) as ring:
            host, *others, new = ring.members.values()
            now, shelf = host.seat.now_ms, SqliteShelf(file)
            for start in range(0, records, 1_000):
                await shelf.put([unsigned(number, now) for number in range(start, start + 1_000)], now)
            host.shelf = shelf
            host.start()
            await join([host, *others])
            new.seeds = [host.log]
            spent = _spending(host)
            await new.contacts.join()
            calls, worst = len(spent), max(spent)
            slices = await _expiring(shelf, now + 10_000)
        return {
            "records": records,
            "newcomerCalls": calls,
            "newcomerMs": round(sum(spent) * 1e3, 2),
            "newcomerWorstMs": round(worst * 1e3, 2),
            "expirySlice": SLICE,
            "sliceMsMedian": round(sorted(slices)[len(slices) // 2] * 1e3, 2),
            "sliceMsMax": round(max(slices) * 1e3, 2),
            "slices": len(slices),
        }


def unsigned(number: int, now: int) -> Provider:
    """The shelf checks no signatures."""
    holder = LogId((number % 50).to_bytes(32, "big"))
    return Provider(key_of(f"key {number}"), holder, 1, now, now + 1_000 + number % 1_000, os.urandom(64))


def _spending(member: Any) -> list[float]:
    """CPU seconds of each question that the member answers from now on."""
    spent: list[float] = []

    def timed(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*args: Any) -> Any:
            start = time.thread_time()
            try:
                return await method(*args)
            finally:
                spent.append(time.thread_time() - start)

        return run

    for name in ("find_node", "get_providers", "add_providers"):
        setattr(member.directory, name, timed(getattr(member.directory, name)))
    return spent


async def _expiring(shelf: SqliteShelf, now: int) -> list[float]:
    """CPU seconds of each slice."""
    slices: list[float] = []
    while True:
        cpu = time.process_time()
        if not await shelf.expire(now, SLICE):
            return slices
        slices.append(time.process_time() - cpu)
