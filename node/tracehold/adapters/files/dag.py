"""The folder of blocks: for a node without a daemon of IPFS. One thread, in turn; nobody is asked for
anything.

blocks/ab/CID      a block; ab are the last two characters of its name but one
pins/CID           its graph is held
open/CID           half-written
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tracehold.adapters.files.durable import listed, make, sync, write
from tracehold.core.cid import Cid, Codec, parse_cid
from tracehold.core.dag import check, links, named, reach
from tracehold.core.errors import Broken, Rejected

T = TypeVar("T")


class FolderDag:
    """`journey.ports.dag.Dag` in a folder. `close` waits for what is being written."""

    def __init__(self, root: Path) -> None:
        self._blocks, self._pins, self._open = (root / name for name in ("blocks", "pins", "open"))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dag")

    async def put(self, blocks: Mapping[Cid, bytes]) -> None:
        """Keep these blocks."""

        def keep() -> None:
            for cid, raw in blocks.items():
                check(cid, raw)
            make(self._open)
            for folder in {path.parent for cid, raw in blocks.items() if (path := self._write(cid, raw))}:
                sync(folder)

        await self._run(keep)

    async def get(self, cid: Cid, patience_s: float = 0.0) -> bytes | None:
        """The block, compared with its name."""
        return await self._run(lambda: self._read(cid))

    async def pin(self, root: Cid, patience_s: float = 0.0) -> None:
        """Hold what is below the root, all of which must be here."""

        def hold() -> None:
            reach([root], self._linked)
            make(self._pins)
            write(self._pins / str(root), b"")
            sync(self._pins)

        await self._run(hold)

    async def unpin(self, root: Cid) -> None:
        """Hold it no more."""
        await self._run(lambda: _delete(self._pins / str(root)))

    async def drop(self, cids: Collection[Cid]) -> None:
        """Delete what no pin holds. Raises CORRUPT where a block that is held is damaged or gone: what it
        points to is not known then.
        """

        def delete() -> None:
            for cid in set(cids) - self._held():
                _delete(self._path(cid))

        await self._run(delete)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown(wait=True)

    # -- parts, all of the thread

    def _write(self, cid: Cid, raw: bytes) -> Path | None:
        """Where it was written; None where it was there."""
        path = self._path(cid)
        if path.is_file() and named(cid, path.read_bytes()):
            return None
        make(path.parent)
        temporary = self._open / str(cid)
        write(temporary, raw)
        temporary.replace(path)
        return path

    def _read(self, cid: Cid) -> bytes | None:
        try:
            raw = self._path(cid).read_bytes()
        except FileNotFoundError:
            return None
        if not named(cid, raw):
            raise Broken("CORRUPT", f"the block {cid} is damaged on disk")
        return raw

    def _held(self) -> set[Cid]:
        pins = [parse_cid(path.name) for path in listed(self._pins)]
        try:
            return reach(pins, self._linked)
        except Rejected as error:
            raise Broken("CORRUPT", "a block that is held is not on disk") from error

    def _linked(self, cid: Cid) -> Iterable[Cid]:
        raw = self._read(cid) if cid.codec is Codec.DAG_CBOR else b""
        if raw is None or not self._path(cid).is_file():
            raise Rejected("NOT_FOUND", f"the block {cid} is not here")
        return links(cid, raw)

    def _path(self, cid: Cid) -> Path:
        name = str(cid)
        return self._blocks / name[-3:-1] / name

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except OSError as error:
            raise Broken("STORE_FAILED", "the folder of blocks refuses") from error


def _delete(path: Path) -> None:
    if path.exists():
        path.unlink()
        sync(path.parent)
