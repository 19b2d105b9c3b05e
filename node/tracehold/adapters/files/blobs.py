"""The folder: written to a temporary name, synced, renamed, and the folder synced; one thread, in turn.

OWNER/ab/abcd...        the bytes with the fingerprint abcd... of this owner
open/OWNER.abcd....123  they are unsettled since 123; there before they are, and a moment longer
open/OWNER.abcd....part half-written
"""

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint
from tracehold.journey.ports.blobs import Owner, Unsettled

T = TypeVar("T")
_PART = ".part"
_MARK = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{64})\.([0-9]{1,19})", re.ASCII)


class FolderBlobs:
    """`journey.ports.Blobs` in a folder. Hashes and files are the thread's: the caller's loop is free.
    `close` waits for what is being written."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open = root / "open"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="blobs")

    async def keep(self, owner: Owner, name: Fingerprint, raw: bytes, since: int | None) -> None:
        """Keep the bytes; durable on return."""

        def write() -> None:
            if fingerprint(raw) != name:
                raise ValueError("the bytes have another fingerprint")
            path = self._path(owner, name)
            if path.is_file():
                if path.stat().st_size == len(raw) and fingerprint(path.read_bytes()) == name:
                    return
            elif since is not None and not self._marks(owner, name):
                _make(self._open)
                _write(self._open / f"{_stem(owner, name)}.{since}", b"")
                _sync(self._open)
            _make(self._open)
            _make(path.parent)
            temporary = self._open / f"{_stem(owner, name)}{_PART}"
            _write(temporary, raw)
            temporary.replace(path)
            _sync(path.parent)

        await self._run(write)

    async def settle(self, owner: Owner, name: Fingerprint) -> None:
        """Take the mark away; durable on return."""
        await self._run(lambda: self._unmark(owner, name))

    async def unsettled(self) -> Sequence[Unsettled]:
        """Those with a mark."""

        def look() -> list[Unsettled]:
            found = []
            for path in _listed(self._open):
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
                _sync(path.parent)
            self._unmark(owner, name)

        await self._run(remove)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown(wait=True)

    def _path(self, owner: Owner, name: Fingerprint) -> Path:
        return self._root / owner.hex() / name.hex()[:2] / name.hex()

    def _marks(self, owner: Owner, name: Fingerprint) -> list[Path]:
        stem = _stem(owner, name)
        return [path for path in _listed(self._open) if path.stem == stem and path.suffix != _PART]

    def _unmark(self, owner: Owner, name: Fingerprint) -> None:
        for path in self._marks(owner, name):
            path.unlink()
            _sync(self._open)

    def _read(self, owner: Owner, name: Fingerprint) -> bytes | None:
        try:
            raw = self._path(owner, name).read_bytes()
        except FileNotFoundError:
            return None
        if fingerprint(raw) != name:
            raise Broken("CORRUPT", f"the attachment {name.hex()} is damaged on disk")
        return raw

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except OSError as error:
            raise Broken("STORE_FAILED", "the folder of attachments refuses") from error


def _stem(owner: Owner, name: Fingerprint) -> str:
    return f"{owner.hex()}.{name.hex()}"


def _listed(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.iterdir()) if folder.is_dir() else ()


def _make(folder: Path) -> None:
    """The folder and those above it, durable."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700)
        _sync(folder.parent)


def _write(path: Path, raw: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
