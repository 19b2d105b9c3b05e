"""The directory's shelf and offers in one SQLite file."""

from tracehold.adapters.sqlite_directory.offers import SqliteOffers
from tracehold.adapters.sqlite_directory.shelf import SqliteShelf
from tracehold.adapters.sqlite_directory.store import DirectoryFile

__all__ = ["DirectoryFile", "SqliteOffers", "SqliteShelf"]
