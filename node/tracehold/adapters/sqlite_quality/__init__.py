"""Findings in a file of their own beside the index."""

from tracehold.adapters.sqlite_quality.store import SqliteFindings

__all__ = ["SqliteFindings"]
