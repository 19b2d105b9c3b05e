"""What only the record log on SQLite must hold to: its file, its disk, its owner."""

import asyncio
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ports.batches import A, B, Writer, entry, fill, stored, task
from tracehold.adapters.sqlite_log import SqliteLog, schema
from tracehold.adapters.sqlite_log.log import FILE
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.tiles import Coord
from tracehold.journey.ports import (
    AnchorState,
    Batch,
)


async def test_what_was_appended_survives_the_process(tmp_path: Path) -> None:
    """Closed and opened again, everything is there."""
    async with SqliteLog.open(tmp_path) as store:
        await fill(store, A, 3)
        await store.save_anchor(task(A, 0, 3))
    async with SqliteLog.open(tmp_path) as store:
        assert await store.size(A) == 3
        assert list(await store.anchors(A, set(AnchorState))) == [task(A, 0, 3)]


def test_a_second_owner_is_kept_out_until_the_first_is_gone(tmp_path: Path) -> None:
    """One folder, one owner: STORE_BUSY, at once, also from another process."""
    first = SqliteLog.open(tmp_path)
    with pytest.raises(Unavailable, match="STORE_BUSY"):
        SqliteLog.open(tmp_path)
    code = "import sys; from pathlib import Path; from tracehold.adapters.sqlite_log import SqliteLog; "
    script = code + "SqliteLog.open(Path(sys.argv[1]))"
    other = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "STORE_BUSY" in other.stderr
    first.close()
    SqliteLog.open(tmp_path).close()


async def test_a_file_of_a_newer_release_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """SCHEMA_NEWER says what to do, and changes nothing."""
    SqliteLog.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as raw:
        raw.execute("UPDATE schema SET version = 99")
    raw.close()
    with pytest.raises(Broken, match="SCHEMA_NEWER") as refused:
        SqliteLog.open(tmp_path)
    assert "release" in refused.value.remedy
    with sqlite3.connect(tmp_path / FILE) as raw:
        assert raw.execute("SELECT version FROM schema").fetchone() == (99,)
    raw.close()


