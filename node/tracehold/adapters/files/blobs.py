"""The folder: written to a temporary name, synced, renamed, and the folder synced; one thread, in turn.
What is large arrives and is read by other threads, and takes its turn only to get its name.

OWNER/ab/abcd...        the bytes with the fingerprint abcd... of this owner
OWNER/ab/abcd....blocks their block manifest, once it was asked for
open/OWNER.abcd....123  they are unsettled since 123; there before they are, and a moment longer
open/OWNER.abcd....part half-written
open/N.part             what arrives
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

from tracehold.adapters.files.arriving import FolderArriving, refused
from tracehold.adapters.files.blockwise import (
    blocks_at,
    damaged,
    manifest_of,
    read_block,
    save_blocks,
    write_block,
)
from tracehold.adapters.files.durable import listed, make, sync
from tracehold.adapters.files.durable import write as write_file
from tracehold.core.blocks import Blocks, check_block
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import BLOCK_BYTES
from tracehold.core.record import fingerprint
from tracehold.journey.ports.blobs import Owner, Unsettled

T = TypeVar("T")
_PART = ".part"
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
THREADS = 4
"""That take what arrives and read what is asked for in pieces."""
_MARK = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{64})\.([0-9]{1,19})", re.ASCII)


class FolderBlobs:
    """`journey.ports.Blobs` in a folder. Hashes and files are the thread's: the caller's loop is free.
    `close` waits for what is being written."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open = root / "open"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="blobs")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pieces")
        self._arrivals = count()
        self._arriving: set[Path] = set()

    async def keep(self, owner: Owner, name: Fingerprint, raw: bytes, since: int | None) -> None:
        """Keep the bytes; durable on return."""

        def write() -> None:
            if fingerprint(raw) != name:
                raise ValueError("the bytes have another fingerprint")
            path = self._path(owner, name)
            if path.is_file():
                if path.stat().st_size == len(raw) and fingerprint(path.read_bytes()) == name:
                    return
            else:
                self._mark(owner, name, since)
            make(self._open)
            make(path.parent)
            temporary = self._open / f"{_stem(owner, name)}{_PART}"
            write_file(temporary, raw)
            temporary.replace(path)
            sync(path.parent)

        await self._run(write)

    @asynccontextmanager
    async def receive(self, owner: Owner) -> AsyncIterator[FolderArriving]:
        """Takes content into a file of its own."""

        async def into(temporary: Path, blocks: Blocks, since: int | None) -> None:
            await self._run(lambda: self._place(owner, temporary, blocks, since))

        path = self._open / f"{next(self._arrivals)}{_PART}"
        self._arriving.add(path)
        arriving = FolderArriving(path, self._threads, into)
        try:
            await self._run(lambda: make(self._open))
            yield arriving
        finally:
            await asyncio.shield(arriving.discard())
            self._arriving.discard(path)

    async def settle(self, owner: Owner, name: Fingerprint) -> None:
        """Take the mark away; durable on return."""
        await self._run(lambda: self._unmark(owner, name))

    async def unsettled(self) -> Sequence[Unsettled]:
        """Those with a mark."""

        def look() -> list[Unsettled]:
            found = []
            for path in listed(self._open):
                if path in self._arriving:
                    continue
                if path.suffix == _PART:
                    path.unlink()
                elif mark := _MARK.fullmatch(path.name):
                    owner, name = (bytes.fromhex(mark[at]) for at in (1, 2))
                    found.append(Unsettled(Owner(owner), Fingerprint(name), int(mark[3])))
            return found

        return await self._run(look)

    async def find(self, owner: Owner, name: Fingerprint) -> bytes | None:
        """The bytes, looked at again. Raises `Broken("CORRUPT")`."""
        return await self._run(lambda: self._read(owner, name))

    async def erase(self, owner: Owner, name: Fingerprint) -> None:
        """Delete the file, then its mark; durable on return."""

        def remove() -> None:
            path = self._path(owner, name)
            if path.exists():
                path.unlink()
                manifest_of(path).unlink(missing_ok=True)
                sync(path.parent)
            self._unmark(owner, name)

        await self._run(remove)

    async def blocks(self, owner: Owner, name: Fingerprint) -> Blocks | None:
        """As its manifest tells, or the bytes."""
        return await self._piecewise(lambda: blocks_at(self._path(owner, name), name))

    async def read(self, owner: Owner, name: Fingerprint, start: int, stop: int) -> AsyncIterator[bytes]:
        """Block by block; the file is open only while one is read."""
        path, blocks = self._path(owner, name), await self.blocks(owner, name)
        if blocks is None:
            raise _not_kept()
        if not 0 <= start <= stop <= blocks.size:
            raise Rejected("BAD_RANGE", f"the content has {blocks.size} bytes")
        while start < stop:
            number = start // BLOCK_BYTES
            raw = await self._piecewise(lambda at=number: read_block(path, blocks, at))  # type: ignore[misc]
            first = number * BLOCK_BYTES
            piece = raw[start - first : stop - first]
            start += len(piece)
            yield piece

    async def heal(self, owner: Owner, name: Fingerprint, number: int, raw: bytes) -> None:
        """Write the block in its place."""

        def write() -> None:
            path = self._path(owner, name)
            if (blocks := blocks_at(path, name)) is None:
                raise _not_kept()
            check_block(blocks, number, raw)
            write_block(path, number, raw)

        await self._run(write)

    async def names(
        self, after: tuple[Owner, Fingerprint] | None, most: int
    ) -> Sequence[tuple[Owner, Fingerprint]]:
        """Read from the folder's own names."""
        return await self._piecewise(lambda: list(islice(self._named(after), most)))

    def close(self) -> None:
        """Wait for what is being written."""
        self._threads.shutdown(wait=True)
        self._thread.shutdown(wait=True)

    def _named(self, after: tuple[Owner, Fingerprint] | None) -> Iterator[tuple[Owner, Fingerprint]]:
        for folder in listed(self._root):
            if not _NAME.fullmatch(folder.name) or (after and folder.name < after[0].hex()):
                continue
            for below in listed(folder):
                for path in listed(below):
                    if not _NAME.fullmatch(path.name):
                        continue
                    each = Owner(bytes.fromhex(folder.name)), Fingerprint(bytes.fromhex(path.name))
                    if after is None or each > after:
                        yield each

    def _place(self, owner: Owner, temporary: Path, blocks: Blocks, since: int | None) -> None:
        path = self._path(owner, blocks.fingerprint)
        if not path.is_file():
            self._mark(owner, blocks.fingerprint, since)
        make(path.parent)
        save_blocks(path, blocks)
        temporary.replace(path)
        sync(path.parent)

    def _mark(self, owner: Owner, name: Fingerprint, since: int | None) -> None:
        if since is not None and not self._marks(owner, name):
            make(self._open)
            write_file(self._open / f"{_stem(owner, name)}.{since}", b"")
            sync(self._open)

    def _path(self, owner: Owner, name: Fingerprint) -> Path:
        return self._root / owner.hex() / name.hex()[:2] / name.hex()

    def _marks(self, owner: Owner, name: Fingerprint) -> list[Path]:
        stem = _stem(owner, name)
        return [path for path in listed(self._open) if path.stem == stem and path.suffix != _PART]

    def _unmark(self, owner: Owner, name: Fingerprint) -> None:
        for path in self._marks(owner, name):
            path.unlink()
            sync(self._open)

    def _read(self, owner: Owner, name: Fingerprint) -> bytes | None:
        try:
            raw = self._path(owner, name).read_bytes()
        except FileNotFoundError:
            return None
        if fingerprint(raw) != name:
            raise damaged(name)
        return raw

    async def _run(self, work: Callable[[], T]) -> T:
        return await self._by(self._thread, work)

    async def _piecewise(self, work: Callable[[], T]) -> T:
        try:
            return await self._by(self._threads, work)
        except FileNotFoundError:
            raise _not_kept() from None  # erased since it was looked for

    async def _by(self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and thread is self._threads:
                raise
            raise refused() from error


def _not_kept() -> Rejected:
    return Rejected("NOT_FOUND", "this node does not keep the attachment", path="/attachment")


def _stem(owner: Owner, name: Fingerprint) -> str:
    return f"{owner.hex()}.{name.hex()}"
