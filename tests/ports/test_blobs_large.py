"""The Blobs port with large content: it arrives in pieces, is read in ranges, and each block is checked."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.ports.blob_stores import KINDS, store
from tests.vectors.attachment_cases import content
from tracehold.adapters.files import FolderBlobs
from tracehold.core.blocks import blocks_of
from tracehold.core.errors import Broken, Rejected, TraceholdError
from tracehold.core.record import fingerprint
from tracehold.journey.ports import Blobs, Owner, Unsettled

MIB = 1 << 20
RAW = content(2 * MIB + 5000)
NAME = fingerprint(RAW)
FARM, MILL = Owner(b"f" * 32), Owner(b"m" * 32)


@pytest.fixture(params=KINDS)
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Blobs]:
    """An empty store."""
    async with store(request, tmp_path) as empty:
        yield empty


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[FolderBlobs]:
    """An empty folder."""
    made = FolderBlobs(tmp_path)
    yield made
    made.close()


def files(root: Path) -> list[str]:
    """The names of all files below."""
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def open_to_others(root: Path) -> list[Path]:
    """What others than the owner may read."""
    return [path for path in root.rglob("*") if path.stat().st_mode & 0o077]


async def arrive(blobs: Blobs, raw: bytes = RAW, since: int | None = 3, owner: Owner = FARM) -> None:
    """The content comes in pieces of an odd size and is kept."""
    async with blobs.receive(owner) as arriving:
        for start in range(0, len(raw), 700_001):
            await arriving.write(raw[start : start + 700_001])
        assert await arriving.end() == blocks_of(raw)
        await arriving.keep(since)


async def some(blobs: Blobs, start: int, stop: int) -> bytes:
    """The bytes of a range; every piece is a block's at most."""
    pieces = [piece async for piece in blobs.read(FARM, NAME, start, stop)]
    assert all(0 < len(piece) <= MIB for piece in pieces)
    return b"".join(pieces)


async def refused(blobs: Blobs, start: int = 0, stop: int = len(RAW)) -> str:
    """The code with which a read ends."""
    with pytest.raises(TraceholdError) as refusal:
        await some(blobs, start, stop)
    return refusal.value.code


@pytest.mark.parametrize("raw", [b"", b"x", RAW[:MIB], RAW], ids=len)
async def test_what_arrived_is_found_whole(blobs: Blobs, raw: bytes):
    """Under its fingerprint, unsettled as any other; a repeat is harmless."""
    for _ in range(2):
        await arrive(blobs, raw)
        assert await blobs.find(FARM, fingerprint(raw)) == raw
        assert await blobs.blocks(FARM, fingerprint(raw)) == blocks_of(raw)
        assert await blobs.unsettled() == [Unsettled(FARM, fingerprint(raw), 3)]
    assert await blobs.blocks(MILL, fingerprint(raw)) is None


async def test_what_is_settled_stays_so_when_it_comes_again(blobs: Blobs):
    """A record names it already."""
    await arrive(blobs)
    await blobs.settle(FARM, NAME)
    await arrive(blobs, since=9)
    assert await blobs.unsettled() == []


async def test_any_range_is_read(blobs: Blobs):
    """Within a block, over several, none at all; of what came whole too."""
    await blobs.keep(FARM, NAME, RAW, None)
    for start, stop in (
        (0, len(RAW)),
        (0, 1),
        (MIB - 1, MIB + 1),
        (MIB, 2 * MIB),
        (5, 5),
        (len(RAW) - 1, len(RAW)),
    ):
        assert await some(blobs, start, stop) == RAW[start:stop]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, len(RAW) + 1), (5, 4), (-1, 5), (len(RAW) + 1, len(RAW) + 1), (1 << 70, 1 << 71)]
)
async def test_security_range_beyond_the_end(blobs: Blobs, start: int, stop: int):
    """Nothing of it is given."""
    await arrive(blobs)
    assert await refused(blobs, start, stop) == "BAD_RANGE"


