"""The event logs of all blocks as rows, so that `eth_getLogs` asks an index and not every block's receipts.

Derived from the receipts and written in the block's own transaction; `verifying` compares the two.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LOG_SCHEMA = (
    "CREATE TABLE logs(block INTEGER, log INTEGER, tx INTEGER, address BLOB,"
    " topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB,"
    " data BLOB, tx_hash BLOB, block_hash BLOB, PRIMARY KEY(block, log)) WITHOUT ROWID",
    "CREATE INDEX logs_by_topic ON logs(address, topic0, block)",
)


class LogRow(NamedTuple):
    """One event log where it stands; `log` counts through the block. Topics and hashes are 32 bytes."""

    block: int
    log: int
    tx: int
    address: bytes
    topic0: bytes | None
    topic1: bytes | None
    topic2: bytes | None
    topic3: bytes | None
    data: bytes
    tx_hash: bytes
    block_hash: bytes

    @property
    def topics(self) -> list[bytes]:
        """The topics that the log has, in order."""
        return [topic for topic in (self.topic0, self.topic1, self.topic2, self.topic3) if topic is not None]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which logs: blocks `first` to `last`, any of `addresses` (none: all), per position any of the topics.

    An empty position matches anything, also its absence, as the execution API's filter says.
    """

    first: int
    last: int
    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()


def insert_logs(connection: sqlite3.Connection, rows: Iterable[LogRow]) -> None:
    """Add rows inside the caller's transaction."""
    connection.executemany("INSERT INTO logs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def find_logs(connection: sqlite3.Connection, query: LogQuery, limit: int) -> list[LogRow]:
    """The logs of the query in chain order, at most `limit` of them."""
    conditions = ["block BETWEEN ? AND ?"]
    values: list[object] = [query.first, query.last]
    _any_of(conditions, values, "address", query.addresses)
    for position, wanted in enumerate(query.topics):
        _any_of(conditions, values, f"topic{position}", wanted)
    # Column names are ours; everything from outside is a bound value.
    statement = f"SELECT * FROM logs WHERE {' AND '.join(conditions)} ORDER BY block, log LIMIT ?"  # noqa: S608
    return [LogRow(*row) for row in connection.execute(statement, (*values, limit))]


def first_log_of(connection: sqlite3.Connection, block: int, tx: int) -> int:
    """The position in its block of a transaction's first log; 0 when it has none."""
    row = connection.execute("SELECT min(log) FROM logs WHERE block = ? AND tx = ?", (block, tx)).fetchone()
    return int(row[0] or 0)


def count_logs(connection: sqlite3.Connection) -> int:
    """How many logs the index holds."""
    (count,) = connection.execute("SELECT count(*) FROM logs").fetchone()
    return int(count)


def _any_of(conditions: list[str], values: list[object], column: str, wanted: Sequence[bytes]) -> None:
    if wanted:
        conditions.append(f"{column} IN ({', '.join('?' * len(wanted))})")
        values.extend(wanted)
