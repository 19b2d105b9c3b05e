"""A file of an earlier release, made here with that release's own tables, goes on in this one."""

import sqlite3
from pathlib import Path

import pytest

from tests.journey.scene import NETWORK, NODE_KEY, OPERATOR, SALTS, START
from tests.ports.batches import A, B, Writer, entry, task
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.adapters.sqlite_log.log import FILE
from tracehold.adapters.sqlite_log.migrations import _TO_4, run_all
from tracehold.adapters.sqlite_log.rows import ANCHOR, CHECKPOINT, anchor_row, position_of
from tracehold.core.errors import Broken
from tracehold.core.record import CONTROL_KINDS, Kind
from tracehold.journey.fsck import check_log
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.ports import AnchorState, Batch, Copy, Dispute
from tracehold.journey.ports.followed import Page, Place

VERSION_1 = """
CREATE TABLE schema (version INTEGER NOT NULL);
CREATE TABLE logs (
    number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, bytes INTEGER NOT NULL
);
CREATE TABLE entries (
    position    INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    kind        TEXT NOT NULL,
    control     INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL,
    raw         BLOB NOT NULL
);
CREATE UNIQUE INDEX entries_once ON entries (fingerprint, position >> 40);
CREATE INDEX entries_control ON entries (position) WHERE control = 1;
CREATE TABLE received (key BLOB PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tiles (
    log INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (log, level, idx)
);
CREATE TABLE checkpoints (
    log            INTEGER NOT NULL,
    size           INTEGER NOT NULL,
    bytes_total    INTEGER NOT NULL,
    root           BLOB NOT NULL,
    time_ms        INTEGER NOT NULL,
    note           BLOB NOT NULL,
    cose_protected BLOB NOT NULL,
    cose_signature BLOB NOT NULL,
    PRIMARY KEY (log, size)
);
CREATE TABLE anchors (
    log         INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    prev_size   INTEGER NOT NULL,
    root        BLOB NOT NULL,
    state       TEXT NOT NULL,
    raw         BLOB NOT NULL,
    hash        BLOB NOT NULL,
    nonce       INTEGER NOT NULL,
    max_fee     TEXT NOT NULL,
    anchor      BLOB,
    undone      BLOB,
    gas_used    INTEGER,
    PRIMARY KEY (log, size)
);
CREATE INDEX anchors_state ON anchors (log, state, size);
CREATE TABLE bookmarks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO schema VALUES (1)
"""


VERSION_2 = """
CREATE TABLE schema (version INTEGER NOT NULL);
CREATE TABLE logs (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE runs (
    log INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (log, start)
) WITHOUT ROWID;
CREATE TABLE records (id INTEGER PRIMARY KEY, raw BLOB NOT NULL);
CREATE TABLE entries (
    position    INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    kind        TEXT NOT NULL,
    control     INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL,
    record      INTEGER
);
CREATE UNIQUE INDEX entries_once ON entries (fingerprint, position >> 40);
CREATE INDEX entries_control ON entries (position) WHERE control = 1;
CREATE TABLE disputes (position INTEGER PRIMARY KEY, code TEXT NOT NULL, rules INTEGER NOT NULL);
CREATE TABLE copies (
    chosen   INTEGER PRIMARY KEY,
    segment  INTEGER NOT NULL,
    node     INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    UNIQUE (segment, node)
);
CREATE TABLE witness (log BLOB PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE forks (
    log      BLOB NOT NULL,
    size     INTEGER NOT NULL,
    kept     BLOB NOT NULL,
    shown    BLOB NOT NULL,
    by_chain INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,
    PRIMARY KEY (log, size)
) WITHOUT ROWID;
INSERT INTO schema VALUES (2)
"""
UNCHANGED = ("received", "tiles", "checkpoints", "anchors", "anchors_state", "bookmarks")
"""What version 2 has as version 1 had it."""


def version_2(folder: Path) -> sqlite3.Connection:
    """An empty file of version 2, open, to fill."""
    file = sqlite3.connect(folder / FILE, isolation_level=None)
    file.execute("PRAGMA journal_mode = WAL")
    kept = [s for s in VERSION_1.split(";\n") if s.split("(")[0].split()[2] in UNCHANGED]
    for statement in [*VERSION_2.split(";\n"), *kept]:
        file.execute(statement)
    return file


