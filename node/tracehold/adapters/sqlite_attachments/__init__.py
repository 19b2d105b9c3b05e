"""The book of attachments in a SQLite file of its own."""

from tracehold.adapters.sqlite_attachments.book import SqliteAttachmentBook

__all__ = ["SqliteAttachmentBook"]
