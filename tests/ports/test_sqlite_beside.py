"""Reading a log on which a node may run: what it writes is seen, and nothing is changed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.ports.batches import A, Writer, entry
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.adapters.sqlite_log.beside import open_beside
from tracehold.adapters.sqlite_log.schema import VERSION
from tracehold.core.errors import Broken, Rejected, TraceholdError


async def test_what_a_node_writes_is_read_beside_it(tmp_path: Path) -> None:
    """Also what it writes afterwards; the node goes on when the other one leaves."""
    writer = Writer.of(A)
    async with SqliteLog.open(tmp_path) as store:
        await store.append(writer.batch([entry(0)]))
        async with open_beside(tmp_path) as beside:
            assert await beside.size(A) == 1
            await store.append(writer.batch([entry(1)]))
            assert [each.raw for each in await beside.read(A, 0, 9)] == [entry(0).raw, entry(1).raw]
        await store.append(writer.batch([entry(2)]))
        assert await store.size(A) == 3


async def test_nothing_can_be_written_beside_a_node(tmp_path: Path) -> None:
    """It holds no lock."""
    writer = Writer.of(A)
    async with SqliteLog.open(tmp_path) as store, open_beside(tmp_path) as beside:
        await store.append(writer.batch([entry(0)]))
        with pytest.raises(TraceholdError):
            await beside.append(writer.batch([entry(1)]))
        with pytest.raises(TraceholdError):
            await beside.save_bookmark("x", 1)
        assert await store.size(A) == 1


async def test_a_folder_at_rest_is_read_and_opened_again(tmp_path: Path) -> None:
    """Reading it keeps nobody out, before or after."""
    async with SqliteLog.open(tmp_path) as store:
        await store.append(Writer.of(A).batch([entry(0)]))
    async with open_beside(tmp_path) as beside:
        assert await beside.logs() == [A]
        async with SqliteLog.open(tmp_path) as store:
            assert await store.size(A) == 1


def test_what_is_no_log_of_this_release_is_told(tmp_path: Path) -> None:
    """No file, no database, a file of a newer release."""
    with pytest.raises(Rejected, match="NOT_FOUND"):
        open_beside(tmp_path)
    with SqliteLog.open(tmp_path)._store._writing as connection:
        connection.execute("UPDATE schema SET version = ?", (VERSION + 1,))
    with pytest.raises(Broken, match="SCHEMA_NEWER"):
        open_beside(tmp_path)
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as file, file:
        file.execute("DROP TABLE schema")
    with pytest.raises(Broken):
        open_beside(tmp_path)