async def test_everything_of_version_2_is_kept_and_was_judged(tmp_path: Path) -> None:
    """Entries, erased ones too, disputes, holders; nothing of them waits to be judged."""
    batch = Writer.of(B).batch([entry(at) for at in range(3)])
    file = version_2(tmp_path)
    file.execute("INSERT INTO logs VALUES (1, ?), (2, ?)", (A, B))
    file.execute("INSERT INTO runs VALUES (2, 0, 3, 30)")
    for at, new in enumerate(batch.entries):
        row = (position_of(2, at), new.fingerprint, new.kind, 0, 10 * at + 10, None if at == 1 else at + 1)
        file.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
        file.execute("INSERT INTO records VALUES (?, ?)", (at + 1, bytes(10) if at == 1 else new.raw))
    file.execute("INSERT INTO disputes VALUES (?, 'BAD_SIGNATURE', 3)", (position_of(2, 2),))
    file.execute("INSERT INTO copies VALUES (1, 0, 4, 14, 99)")
    file.close()
    async with SqliteLog.open(tmp_path) as store:
        assert [e.raw for e in await store.read(B, 0, 9)] == [entry(0).raw, b"", entry(2).raw]
        assert list(await store.disputes(B, 0, 9)) == [Dispute(2, "BAD_SIGNATURE", 3)]
        assert list(await store.copies.holders(0)) == [Copy(0, 4, 14, 99)]
        assert await store.unjudged(B) == ()
        assert len(await store.find([new.fingerprint for new in batch.entries])) == 3


def version_3(folder: Path) -> sqlite3.Connection:
    """An empty file of version 3, open, to fill: as version 2, and what was not judged."""
    file = version_2(folder)
    file.execute("CREATE TABLE unjudged (start INTEGER PRIMARY KEY, stop INTEGER NOT NULL)")
    file.execute("UPDATE schema SET version = 3")
    return file


async def test_a_file_of_version_3_begins_to_follow_the_chain(tmp_path: Path) -> None:
    """What was kept stays, bookmarks too; of the chain nothing was taken over, and now it can be."""
    file = version_3(tmp_path)
    file.execute("INSERT INTO logs VALUES (1, ?)", (A,))
    file.execute("INSERT INTO bookmarks VALUES ('index', 7)")
    file.execute("INSERT INTO unjudged VALUES (?, ?)", (position_of(1, 3), position_of(1, 5)))
    file.close()
    async with SqliteLog.open(tmp_path) as store:
        assert (await store.bookmark("index"), list(await store.logs())) == (7, [A])
        assert await store.unjudged(A) == ((3, 5),)
        assert (await store.followed.newest(), await store.followed.final()) == (None, -1)
        block = Place(0, b"b" * 32, bytes(32), 1)
        await store.followed.begin(b"a contract")
        await store.followed.take(Page(None, block, [block], (), 0, 0))
        assert await store.followed.newest() == block


def version_4(folder: Path) -> sqlite3.Connection:
    """An empty file of version 4, open, to fill: as version 3, and what was followed of the chain."""
    file = version_3(folder)
    run_all(file, _TO_4)
    file.execute("UPDATE schema SET version = 4")
    return file


async def test_anchors_of_version_4_stay_those_of_their_contract(tmp_path: Path) -> None:
    """They are in force, until the node goes over to another contract."""
    file = version_4(tmp_path)
    file.execute("INSERT INTO logs VALUES (1, ?)", (A,))
    kept = task(A, 0, 2, AnchorState.FINAL)
    row = (1, *anchor_row(kept))
    file.execute(f"INSERT INTO anchors (log, {ANCHOR}) VALUES ({','.join('?' * len(row))})", row)
    file.close()
    async with SqliteLog.open(tmp_path) as store:
        assert list(await store.anchors(A, set(AnchorState))) == [kept]
        await store.in_force(b"another contract")
        assert list(await store.anchors(A, set(AnchorState))) == []
        assert list(await store.earlier_anchors(A)) == [kept]


def version_1(folder: Path, *batches: Batch) -> sqlite3.Connection:
    """A file of version 1 with the own log of these batches, as that release wrote it; open, to add more."""
    file = sqlite3.connect(folder / FILE, isolation_level=None)
    file.execute("PRAGMA journal_mode = WAL")
    for statement in VERSION_1.split(";\n"):
        file.execute(statement)
    size = total = 0
    for batch in batches:
        for index, new in enumerate(batch.entries, batch.first):
            total += len(new.raw)
            row = (
                position_of(1, index),
                new.fingerprint,
                new.kind,
                new.kind in CONTROL_KINDS,
                total,
                new.raw,
            )
            file.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
            if new.received is not None:
                file.execute("INSERT INTO received VALUES (?, ?)", (new.received, position_of(1, index)))
        tiles = [(1, at.level, at.index, hashes) for at, hashes in batch.tiles]
        file.executemany("INSERT OR REPLACE INTO tiles VALUES (?, ?, ?, ?)", tiles)
        point = batch.checkpoint
        size = point.size
        values = (1, total, *(getattr(point, name) for name in CHECKPOINT.split(", ")))
        marks = ",".join("?" * len(values))
        file.execute(f"INSERT INTO checkpoints (log, bytes_total, {CHECKPOINT}) VALUES ({marks})", values)
    file.execute("INSERT INTO logs VALUES (1, ?, ?, ?)", (batches[0].log, size, total))
    return file


