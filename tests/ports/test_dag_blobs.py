"""Attachments as blocks of a graph: what is shared stays, and nothing stays that nobody has."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.vectors.attachment_cases import content
from tracehold.adapters.dag_blobs import DagBlobs
from tracehold.adapters.memory.dag import MemoryDag
from tracehold.core.blocks import blocks_of
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.limits import BLOCK_BYTES as MIB
from tracehold.core.record import fingerprint
from tracehold.journey.ports import Owner, Unsettled

RAW = content(2 * MIB + 5000)
NAME = fingerprint(RAW)
FARM, MILL = Owner(b"f" * 32), Owner(b"m" * 32)


class FailingDag(MemoryDag):
    """Fails from its call number `fails` on, as a daemon that went down."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.fails = 0, 1 << 30

    def _call(self) -> None:
        self.calls += 1
        if self.calls >= self.fails:
            raise Unavailable("BLOBS_DOWN", "down")

    async def put(self, blocks: Mapping[Cid, bytes]) -> None:
        """As always, or not at all."""
        self._call()
        await super().put(blocks)

    async def pin(self, root: Cid, patience_s: float = 0.0) -> None:
        """As always, or not at all."""
        self._call()
        await super().pin(root)

    async def unpin(self, root: Cid) -> None:
        """As always, or not at all."""
        self._call()
        await super().unpin(root)


@pytest.fixture
def dag() -> FailingDag:
    """An empty one."""
    return FailingDag()


@pytest.fixture
def blobs(dag: FailingDag, tmp_path: Path) -> Iterator[DagBlobs]:
    """An empty store over it."""
    with closing(DagBlobs(dag, tmp_path / "book")) as made:
        yield made


def block(number: int) -> Cid:
    """The name of a block of `RAW`."""
    return Cid(Codec.RAW, blocks_of(RAW).blocks[number].digest)


async def test_the_name_in_ipfs_is_that_of_the_record(blobs: DagBlobs, dag: FailingDag):
    """Small content is one block named by its fingerprint; large content hangs on its manifest."""
    small = RAW[: MIB // 16]
    await blobs.keep(FARM, fingerprint(small), small, None)
    assert dag.pins == {Cid(Codec.RAW, fingerprint(small))}
    await blobs.keep(FARM, NAME, RAW, None)
    assert blocks_of(RAW).cid in dag.pins
    assert [len(dag.blocks[block(at)]) for at in range(3)] == [MIB, MIB, 5000]


async def test_what_two_owners_have_stands_once(blobs: DagBlobs, dag: FailingDag):
    """And stays until the last one erases it; then nothing of it does."""
    for owner in (FARM, MILL):
        await blobs.keep(owner, NAME, RAW, None)
    held = dict(dag.blocks)
    await blobs.erase(FARM, NAME)
    assert (dag.blocks, await blobs.find(MILL, NAME)) == (held, RAW)
    await blobs.erase(MILL, NAME)
    assert (dag.blocks, dag.pins) == ({}, set())


async def test_a_block_of_two_contents_outlives_one_of_them(blobs: DagBlobs, dag: FailingDag):
    """Erasing one leaves the other whole."""
    other = RAW[:MIB] + b"another end"
    for raw in (RAW, other):
        await blobs.keep(FARM, fingerprint(raw), raw, None)
    await blobs.erase(FARM, NAME)
    assert await blobs.find(FARM, fingerprint(other)) == other
    assert block(1) not in dag.blocks


async def test_what_is_erased_while_the_same_arrives_is_kept_whole(blobs: DagBlobs):
    """The blocks that came again are not dropped under the arrival."""
    await blobs.keep(FARM, NAME, RAW, None)
    async with blobs.receive(MILL) as arriving:
        for start in range(0, len(RAW), MIB):
            await arriving.write(RAW[start : start + MIB])
        await blobs.erase(FARM, NAME)
        await arriving.end()
        await arriving.keep(4)
    assert await blobs.find(MILL, NAME) == RAW
    assert await blobs.unsettled() == [Unsettled(MILL, NAME, 4)]


async def test_a_daemon_that_goes_down_at_any_call_leaves_nothing(tmp_path: Path):
    """Neither half-kept content nor half-erased: the next start, or call, brings it to its end."""
    for at in range(1, 12):
        dag = FailingDag()
        with closing(DagBlobs(dag, tmp_path / f"{at}")) as blobs:
            dag.fails = at
            with suppress(Unavailable):
                await blobs.keep(FARM, NAME, RAW, 3)
                await blobs.erase(FARM, NAME)
            dag.fails = 1 << 30
            kept = [each.name for each in await blobs.unsettled()] == [NAME]
            assert await blobs.find(FARM, NAME) == (RAW if kept else None)
            await blobs.erase(FARM, NAME)
            assert (dag.blocks, dag.pins, await blobs.names(None, 9)) == ({}, set(), [])


async def test_what_a_killed_process_left_goes(blobs: DagBlobs, dag: FailingDag, tmp_path: Path):
    """Blocks of an arrival that nobody ended; what arrives at this moment stays."""
    async with blobs.receive(FARM) as arriving:
        await arriving.write(RAW[:MIB])
        await arriving.still()
        assert await blobs.unsettled() == []
        assert block(0) in dag.blocks
        with closing(DagBlobs(dag, tmp_path / "book")) as after:
            assert await after.unsettled() == []
        assert dag.blocks == {}


def lose(dag: MemoryDag) -> None:
    """A daemon that lost a block."""
    del dag.blocks[block(1)]


def change(dag: MemoryDag) -> None:
    """A disk that changed one."""
    dag.blocks[block(1)] = b"other"


@pytest.mark.parametrize("harm", [lose, change])
async def test_a_lost_or_changed_block_is_told_and_mended(
    blobs: DagBlobs, dag: FailingDag, harm: Callable[[MemoryDag], None]
):
    """Those before it are given; bytes that are not the block's do not mend it."""
    await blobs.keep(FARM, NAME, RAW, None)
    harm(dag)
    reading = blobs.read(FARM, NAME, 0, len(RAW))
    assert await anext(reading) == RAW[:MIB]
    with pytest.raises(Broken, match="CORRUPT"):
        await anext(reading)
    with pytest.raises(Rejected, match="ATTACHMENT_MISMATCH"):
        await blobs.heal(FARM, NAME, 1, RAW[:MIB])
    await blobs.heal(FARM, NAME, 1, RAW[MIB : 2 * MIB])
    assert await blobs.find(FARM, NAME) == RAW


async def test_blocks_that_are_lost_before_they_are_held(blobs: DagBlobs, dag: FailingDag):
    """A daemon that collects garbage in between: nothing is kept, and the caller may come again."""
    async with blobs.receive(FARM) as arriving:
        await arriving.write(RAW[:MIB])
        await arriving.write(RAW[MIB : 2 * MIB])
        await arriving.end()
        lose(dag)
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await arriving.keep(None)
    assert (dag.blocks, dag.pins, await blobs.is_empty()) == ({}, set(), True)


async def test_a_book_of_a_newer_release_is_refused(tmp_path: Path):
    """Nothing in it is touched."""
    with closing(sqlite3.connect(tmp_path / "book")) as db:
        db.execute("PRAGMA user_version=2")
    with pytest.raises(Broken, match="SCHEMA_NEWER"):
        DagBlobs(MemoryDag(), tmp_path / "book")
