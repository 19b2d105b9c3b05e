"""A node's disk with its own log, a log of another and one that begins at its second segment; damage behind
the store's back; and other nodes that keep the same.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.journey.holding_scene import Branch
from tests.journey.kept_scene import SEGMENT, Pieces, listed, own_log, pieces
from tests.journey.scene import MILL, MILL_KEY, Clock, control, statement
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.memory.peers import MemoryLine, MemoryPeer
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.control import Enrol
from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.merkle import leaf_hash
from tracehold.core.tiles import tiles_after
from tracehold.journey.fsck import check_log
from tracehold.journey.mending import Copies, Damage
from tracehold.journey.ports import Batch, Peer, RecordLog
from tracehold.journey.scrub import Hearers, Scrubber, Speed

ENTRIES = 700
"""Of a log: two full tiles of leaves and a part of a third."""

MADE: dict[bytes, Branch] = {}


async def branch(seed: int) -> Branch:
    """A creator's log of so many entries, with a control record in its second tile. Made once."""
    key = Ed25519Key.from_seed(bytes([seed]) * 32)
    if key.public.raw not in MADE:
        made = await Branch.begun(Clock(), key=key)
        made.seal(*[statement(at).raw for at in range(3, 256)])
        made.seal(control(listed(made), key=key).raw, *[statement(at).raw for at in range(257, 300)])
        made.seal(control(Enrol(MILL, MILL_KEY.public), key=key).raw)
        made.seal(*[statement(at).raw for at in range(301, 512)])
        made.seal(control(listed(made), key=key).raw, *[statement(at).raw for at in range(513, ENTRIES)])
        MADE[key.public.raw] = made
    return MADE[key.public.raw]


def batches_of(made: Branch) -> Sequence[Batch]:
    """The log as its store takes it, from checkpoint to checkpoint."""
    found, tiles = list[Batch](), dict[object, bytes]()
    for start, stop in pairwise((0, 256, 300, 301, 512, ENTRIES)):
        entries = made.entries[start:stop]
        leaves = [leaf_hash(entry.fingerprint) for entry in entries]
        grown = tiles_after(start, leaves, tiles.__getitem__)
        tiles |= dict(grown)
        found.append(Batch(made.log, start, entries, grown, made.checkpoints[stop]))
    return found


async def keep(store: RecordLog, own: Branch, other: Branch, cut: Pieces) -> None:
    """Fill a store with the three logs."""
    for made in (own, other):
        for batch in batches_of(made):
            await store.append(batch)
    await store.begin(cut.base())
    for batch in cut.late:
        await store.append(batch)


@dataclass
class Disk:
    """The node; `others` keep the same logs, and the first segment of the one that is cut here."""

    folder: Path
    store: SqliteLog
    own: LogId
    foreign: LogId
    cut: LogId
    others: list[MemoryPeer]
    clock: Clock = field(default_factory=Clock)
    faults: list[TraceholdError] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    rung: int = 0
    rings: asyncio.Event = field(default_factory=asyncio.Event)

    def scrubber(self, store: RecordLog | None = None, bytes_per_s: int = 0) -> Scrubber:
        """A new process's."""

        async def sources(log: LogId, index: int) -> Sequence[MemoryLine]:
            return [MemoryLine(peer) for peer in self.others]

        async def ring(_: Sequence[Damage]) -> None:
            self.rung += 1
            self.rings.set()

        copies = Copies(sources, self.faults.append)
        pace = Speed(bytes_per_s, self.clock.sleep, self.clock.now)
        hearers = Hearers(self.faults.append, self.damages.append, ring)
        return Scrubber(store or self.store, copies, pace, hearers)

    async def scrub(self) -> Scrubber:
        """One whole pass."""
        scrubber = self.scrubber()
        await scrubber.whole(lambda done, of: None)
        return scrubber

    async def sound(self) -> None:
        """Returns if every entry of every log is."""
        for log in await self.store.logs():
            await check_log(self.store, log)

    def sql(self, *statements: tuple[str, Sequence[object]]) -> list[tuple[object, ...]]:
        """Behind the store's back; the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        with closing(sqlite3.connect(self.folder / "log.sqlite")) as connection, connection:
            for text, values in statements:
                rows = connection.execute(text, values).fetchall()
        return rows

    def number(self, log: LogId) -> int:
        """The log's number in the file."""
        ((number,),) = self.sql(("SELECT number FROM logs WHERE id = ?", [log]))
        assert isinstance(number, int)
        return number

    def position(self, log: LogId, index: int) -> int:
        """Where the entry stands in the file."""
        return self.number(log) << 40 | index


async def another(number: int) -> MemoryPeer:
    """Another node that keeps all of the three logs."""
    there, cut = MemoryLog(), await pieces_once()
    await own_log(there)
    for made in (await branch(11), await branch(12)):
        for batch in batches_of(made):
            await there.append(batch)
    for batch in (*cut.early, *cut.late):
        await there.append(batch)
    return MemoryPeer(number, there, MemoryGraph())


