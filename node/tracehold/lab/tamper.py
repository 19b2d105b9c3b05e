"""Somebody with write access to a node's disk changes one byte of a record, behind the node's back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tracehold.core.errors import Rejected
from tracehold.core.record import Kind

_FILE = "log.sqlite"


@dataclass(frozen=True, slots=True)
class Flipped:
    """Which byte of which record is another now, counted from 0."""

    fingerprint: str
    place: int


def flip(data: Path, fingerprint: str = "") -> Flipped:
    """Change one bit in the middle of a stored record: of this one, or else of the newest event. The same
    again
    puts it back.

    Raises NOT_FOUND where the node's folder of data does not hold it.
    """
    if not (data / _FILE).exists():
        raise Rejected("NOT_FOUND", f"{data} holds no log", path="name")
    with closing(sqlite3.connect(data / _FILE, timeout=10)) as connection, connection:
        if not fingerprint:
            query = "SELECT fingerprint, raw FROM entries WHERE kind = ? ORDER BY position DESC LIMIT 1"
            found = connection.execute(query, (Kind.EVENT.value,)).fetchone()
        else:
            query = "SELECT fingerprint, raw FROM entries WHERE fingerprint = ?"
            found = connection.execute(query, (_bytes(fingerprint),)).fetchone()
        if found is None:
            raise Rejected("NOT_FOUND", "the node holds no such record", path="record")
        key, raw = bytes(found[0]), bytearray(found[1])
        place = len(raw) // 2
        raw[place] ^= 1
        connection.execute("UPDATE entries SET raw = ? WHERE fingerprint = ?", (bytes(raw), key))
    return Flipped(key.hex(), place)


@contextmanager
def changed_byte(data: Path, fingerprint: str) -> Iterator[int]:
    """While it lasts, one byte of this record is another; hands out its place in the record."""
    flipped = flip(data, fingerprint)
    try:
        yield flipped.place
    finally:
        flip(data, fingerprint)


def _bytes(fingerprint: str) -> bytes:
    try:
        return bytes.fromhex(fingerprint)
    except ValueError as error:
        raise Rejected("BAD_REQUEST", "hexadecimal digits are expected", path="record") from error
