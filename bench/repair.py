"""How soon and how fast copies are made good after a node was lost, while others upload.

    .venv/bin/python -m bench.repair [--megabytes 100] [--kib 1 4 16]

A lab of five that keeps three copies. Two nodes get so many MB of signed events each; then one of them is
killed for good, which also kept the log of the other. What it kept is shipped to another by the log's
creator, and its own log is fetched by those whose turn it is. Somebody uploads to a third node all the time.
Copies are counted at those that live, four times a second. Writes bench/results/repair.json and repair.md.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from bench.copies import Log, Look, cpu_s
from bench.holding import document
from bench.repair_page import page
from bench.workload import machine, quantile, write
from tests.e2e.labs import configure
from tracehold.lab.network import Lab, made
from tracehold.lab.plan import Seat
from tracehold.lab.readiness import acquainted, status_of
from tracehold_client import AsyncClient, Item, event_json

NODES, TARGET = 5, 3
LIMITS = {"suspect_s": 5.0, "replace_s": 20.0, "look_s": 1.0}
PATIENT = {"suspect_s": 600.0, "replace_s": 3600.0, "patience_s": 600.0}
"""While the logs are filled nobody keeps one but those whose place it is, busy as they are."""
LOOK_S = 0.25
BATCH, LANES = 100, 3
BATCH_BYTES = 2_000_000
CALM_S = 5.0
"""Seconds of the background load before the kill."""
GIVE_UP_S = 900.0


def main() -> None:
    """All sizes, some minutes each: most of it is uploading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100, help="Of records in each of two logs.")
    parser.add_argument("--kib", type=int, nargs="+", default=[1, 4, 16], help="Sizes of a record.")
    asked = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "limits": LIMITS, "sizes": []}
    for kib in asked.kib:
        with network() as lab:
            found["sizes"].append(asyncio.run(Drill(lab, kib).run(asked.megabytes)))
        write("repair", found, page(found))


