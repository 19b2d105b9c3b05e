"""How many times the node asks the disk to be durable, for each answer it gives.

    .venv/bin/python -m bench.fsyncs

Counts fsync and fdatasync system calls of the node's process with strace. Writes bench/results/fsyncs.json
and fsyncs.md.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.workload import KEY, SIGNER, machine, rows, statements, write
from tests.e2e.world import World
from tracehold.cli.demo.programs import run
from tracehold.core.errors import Unavailable
from tracehold.core.ids import NetworkId
from tracehold_client import AsyncClient

OPERATOR = "https://id.gs1.org/417/9521901000001"
_CALLS = ("fsync(", "fdatasync(")


class Counted:
    """A node under strace, which does not anchor, so that only answers reach the disk."""

    def __init__(self, folder: Path) -> None:
        self.world = World.new(folder / "world")
        self.trace = folder / "trace"

    def start(self) -> None:
        """Build, start under strace, then take the chain away."""
        self.world.build(OPERATOR)
        calls = "trace=fsync,fdatasync"
        prefix = ("strace", "-D", "-f", "-qq", "-e", calls, "-e", "signal=none", "-o", str(self.trace))
        self.world.start_node(prefix)
        key = KEY.public.cose_key().hex()
        run("party", "enrol", "--dir", str(self.world.home), "--party", SIGNER.party.link, "--key", key)
        assert self.world.chain is not None
        self.world.chain.stop()

    def settled(self) -> int:
        """Calls so far, once their number stands still for a second: the index and the anchors have come to
        rest.
        """
        count, since = -1, time.monotonic()
        while time.monotonic() - since < 1:
            lines = self.trace.read_text().splitlines()
            found = sum(any(call in line for call in _CALLS) and "resumed" not in line for line in lines)
            if found != count:
                count, since = found, time.monotonic()
            time.sleep(0.05)
        return count


Send = Callable[[AsyncClient, list[bytes]], Awaitable[int]]


async def one_by_one(client: AsyncClient, records: list[bytes]) -> int:
    """Each record a message of its own, one after the other; the answers."""
    for raw in records:
        (await client.upload([raw]))[0].unwrap()
    return len(records)


async def at_once(client: AsyncClient, records: list[bytes]) -> int:
    """Each record a message of its own, all under way together; the answers."""
    for outcomes in await asyncio.gather(*(client.upload([raw]) for raw in records)):
        outcomes[0].unwrap()
    return len(records)


async def by_hundreds(client: AsyncClient, records: list[bytes]) -> int:
    """A hundred records a message, one after the other; the answers."""
    for at in range(0, len(records), 100):
        for outcome in await client.upload(records[at : at + 100]):
            outcome.unwrap()
    return len(records) // 100


WAYS: tuple[tuple[str, Send, int], ...] = (
    ("1 record a message, one after the other", one_by_one, 50),
    ("1 record a message, 50 under way", at_once, 50),
    ("100 records a message, one after the other", by_hundreds, 2_000),
)


async def measure(counted: Counted) -> list[dict[str, Any]]:
    """Each way of sending, with the calls it caused."""
    found = []
    async with AsyncClient(counted.world.grpc) as client:
        network = NetworkId(bytes.fromhex((await client.status()).network))
        for number, (name, send, count) in enumerate(WAYS):
            before = await asyncio.to_thread(counted.settled)
            answers = await send(client, statements(network, number * 1_000_000, count))
            calls = await asyncio.to_thread(counted.settled) - before
            found.append(
                {
                    "way": name,
                    "answers": answers,
                    "records": count,
                    "calls": calls,
                    "perAnswer": calls / answers,
                    "perRecord": calls / count,
                }
            )
    return found


def main() -> None:
    """Run it, about half a minute."""
    if shutil.which("strace") is None:
        raise SystemExit("strace is missing: apt-get install strace")
    found: dict[str, Any] = {"machine": machine()}
    folder = Path(tempfile.mkdtemp(prefix="tracehold-bench-"))
    counted = Counted(folder)
    try:
        counted.start()
        found["ways"] = asyncio.run(measure(counted))
    except Unavailable as error:
        raise SystemExit(f"the node did not answer under strace: {error}") from error
    finally:
        counted.world.stop()
        shutil.rmtree(folder)
    write("fsyncs", found, page(found))


def page(found: dict[str, Any]) -> str:
    """The results for people."""
    where = found["machine"]
    lines = [
        (way["way"], way["answers"], way["calls"], f"{way['perAnswer']:.2f}", f"{way['perRecord']:.3f}")
        for way in found["ways"]
    ]
    title = ("way of sending", "answers", "fsync + fdatasync", "per answer", "per record")
    return (
        f"# System calls for durability\n\n{where['date']}, Python {where['python']}, {where['system']}.\n\n"
        + rows(title, lines)
        + "\nThe index, which follows on its own, is counted too; anchors are not (the chain is stopped).\n"
    )


if __name__ == "__main__":
    main()
