"""Content that arrives piece by piece: hashed and written by a thread, while the next piece is on its way."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, TypeVar

from tracehold.core.blocks import Blocks, BlockTree
from tracehold.core.errors import Broken

T = TypeVar("T")
Into = Callable[[Path, Blocks, int | None], Awaitable[None]]
SYNCED_BYTES = 64 << 20
"""So often the disk is made to follow: the end waits for little, and few written pages wait in memory."""


class FolderArriving:
    """`journey.ports.Arriving` in a temporary file; `into` gives it its name."""

    def __init__(self, path: Path, threads: Executor, into: Into) -> None:
        self._path = path
        self._threads = threads
        self._into = into
        self._tree = BlockTree()
        self._file: BinaryIO | None = None
        self._writing: asyncio.Future[None] | None = None
        self._blocks: Blocks | None = None

    async def write(self, piece: bytes) -> None:
        """Wait until the piece before is written, and hand this one on."""
        await self._written()
        self._writing = self._start(lambda: self._take(piece))

    async def end(self) -> Blocks:
        """The hashes; the file is on disk."""
        await self._written()
        self._blocks = await self._run(self._end)
        return self._blocks

    async def keep(self, since: int | None) -> None:
        """Give it its name."""
        if self._blocks is None:
            raise ValueError("end comes before keep")
        await self._into(self._path, self._blocks, since)

    async def discard(self) -> None:
        """Whatever has no name goes, once nothing writes any more."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        await self._run(self._remove)

    async def _written(self) -> None:
        if self._writing is not None:
            await self._run(self._writing)
            self._writing = None

    def _start(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _run(self, work: "Callable[[], T] | asyncio.Future[T]") -> T:
        # Shielded: where the caller gives up, the thread has the file until it is done, and so has `discard`.
        running = work if isinstance(work, asyncio.Future) else self._start(work)
        try:
            return await asyncio.shield(running)
        except OSError as error:
            raise refused() from error

    def _take(self, piece: bytes) -> None:
        before = self._tree.fed // SYNCED_BYTES
        self._tree.feed(piece)
        file = self._opened()
        file.write(piece)
        if before < self._tree.fed // SYNCED_BYTES:
            os.fdatasync(file.fileno())

    def _opened(self) -> BinaryIO:
        if self._file is None:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = open(handle, "wb", buffering=0)  # noqa: SIM115  closed at the end or when discarded
        return self._file

    def _end(self) -> Blocks:
        file = self._opened()
        os.fsync(file.fileno())
        file.close()
        return self._tree.finish()

    def _remove(self) -> None:
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)


def refused() -> Broken:
    """STORE_FAILED."""
    return Broken("STORE_FAILED", "the folder of attachments refuses")
