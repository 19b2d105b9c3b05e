"""Reading the record log of a folder on which a node may run."""

import sqlite3
from pathlib import Path

from tracehold.adapters.sqlite_log.log import FILE, SqliteLog
from tracehold.adapters.sqlite_log.schema import VERSION
from tracehold.adapters.sqlite_log.store import Store, failure
from tracehold.core.errors import Broken, Rejected


def open_beside(folder: Path) -> SqliteLog:
    """The log of a folder, to be read only; what a node writes meanwhile is seen. Leaving the context closes
    it.

    Raises NOT_FOUND where the folder has none, `Broken` with SCHEMA_NEWER for a file of another release,
    CORRUPT or STORE_FAILED.
    """
    path = folder / FILE
    if not path.exists():
        remedy = "Start the node once: it makes its log then."
        raise Rejected("NOT_FOUND", f"{folder} holds no log", path="dir", remedy=remedy)
    try:
        # Nothing is locked: the one connection that could write is to no file, and those that read are told
        # not to.
        writer = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        (version,) = writer.execute("SELECT version FROM schema").fetchone()
    except (sqlite3.Error, TypeError) as error:
        if isinstance(error, sqlite3.Error):
            raise failure(error) from error
        raise Broken("CORRUPT", "the record log has no schema version") from error
    if version != VERSION:
        writer.close()
        remedy = "Start the node of this release once, or use the release that wrote the folder."
        raise Broken("SCHEMA_NEWER", f"the record log has schema version {version}", remedy=remedy)
    return SqliteLog(Store(path, sqlite3.connect(":memory:", check_same_thread=False), writer))
