"""Somebody with write access to the node's disk changes one byte of a record, behind the node's back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def changed_byte(data: Path, fingerprint: str) -> Iterator[int]:
    """While it lasts, one byte in the payload of this record
    is another; hands out its place in the record.
    """
    file = data / "log.sqlite"
    raw = _read(file, fingerprint)
    place = len(raw) // 2
    try:
        _write(file, fingerprint, raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        yield place
    finally:
        _write(file, fingerprint, raw)


def _read(file: Path, fingerprint: str) -> bytes:
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        query = "SELECT raw FROM entries WHERE fingerprint = ?"
        return bytes(connection.execute(query, (bytes.fromhex(fingerprint),)).fetchone()[0])


def _write(file: Path, fingerprint: str, raw: bytes) -> None:
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.execute(
            "UPDATE entries SET raw = ? WHERE fingerprint = ?", (raw, bytes.fromhex(fingerprint))
        )