async def test_everything_of_version_1_is_kept(tmp_path: Path) -> None:
    """Entries, control records, keys, tiles, checkpoints, anchors, bookmarks; and it goes on."""
    writer = Writer.of(A)
    batches = [
        writer.batch([entry(0, kind=Kind.LOG_HEADER), entry(1, received=b"k" * 32)]),
        writer.batch([entry(at, size=5000) for at in range(2, 300)], time_ms=2),
    ]
    file = version_1(tmp_path, *batches)
    row = (1, *anchor_row(task(A, 0, 2, AnchorState.FINAL)))
    file.execute(f"INSERT INTO anchors (log, {ANCHOR}) VALUES ({','.join('?' * len(row))})", row)
    file.execute("INSERT INTO bookmarks VALUES ('index', 7)")
    file.close()
    async with SqliteLog.open(tmp_path) as store:
        assert (list(await store.logs()), list(await store.spans(A))) == ([A], [(0, 300)])
        kept = await store.read(A, 0, 300)
        assert [e.raw for e in kept] == [new.raw for batch in batches for new in batch.entries]
        assert [e.bytes_total for e in kept[:3]] == [10, 20, 5020]
        assert [e.index for e in await store.controls(A)] == [0]
        assert await store.received([b"k" * 32]) == {b"k" * 32: entry(1).fingerprint}
        assert await store.tiles(A, writer.tiles) == writer.tiles
        assert await store.checkpoint(A, 2) == batches[0].checkpoint
        assert list(await store.anchors(A, set(AnchorState))) == [task(A, 0, 2, AnchorState.FINAL)]
        assert await store.bookmark("index") == 7
        await store.append(writer.batch([entry(300)], time_ms=3))
        await store.append(Writer.of(B).batch([entry(0)]))
        await store.copies.choose(Copy(0, 1, 1))
    async with SqliteLog.open(tmp_path) as store:
        assert await store.size(A) == 301
        assert list(await store.copies.holders(0)) == [Copy(0, 1, 1)]


async def test_an_own_log_of_version_1_is_found_whole(tmp_path: Path) -> None:
    """Opened by its owner, checked from entry 0, extended."""
    identity = Identity(OPERATOR, NODE_KEY, NETWORK)
    appended: list[Batch] = []

    class Noting(MemoryLog):
        async def append(self, batch: Batch) -> None:
            appended.append(batch)
            await super().append(batch)

    own = await open_log(Noting(), identity, lambda: START, SALTS)
    version_1(tmp_path, *appended).close()
    async with SqliteLog.open(tmp_path) as store:
        again = await open_log(store, identity, lambda: START, SALTS)
        assert (again.log, again.size, again.checkpoint) == (own.log, own.size, own.checkpoint)
        assert (await check_log(store, own.log)).entries == 2


def tables(folder: Path) -> list[tuple[str, str]]:
    """What the file says of its own form."""
    file = sqlite3.connect(folder / FILE)
    rows = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    columns = [
        (name, str(file.execute(f"PRAGMA table_xinfo({name})").fetchall()))
        for name, sql in rows
        if sql.startswith("CREATE TABLE")
    ]
    indexes = [(name, sql) for name, sql in rows if "INDEX" in sql]
    file.close()
    return columns + indexes


def test_a_migrated_file_has_the_form_of_a_new_one(tmp_path: Path) -> None:
    """Same tables, columns and indexes, so that only one form is in use."""
    names = ("one", "two", "three", "four", "new")
    for name in names:
        (tmp_path / name).mkdir()
    version_1(tmp_path / "one", Writer.of(A).batch([entry(0)])).close()
    version_2(tmp_path / "two").close()
    version_3(tmp_path / "three").close()
    version_4(tmp_path / "four").close()
    for name in names:
        SqliteLog.open(tmp_path / name).close()
    new = tables(tmp_path / "new")
    assert all(tables(tmp_path / name) == new for name in names)


def test_a_migration_that_is_cut_short_leaves_version_1(tmp_path: Path) -> None:
    """A step fails half-way: STORE_FAILED, every record where it was, and the next start does all of it."""
    file = version_1(tmp_path, Writer.of(A).batch([entry(at, size=5000) for at in range(200)]))
    file.execute("CREATE TABLE disputes (in_the_way)")
    with pytest.raises(Broken, match="STORE_FAILED"):
        SqliteLog.open(tmp_path)
    assert file.execute("SELECT version FROM schema").fetchone() == (1,)
    assert file.execute("SELECT count(*), sum(length(raw)) FROM entries").fetchone() == (200, 1_000_000)
    file.execute("DROP TABLE disputes")
    file.close()
    SqliteLog.open(tmp_path).close()
