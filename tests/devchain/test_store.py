"""The chain's file: what is durable when, who may open it, and what happens when the disk refuses."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.devchain.logindex import LogQuery, LogRow, count_logs, find_logs
from tracehold.devchain.store import FILE, SCHEMA_VERSION, Reader, Store

ROW = LogRow(3, 0, 0, b"\x11" * 20, b"\x22" * 32, None, None, None, b"data", b"\x33" * 32, b"\x44" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in the test's folder."""
    opened = Store(tmp_path)
    yield opened
    opened.close()


def crash(directory: Path, to: Path) -> Path:
    """What a crash at this moment would leave: the files as they are, copied from under the open store."""
    to.mkdir()
    for file in directory.glob(FILE + "*"):
        shutil.copy(file, to / file.name)
    return to


def test_a_write_is_seen_by_the_writer_at_once_and_by_readers_after_the_commit(
    store: Store, tmp_path: Path
) -> None:
    """Nothing is announced that is not durable."""
    reader = Reader(tmp_path)
    store[b"key"] = b"value"
    assert store[b"key"] == b"value"
    assert b"key" not in reader
    store.commit()
    assert reader[b"key"] == b"value"
    reader.close()


def test_a_crash_before_the_commit_leaves_the_state_before_it(store: Store, tmp_path: Path) -> None:
    """A block is on disk as a whole or not at all: not at all."""
    store[b"old"] = b"1"
    store.commit()
    store[b"old"] = b"2"
    store[b"new"] = b"2"
    reopened = Store(crash(tmp_path, tmp_path / "after"))
    assert reopened[b"old"] == b"1"
    assert b"new" not in reopened
    reopened.close()


def test_a_crash_after_the_commit_keeps_all_of_it(store: Store, tmp_path: Path) -> None:
    """A block is on disk as a whole or not at all: as a whole, log index and settings included."""
    store[b"key"] = b"value"
    store.commit([ROW], {"chain_id": 5})
    reopened = Store(crash(tmp_path, tmp_path / "after"))
    assert reopened[b"key"] == b"value"
    assert find_logs(reopened.connection, LogQuery(0, 9), 10) == [ROW]
    assert reopened.meta() == {"chain_id": 5}
    reopened.close()


def test_discard_forgets_what_was_gathered(store: Store) -> None:
    """A block that was given up leaves nothing for the next commit."""
    store[b"key"] = b"value"
    store.discard()
    store.commit()
    assert b"key" not in store


def test_a_deleted_key_is_gone_before_and_after_the_commit(store: Store) -> None:
    """Deletion is gathered like a write."""
    store[b"key"] = b"value"
    store.commit()
    del store[b"key"]
    assert b"key" not in store
    with pytest.raises(KeyError):
        store[b"key"]
    store.commit()
    assert b"key" not in store


def test_a_reader_cannot_write(store: Store, tmp_path: Path) -> None:
    """Requests cannot change the chain, whatever they compute."""
    reader = Reader(tmp_path)
    with pytest.raises(AssertionError):
        reader[b"key"] = b"value"
    with pytest.raises(AssertionError):
        del reader[b"key"]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.connection.execute("DELETE FROM kv")
    reader.close()


def test_a_second_writer_is_refused_until_the_first_is_closed(store: Store, tmp_path: Path) -> None:
    """Two sealers on one file would fork the chain."""
    with pytest.raises(Unavailable, match="another process") as refusal:
        Store(tmp_path)
    assert refusal.value.code == "STORE_BUSY"
    assert "folder" in refusal.value.remedy
    store.close()
    Store(tmp_path).close()


def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    """The lock belongs to a process and goes with it, however it ends."""
    script = (
        "import sys, pathlib; from tracehold.devchain.store import Store;"
        "s = Store(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    with pytest.raises(Unavailable):
        Store(tmp_path)
    other.kill()
    other.communicate()
    Store(tmp_path).close()


def test_a_newer_schema_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """An older release does not touch what it does not know."""
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(Broken, match=f"schema {SCHEMA_VERSION + 1}") as refusal:
        Store(tmp_path)
    assert refusal.value.code == "SCHEMA_NEWER"
    assert "newer release" in refusal.value.remedy


def test_another_programs_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    """A wrong folder must not be damaged by a try."""
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE theirs(x)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(Rejected, match="not a chain"):
        Store(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Garbage is no chain."""
    (tmp_path / FILE).write_bytes(b"garbage " * 1000)
    with pytest.raises(Rejected) as refusal:
        Store(tmp_path)
    assert refusal.value.code == "BAD_CONFIG"
    (tmp_path / FILE).unlink()
    Store(tmp_path).close()  # and the failed try left no lock


def test_a_full_disk_fails_the_commit_and_keeps_what_was_there(store: Store, tmp_path: Path) -> None:
    """SQLite itself refuses (its page limit stands for the disk's end); nothing of the commit stays."""
    store[b"old"] = b"1"
    store.commit()
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    store[b"old"] = b"2"
    store[b"big"] = bytes(100_000)
    with pytest.raises(Broken) as failure:
        store.commit([ROW])
    assert failure.value.code == "STORE_FAILED"
    assert (store[b"old"], b"big" in store) == (b"1", False)
    assert count_logs(store.connection) == 0
    store.close()
    reopened = Store(tmp_path)
    assert reopened[b"old"] == b"1"
    reopened.close()


def test_every_commit_reaches_the_disk_before_it_returns(store: Store) -> None:
    """WAL with synchronous=FULL is what makes an answer survive a power cut."""
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.connection.execute("PRAGMA synchronous").fetchone() == (2,)
