"""What is kept for whom, and which blocks nothing holds yet or any more.

A block stands in `loose` from before it is put until a pin holds it, and again from the moment its content is
erased until it is gone: so a crash at any moment leaves no block that nobody knows.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from tracehold.core.blocks import Blocks, encode_blocks, read_blocks
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.journey.ports.blobs import Owner, Unsettled

T = TypeVar("T")
Key = tuple[Owner, Fingerprint]
VERSION = 1
TABLES = """
CREATE TABLE kept (
    owner BLOB NOT NULL, name BLOB NOT NULL, root BLOB NOT NULL, manifest BLOB NOT NULL, since INTEGER,
    PRIMARY KEY (owner, name)) WITHOUT ROWID;
CREATE INDEX held ON kept (root);
CREATE TABLE loose (
    holder BLOB NOT NULL, cid BLOB NOT NULL, root INTEGER NOT NULL, PRIMARY KEY (holder, cid)) WITHOUT ROWID;
"""
_KEEP = (
    "INSERT INTO kept VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (owner, name) DO UPDATE SET root = excluded.root, manifest = excluded.manifest"
)


@dataclass(frozen=True, slots=True)
class Loose:
    """A block that is on its way in or out. `root`: a pin may hold what is below it."""

    cid: Cid
    root: bool


class Book:
    """The file, used by one thread at a time. `Broken`: SCHEMA_NEWER where a newer release made it,
    STORE_FAILED where the disk refuses. All is durable on return."""

    def __init__(self, path: Path) -> None:
        self._turn = Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            self._db.close()
            raise Broken("SCHEMA_NEWER", f"{path.name} is of a newer release")
        if version == 0:
            self._db.executescript(f"BEGIN; {TABLES} PRAGMA user_version={VERSION}; COMMIT;")

    def close(self) -> None:
        """Close it, when nobody uses it any more."""
        with self._turn:
            self._db.close()

    # -- content

    async def kept(self, key: Key) -> Blocks | None:
        """The blocks of kept content."""
        rows = await self._run("SELECT manifest FROM kept WHERE owner = ? AND name = ?", key)
        return read_blocks(rows[0][0]) if rows else None

    async def keep(self, key: Key, blocks: Blocks, since: int | None, holder: bytes) -> None:
        """It is kept, and its blocks are loose no more. `since` counts where it is new."""

        def write(db: sqlite3.Connection) -> None:
            db.execute(_KEEP, (*key, blocks.cid.encode(), encode_blocks(blocks), since))
            db.execute("DELETE FROM loose WHERE holder = ?", (holder,))

        await self._write(write)

    async def release(self, key: Key, holder: bytes) -> None:
        """It is kept no more; where nobody else has it, its blocks are loose."""

        def write(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT root, manifest FROM kept WHERE owner = ? AND name = ?", key).fetchone()
            db.execute("DELETE FROM kept WHERE owner = ? AND name = ?", key)
            if row and not db.execute("SELECT 1 FROM kept WHERE root = ?", row[:1]).fetchone():
                root, blocks = row[0], read_blocks(row[1])
                cids = {Cid(Codec.RAW, block.digest).encode() for block in blocks.blocks} - {root}
                db.execute("INSERT OR REPLACE INTO loose VALUES (?, ?, 1)", (holder, root))
                rows = [(holder, cid) for cid in cids]
                db.executemany("INSERT OR IGNORE INTO loose VALUES (?, ?, 0)", rows)

        await self._write(write)

    async def settle(self, key: Key) -> None:
        """It is unsettled no more."""
        await self._run("UPDATE kept SET since = NULL WHERE owner = ? AND name = ?", key)

    async def unsettled(self) -> list[Unsettled]:
        """Content of which it is not known whether anything will name it."""
        rows = await self._run("SELECT owner, name, since FROM kept WHERE since IS NOT NULL")
        return [Unsettled(Owner(owner), Fingerprint(name), since) for owner, name, since in rows]

    async def names(self, after: Key | None, most: int) -> list[Key]:
        """The next names."""
        rows = await self._run(
            "SELECT owner, name FROM kept WHERE (owner, name) > (?, ?) ORDER BY owner, name LIMIT ?",
            (*(after or (b"", b"")), most),
        )
        return [(Owner(owner), Fingerprint(name)) for owner, name in rows]

    async def rooted(self, root: Cid) -> bool:
        """Whether kept content has this root."""
        return bool(await self._run("SELECT 1 FROM kept WHERE root = ? LIMIT 1", (root.encode(),)))

    # -- blocks that nothing holds

    async def loosen(self, holder: bytes, blocks: Collection[Loose]) -> None:
        """These are about to be put."""
        rows = [(holder, block.cid.encode(), block.root) for block in blocks]
        await self._write(lambda db: db.executemany("INSERT OR REPLACE INTO loose VALUES (?, ?, ?)", rows))

    async def loose(self, holder: bytes) -> list[Loose]:
        """Those of this holder."""
        rows = await self._run("SELECT cid, root FROM loose WHERE holder = ?", (holder,))
        return [Loose(Cid(Codec(cid[1]), cid[4:]), bool(root)) for cid, root in rows]

    async def holders(self) -> set[bytes]:
        """All that have any."""
        return {holder for (holder,) in await self._run("SELECT DISTINCT holder FROM loose")}

    async def forget(self, holder: bytes) -> None:
        """They are gone, or held."""
        await self._run("DELETE FROM loose WHERE holder = ?", (holder,))

    # -- parts

    async def _run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return await self._write(lambda db: db.execute(statement, values).fetchall())

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            try:
                with self._turn, self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    return work(self._db)
            except sqlite3.Error as error:
                raise Broken("STORE_FAILED", "the book of attachments cannot be written") from error

        return await asyncio.to_thread(run)