async def test_what_is_not_here_is_not_read_nor_mended(blobs: Blobs):
    """Also for another owner."""
    assert await refused(blobs) == "NOT_FOUND"
    await arrive(blobs, owner=MILL)
    assert await refused(blobs) == "NOT_FOUND"
    with pytest.raises(Rejected, match="NOT_FOUND"):
        await blobs.heal(FARM, NAME, 0, RAW[:MIB])


async def test_what_is_erased_while_it_is_read_ends(blobs: Blobs):
    """Redacted content is not handed out to its end."""
    await arrive(blobs)
    reading = blobs.read(FARM, NAME, 0, len(RAW))
    await anext(reading)
    await blobs.erase(FARM, NAME)
    with pytest.raises(Rejected, match="NOT_FOUND"):
        await anext(reading)


async def test_what_is_left_before_it_is_kept_is_gone(blobs: Blobs):
    """A caller that goes away, a refusal at the end."""
    receiving = blobs.receive(FARM)
    arriving = await receiving.__aenter__()
    await arriving.write(RAW[:MIB])
    await receiving.__aexit__(RuntimeError, None, None)
    async with blobs.receive(FARM) as arriving:
        await arriving.write(RAW)
        await arriving.end()
    assert (await blobs.unsettled(), await blobs.names(None, 9)) == ([], [])


async def test_two_of_one_content_arrive_at_once(blobs: Blobs):
    """Each in a file of its own; one name in the end."""
    async with blobs.receive(FARM) as first, blobs.receive(FARM) as second:
        for start in (0, MIB, 2 * MIB):
            await first.write(RAW[start : start + MIB])
            assert await blobs.unsettled() == []  # and this sweeps nothing that arrives
            await second.write(RAW[start : start + MIB])
        for each in (first, second):
            await each.end()
            await each.keep(1)
    assert await some(blobs, 0, len(RAW)) == RAW
    assert await blobs.names(None, 9) == [(FARM, NAME)]


async def test_security_an_endless_arrival_is_ended(blobs: Blobs, monkeypatch: pytest.MonkeyPatch):
    """At the limit, and nothing stays."""
    for module in ("tracehold.core.blocks", "tracehold.adapters.memory.blobs"):
        monkeypatch.setattr(f"{module}.MAX_ATTACHMENT_BYTES", MIB)
    with pytest.raises(Rejected, match="ATTACHMENT_TOO_LARGE"):
        await arrive(blobs)
    assert await blobs.names(None, 9) == []


async def test_names_are_told_in_order_and_in_pages(blobs: Blobs):
    """For whoever goes through all."""
    made = sorted((owner, fingerprint(raw)) for owner in (FARM, MILL) for raw in (b"1", b"2", b"3"))
    for raw in (b"3", b"1", b"2"):
        for owner in (MILL, FARM):
            await arrive(blobs, raw, owner=owner)
    assert await blobs.names(None, 99) == made
    assert await blobs.names(made[1], 3) == made[2:5]
    assert await blobs.names(made[-1], 3) == []


async def test_a_damaged_block_is_not_handed_out_and_is_mended(folder: FolderBlobs, tmp_path: Path):
    """Those before it are; bytes that are not the block's do not mend it."""
    await arrive(folder)
    path = tmp_path / FARM.hex() / NAME.hex()[:2] / NAME.hex()
    raw = bytearray(RAW)
    raw[MIB + 7] ^= 1
    path.write_bytes(raw)
    assert await some(folder, 0, MIB) == RAW[:MIB]
    assert await refused(folder, MIB, MIB + 1) == "CORRUPT"
    for wrong in (RAW[:MIB], RAW[MIB : 2 * MIB - 1]):
        with pytest.raises(Rejected, match="ATTACHMENT_MISMATCH"):
            await folder.heal(FARM, NAME, 1, wrong)
    await folder.heal(FARM, NAME, 1, RAW[MIB : 2 * MIB])
    assert path.read_bytes() == RAW