@contextmanager
def network() -> Iterator[Lab]:
    """A lab of five, up, and nothing of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tracehold-bench-"))
    try:
        with made(folder / "lab", NODES, TARGET, print) as lab:
            try:
                lab.build()
                configure(lab, lab.names, replication=PATIENT)
                lab.up()
                yield lab
            finally:
                lab.down()
    finally:
        shutil.rmtree(folder)


class Drill:
    """One network, one size of records."""

    def __init__(self, lab: Lab, kib: int) -> None:
        self.lab = lab
        self.kib = kib
        self._numbers = iter(range(1 << 40))
        self._answers: list[tuple[float, float]] = []

    async def run(self, megabytes: int) -> dict[str, Any]:
        """Fill, kill, watch; what was seen."""
        creator, *others = self.lab.plan.seats
        await self._upload(creator, [self._event() for _ in range(10)])
        gone = self.lab.plan.seats[_holders(creator)[0] - 1]
        filled = await asyncio.gather(*(self._fill(seat, megabytes) for seat in (creator, gone)))
        await _until(lambda: all(_quiet(seat) for seat in self.lab.plan.seats))
        await asyncio.to_thread(self._hasten)
        logs = {seat.name: self._log(seat) for seat in (creator, gone)}
        third = next(seat for seat in others if seat != gone)
        background = asyncio.create_task(self._background(third))
        await asyncio.sleep(CALM_S)
        self.lab.kill(gone.name)
        killed, load = time.monotonic(), os.getloadavg()[0]
        await self._watch(killed, gone, creator, logs.values())
        background.cancel()
        await asyncio.wait([background])
        ended = time.monotonic()
        return {
            "kib": self.kib,
            "loadAtKill": load,
            "uploadedMbPerS": sum(filled),
            "shipped": logs[creator.name].told(TARGET),
            "fetched": logs[gone.name].told(TARGET),
            "answersBefore": _seconds([took for at, took in self._answers if at < killed]),
            "answersMeanwhile": _seconds([took for at, took in self._answers if killed <= at < ended]),
        }

    def _hasten(self) -> None:
        """Start all nodes again with short limits."""
        self.lab.stop(self.lab.names)
        configure(self.lab, self.lab.names, replication=LIMITS)
        self.lab.start(self.lab.names)
        for seat in self.lab.plan.seats:
            self.lab.slot(seat.name).wait_until(partial(acquainted, seat))

    # -- filling

    def _event(self, kib: int | None = None) -> Item:
        number, template = next(self._numbers), _template(kib or self.kib)
        for old, new in ((b"B0.", b"B%d."), (b"DA-0000", b"DA-%04d"), (b"-000000000000", b"-%012x")):
            template = template.replace(old, new % number)
        return event_json(template)

    async def _fill(self, seat: Seat, megabytes: int) -> float:
        """MB/s of uploads to SEALED."""
        count = megabytes * 1_000_000 // (self.kib * 1024)
        batch = min(BATCH, BATCH_BYTES // (self.kib * 1024))
        room = asyncio.Semaphore(LANES)

        async def send() -> None:
            async with room:
                await self._upload(seat, [self._event() for _ in range(batch)])

        began = time.monotonic()
        await asyncio.gather(*(send() for _ in range(count // batch)))
        return count * self.kib * 1024 / 1e6 / (time.monotonic() - began)

    async def _upload(self, seat: Seat, items: list[Item]) -> None:
        async with AsyncClient(seat.grpc, token=seat.capture_token, timeout=60) as client:
            for outcome in await client.upload(items, receipts=False):
                outcome.unwrap()

    async def _background(self, seat: Seat) -> None:
        """Ten records of 1 KiB five times a second, and how long each answer took."""
        async with AsyncClient(seat.grpc, token=seat.capture_token, timeout=60) as client:
            while True:
                items, began = [self._event(1) for _ in range(10)], time.monotonic()
                for outcome in await client.upload(items, receipts=False):
                    outcome.unwrap()
                self._answers.append((began, time.monotonic() - began))
                await asyncio.sleep(max(0.0, 0.2 - (time.monotonic() - began)))

    # -- watching

    def _data(self, seat: Seat) -> Path:
        return self.lab.home(seat.name) / "data"

    def _log(self, seat: Seat) -> Log:
        return Log.of(bytes.fromhex(_status(seat)["log"]), self._data(seat))

    async def _watch(self, killed: float, gone: Seat, creator: Seat, logs: Collection[Log]) -> None:
        """Look until both logs are back at target, and the creator that is left says so."""
        left = [seat for seat in self.lab.plan.seats if seat != gone]
        disks = [self._data(seat) for seat in left]
        number = 1 + self.lab.plan.seats.index(gone)
        pids = [self.lab.slot(seat.name).pid for seat in left]
        while True:
            for log in logs:
                kept = await asyncio.to_thread(log.entries_on, disks)
                cpu = sum(map(cpu_s, pids))
                log.looks.append(Look(time.monotonic() - killed, kept / log.entries, cpu))
            whole = all(log.looks[-1].copies >= TARGET for log in logs)
            if whole and number not in await asyncio.to_thread(_holders, creator):
                return
            if time.monotonic() - killed > GIVE_UP_S:
                raise TimeoutError([log.looks[-1] for log in logs])
            await asyncio.sleep(LOOK_S)


@cache
def _template(kib: int) -> bytes:
    """An event of about so many KiB: number 0, whose pieces are named B0.n."""
    return document(0, kib)


def _status(seat: Seat) -> dict[str, Any]:
    found = None
    while found is None:  # a node that is busy is asked again
        found = status_of(seat)
    return found


def _holders(seat: Seat) -> list[int]:
    return [each["node"] for part in _status(seat)["segments"] for each in part["holders"]]


def _quiet(seat: Seat) -> bool:
    status = _status(seat)
    return bool(
        status["final"] == status["sealed"] == status["indexed"] and status["copies"]["kept"] >= TARGET
    )


async def _until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + GIVE_UP_S
    while not await asyncio.to_thread(ready):
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(LOOK_S)


def _seconds(taken: list[float]) -> dict[str, float]:
    return {
        "answers": len(taken),
        "p50": quantile(taken, 0.5),
        "p99": quantile(taken, 0.99),
        "worst": max(taken),
    }


if __name__ == "__main__":
    main()
