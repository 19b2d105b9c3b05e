"""The Blobs port: bytes by owner and fingerprint, in memory and in a folder."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.ports.blob_stores import KINDS, store
from tracehold.adapters.files import FolderBlobs
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint
from tracehold.journey.ports import Blobs, Owner, Unsettled

RAW, OTHER = b"<a/>", b""
NAME = fingerprint(RAW)
FARM, MILL = Owner(b"f" * 32), Owner(b"m" * 32)


@pytest.fixture(params=KINDS)
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Blobs]:
    """An empty store."""
    async with store(request, tmp_path) as empty:
        yield empty


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[FolderBlobs]:
    """An empty folder."""
    made = FolderBlobs(tmp_path)
    yield made
    made.close()


def files(root: Path) -> list[str]:
    """The names of all files below."""
    return sorted(path.name for path in root.rglob("*") if path.is_file())


async def test_what_is_kept_is_found(blobs: Blobs):
    """By its fingerprint, also what is empty; a repeat is harmless."""
    for raw in (RAW, OTHER, RAW):
        await blobs.keep(FARM, fingerprint(raw), raw, None)
        assert await blobs.find(FARM, fingerprint(raw)) == raw
    assert await blobs.unsettled() == []


async def test_each_owner_has_its_own(blobs: Blobs):
    """Nothing of one is found, settled or erased for another."""
    await blobs.keep(FARM, NAME, RAW, 3)
    assert await blobs.find(MILL, NAME) is None
    await blobs.erase(MILL, NAME)
    await blobs.settle(MILL, NAME)
    assert await blobs.unsettled() == [Unsettled(FARM, NAME, 3)]
    await blobs.keep(MILL, NAME, RAW, 4)
    await blobs.erase(FARM, NAME)
    assert (await blobs.find(FARM, NAME), await blobs.find(MILL, NAME)) == (None, RAW)
    assert await blobs.unsettled() == [Unsettled(MILL, NAME, 4)]


async def test_what_is_new_is_unsettled_until_it_is_settled(blobs: Blobs):
    """Since it came first; what was settled stays so, and what was erased is new again."""
    for since in (3, 5):
        await blobs.keep(FARM, NAME, RAW, since)
        assert await blobs.unsettled() == [Unsettled(FARM, NAME, 3)]
    for _ in range(2):
        await blobs.settle(FARM, NAME)
    await blobs.keep(FARM, NAME, RAW, 7)
    assert (await blobs.unsettled(), await blobs.find(FARM, NAME)) == ([], RAW)
    for _ in range(2):
        await blobs.erase(FARM, NAME)
    await blobs.keep(FARM, NAME, RAW, 9)
    assert await blobs.unsettled() == [Unsettled(FARM, NAME, 9)]
    await blobs.erase(FARM, NAME)
    assert (await blobs.unsettled(), await blobs.find(FARM, NAME)) == ([], None)


async def test_bytes_of_another_name_are_not_kept(blobs: Blobs):
    """A mistake of the caller's, told before anything is written."""
    with pytest.raises(ValueError, match="another fingerprint"):
        await blobs.keep(FARM, NAME, OTHER, 1)
    assert (await blobs.find(FARM, NAME), await blobs.unsettled()) == (None, [])


async def test_calls_take_effect_in_their_order(blobs: Blobs):
    """Of calls made at once the last one decides."""
    keep, erase = (lambda: blobs.keep(FARM, NAME, RAW, 1)), (lambda: blobs.erase(FARM, NAME))
    await asyncio.gather(keep(), erase(), keep())
    assert await blobs.find(FARM, NAME) == RAW
    await asyncio.gather(erase(), keep(), erase())
    assert await blobs.find(FARM, NAME) is None


async def test_a_folder_is_found_again(tmp_path: Path):
    """By another process; nobody else may read it; what a crash left half-written is none of it, and goes."""
    first = FolderBlobs(tmp_path / "b")
    await first.keep(FARM, NAME, RAW, 8)
    first.close()
    for path in (tmp_path / "b").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    (tmp_path / "b/open/x.part").write_bytes(b"half")
    (tmp_path / "b/open/notes.txt").write_bytes(b"an operator's")
    second = FolderBlobs(tmp_path / "b")
    assert await second.find(FARM, NAME) == RAW
    assert await second.unsettled() == [Unsettled(FARM, NAME, 8)]
    await second.settle(FARM, NAME)
    assert files(tmp_path) == sorted([NAME.hex(), "notes.txt"])
    second.close()


async def test_damaged_bytes_are_not_handed_out(kept: FolderBlobs, tmp_path: Path):
    """They are told, and keeping them again mends them; that they were settled stays."""
    await kept.keep(FARM, NAME, RAW, None)
    (tmp_path / FARM.hex() / NAME.hex()[:2] / NAME.hex()).write_bytes(b"<b/>")
    with pytest.raises(Broken, match="CORRUPT"):
        await kept.find(FARM, NAME)
    await kept.keep(FARM, NAME, RAW, 5)
    assert (await kept.find(FARM, NAME), await kept.unsettled()) == (RAW, [])


async def test_a_disk_that_refuses_is_told(
    kept: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """STORE_FAILED, and nothing is found that was not kept."""

    def refuse(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Broken, match="STORE_FAILED"):
        await kept.keep(FARM, NAME, RAW, 1)
    monkeypatch.undo()
    assert await kept.find(FARM, NAME) is None


async def test_a_crash_at_any_sync_leaves_no_bytes_that_pass_for_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The mark is there before the bytes, so the next start is told of them."""
    calls, stop, real = 0, 0, os.fsync

    def crash(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise OSError(5, "gone")
        real(handle)

    monkeypatch.setattr(os, "fsync", crash)
    done = False
    while not done:
        calls, stop = 0, stop + 1
        root = tmp_path / str(stop)
        root.mkdir()
        made = FolderBlobs(root)
        try:
            await made.keep(FARM, NAME, RAW, 2)
            done = True
        except Broken:
            pass
        marked = [each.name for each in await made.unsettled()] == [NAME]
        assert marked or files(root) == []
        made.close()
    assert stop > 5


async def test_hashing_leaves_the_loop_free(kept: FolderBlobs, monkeypatch: pytest.MonkeyPatch):
    """Bytes are hashed by the folder's own thread, whatever is done with them."""
    used: set[str] = set()

    def seen(raw: bytes) -> Fingerprint:
        used.add(threading.current_thread().name)
        return fingerprint(raw)

    monkeypatch.setattr("tracehold.adapters.files.blobs.fingerprint", seen)
    for _ in range(2):
        await kept.keep(FARM, NAME, RAW, 1)
        await kept.find(FARM, NAME)
    assert used == {"blobs_0"}
