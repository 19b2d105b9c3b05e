"""A SQLite file as it stands at one moment, while others write it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tracehold.adapters.sqlite_log.store import failure

PAGES = 1024
"""Copied between two words of progress."""


def snapshot(source: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    """Copy the file as it is now to `target`, which must not exist; durable on return, and without a WAL
    beside it. Writers go on meanwhile. What they write stays in the WAL until the copy is done, and an
    erasure is not done before that.

    Raises `Broken` (CORRUPT, STORE_FAILED), `Unavailable("STORE_BUSY")`.
    """
    try:
        with closing(_opened(source)) as reading, closing(_opened(target)) as writing:
            reading.execute("PRAGMA query_only = ON")
            # Without a transaction of its own each step would begin one, and a copy begin again after each
            # write of others: beside a busy node it would never end.
            reading.execute("BEGIN")
            reading.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            writing.execute("PRAGMA synchronous = FULL")
            reading.backup(writing, pages=PAGES, progress=lambda _, left, total: tell(total - left, total))
            writing.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise failure(error) from error


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)
