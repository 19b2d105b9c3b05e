"""The folder: written to a temporary name, synced, renamed, and the folder synced; one thread, in turn."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint

T = TypeVar("T")


class FolderBlobs:
    """`journey.ports.Blobs` in a folder, `ab/abcd...` for the fingerprint abcd... `close` waits for what is
    being written. What a crash left under a temporary name is overwritten by the next blob of that name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="blobs")

    async def keep(self, raw: bytes) -> bool:
        """Keep the bytes; durable on return."""
        name = fingerprint(raw)

        def write() -> bool:
            path = self._path(name)
            if path.is_file() and path.stat().st_size == len(raw) and fingerprint(path.read_bytes()) == name:
                return False
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            temporary = path.with_suffix(".part")
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            for folder in (path.parent, self._root, self._root.parent):
                _sync(folder)
            return True

        return await self._run(write)

    async def find(self, fingerprint: Fingerprint) -> bytes | None:
        """The bytes, looked at again. Raises `Broken("CORRUPT")`."""
        return await self._run(lambda: self._read(fingerprint))

    async def erase(self, fingerprint: Fingerprint) -> None:
        """Delete the file; durable on return."""

        def remove() -> None:
            path = self._path(fingerprint)
            if path.exists():
                path.unlink()
                _sync(path.parent)

        await self._run(remove)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown(wait=True)

    def _path(self, name: Fingerprint) -> Path:
        return self._root / name.hex()[:2] / name.hex()

    def _read(self, name: Fingerprint) -> bytes | None:
        try:
            raw = self._path(name).read_bytes()
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


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