async def pieces_once() -> Pieces:
    """The log that is cut, made once."""
    if not CUT:
        CUT.append(await pieces())
    return CUT[0]


CUT: list[Pieces] = []
OTHERS: list[MemoryPeer] = []
FILLED: list[Path] = []


async def disk(folder: Path) -> Disk:
    """A sound disk, and two others that keep all of it, which no test may change: it replaces them."""
    own, other, cut = await branch(11), await branch(12), await pieces_once()
    if not FILLED:
        async with SqliteLog.open(folder / "filled") as store:
            await keep(store, own, other, cut)
        FILLED.append(folder / "filled")
        OTHERS.extend([await another(2), await another(3)])
    shutil.copytree(FILLED[0], folder / "data")
    store = SqliteLog.open(folder / "data")
    return Disk(folder / "data", store, own.log, other.log, cut.log, list(OTHERS))


Harm = Callable[[Disk, LogId, int], None]


def flipped(raw: bytes, at: int) -> bytes:
    """The bytes with one bit turned."""
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def raw_of(made: Disk, log: LogId, index: int) -> tuple[int, bytes]:
    """The row and the bytes of an entry's record."""
    query = "SELECT id, raw FROM entries JOIN records ON records.id = entries.record WHERE position = ?"
    ((row, raw),) = made.sql((query, [made.position(log, index)]))
    assert isinstance(row, int)
    assert isinstance(raw, bytes)
    return row, raw


def bytes_(made: Disk, log: LogId, index: int) -> None:
    """One bit of the record."""
    row, raw = raw_of(made, log, index)
    made.sql(("UPDATE records SET raw = ? WHERE id = ?", [flipped(raw, len(raw) // 2), row]))


def lost(made: Disk, log: LogId, index: int) -> None:
    """The record's bytes are gone."""
    row, _ = raw_of(made, log, index)
    made.sql(("DELETE FROM records WHERE id = ?", [row]))


def fingerprint_(made: Disk, log: LogId, index: int) -> None:
    """The fingerprint beside the record."""
    name = "UPDATE entries SET fingerprint = ? WHERE position = ?"
    made.sql((name, [index.to_bytes(32, "big"), made.position(log, index)]))


def kind(made: Disk, log: LogId, index: int) -> None:
    """The kind beside the record."""
    made.sql(("UPDATE entries SET kind = 'text/plain' WHERE position = ?", [made.position(log, index)]))


def tile_of(level: int) -> Harm:
    """One bit of the tile at this level above an entry: of the hash on its way."""

    def harm(made: Disk, log: LogId, index: int) -> None:
        where = [made.number(log), level, index >> 8 * (level + 1)]
        ((hashes,),) = made.sql(("SELECT hashes FROM tiles WHERE log = ? AND level = ? AND idx = ?", where))
        assert isinstance(hashes, bytes)
        changed = flipped(hashes, 32 * ((index >> 8 * level) % 256) + 3)
        update = "UPDATE tiles SET hashes = ? WHERE log = ? AND level = ? AND idx = ?"
        made.sql((update, [changed, *where]))

    harm.__name__ = f"tile {level}"
    return harm


def no_tile(made: Disk, log: LogId, index: int) -> None:
    """The tile of leaves is gone."""
    where = [made.number(log), index >> 8]
    made.sql(("DELETE FROM tiles WHERE log = ? AND level = 0 AND idx = ?", where))


def short_tile(made: Disk, log: LogId, index: int) -> None:
    """The tile of leaves is cut."""
    where = [made.number(log), index >> 8]
    made.sql(
        ("UPDATE tiles SET hashes = substr(hashes, 1, 40) WHERE log = ? AND level = 0 AND idx = ?", where)
    )


def both(*harms: Harm) -> Harm:
    """Several at once."""

    def harm(made: Disk, log: LogId, index: int) -> None:
        for each in harms:
            each(made, log, index)

    harm.__name__ = " and ".join(each.__name__ for each in harms)
    return harm


CUT_CONTROL, CUT_ENTRY = 100, SEGMENT + 1
"""Of the log that begins at its second segment: a control record of its base, and an entry behind it."""


def asking(node: Disk, *peers: Peer) -> Scrubber:
    """A scrubber that asks these."""

    async def sources(log: LogId, index: int) -> Sequence[Peer]:
        return peers

    copies = Copies(sources, node.faults.append)
    return Scrubber(
        node.store,
        copies,
        Speed(0, node.clock.sleep, node.clock.now),
        Hearers(node.faults.append, node.damages.append),
    )


async def whole(scrubber: Scrubber) -> tuple[int, int]:
    """What is bad and what is mended after one pass."""
    await scrubber.whole(lambda done, of: None)
    return scrubber.standing.bad, scrubber.standing.mended
