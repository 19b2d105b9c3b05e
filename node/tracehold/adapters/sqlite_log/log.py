"""The record log of a node in one folder: `log.sqlite`, beside it
SQLite's WAL and the lock that keeps others out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType

from tracehold.adapters.sqlite_log import anchors, judging, keeping, mending, reads, writes
from tracehold.adapters.sqlite_log.copies import SqliteCopies
from tracehold.adapters.sqlite_log.following import SqliteFollowed
from tracehold.adapters.sqlite_log.schema import prepare
from tracehold.adapters.sqlite_log.spans import spans
from tracehold.adapters.sqlite_log.store import Store
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.spans import Spans
from tracehold.core.tiles import Coord
from tracehold.journey.ports import AnchorState, AnchorTask, Base, Batch, Dispute, Entry, Position

FILE = "log.sqlite"
"""Name of the database in the node's folder."""

_PROBE = "probe"  # a bookmark that nothing else uses


class SqliteLog:
    """`journey.ports.RecordLog` on SQLite; what each method promises stands there.

    An async context manager: leaving it closes the file and lets another process in.
    """

    def __init__(self, store: Store, hasty: Iterable[LogId] | None = None) -> None:
        """`hasty` are the logs that have unjudged entries; None where another process may write."""
        self._store = store
        self._alone = hasty is not None
        # Logs that may have unjudged entries, with the number of batches that brought them. Followers ask at
        # each ring of the bell, of every log, and there are none nearly always.
        self._hasty = dict.fromkeys(hasty or (), 0)

    @classmethod
    def open(cls, folder: Path) -> "SqliteLog":
        """Open or make the log in `folder`. Blocks for as long as the disk takes.

        Raises `Unavailable("STORE_BUSY")` while a process has it open, `Broken`
        with SCHEMA_NEWER, CORRUPT or STORE_FAILED.
        """
        hasty: list[LogId] = []

        def ready(connection: Connection) -> None:
            prepare(connection)
            hasty.extend(judging.logs(connection))

        return cls(Store.open(folder / FILE, ready), hasty)

    async def __aenter__(self) -> "SqliteLog":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def copies(self) -> SqliteCopies:
        """The notes of replication, in the same file."""
        return SqliteCopies(self._store)

    @property
    def followed(self) -> SqliteFollowed:
        """What was taken over of the chain, in the same file."""
        return SqliteFollowed(self._store)

    def close(self) -> None:
        """Let running calls end and close the file; harmless to repeat."""
        self._store.close()

    async def logs(self) -> Sequence[LogId]:
        """All logs, in the order in which they came."""
        return await self._store.read(reads.logs)

    async def size(self, log: LogId) -> int:
        """Where the last span ends."""
        return await self._store.read(partial(reads.size, log=log))

    async def spans(self, log: LogId) -> Sequence[tuple[int, int]]:
        """The runs of entries without a gap."""
        return await self._store.read(partial(spans, log=log))

    async def begin(self, base: Base) -> None:
        """One transaction, one fsync."""
        await self._store.write(partial(keeping.begin, base=base))

    async def append(self, batch: Batch) -> None:
        """One transaction, one fsync."""
        if batch.unjudged:
            # Before it can be seen by anybody; whatever becomes of it.
            self._hasty[batch.log] = self._hasty.get(batch.log, 0) + 1
        await self._store.write(partial(writes.append, batch=batch))

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """Entries [start, stop) in order, bounded in bytes."""
        return await self._store.read(
            partial(reads.entries, log=log, start=start, stop=stop, max_bytes=max_bytes)
        )

    async def find(
        self, fingerprints: Collection[Fingerprint], within: LogId | None = None
    ) -> Mapping[Fingerprint, Position]:
        """Positions of the fingerprints that are kept."""
        return await self._store.read(partial(reads.find, fingerprints=fingerprints, within=within))

    async def entry(self, fingerprint: Fingerprint) -> Entry | None:
        """The record with this fingerprint, re-hashed."""
        return await self._store.read(partial(reads.entry, fingerprint=fingerprint))

    async def entries(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
        """The records that are kept, as the disk holds them."""
        return await self._store.read(partial(reads.named, fingerprints=fingerprints))

    async def received(self, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
        """Fingerprints by idempotency key."""
        return await self._store.read(partial(reads.received, keys=keys))

    async def controls(self, log: LogId, start: int = 0, max_bytes: int | None = None) -> Sequence[Entry]:
        """Control records with index >= start."""
        return await self._store.read(partial(reads.controls, log=log, start=start, max_bytes=max_bytes))

    async def disputes(self, log: LogId, start: int, stop: int) -> Sequence[Dispute]:
        """What was found wrong with the entries [start, stop)."""
        return await self._store.read(partial(reads.disputes, log=log, start=start, stop=stop))

    async def unjudged(self, log: LogId) -> Spans:
        """The runs of entries that are to be judged."""
        if self._alone and log not in self._hasty:
            return ()
        return await self._store.read(partial(judging.unjudged, log=log))

    async def judged(self, log: LogId, start: int, stop: int, disputes: Sequence[Dispute]) -> None:
        """One transaction, one fsync."""
        batches = self._hasty.get(log)
        change = partial(judging.judged, log=log, start=start, stop=stop, disputes=disputes)
        # Writes are done in the order of their calls: a batch that came before was seen, a later one counts.
        if not await self._store.write(change) and self._hasty.get(log) == batches:
            self._hasty.pop(log, None)

    async def mend(self, log: LogId, index: int, raw: bytes, fingerprint: Fingerprint) -> None:
        """Put right an entry that the disk damaged."""
        change = partial(mending.mend, log=log, index=index, raw=raw, fingerprint=fingerprint)
        await self._store.write(change)

    async def mend_tiles(self, log: LogId, tiles: Sequence[tuple[Coord, bytes]]) -> None:
        """Put tiles in the place of those that are kept."""
        await self._store.write(partial(mending.mend_tiles, log=log, tiles=tiles))

    async def erase(self, log: LogId, index: int) -> None:
        """Overwrite a record's bytes, in the file and in its WAL."""
        await self._store.erase(partial(keeping.erase, log=log, index=index))

    async def tiles(self, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
        """Tiles at the log's present size."""
        return await self._store.read(partial(reads.tiles, log=log, coords=coords))

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or that of a size."""
        return await self._store.read(partial(reads.checkpoint, log=log, size=size))

    async def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """One more checkpoint, of a size inside a span."""
        await self._store.write(partial(writes.keep_checkpoint, checkpoint=checkpoint))

    async def checkpoint_covering(self, log: LogId, index: int) -> Checkpoint | None:
        """The first checkpoint past an index."""
        return await self._store.read(partial(reads.checkpoint_covering, log=log, index=index))

    async def checkpoint_within(self, log: LogId, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """The checkpoint that the next anchor takes."""
        query = partial(reads.checkpoint_within, log=log, after=after, upto=upto, max_bytes=max_bytes)
        return await self._store.read(query)

    async def in_force(self, contract: bytes) -> None:
        """The contract of the anchors from now on; one transaction."""
        await self._store.write(partial(anchors.in_force, contract=contract))

    async def save_anchor(self, task: AnchorTask) -> None:
        """Insert or replace the task of (log, size)."""
        await self._store.write(partial(anchors.save, task=task))

    async def drop_anchor(self, log: LogId, size: int) -> None:
        """Forget a task that is not FINAL."""
        await self._store.write(partial(anchors.drop, log=log, size=size))

    async def anchors(
        self, log: LogId, states: Collection[AnchorState], newest: int | None = None
    ) -> Sequence[AnchorTask]:
        """Tasks in these states, by size; the last `newest` of them where that is given."""
        return await self._store.read(partial(anchors.of_states, log=log, states=states, newest=newest))

    async def anchor_covering(self, log: LogId, index: int) -> AnchorTask | None:
        """The first MINED or FINAL anchor that added an index."""
        return await self._store.read(partial(anchors.covering, log=log, index=index))

    async def first_anchor(self, log: LogId, index: int) -> AnchorTask | None:
        """On the oldest contract that has one."""
        return await self._store.read(partial(anchors.first, log=log, index=index))

    async def earlier_anchors(self, log: LogId, newest: int | None = None) -> Sequence[AnchorTask]:
        """Of the contracts before."""
        return await self._store.read(partial(anchors.earlier, log=log, newest=newest))

    async def bookmark(self, name: str) -> int:
        """The number kept under this name; 0 at first."""
        return await self._store.read(partial(reads.bookmark, name=name))

    async def save_bookmark(self, name: str, value: int) -> None:
        """Keep a number under this name."""
        await self._store.write(partial(writes.save_bookmark, name=name, value=value))

    async def probe(self) -> None:
        """Count up a bookmark of its own and read it back;
        `Broken("STORE_FAILED")` where it comes back otherwise.
        """
        value = await self.bookmark(_PROBE) + 1
        await self.save_bookmark(_PROBE, value)
        if await self.bookmark(_PROBE) < value:
            raise Broken("STORE_FAILED", "a value that was written does not come back")