@pytest.mark.parametrize("manifest", [None, b"", b"\xa5", b"x" * 433])
async def test_a_lost_or_damaged_manifest_is_told_by_the_bytes(
    folder: FolderBlobs, tmp_path: Path, manifest: bytes | None
):
    """As long as they are whole; else nobody knows which block is damaged."""
    await arrive(folder)
    path = tmp_path / FARM.hex() / NAME.hex()[:2] / NAME.hex()
    beside = path.with_name(path.name + ".blocks")
    beside.unlink()
    if manifest is not None:
        beside.write_bytes(manifest)
    assert await some(folder, MIB, MIB + 5) == RAW[MIB : MIB + 5]
    beside.unlink()
    path.write_bytes(b"x" + RAW[1:])
    assert await refused(folder, MIB, MIB + 5) == "CORRUPT"


async def test_security_a_manifest_of_other_content_is_not_believed(folder: FolderBlobs, tmp_path: Path):
    """Whoever swapped the files: the bytes given are those of the name."""
    await arrive(folder)
    await arrive(folder, RAW[:-1])
    path = tmp_path / FARM.hex() / NAME.hex()[:2] / NAME.hex()
    other = fingerprint(RAW[:-1]).hex()
    swapped = tmp_path / FARM.hex() / other[:2] / f"{other}.blocks"
    path.with_name(path.name + ".blocks").write_bytes(swapped.read_bytes())
    assert await some(folder, 0, len(RAW)) == RAW


async def test_a_file_cut_short_is_damaged(folder: FolderBlobs, tmp_path: Path):
    """Its manifest still tells its size."""
    await arrive(folder)
    path = tmp_path / FARM.hex() / NAME.hex()[:2] / NAME.hex()
    path.write_bytes(RAW[:-1])
    assert await refused(folder, 0, 1) == "CORRUPT"


async def test_what_a_crash_left_half_arrived_goes(tmp_path: Path):
    """At the next start; nobody else may read what is there."""
    first = FolderBlobs(tmp_path)
    async with first.receive(FARM) as arriving:
        await arriving.write(RAW)
        await arriving.end()
        assert open_to_others(tmp_path) == []
        second = FolderBlobs(tmp_path)
        assert await second.unsettled() == []
        assert files(tmp_path) == []
        second.close()
    await arrive(first)
    assert open_to_others(tmp_path) == []
    await first.erase(FARM, NAME)
    assert files(tmp_path) == []
    first.close()


async def test_a_crash_at_any_sync_leaves_nothing_that_passes_for_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The mark is there before the name."""
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
        made = FolderBlobs(tmp_path / str(stop))
        (tmp_path / str(stop)).mkdir()
        try:
            await arrive(made)
            done = True
        except Broken:
            pass
        marked = [each.name for each in await made.unsettled()] == [NAME]
        assert marked or files(tmp_path / str(stop)) == []
        made.close()
    assert stop > 5


async def test_security_disk_full_midway(
    folder: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Told at the next piece, and nothing stays."""
    monkeypatch.setattr("tracehold.adapters.files.arriving.SYNCED_BYTES", MIB)

    def refuse(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fdatasync", refuse)
    with pytest.raises(Broken, match="STORE_FAILED"):
        await arrive(folder)
    assert files(tmp_path) == []


async def test_security_slow_arrivals_hold_nothing_up(blobs: Blobs):
    """Many that send nothing have no thread and no lock."""
    async with asyncio.timeout(30):
        arrivals = [blobs.receive(MILL) for _ in range(20)]
        for each in arrivals:
            arriving = await each.__aenter__()
            await arriving.write(b"x")
        await blobs.keep(FARM, NAME, RAW, None)
        assert await some(blobs, 0, 10) == RAW[:10]
        await arrive(blobs)
        for each in arrivals:
            await each.__aexit__(None, None, None)
    assert await blobs.names(None, 9) == [(FARM, NAME)]