async def test_an_older_file_is_migrated_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step runs once, in the transaction that raises the version; an unknown older one is CORRUPT."""
    SqliteLog.open(tmp_path).close()
    now = schema.VERSION
    steps = {
        now: lambda c: c.execute("CREATE TABLE step1 (x)"),
        now + 1: lambda c: c.execute("CREATE TABLE step2 (x)"),
    }
    monkeypatch.setattr(schema, "VERSION", now + 2)
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    SqliteLog.open(tmp_path).close()
    SqliteLog.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as raw:
        assert raw.execute("SELECT version FROM schema").fetchone() == (now + 2,)
        names = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
    raw.close()
    assert {"step1", "step2"} <= names
    monkeypatch.setattr(schema, "VERSION", now + 4)
    with pytest.raises(Broken, match="CORRUPT"):
        SqliteLog.open(tmp_path)


async def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a migration is none."""
    SqliteLog.open(tmp_path).close()

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (x)")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    now = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", now + 1)
    monkeypatch.setattr(schema, "MIGRATIONS", {now: half})
    with pytest.raises(Broken, match="STORE_FAILED"):
        SqliteLog.open(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as raw:
        assert raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone() is None
        assert raw.execute("SELECT version FROM schema").fetchone() == (now,)
    raw.close()


async def pragma(store: SqliteLog, text: str) -> int:
    """Run a PRAGMA on the writer's connection, between transactions."""
    inside = store._store

    def run() -> int:
        return int(inside._writing.execute(f"PRAGMA {text}").fetchone()[0])

    return await asyncio.get_running_loop().run_in_executor(inside._writer, run)


async def test_a_full_disk_fails_an_append_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    """STORE_FAILED; what was there before is whole, and the batch fits again once there is room."""
    async with SqliteLog.open(tmp_path) as store:
        writer = await fill(store, A, 2)
        big = writer.batch([entry(at, size=100_000) for at in range(10, 30)])
        pages = await pragma(store, "page_count")
        await pragma(store, f"max_page_count = {pages + 20}")
        with pytest.raises(Broken, match="STORE_FAILED"):
            await store.append(big)
        assert await store.size(A) == 2
        assert await store.find([entry(10).fingerprint]) == {}
        assert set(await store.tiles(A, [Coord(0, 0)])) == {Coord(0, 0)}
        await pragma(store, "max_page_count = 1000000")
        await store.append(big)
        assert await store.size(A) == 22


async def test_a_record_changed_on_disk_is_found_when_it_is_read(tmp_path: Path) -> None:
    """CORRUPT, never the wrong bytes, and never taken for one that was erased."""
    async with SqliteLog.open(tmp_path) as store:
        await fill(store, A, 4)
    with sqlite3.connect(tmp_path / FILE) as raw:
        which = "id = (SELECT record FROM entries WHERE fingerprint = ?)"
        raw.execute(f"UPDATE records SET raw = ? WHERE {which}", (b"forged", entry(1).fingerprint))
        raw.execute(f"UPDATE records SET raw = ? WHERE {which}", (b"", entry(2).fingerprint))
        raw.execute(f"DELETE FROM records WHERE {which}", (entry(3).fingerprint,))
    raw.close()
    async with SqliteLog.open(tmp_path) as store:
        assert (await stored(store, 0)).raw == entry(0).raw
        for number in (1, 2, 3):
            with pytest.raises(Broken, match="CORRUPT"):
                await store.entry(entry(number).fingerprint)


async def test_a_file_that_is_no_database_is_named_corrupt(tmp_path: Path) -> None:
    """Not a library's exception."""
    (tmp_path / FILE).write_bytes(b"not a database, and long enough to be looked at " * 200)
    with pytest.raises(Broken, match="CORRUPT"):
        SqliteLog.open(tmp_path)


def hasty(writer: Writer, count: int) -> Batch:
    """The next batch, unjudged."""
    first = writer.tree.end
    return replace(writer.batch([entry(at) for at in range(first, first + count)]), unjudged=True)


async def test_security_what_comes_in_haste_is_never_taken_for_judged(tmp_path: Path) -> None:
    """A batch that comes while the last ones before it are judged, in either order of the calls."""
    async with SqliteLog.open(tmp_path) as store:
        await fill(store, A, 1, first=900)
        writer = Writer.of(B)
        await store.append(hasty(writer, 3))
        await asyncio.gather(store.judged(B, 0, 3, ()), store.append(hasty(writer, 2)))
        assert await store.unjudged(B) == ((3, 5),)
        await asyncio.gather(store.append(hasty(writer, 2)), store.judged(B, 3, 5, ()))
        assert await store.unjudged(B) == ((5, 7),)
        await store.judged(B, 5, 7, ())
        assert await store.unjudged(B) == ()


@pytest.mark.parametrize("turns", range(1, 6))
async def test_security_a_hasty_batch_whose_caller_is_gone_is_not_taken_for_judged(
    tmp_path: Path, turns: int
) -> None:
    """Cancelled before the disk was at it, or meanwhile: it may be durable, and then it is unjudged; also
    after a start.
    """
    async with SqliteLog.open(tmp_path) as store:
        await fill(store, A, 1, first=900)
        appending = asyncio.ensure_future(store.append(hasty(Writer.of(B), 3)))
        for _ in range(turns):
            await asyncio.sleep(0)
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)
        await store.save_bookmark("behind it", 1)
        kept = tuple(await store.spans(B))
        assert kept in {(), ((0, 3),)}
        assert await store.unjudged(B) == kept
    async with SqliteLog.open(tmp_path) as store:
        assert (tuple(await store.spans(B)), await store.unjudged(B)) == (kept, kept)


async def test_the_disk_is_not_asked_for_what_is_unjudged_where_nothing_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Followers ask at each append, of every log."""
    async with SqliteLog.open(tmp_path) as store:
        await fill(store, A, 1, first=900)
        writer = Writer.of(B)
        await store.append(hasty(writer, 3))
        await store.judged(B, 0, 3, ())
        monkeypatch.setattr(store._store, "read", None)
        assert [await store.unjudged(log) for log in (A, B)] == [(), ()]
