"""Values of the port as rows, and back."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from blake3 import blake3

from tracehold.adapters.sqlite_log.schema import INDEX_BITS
from tracehold.core import cbor
from tracehold.core.anchor import Anchor, decode_anchor, encode_anchor
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.journey.ports import AnchorState, AnchorTask, Entry, SignedTransaction

Row = tuple[Any, ...]

_INDEX = (1 << INDEX_BITS) - 1
# Values in one IN (...): far under SQLite's limit, and few enough different statements to stay prepared.
_CHUNK = 500


def position_of(number: int, index: int) -> int:
    """The place of entry `index` of log `number`; an index past the end of any log is cut to it."""
    return number << INDEX_BITS | min(index, _INDEX)


def place_of(position: int) -> tuple[int, int]:
    """(log number, index) of a position."""
    return position >> INDEX_BITS, position & _INDEX


def chunks(values: Sequence[Any]) -> Iterator[tuple[Sequence[Any], str]]:
    """Pieces of `values` with the placeholders that they need."""
    for start in range(0, len(values), _CHUNK):
        piece = values[start : start + _CHUNK]
        yield piece, ",".join("?" * len(piece))


# `raw` is empty where it was erased, and NULL where the disk lost it.
ENTRY = (
    "entries.position, fingerprint, kind, bytes_total, "
    "CASE WHEN record IS NULL THEN x'' ELSE nullif(raw, x'') END"
)
ENTRIES = "entries LEFT JOIN records ON records.id = entries.record"


def entry_of(log: LogId, row: Row, total: Callable[[int, int], int]) -> Entry:
    """The entry in a row of `ENTRY`, as the disk holds it; `total` as `spans.Totals.of`."""
    position, fingerprint, kind, bytes_total, raw = row
    index = place_of(position)[1]
    if raw is None:
        raise Broken("CORRUPT", f"the bytes of entry {index} are lost")
    return Entry(log, index, Fingerprint(fingerprint), raw, kind, total(index, bytes_total))


def rehashed(entry: Entry) -> Entry:
    """The entry, if its bytes still have its fingerprint or were erased; else `Broken("CORRUPT")`."""
    if not entry.erased and blake3(entry.raw).digest() != entry.fingerprint:
        raise Broken("CORRUPT", f"entry {entry.index} on disk does not have its fingerprint")
    return entry


CHECKPOINT = "size, root, time_ms, note, cose_protected, cose_signature"


def checkpoint_of(log: LogId, row: Row | None) -> Checkpoint | None:
    """The checkpoint in a row of `CHECKPOINT`."""
    if row is None:
        return None
    size, root, time_ms, note, protected, signature = row
    return Checkpoint(log, size, Root(root), time_ms, note, protected, signature)


ANCHOR = "prev_size, size, root, state, raw, hash, nonce, max_fee, anchor, undone, gas_used"


def anchor_row(task: AnchorTask) -> Row:
    """The row of `ANCHOR` for a task."""
    sent = task.transaction
    return (
        task.prev_size,
        task.size,
        task.root,
        str(task.state),
        sent.raw,
        sent.hash,
        sent.nonce,
        str(sent.max_fee_per_gas),
        _encode_anchor(task.anchor),
        _encode_anchor(task.undone),
        task.gas_used,
    )


def task_of(log: LogId, row: Row) -> AnchorTask:
    """The task in a row of `ANCHOR`."""
    prev_size, size, root, state, raw, digest, nonce, max_fee, anchor, undone, gas_used = row
    return AnchorTask(
        log,
        prev_size,
        size,
        Root(root),
        SignedTransaction(raw, digest, nonce, int(max_fee)),
        AnchorState(state),
        _decode_anchor(anchor),
        gas_used,
        _decode_anchor(undone),
    )


def _encode_anchor(anchor: Anchor | None) -> bytes | None:
    return None if anchor is None else cbor.encode(encode_anchor(anchor))


def _decode_anchor(blob: bytes | None) -> Anchor | None:
    return None if blob is None else decode_anchor(cbor.decode(blob))


def numbers(connection: sqlite3.Connection) -> dict[int, LogId]:
    """Log ids by their numbers."""
    return {number: LogId(log) for number, log in connection.execute("SELECT number, id FROM logs")}


def number_of(connection: sqlite3.Connection, log: LogId) -> int:
    """The number of a log; 0, which no log has, where it is unknown."""
    row = connection.execute("SELECT number FROM logs WHERE id = ?", (log,)).fetchone()
    return 0 if row is None else int(row[0])
