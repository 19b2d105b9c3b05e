"""Batches, entries and anchors for the suites of the record log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from tests.journey.scene import NODE_KEY, OPERATOR
from tracehold.core.anchor import Anchor, AnchorProof
from tracehold.core.checkpoint import Checkpoint, sign_checkpoint
from tracehold.core.ids import LogId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import Kind, fingerprint
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.ports import (
    AnchorState,
    AnchorTask,
    Base,
    Batch,
    Entry,
    NewEntry,
    RecordLog,
    SignedTransaction,
)

ROOT = Root(b"r" * 32)
A, B = LogId(b"\xaa" * 32), LogId(b"\xbb" * 32)


@dataclass
class Writer:
    """Makes the batches of one log."""

    log: LogId
    tree: CompactRange
    tiles: dict[Coord, bytes]

    @classmethod
    def of(cls, log: LogId) -> "Writer":
        """A writer of an empty log."""
        return cls(log, CompactRange(), {})

    def batch(self, entries: Sequence[NewEntry], time_ms: int = 1) -> Batch:
        """The next batch."""
        leaves = [leaf_hash(entry.fingerprint) for entry in entries]
        first = self.tree.end
        tiles = tiles_after(first, leaves, self.tiles.__getitem__)
        for leaf in leaves:
            self.tree.append(leaf)
        self.tiles.update(tiles)
        end, root = self.tree.end, self.tree.root()
        signed = sign_checkpoint(self.log, end, root, time_ms, time_ms, operator=OPERATOR, key=NODE_KEY)
        return Batch(self.log, first, tuple(entries), tiles, signed)


def entry(
    number: int, *, kind: str = "text/plain", size: int = 10, received: bytes | None = None
) -> NewEntry:
    """A record of `size` bytes that no other number has; the store does not read it."""
    raw = number.to_bytes(4, "big").ljust(size, b".")
    return NewEntry(fingerprint(raw), raw, kind, received)


async def fill(store: RecordLog, log: LogId, *sizes: int, first: int = 0) -> Writer:
    """Append batches of so many entries."""
    writer = Writer.of(log)
    for number, size in enumerate(sizes):
        start = first + sum(sizes[:number])
        await store.append(writer.batch([entry(at) for at in range(start, start + size)], time_ms=number + 1))
    return writer


def size_of(checkpoint: Checkpoint | None) -> int | None:
    """The size of a checkpoint that may be missing."""
    return None if checkpoint is None else checkpoint.size


async def stored(store: RecordLog, number: int) -> Entry:
    """The entry with this number's record."""
    found = await store.entry(entry(number).fingerprint)
    assert found is not None
    return found


def task(log: LogId, prev_size: int, size: int, state: AnchorState = AnchorState.SIGNED) -> AnchorTask:
    """An anchor on its way."""
    sent = SignedTransaction(b"raw", b"h" * 32, 3, 1 << 70)
    anchor = Anchor(1, b"c" * 20, 2, log, prev_size, size, ROOT, 4, b"b" * 32, 5, b"h" * 32, 6)
    proof = AnchorProof((b"one", b"two"), 1, (b"node",))
    by_state = {AnchorState.MINED: anchor, AnchorState.FINAL: replace(anchor, proof=proof)}
    return AnchorTask(log, prev_size, size, ROOT, sent, state, by_state.get(state), 54_900)


CONTROLS = (0, 1, 300)
"""Indices of the control records in the first segment that `segment` makes."""


@cache
def _segment() -> tuple[Writer, list[NewEntry]]:
    writer = Writer.of(B)
    entries = [
        entry(at, kind=Kind.ENROL if at in CONTROLS else "text/plain") for at in range(SEGMENT_ENTRIES)
    ]
    writer.batch(entries)
    return writer, entries


def segment() -> tuple[Writer, list[NewEntry]]:
    """The entries of B's first segment, and a writer that goes on behind it."""
    writer, entries = _segment()
    return replace(writer, tree=writer.tree.copy(), tiles=dict(writer.tiles)), entries


def base(writer: Writer, entries: Sequence[NewEntry]) -> Base:
    """What a span rests on that begins at B's second segment: three control records, and the tiles that lead
    from them to the root of the first.
    """
    coords = [Coord(0, 0), Coord(0, 300 // 256), Coord(1, 0), Coord(2, 0)]
    tiles = [(at, writer.tiles[at]) for at in coords]
    return Base(B, SEGMENT_ENTRIES, tiles, [(at, entries[at]) for at in CONTROLS])
