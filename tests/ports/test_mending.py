"""What every record log promises about putting right what the disk damaged, on every back-end."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journey.scene import statement
from tests.ports.batches import CONTROLS, A, B, Writer, base, entry, fill, segment, stored
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.adapters.sqlite_log.log import FILE
from tracehold.adapters.sqlite_log.rows import position_of
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import Kind, fingerprint
from tracehold.core.tiles import Coord
from tracehold.journey.ports import NewEntry, RecordLog

WRONG = Fingerprint(b"\x66" * 32)


class Disk:
    """A record log with an own log A, how to damage it from outside, and a new process on the same disk."""

    def __init__(self, folder: Path, store: MemoryLog | SqliteLog) -> None:
        self.folder = folder
        self.store = store

    def change(self, query: str, *values: object) -> None:
        """A change of the tables behind the store's back."""
        with sqlite3.connect(self.folder / FILE) as raw:
            raw.execute(query, values)
        raw.close()

    def spoil(self, log: LogId, index: int) -> None:
        """Change one byte of a record."""
        if isinstance(self.store, MemoryLog):
            self.store.damage(log, index)
            return
        record = f"(SELECT record FROM entries WHERE position = {position_of(2, index)})"
        turned = "CAST(substr(raw, 1, length(raw) - 1) || 'X' AS BLOB)"
        self.change(f"UPDATE records SET raw = {turned} WHERE id = {record}")

    def rename(self, log: LogId, index: int) -> None:
        """Change the fingerprint of an entry."""
        if isinstance(self.store, MemoryLog):
            self.store.damage_fingerprint(log, index)
            return
        wrong = WRONG[1:] + bytes([index])
        self.change("UPDATE entries SET fingerprint = ? WHERE position = ?", wrong, position_of(2, index))

    def rot(self, old: bytes, new: bytes) -> None:
        """Change bytes of the file where they stand, as a disk does: no index follows. Closes the store."""
        assert isinstance(self.store, SqliteLog)
        self.store.close()
        file = (self.folder / FILE).read_bytes()
        assert (file.count(old), len(old)) == (1, len(new))
        (self.folder / FILE).write_bytes(file.replace(old, new))
        self.store = SqliteLog.open(self.folder)


@pytest.fixture(params=["memory", "sqlite"])
async def disk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Disk]:
    """One of each kind."""
    made = Disk(tmp_path, MemoryLog() if request.param == "memory" else SqliteLog.open(tmp_path))
    await fill(made.store, A, 1, first=900)
    yield made
    if isinstance(made.store, SqliteLog):
        made.store.close()


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Disk]:
    """One on SQLite, with B's first five entries."""
    made = Disk(tmp_path, SqliteLog.open(tmp_path))
    await fill(made.store, A, 1, first=900)
    await fill(made.store, B, 5)
    yield made
    assert isinstance(made.store, SqliteLog)
    made.store.close()


async def mend(store: RecordLog, *entries: int) -> None:
    """Put B's entries right, twice: it is harmless to repeat."""
    for at in [*entries, *entries]:
        await store.mend(B, at, entry(at).raw, entry(at).fingerprint)


async def whole(store: RecordLog, count: int = 5) -> bool:
    """Whether all of B's entries are as they came, by place and by fingerprint."""
    kept = await store.read(B, 0, count)
    found = [await store.entry(entry(at).fingerprint) for at in range(count)]
    right = [(e.index, e.raw, e.fingerprint, e.bytes_total) for e in kept] == [
        (at, entry(at).raw, entry(at).fingerprint, 10 * at + 10) for at in range(count)
    ]
    return right and found == list(kept)


async def test_damaged_bytes_are_put_right(disk: Disk) -> None:
    """CORRUPT before, whole afterwards, and its neighbours as they were."""
    await fill(disk.store, B, 5)
    disk.spoil(B, 2)
    with pytest.raises(Broken, match="CORRUPT"):
        await stored(disk.store, 2)
    await mend(disk.store, 2)
    assert await whole(disk.store)


async def test_a_damaged_fingerprint_is_put_right(disk: Disk) -> None:
    """Also together with the bytes; the record is found under its own again."""
    await fill(disk.store, B, 5)
    disk.rename(B, 3)
    disk.rename(B, 4)
    disk.spoil(B, 4)
    assert (await disk.store.read(B, 3, 4))[0].fingerprint != entry(3).fingerprint
    await mend(disk.store, 3, 4)
    assert await whole(disk.store)


async def test_the_kind_is_that_of_the_bytes(disk: Disk) -> None:
    """What the row says of it is worth no more than the rest of the row."""
    raws = [statement(0).raw, b"no record"]
    entries = [NewEntry(fingerprint(raw), raw, Kind.ENROL) for raw in raws]
    await disk.store.append(Writer.of(B).batch(entries))
    for at, each in enumerate(entries):
        await disk.store.mend(B, at, each.raw, each.fingerprint)
    assert [e.kind for e in await disk.store.read(B, 0, 2)] == [Kind.EVENT, ""]
    assert list(await disk.store.controls(B)) == []


async def test_security_what_was_erased_never_comes_back(disk: Disk) -> None:
    """Whoever still has the bytes; a fingerprint that is damaged is put right, and no more."""
    await fill(disk.store, B, 5)
    for at in (1, 2):
        await disk.store.erase(B, at)
    disk.rename(B, 2)
    await mend(disk.store, 1, 2)
    kept = await disk.store.read(B, 0, 5)
    assert [e.erased for e in kept] == [False, True, True, False, False]
    assert [e.fingerprint for e in kept] == [entry(at).fingerprint for at in range(5)]
    assert kept[2].kind == "text/plain"


