"""Transcripts of audits, and the nonces of audits, in a SQLite file of their own."""

from tracehold.adapters.sqlite_audits.store import SqliteTranscripts

__all__ = ["SqliteTranscripts"]
