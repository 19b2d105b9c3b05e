"""RecordLog and Copies on one SQLite file: WAL, synchronous=FULL, one writer, schema with a version."""

from tracehold.adapters.sqlite_log.copies import SqliteCopies
from tracehold.adapters.sqlite_log.log import SqliteLog

__all__ = ["SqliteCopies", "SqliteLog"]
