"""Going through a stored log once more, from its first record to its last: everything that was ever derived
from the bytes is derived again and compared with what is kept.

Of a foreign log that is the control records of each base and the spans, by index: the base's tiles give the
tree before a span, its records must be proved in that tree, and the first checkpoint of the span shows under
its creator's signature that the tree is the log's.
"""

from collections.abc import Sequence

from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.control import Redact, Snapshot, decode_control
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import CONTROL_KINDS, Kind, Record, check_signature, fingerprint, parse
from tracehold.core.roster import Roster
from tracehold.core.snapshot import Listed
from tracehold.core.spans import Spans, covers
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.base import ways
from tracehold.journey.ports import Entry, RecordLog
from tracehold.journey.proofs import Tree
from tracehold.journey.tree import node_of, whole_tiles


def corrupt(message: str) -> Broken:
    """What is raised for anything that is wrong on disk."""
    return Broken("CORRUPT", message)


class Replay:
    """The tree and the roster of one log as they grow. `enter` each span, `step` to its end, `leave` it, and
    `finish` at last. Every method raises `Broken("CORRUPT")` and what the store raises.
    """

    def __init__(self, store: RecordLog, log: LogId, *, own: bool) -> None:
        self._store = store
        self._log = log
        self._own = own
        self._roster: Roster | None = None
        self._listed = Listed()
        self._next: Checkpoint | None = None
        self._covered = 0
        self._total = 0
        self._tiles: dict[Coord, bytes] = {}
        self._disputed: frozenset[int] = frozenset()
        self._unjudged: Spans = ()
        self.tree = CompactRange()
        self.bytes = 0
        """Of the records, those of bases too."""
        self.checkpoints = 0
        self.disputed = 0
        self.erased = 0
        self._gone: set[int] = set()
        self._redacted: set[int] = set()

    async def enter(self, start: int) -> None:
        """Go on at `start`, over the base that lies before it if entries are missing there."""
        if start == self.tree.end:
            return
        missing = await self._store.controls(self._log, self.tree.end)
        controls = {entry.index: entry for entry in missing if entry.index < start}
        tiles = dict(await self._store.tiles(self._log, ways(controls, start)))
        with whole_tiles():
            self.tree = CompactRange.of(0, start, node_of(tiles, start))
        proved = Tree(start, self.tree.root())
        proved.tiles.update(tiles)
        await self._check_places(list(controls.values()))
        for index, entry in controls.items():
            if not proved.holds(index, leaf_hash(entry.fingerprint)):
                raise corrupt(f"control record {index} is not proved by the tiles before entry {start}")
            # Judged as when it came: what its signer may not say is listed, and has no effect.
            self._check_control(entry)
        self._tiles, self._next, self._total = tiles, None, 0

    async def step(self, stop: int) -> None:
        """The next entries, at most up to `stop`."""
        start = self.tree.end
        entries = await self._store.read(self._log, start, stop)
        if not entries:
            raise corrupt(f"entry {start} is lost")
        await self._read_disputes(start, start + len(entries))
        await self._check_places([each for each in entries if not covers(self._unjudged, each.index)])
        leaves = []
        for entry in entries:
            self._check_entry(entry)
            leaves.append(leaf_hash(entry.fingerprint))
            self.tree.append(leaves[-1])
            await self._check_checkpoint()
        await self._check_tiles(start, leaves)

    def leave(self) -> None:
        """The span ends here: a checkpoint is over all of it."""
        if self._covered != self.tree.end:
            raise corrupt(f"the newest checkpoint covers {self._covered} of {self.tree.end} entries")

    async def finish(self) -> None:
        """What lies behind the last span: a base on which no entries stand yet, so that nothing proves it. In
        the own log nothing was erased but what its redactions name.
        """
        for entry in await self._store.controls(self._log, self.tree.end):
            self._check_bytes(entry)
        if self._own and (lost := self._gone - self._redacted):
            raise corrupt(f"entry {min(lost)} is erased, and no redaction names it")

    async def _check_places(self, entries: Sequence[Entry]) -> None:
        places = await self._store.find([entry.fingerprint for entry in entries])
        for entry in entries:
            place = places.get(entry.fingerprint)
            if place is None or (place.log == self._log and place.index != entry.index):
                raise corrupt(f"entry {entry.index} is not found by its fingerprint")

    async def _read_disputes(self, start: int, stop: int) -> None:
        said = await self._store.disputes(self._log, start, stop)
        self._disputed = frozenset(dispute.index for dispute in said)
        self.disputed += len(said)
        self._unjudged = await self._store.unjudged(self._log)
        if said and self._own:
            raise corrupt(f"entry {said[0].index} of the own log is disputed")
        if self._unjudged and self._own:
            raise corrupt(f"entry {self._unjudged[0][0]} of the own log is to be judged")

    def _check_bytes(self, entry: Entry) -> None:
        self.bytes += len(entry.raw)
        if not entry.erased and fingerprint(entry.raw) != entry.fingerprint:
            raise corrupt(f"entry {entry.index} does not have its fingerprint")

    def _check_entry(self, entry: Entry) -> None:
        # Of erased bytes only the total is left, or nothing where they were redacted before they came here.
        total = max(entry.bytes_total, self._total) if entry.erased else self._total + len(entry.raw)
        if (entry.log, entry.index, entry.bytes_total) != (self._log, self.tree.end, total):
            raise corrupt(f"entry {self.tree.end} is not at its place")
        self._total = total
        self._check_bytes(entry)
        if entry.erased:
            self.erased += 1
            self._gone.add(entry.index)
        refusal = self._refusal(entry)
        known = entry.erased or entry.index in self._disputed or covers(self._unjudged, entry.index)
        if refusal is not None and not known:
            raise corrupt(f"entry {entry.index}: {refusal}") from refusal
        if entry.index and entry.index % SEGMENT_ENTRIES == 0 and (refusal or entry.kind != Kind.SNAPSHOT):
            raise corrupt(f"entry {entry.index} is no snapshot of the control records before it")

    def _check_control(self, entry: Entry) -> None:
        self._check_bytes(entry)
        self._refusal(entry)

    def _refusal(self, entry: Entry) -> Rejected | None:
        """Why the record may not stand where it does; None where it may, and then it took effect."""
        try:
            self._admit(entry, parse(entry.raw))
        except Rejected as refusal:
            return refusal
        finally:
            if entry.kind in CONTROL_KINDS:
                self._listed.add(entry.index, entry.fingerprint)
        return None

    def _admit(self, entry: Entry, record: Record) -> None:
        if record.header.kind != entry.kind:
            raise corrupt(f"entry {entry.index} is kept under another kind")
        if self._roster is None:
            self._roster = Roster.from_header(record)
            if entry.index or self._roster.log != self._log:
                raise corrupt("entry 0 is the header of another log")
        check_signature(record, self._roster.check(record, entry.index))
        self._roster.apply(entry.index, record)
        if record.header.kind in (Kind.SNAPSHOT, Kind.REDACT):
            match decode_control(record.header.kind, record.payload):
                case Snapshot() as said:
                    self._listed.check(said)
                case Redact(_, index):
                    self._redacted.add(index)

    async def _check_checkpoint(self) -> None:
        size = self.tree.end
        if self._next is None or self._next.size < size:
            before, self._next = self._next, await self._store.checkpoint_covering(self._log, size - 1)
            # A creator that lets time go back between segments which came in another order is no damage here.
            later = before is not None and (self._own or before.size % SEGMENT_ENTRIES)
            if self._next is None or (before and later and self._next.time_ms < before.time_ms):
                raise corrupt(f"no checkpoint covers entry {size - 1}, or its time went back")
        if self._next.size == size:
            self._check_signed(self._next)
        elif size % SEGMENT_ENTRIES == 0:
            raise corrupt(f"no checkpoint at the end of a segment, {size}")

    def _check_signed(self, checkpoint: Checkpoint) -> None:
        if checkpoint.root != self.tree.root() or self._roster is None:
            raise corrupt(f"the checkpoint of size {checkpoint.size} is over other entries")
        try:
            check_checkpoint(checkpoint, self._roster.node_key)
        except Rejected as refusal:
            raise corrupt(f"the checkpoint of size {checkpoint.size}: {refusal}") from refusal
        self.checkpoints += 1
        self._covered = checkpoint.size

    async def _check_tiles(self, start: int, leaves: Sequence[bytes]) -> None:
        grown = dict(tiles_after(start, leaves, self._tiles.__getitem__))
        kept = await self._store.tiles(self._log, grown)
        for at, hashes in grown.items():
            # The disk may be further: a tile of a later size begins with the earlier one.
            if not kept.get(at, b"").startswith(hashes):
                raise corrupt(f"tile {at.level}/{at.index} is not over the entries")
        self._tiles = {at: h for at, h in {**self._tiles, **grown}.items() if len(h) < TILE_WIDTH * 32}
