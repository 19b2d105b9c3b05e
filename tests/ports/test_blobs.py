"""The Blobs port: bytes by their fingerprint, in memory and in a folder."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracehold.adapters.files import FolderBlobs
from tracehold.adapters.memory.blobs import MemoryBlobs
from tracehold.core.errors import Broken
from tracehold.core.record import fingerprint
from tracehold.journey.ports import Blobs

RAW, OTHER = b"<a/>", b""


@pytest.fixture(params=["memory", "folder"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryBlobs()
        return
    made = FolderBlobs(tmp_path / "blobs")
    yield made
    made.close()


async def test_what_is_kept_is_found(blobs: Blobs):
    """By its fingerprint, also what is empty."""
    for raw in (RAW, OTHER):
        assert await blobs.find(fingerprint(raw)) is None
        assert await blobs.keep(raw) is True
        assert await blobs.find(fingerprint(raw)) == raw


async def test_a_repeat_is_harmless(blobs: Blobs):
    """And says that the bytes were here."""
    assert [await blobs.keep(RAW) for _ in range(3)] == [True, False, False]
    assert await blobs.find(fingerprint(RAW)) == RAW


async def test_what_is_erased_is_gone(blobs: Blobs):
    """It alone; erasing what is not here does nothing; it may come again."""
    await blobs.keep(RAW)
    await blobs.keep(OTHER)
    for _ in range(2):
        await blobs.erase(fingerprint(RAW))
    assert await blobs.find(fingerprint(RAW)) is None
    assert await blobs.find(fingerprint(OTHER)) == OTHER
    assert await blobs.keep(RAW) is True


async def test_calls_take_effect_in_their_order(blobs: Blobs):
    """Of calls made at once the last one decides."""
    name = fingerprint(RAW)
    await asyncio.gather(blobs.keep(RAW), blobs.erase(name), blobs.keep(RAW))
    assert await blobs.find(name) == RAW
    await asyncio.gather(blobs.erase(name), blobs.keep(RAW), blobs.erase(name))
    assert await blobs.find(name) is None


async def test_a_folder_is_found_again(tmp_path: Path):
    """By another process; nobody else may read it; what a crash left half-written is none of it."""
    first = FolderBlobs(tmp_path / "b")
    await first.keep(RAW)
    first.close()
    (path,) = [found for found in (tmp_path / "b").rglob("*") if found.is_file()]
    assert (path.name, path.stat().st_mode & 0o777) == (fingerprint(RAW).hex(), 0o600)
    path.with_suffix(".part").write_bytes(b"half")
    second = FolderBlobs(tmp_path / "b")
    assert await second.find(fingerprint(RAW)) == RAW
    assert await second.keep(RAW) is False
    second.close()


async def test_damaged_bytes_are_not_handed_out(tmp_path: Path):
    """They are told, and keeping them again mends them."""
    blobs = FolderBlobs(tmp_path)
    await blobs.keep(RAW)
    name = fingerprint(RAW)
    (tmp_path / name.hex()[:2] / name.hex()).write_bytes(b"<b/>")
    with pytest.raises(Broken, match="CORRUPT"):
        await blobs.find(name)
    assert await blobs.keep(RAW) is True
    assert await blobs.find(name) == RAW
    blobs.close()


async def test_a_disk_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """STORE_FAILED, and nothing is found that was not kept."""
    blobs = FolderBlobs(tmp_path)

    def refuse(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Broken, match="STORE_FAILED"):
        await blobs.keep(RAW)
    monkeypatch.undo()
    assert await blobs.find(fingerprint(RAW)) is None
    blobs.close()