async def test_without_bytes_only_the_fingerprint_is_put_right(disk: Disk) -> None:
    """Another holder may have erased what is kept here: that is no reason to."""
    await fill(disk.store, B, 5)
    disk.rename(B, 2)
    await disk.store.mend(B, 2, b"", entry(2).fingerprint)
    assert await whole(disk.store)


async def test_a_control_record_of_a_base_is_put_right(disk: Disk) -> None:
    """It stands in no span, and counts no bytes."""
    writer, entries = segment()
    await disk.store.begin(base(writer, entries))
    place = CONTROLS[1]
    disk.spoil(B, place)
    await disk.store.mend(B, place, entries[place].raw, entries[place].fingerprint)
    assert (await stored(disk.store, place)).raw == entries[place].raw


async def test_nothing_is_put_where_nothing_was_kept(disk: Disk) -> None:
    """Past the end, in an unknown log."""
    await mend(disk.store, 7)
    await fill(disk.store, B, 5)
    await mend(disk.store, 7)
    assert list(await disk.store.spans(B)) == [(0, 5)]
    assert await whole(disk.store)


async def test_a_mended_log_goes_on(disk: Disk) -> None:
    """The next batch is appended, and the record that was put right is once in it."""
    writer = await fill(disk.store, B, 5)
    disk.spoil(B, 4)
    await mend(disk.store, 4)
    await disk.store.append(writer.batch([entry(5)], time_ms=9))
    assert await whole(disk.store, 6)


async def test_tiles_are_replaced(disk: Disk) -> None:
    """Also shorter ones by longer, and those that are gone; others stay."""
    writer = await fill(disk.store, B, 300)
    wrong = [(Coord(0, 0), bytes(32 * 256)), (Coord(0, 1), bytes(32 * 44))]
    await disk.store.mend_tiles(B, wrong)
    assert await disk.store.tiles(B, [at for at, _ in wrong]) == dict(wrong)
    await disk.store.mend_tiles(B, [(at, writer.tiles[at]) for at, _ in wrong] * 2)
    assert await disk.store.tiles(B, writer.tiles) == writer.tiles


async def test_a_tile_that_grew_while_it_was_mended_is_not_cut_off(disk: Disk) -> None:
    """An append between the look at a tile and its mending is kept: the tile is whole afterwards."""
    writer = await fill(disk.store, B, 250)
    at = Coord(0, 0)
    proved = writer.tiles[at]
    await disk.store.append(writer.batch([entry(number) for number in range(250, 256)], time_ms=9))
    await disk.store.mend_tiles(B, [(at, proved)])
    assert await disk.store.tiles(B, [at]) == {at: writer.tiles[at]}


async def test_the_memory_log_stops_a_mender_of_other_bytes() -> None:
    """They must have the fingerprint."""
    store = MemoryLog()
    await fill(store, B, 2)
    with pytest.raises(AssertionError):
        await store.mend(B, 1, entry(0).raw, entry(1).fingerprint)


async def test_a_fingerprint_that_rotted_under_its_index_is_put_right(file: Disk) -> None:
    """The index has the old bytes: SQLite itself would refuse to change the row."""
    row = entry(2).fingerprint + b"text/plain"
    file.rot(row, WRONG + b"text/plain")
    await mend(file.store, 2)
    assert await whole(file.store)
    assert checked(file) == "ok"


@pytest.mark.parametrize("raw", [b"", b"short", b"x" * 9000, None])
async def test_bytes_of_another_length_are_put_right(file: Disk, raw: bytes | None) -> None:
    """Shorter, longer than a page, or no row at all."""
    file.change(
        "DELETE FROM records WHERE id = 4" if raw is None else "UPDATE records SET raw = ? WHERE id = 4",
        *([] if raw is None else [raw]),
    )
    await mend(file.store, 2)
    assert await whole(file.store)
    await mend(file.store, 2)
    assert checked(file) == "ok"


async def test_a_row_that_leads_to_anothers_bytes_leaves_them(file: Disk) -> None:
    """What was damaged is where the bytes are: the other record keeps its own."""
    file.change("UPDATE entries SET record = 5 WHERE position = ?", position_of(2, 2))
    await mend(file.store, 2)
    assert await whole(file.store)


async def test_security_mended_bytes_are_erased_like_others(file: Disk) -> None:
    """Put right in place or at the end: after the erasure no file of the folder holds them."""
    file.change("UPDATE records SET raw = CAST(substr(raw, 1, 9) || 'X' AS BLOB) WHERE id = 4")
    file.change("UPDATE records SET raw = CAST(raw || raw AS BLOB) WHERE id = 5")
    await mend(file.store, 2, 3)
    for at in (2, 3):
        await file.store.erase(B, at)
        held = [path.name for path in file.folder.iterdir() if entry(at).raw in path.read_bytes()]
        assert held == []


def checked(file: Disk) -> str:
    """What SQLite says of the file's form."""
    with sqlite3.connect(file.folder / FILE) as raw:
        said = raw.execute("PRAGMA integrity_check").fetchone()[0]
    raw.close()
    return str(said)
