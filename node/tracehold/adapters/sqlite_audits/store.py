"""The file: one connection, one thread, one durable transaction a write."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tracehold.adapters.sqlite_audits.rows import COLUMNS, from_row, to_row
from tracehold.core.audit import Outcome
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.ports.audits import KeptTranscript

Answer = TypeVar("Answer")

VERSION = 1
APPLICATION_ID = 0x74684155  # "thAU"

_TABLES = """
CREATE TABLE transcript (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, whatever was pruned
    epoch INTEGER NOT NULL,
    auditor BLOB NOT NULL,
    holder BLOB NOT NULL,
    node INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    places INTEGER NOT NULL,
    failed TEXT NOT NULL,
    raw BLOB NOT NULL,
    digest BLOB NOT NULL UNIQUE
);
CREATE INDEX transcript_holder ON transcript (holder, epoch, number);
CREATE INDEX transcript_epoch ON transcript (epoch, number);
CREATE TABLE nonce (epoch INTEGER PRIMARY KEY, nonce BLOB NOT NULL);
"""
_SAVE = f"INSERT INTO transcript ({COLUMNS}, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SAVED = "SELECT number FROM transcript WHERE digest = ?"
_PAGE = f"SELECT number, {COLUMNS} FROM transcript WHERE "


class SqliteTranscripts:
    """The `Transcripts` port over one file. `close` waits for what is being written."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises `Broken`: SCHEMA_NEWER, STORE_FAILED."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audits")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            _prepare(self._connection)
        except (sqlite3.Error, OSError) as error:
            raise Broken("STORE_FAILED", "the file of audits cannot be opened") from error

    async def save(self, transcript: KeptTranscript) -> int:
        """See `ports.Transcripts.save`."""
        *row, digest = to_row(transcript)

        def save(db: sqlite3.Connection) -> int:
            found = db.execute(_SAVED, (digest,)).fetchone()
            return int(found[0]) if found else int(db.execute(_SAVE, (*row, digest)).lastrowid or 0)

        return await self._run(save)

    async def of(
        self,
        *,
        holder: LogId | None = None,
        epoch: int | None = None,
        outcome: Outcome | None = None,
        after: int = 0,
        most: int = 100,
    ) -> Sequence[KeptTranscript]:
        """See `ports.Transcripts.of`."""
        wanted = {"holder": holder, "epoch": epoch, "outcome": outcome and str(outcome)}
        named = {name: value for name, value in wanted.items() if value is not None}
        # The names are those of the columns above, and nothing that anybody gave.
        where = " AND ".join(["number > :after", *(f"{name} = :{name}" for name in named)])
        query = f"{_PAGE}{where} ORDER BY number LIMIT :most"
        values = {**named, "after": after, "most": most}
        rows = await self._run(lambda db: db.execute(query, values).fetchall())
        return [from_row(row) for row in rows]

    async def newest(self, holder: LogId, epoch: int) -> KeptTranscript | None:
        """See `ports.Transcripts.newest`."""
        query = f"{_PAGE}holder = ? AND epoch = ? ORDER BY number DESC LIMIT 1"
        row = await self._run(lambda db: db.execute(query, (holder, epoch)).fetchone())
        return from_row(row) if row else None

    async def raw(self, number: int) -> bytes | None:
        """See `ports.Transcripts.raw`."""
        query = "SELECT raw FROM transcript WHERE number = ?"
        row = await self._run(lambda db: db.execute(query, (number,)).fetchone())
        return bytes(row[0]) if row else None

    async def prune(self, before_epoch: int) -> None:
        """See `ports.Transcripts.prune`."""
        past = "DELETE FROM transcript WHERE epoch < ? AND outcome <> ?"

        def prune(db: sqlite3.Connection) -> None:
            db.execute(past, (before_epoch, str(Outcome.FAIL)))
            db.execute("DELETE FROM nonce WHERE epoch < ?", (before_epoch,))

        await self._run(prune)

    async def nonce(self, epoch: int) -> bytes | None:
        """See `ports.Transcripts.nonce`."""
        query = "SELECT nonce FROM nonce WHERE epoch = ?"
        row = await self._run(lambda db: db.execute(query, (epoch,)).fetchone())
        return bytes(row[0]) if row else None

    async def keep_nonce(self, epoch: int, nonce: bytes) -> bytes:
        """See `ports.Transcripts.keep_nonce`."""

        def keep(db: sqlite3.Connection) -> bytes:
            db.execute("INSERT OR IGNORE INTO nonce VALUES (?, ?)", (epoch, nonce))
            (kept,) = db.execute("SELECT nonce FROM nonce WHERE epoch = ?", (epoch,)).fetchone()
            return bytes(kept)

        return await self._run(keep)

    def close(self) -> None:
        """Close the file; call it when nothing reads or writes any more."""
        self._thread.shutdown()
        self._connection.close()

    async def _run(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """In the thread, in one transaction. A caller that is cancelled ends none."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transacted, work)

    def _transacted(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        db = self._connection
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                found = work(db)
                db.execute("COMMIT")
            finally:
                # SQLite may have rolled back by itself, after a full disk for one.
                if db.in_transaction:
                    db.execute("ROLLBACK")
        except sqlite3.Error as error:
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise Unavailable("STORE_BUSY", "the file of audits is locked") from error
            raise Broken("STORE_FAILED", "the file of audits cannot be read or written") from error
        return found


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise Broken("SCHEMA_NEWER", f"the audits have schema {version}, this release knows {VERSION}")
    if version == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={VERSION}")
    db.execute("COMMIT")
