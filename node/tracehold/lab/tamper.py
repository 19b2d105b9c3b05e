"""Somebody with write access to a node's disk changes one byte of a record, behind the node's back."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tracehold.core.errors import Rejected
from tracehold.core.record import Kind

_FILE = "log.sqlite"
_STORED = "SELECT fingerprint, id, raw FROM entries JOIN records ON records.id = entries.record"


Changed = dict[int, bytes]
"""Records as they were left, by their rows."""


@dataclass(frozen=True, slots=True)
class Flipped:
    """Which byte of which record is another now, counted from 0."""

    fingerprint: str
    place: int


def flip(data: Path, fingerprint: str = "") -> Flipped:
    """Change one bit in the middle of a stored record: of this one, or else of the newest event. The same
    again puts it back, where the node has not done so itself (`tracehold scrub`).

    Raises NOT_FOUND where the node's folder of data does not hold it.
    """
    return _turned(data, fingerprint)[0]


@contextmanager
def changed_byte(data: Path, fingerprint: str) -> Iterator[int]:
    """While it lasts, one byte of this record is another, unless the node mends it; hands out its place in
    the record.
    """
    flipped, changed = _turned(data, fingerprint)
    try:
        yield flipped.place
    finally:
        _turned(data, fingerprint, changed)


def _turned(data: Path, fingerprint: str, only: Mapping[int, bytes] | None = None) -> tuple[Flipped, Changed]:
    """Turn a bit of all copies, or only of those that are still as they were left; what they are now."""
    if not (data / _FILE).exists():
        raise Rejected("NOT_FOUND", f"{data} holds no log", path="name")
    with closing(sqlite3.connect(data / _FILE, timeout=10)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        if fingerprint:
            found = connection.execute(f"{_STORED} WHERE fingerprint = ?", (_bytes(fingerprint),)).fetchall()
        else:
            newest = f"{_STORED} WHERE kind = ? ORDER BY id DESC LIMIT 1"
            found = connection.execute(newest, (Kind.EVENT.value,)).fetchall()
        if not found:
            raise Rejected("NOT_FOUND", "the node holds no such record", path="record")
        place = len(found[0][2]) // 2
        changed: Changed = {}
        for _, number, raw in found:  # it may stand in several logs
            if only is None or only.get(number) == raw:
                changed[number] = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
                connection.execute("UPDATE records SET raw = ? WHERE id = ?", (changed[number], number))
    return Flipped(bytes(found[0][0]).hex(), place), changed


def _bytes(fingerprint: str) -> bytes:
    try:
        return bytes.fromhex(fingerprint)
    except ValueError as error:
        raise Rejected("BAD_REQUEST", "hexadecimal digits are expected", path="record") from error
