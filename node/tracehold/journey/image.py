"""The image of a log: what a node keeps of it in a few numbers and digests, so that two copies of it, on two
disks or at two times, can be compared without bringing them together.

A log grows, and records are erased from it, while the copies that are compared stand still. So an image goes
as far as it is told to, and counts entries without their bytes where the other copy has none either.

Its checkpoints are those at the sizes of final anchors. The others exist at the creator alone, and no receipt
that is final rests on one: a log that came back from others has none of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from blake3 import blake3

from tracehold.core.errors import Broken
from tracehold.core.ids import LogId, Root
from tracehold.core.spans import Spans, common, covers, joined, without
from tracehold.journey.ports import AnchorState, Entry, RecordLog
from tracehold.journey.tree import root_at

Progress = Callable[[int, int], None]
"""Told how many entries are done, of how many."""

STEP = 1024
"""Entries read at once."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a node keeps of a log. `size` is where its last span ends, `root` that of the tree there;
    `entries` and `checkpoints` are BLAKE3-256; `anchored` is the last final anchor's size, `erased` are the
    entries that were counted without their bytes.
    """

    log: LogId
    spans: Spans
    size: int
    root: Root
    entries: bytes
    anchored: int
    checkpoints: bytes
    erased: Spans


def _silent(_: int, __: int) -> None:
    pass


async def image(
    store: RecordLog,
    log: LogId,
    upto: int | None = None,
    *,
    anchored: int | None = None,
    bare: Iterable[tuple[int, int]] = (),
    progress: Progress = _silent,
) -> Image:
    """The image of the log's entries below `upto` and of its final anchors' checkpoints up to `anchored`, by
    default of all there is. Entries in `bare` are counted as if they were erased. The log may grow meanwhile.

    Raises `Broken("CORRUPT")` for a tile, an entry or a checkpoint that is lost, and what the store raises.
    """
    kept = await store.spans(log)
    spans = common(kept, [(0, kept[-1][1] if upto is None else upto)]) if kept else ()
    size = spans[-1][1] if spans else 0
    entries, erased = await _entries(store, log, spans, joined(bare), progress)
    limit = size if anchored is None else min(size, anchored)
    reached, checkpoints = await _checkpoints(store, log, limit)
    root = await root_at(store, log, size)
    return Image(log, spans, size, root, entries, reached, checkpoints, erased)


async def _entries(
    store: RecordLog, log: LogId, spans: Spans, bare: Spans, progress: Progress
) -> tuple[bytes, Spans]:
    digest, erased = blake3(), list[tuple[int, int]]()
    done, total = 0, sum(stop - start for start, stop in spans)
    for start, stop in spans:
        at = start
        while at < stop:
            found = await store.read(log, at, min(stop, at + STEP))
            if not found:
                raise Broken("CORRUPT", f"entry {at} is lost")
            for entry in found:
                gone = entry.erased or covers(bare, entry.index)
                digest.update(_told(entry, gone))
                erased += [(entry.index, entry.index + 1)] if gone else []
            erased = list(joined(erased))
            at, done = at + len(found), done + len(found)
            progress(done, total)
    return digest.digest(), tuple(erased)


def _told(entry: Entry, gone: bool) -> bytes:
    """An entry as it is hashed: its place, its fingerprint, and its bytes with their length in front."""
    raw = b"" if gone else entry.raw
    return entry.index.to_bytes(8, "big") + entry.fingerprint + len(raw).to_bytes(8, "big") + raw


async def _checkpoints(store: RecordLog, log: LogId, limit: int) -> tuple[int, bytes]:
    tasks = [*await store.earlier_anchors(log), *await store.anchors(log, {AnchorState.FINAL})]
    digest, reached = blake3(), 0
    for size in sorted({task.size for task in tasks if task.size <= limit}):
        checkpoint = await store.checkpoint(log, size)
        if checkpoint is None:
            continue  # of a foreign log an anchor may be kept of a size that its creator showed no state of
        digest.update(size.to_bytes(8, "big"))
        for part in (checkpoint.note, checkpoint.cose_protected, checkpoint.cose_signature):
            digest.update(len(part).to_bytes(8, "big") + part)
        reached = size
    return reached, digest.digest()


def compare(one: Image, other: Image) -> Sequence[str]:
    """In which ways two images are different, in words; empty where the copies are byte for byte the same."""
    if one.log != other.log:
        return [f"they are of two logs, {one.log.hex()} and {other.log.hex()}"]
    found = []
    if one.spans != other.spans:
        found.append(f"entries {_said(one.spans)} are here, {_said(other.spans)} there")
    elif one.root != other.root:
        found.append(f"the roots at size {one.size} are two")
    if one.erased != other.erased:
        here, there = without(one.erased, other.erased), without(other.erased, one.erased)
        found.append(f"erased are here alone {_said(here)}, there alone {_said(there)}")
    if not found and one.entries != other.entries:
        found.append("the entries' bytes are not the same")
    if one.anchored != other.anchored:
        found.append(f"final anchors reach {one.anchored} here, {other.anchored} there")
    elif one.checkpoints != other.checkpoints:
        found.append("the checkpoints at final anchors are not the same")
    return found


def _said(spans: Spans) -> str:
    return ", ".join(f"{start} to {stop}" for start, stop in spans) or "none"
