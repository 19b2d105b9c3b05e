"""The file: one connection, one thread, one durable transaction a save."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tracehold.adapters.capture_jobs.rows import from_row, to_json
from tracehold.core.errors import Broken
from tracehold.journey.capture_jobs import CaptureJob

T = TypeVar("T")

SCHEMA_VERSION = 1
KEPT = 10_000
"""Finished jobs that are kept. The records themselves stay in the log for ever."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they came
    id TEXT NOT NULL UNIQUE,
    party TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    finished_ms INTEGER,
    content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS job_party ON job (party, number);
CREATE INDEX IF NOT EXISTS job_running ON job (number) WHERE finished_ms IS NULL;
"""
_COLUMNS = "id, party, behaviour, created_ms, finished_ms, content"
_SAVE = f"""
INSERT INTO job ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET finished_ms = excluded.finished_ms, content = excluded.content
"""  # noqa: S608
_PRUNE = "DELETE FROM job WHERE finished_ms IS NOT NULL AND number <= (SELECT max(number) FROM job) - ?"
_PAGE = f"""
SELECT {_COLUMNS} FROM job
WHERE (:party IS NULL OR party = :party)
  AND (:after IS NULL OR number < (SELECT number FROM job WHERE id = :after))
ORDER BY number DESC LIMIT :size
"""  # noqa: S608


class SqliteCaptureJobs:
    """`journey.capture_jobs.CaptureJobs` on SQLite. `close` waits for what is being written."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises `Broken`: SCHEMA_NEWER, STORE_FAILED."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture-jobs")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            _prepare(self._connection)
        except (sqlite3.Error, OSError) as error:
            raise Broken("STORE_FAILED", "the capture jobs cannot be opened") from error

    async def save(self, job: CaptureJob) -> None:
        """Insert or replace by id; durable on return."""
        row = (job.id, job.party, job.behaviour.value, job.created_ms, job.finished_ms, to_json(job))

        def write() -> None:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute(_SAVE, row)
                self._connection.execute(_PRUNE, (KEPT,))

        await self._run(write)

    async def find(self, id: str) -> CaptureJob | None:
        """The job, or None."""
        query = f"SELECT {_COLUMNS} FROM job WHERE id = ?"  # noqa: S608
        rows = await self._run(lambda: self._connection.execute(query, (id,)).fetchall())
        return from_row(rows[0]) if rows else None

    async def page(self, party: str | None, after: str | None, size: int) -> Sequence[CaptureJob]:
        """At most `size` jobs, newest first, those that came
        before the job `after`; none where it is unknown.
        """
        page = {"party": party, "after": after, "size": size}
        rows = await self._run(lambda: self._connection.execute(_PAGE, page).fetchall())
        return [from_row(row) for row in rows]

    async def unfinished(self) -> Sequence[CaptureJob]:
        """All jobs that run, oldest first."""
        query = f"SELECT {_COLUMNS} FROM job WHERE finished_ms IS NULL ORDER BY number"  # noqa: S608
        rows = await self._run(lambda: self._connection.execute(query).fetchall())
        return [from_row(row) for row in rows]

    def close(self) -> None:
        """Wait for what is being written, then close the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise Broken("STORE_FAILED", "the capture jobs cannot be read or written") from error


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise Broken("SCHEMA_NEWER", "the capture jobs were written by a newer release")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
