"""Attachments on the folder back-end: MB/s to a listening node and back, and the memory that it takes.

    .venv/bin/python -m bench.attachments [--mib 1024] [--rounds 3] [--folder DIR]

The listener is a process of its own: REST as a node has it, over a folder, with TLS left out. The client
hashes what it sends (BLAKE3 and the SHA-256 tree), so both processes work at once; a download is hashed by
BLAKE3. MB are 10^6 bytes. Memory is `RssAnon` of the listener, sampled each 20 ms: what it allocated, without
the pages of files. Every answer is compared with what was sent.
"""

import argparse
import asyncio
import hashlib
import http.client
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from blake3 import blake3

from tracehold_client.attachments import Attachments

TOKEN = "bench-secret"  # noqa: S105  of a listener that ends with the run
MIB = 1 << 20


def main() -> None:
    """Measure, and print one JSON document."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mib", type=int, default=1024)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.serve:
        asyncio.run(serve(given.folder))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        rounds = [measured(Path(folder), number, given.mib) for number in range(given.rounds)]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"machine": machine, "mib": given.mib, "rounds": rounds}, indent=1))


def measured(folder: Path, number: int, mib: int) -> dict[str, float]:
    """One content up and down, in a listener of its own."""
    content = folder / f"content-{number}"
    with content.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
        os.fsync(file.fileno())
    with listening(folder / f"node-{number}") as (process, port), watched(process.pid) as peak:
        idle = peak()
        began = time.perf_counter()
        blocks = Attachments(f"http://127.0.0.1:{port}", token=TOKEN).attach(content)
        up = time.perf_counter() - began
        began = time.perf_counter()
        if download(port, blocks.fingerprint.hex()) != (blocks.size, blocks.fingerprint):
            raise AssertionError("other bytes came back")
        down = time.perf_counter() - began
        most = peak()
    size = mib * MIB / 1e6
    return {
        "up_mb_s": round(size / up, 1),
        "down_mb_s": round(size / down, 1),
        "anonymous_mb_idle": round(idle / 1e6, 1),
        "anonymous_mb_peak": round(most / 1e6, 1),
    }


def download(port: int, name: str) -> tuple[int, bytes]:
    """Size and BLAKE3 of what is handed out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, blocksize=MIB)
    connection.request("GET", f"/v1/attachments/{name}", headers={"authorization": f"Bearer {TOKEN}"})
    answer, hashed, size = connection.getresponse(), blake3(), 0
    while piece := answer.read(MIB):
        hashed.update(piece)
        size += len(piece)
    connection.close()
    return size, hashed.digest()


@contextmanager
def listening(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The listener's process and port."""
    command = [sys.executable, "-m", "bench.attachments", "--serve", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def watched(pid: int) -> Iterator[Any]:
    """Gives the largest `RssAnon` of the process so far, in bytes."""
    most, stop = [0], threading.Event()

    def look() -> None:
        while not stop.wait(0.02):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found = next(line for line in lines if line.startswith("RssAnon:"))
            most[0] = max(most[0], int(found.split()[1]) * 1024)

    watcher = threading.Thread(target=look)
    watcher.start()
    time.sleep(0.2)
    try:
        yield lambda: most[0]
    finally:
        stop.set()
        watcher.join()


async def serve(folder: Path) -> None:
    """Listen until the process is ended."""
    from tracehold.adapters.files import FolderBlobs
    from tracehold.adapters.sqlite_attachments import SqliteAttachmentBook
    from tracehold.api.access import Access, Token
    from tracehold.api.attachments import AttachmentDesk
    from tracehold.api.call import Calls
    from tracehold.api.health import Readiness
    from tracehold.api.logging import make_logger
    from tracehold.api.metrics import Metrics
    from tracehold.api.rest import Watch, application
    from tracehold.api.rest_server import RestServer, RestSettings
    from tracehold.journey.attaching import Attaching
    from tracehold.journey.originals import Originals
    from tracehold.journey.staging import Bounds, Staging

    folder.mkdir(parents=True)  # noqa: ASYNC240  before anything runs
    own: Any = SimpleNamespace(log=bytes(32), size=0)
    nothing: Any = None
    staging = await Staging.open(SqliteAttachmentBook(folder / "book.sqlite"), Bounds())
    blobs = FolderBlobs(folder / "blobs")
    originals = Originals(blobs, nothing, lambda: own, lambda _: None, staging.holds)
    attaching = Attaching(originals, staging, lambda: time.time_ns() // 1_000_000)
    token = Token("bench", hashlib.sha256(TOKEN.encode()).digest(), frozenset({"capture"}), "urn:x:bench")
    metrics = Metrics()
    calls = Calls(Access([token], time.time), metrics, make_logger(sys.stderr), lambda: "bench")
    desk = AttachmentDesk(calls, nothing, attaching)
    watch = Watch(Readiness({}), metrics, nothing)
    server = RestServer(RestSettings("127.0.0.1:0"), application(calls, desk.routes(), watch, ()))
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
