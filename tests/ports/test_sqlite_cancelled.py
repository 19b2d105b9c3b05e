"""A read whose call is cancelled stops in SQLite too, and what reads next is not disturbed."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.ports.graphs import made, names, step
from tracehold.adapters.sqlite_graph import SqliteGraph, reading
from tracehold.adapters.sqlite_graph.reading import Readers

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


class Endless:
    """Work that never ends by itself: statement after statement, or one that goes on for ever."""

    def __init__(self, *, short: bool = False) -> None:
        self.begun = asyncio.Event()
        self.ended = threading.Event()
        self.reason: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self._short = short

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Work."""
        self._loop.call_soon_threadsafe(self.begun.set)
        try:
            while self._short:
                connection.execute("SELECT 1").fetchall()
            connection.execute(ENDLESS).fetchall()
        except sqlite3.Error as error:
            self.reason = error
            raise
        finally:
            self.ended.set()


@pytest.mark.parametrize("short", [False, True], ids=["one statement", "many statements"])
async def test_a_cancelled_read_leaves_no_thread_working(tmp_path: Path, short: bool):
    """The statement is interrupted, wherever the interruption falls, before the call returns."""
    graph = SqliteGraph(tmp_path / "graph.sqlite")
    work = Endless(short=short)
    asking = asyncio.ensure_future(graph._read(work))
    await work.begun.wait()
    assert not work.ended.is_set()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert work.ended.is_set()
    assert isinstance(work.reason, sqlite3.OperationalError)
    assert "interrupted" in str(work.reason)
    graph.close()


async def test_a_read_that_is_cancelled_again_ends_all_the_same(tmp_path: Path, monkeypatch):
    """While the first cancellation still waits for the thread."""
    graph = SqliteGraph(tmp_path / "graph.sqlite")
    work = Endless()
    asking = asyncio.ensure_future(graph._read(work))
    await work.begun.wait()
    interrupted: list[bool] = []
    really = reading._Reading.interrupt

    def first_nothing(self: reading._Reading) -> bool:
        interrupted.append(True)
        if len(interrupted) == 1:
            asyncio.get_running_loop().call_soon(asking.cancel)
            return True
        return really(self)

    monkeypatch.setattr(reading._Reading, "interrupt", first_nothing)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert work.ended.is_set()
    graph.close()


async def test_a_deadline_stops_the_query(tmp_path: Path):
    """As a cancellation does: nobody waits for the answer any more."""
    graph = SqliteGraph(tmp_path / "graph.sqlite")
    work = Endless()

    async def asked() -> None:
        async with asyncio.timeout(None) as limit:
            asking = asyncio.ensure_future(graph._read(work))
            await work.begun.wait()
            limit.reschedule(0)
            await asking

    with pytest.raises(TimeoutError):
        await asked()
    assert work.ended.is_set()
    graph.close()


async def test_other_reads_go_on(tmp_path: Path):
    """One that runs at the same time is not interrupted, nor is one that comes afterwards."""
    graph = SqliteGraph(tmp_path / "graph.sqlite")
    await graph.add(step(made("m", "a", "b")))
    staying, going = Endless(), Endless()
    stays, goes = (asyncio.ensure_future(graph._read(work)) for work in (staying, going))
    await staying.begun.wait()
    await going.begun.wait()
    goes.cancel()
    with pytest.raises(asyncio.CancelledError):
        await goes
    assert (going.ended.is_set(), staying.ended.is_set()) == (True, False)
    assert await names(graph, "a") == ["m"]
    stays.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stays
    assert await names(graph, "a") == ["m"]
    graph.close()


async def test_a_read_that_waits_for_a_thread_never_begins(tmp_path: Path):
    """All threads are busy: the cancelled call returns at once, and its work is not done later."""
    loop = asyncio.get_running_loop()
    held = threading.Event()
    done: list[sqlite3.Connection] = []
    readers = Readers(tmp_path / "graph.sqlite")
    # More than the executor has threads.
    busy = [loop.run_in_executor(None, held.wait) for _ in range(64)]
    asking = asyncio.ensure_future(readers.run(done.append))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    held.set()
    await asyncio.gather(*busy)
    await loop.shutdown_default_executor()
    assert done == []
    readers.close()


async def test_a_write_goes_on_to_its_end(tmp_path: Path):
    """A step is one transaction: it is there as a whole, or not at all."""
    graph = SqliteGraph(tmp_path / "graph.sqlite")
    adding = asyncio.ensure_future(graph.add(step(made("m", "a", "b"))))
    await asyncio.sleep(0)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    await asyncio.get_running_loop().shutdown_default_executor()
    found = SqliteGraph(tmp_path / "graph.sqlite")
    coverage = found._writer.execute("SELECT start, stop FROM indexed").fetchall()
    facts = found._writer.execute("SELECT count(*) FROM fact").fetchone()
    assert (coverage, facts) in (([(0, 1)], (1,)), ([], (0,)))
    for each in (graph, found):
        each.close()


async def test_connections_are_used_again_and_interrupted_ones_are_closed(tmp_path: Path):
    """None is left open."""
    readers = Readers(tmp_path / "graph.sqlite")
    used = [await readers.run(id) for _ in range(3)]
    assert len(set(used)) == 1
    work = Endless()
    asking = asyncio.ensure_future(readers.run(work))
    await work.begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert readers._idle == []
    readers.close()
