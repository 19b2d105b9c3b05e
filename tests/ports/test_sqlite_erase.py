"""What is erased is gone from the disk: the bytes are looked for in the files themselves."""

import random
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from tests.ports.batches import A, B, Writer, fill
from tracehold.adapters.sqlite_log import SqliteLog, keeping
from tracehold.adapters.sqlite_log.log import FILE
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.record import fingerprint
from tracehold.journey.ports import NewEntry

LOGS = (A, B, LogId(b"\xcc" * 32))


def marked(log: LogId, index: int, size: int) -> tuple[bytes, NewEntry]:
    """A record, and the bytes in it that nothing else on disk has."""
    mark = b"<%02x:%06d:%s>" % (log[0], index, fingerprint(log + bytes([index % 256]) * 9).hex().encode())
    raw = (mark * (size // len(mark) + 1))[: max(size, len(mark))]
    return mark, NewEntry(fingerprint(raw), raw, "text/plain")


def left(folder: Path, marks: list[bytes]) -> list[bytes]:
    """Those of the marks that any file of the folder still holds."""
    files = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
    return [mark for mark in marks if any(mark in file for file in files)]


def copied(folder: Path) -> Path:
    """The files as they are at this moment, as a killed process leaves them."""
    crashed = folder / "crashed"
    crashed.mkdir()
    for path in folder.glob(f"{FILE}*"):
        (crashed / path.name).write_bytes(path.read_bytes())
    return crashed


async def test_security_erased_bytes_are_nowhere_in_the_files(tmp_path: Path) -> None:
    """Three logs that grow side by side, records within a page and over many: each one that is erased leaves
    no copy, wherever SQLite had put it meanwhile; the others stay whole.
    """
    chance = random.Random(7)
    writers = {log: Writer.of(log) for log in LOGS}
    made: dict[tuple[LogId, int], bytes] = {}
    async with SqliteLog.open(tmp_path) as store:
        for step in range(150):
            log = LOGS[0] if step == 0 else chance.choice(LOGS)
            start, count = writers[log].tree.end, chance.randint(1, 9)
            sizes = [chance.choice((100, 300, 900, 3000, 4040, 20_000)) for _ in range(count)]
            pairs = [marked(log, start + at, size) for at, size in enumerate(sizes)]
            await store.append(writers[log].batch([new for _, new in pairs], time_ms=step + 1))
            made |= {(log, start + at): mark for at, (mark, _) in enumerate(pairs)}
        gone = sorted(chance.sample(sorted(made), 60) + [(log, at) for log in LOGS for at in range(4)])
        assert len(left(tmp_path, [made[place] for place in gone])) == len(gone)
        for log, index in gone:
            await store.erase(log, index)
            assert left(tmp_path, [made[log, index]]) == []
        assert left(tmp_path, [made[place] for place in gone]) == []
        for log in LOGS:
            kept = [e.index for e in await store.read(log, 0, 9999, 1 << 30) if not e.erased]
            assert kept == [at for at in range(writers[log].tree.end) if (log, at) not in gone]
    file = sqlite3.connect(tmp_path / FILE)
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


async def test_security_an_erasure_that_was_cut_short_ends_at_the_next_start(tmp_path: Path) -> None:
    """Committed, and killed before the write-ahead file was cut: what is left goes when it is opened."""
    mark, new = marked(A, 0, 700)
    async with SqliteLog.open(tmp_path) as store:
        await store.append(Writer.of(A).batch([new]))
        await store._store.write(partial(keeping.erase, log=A, index=0))
        crashed = copied(tmp_path)
    assert left(crashed, [mark]) == [mark]
    async with SqliteLog.open(crashed) as store:
        assert left(crashed, [mark]) == []
        assert (await store.read(A, 0, 1))[0].erased


async def test_an_erasure_that_a_reader_holds_up_is_to_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STORE_BUSY while something still reads what was there; the repeat finds it erased, and finishes."""
    mark, new = marked(A, 0, 700)
    async with SqliteLog.open(tmp_path) as store:
        await store.append(Writer.of(A).batch([new]))
        store._store._writing.execute("PRAGMA busy_timeout = 1")
        reader = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (1,)
        with pytest.raises(Unavailable, match="STORE_BUSY"):
            await store.erase(A, 0)
        assert (await store.read(A, 0, 1))[0].erased
        reader.close()
        await store.erase(A, 0)
        assert left(tmp_path, [mark]) == []


async def test_appends_go_on_while_records_are_erased(tmp_path: Path) -> None:
    """Bytes of later records are not put where erased ones were, and nothing of them is lost."""
    async with SqliteLog.open(tmp_path) as store:
        writer = await fill(store, A, 50)
        for at in range(50, 80):
            await store.erase(A, at - 40)
            await store.append(writer.batch([marked(A, at, 2000)[1]], time_ms=2))
        kept = await store.read(A, 0, 99)
        assert [e.index for e in kept if e.erased] == list(range(10, 40))
        assert all(fingerprint(e.raw) == e.fingerprint for e in kept if not e.erased)
