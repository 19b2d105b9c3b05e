"""An ERP's outbox: shipments and their EPCIS events in one SQLite transaction, sent to a node by delegation.

    python outbox.py book erp.sqlite 1000    the ERP: 1000 shipments, each with its event
    python outbox.py show erp.sqlite         how many events have come how far
    python outbox.py send erp.sqlite HOST:PORT TOKEN_FILE [CA_FILE]    the sender: runs until it is stopped

Both programs may be killed at any moment. An event is in the outbox exactly if its shipment is in the books;
its bytes never change from then on, and the same bytes again are the same record to the node. So a batch
whose answer was lost is sent again, and answered with the first fingerprint and index.
"""

import asyncio
import json
import sqlite3
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold_client import AsyncClient, State, Uploaded, event_json

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
BATCH_RECORDS, BATCH_BYTES, PAUSE_S = 100, 4 << 20, 0.2

# What Watch tells has a table of its own, because it may come before the answer to the upload is stored here,
# or after that answer was lost: written into the outbox's rows, such a state would find none and be gone.
SCHEMA = """
CREATE TABLE IF NOT EXISTS shipments (id INTEGER PRIMARY KEY, pallet TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, event BLOB NOT NULL, fingerprint TEXT UNIQUE, position INTEGER, refused TEXT);
CREATE INDEX IF NOT EXISTS pending ON outbox (id) WHERE fingerprint IS NULL AND refused IS NULL;
CREATE TABLE IF NOT EXISTS states (fingerprint TEXT PRIMARY KEY, state INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watch (only INTEGER PRIMARY KEY CHECK (only = 1), cursor TEXT NOT NULL);
CREATE VIEW IF NOT EXISTS progress AS
    SELECT outbox.*, coalesce(state, fingerprint IS NOT NULL) AS state
    FROM outbox LEFT JOIN states USING (fingerprint);
"""


def open_books(path: Path) -> sqlite3.Connection:
    """The ERP's database. Every commit is on disk when it returns (synchronous FULL)."""
    books = sqlite3.connect(path, timeout=30)
    books.execute("PRAGMA journal_mode = WAL")
    books.execute("PRAGMA synchronous = FULL")
    books.executescript(SCHEMA)
    return books


def shipped(pallet: str) -> bytes:
    """The event of a shipment. Its own eventID makes its bytes unlike those of every other event."""
    fixed = {"@context": CONTEXT, "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping"}
    when = {
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+00:00",
    }
    which = {"eventID": f"urn:uuid:{uuid.uuid4()}", "epcList": [pallet]}
    return json.dumps(fixed | when | which).encode()


def book(books: sqlite3.Connection, pallet: str) -> None:
    """Book a shipment, and freeze its event's bytes in the outbox: both or neither."""
    with books:
        books.execute("INSERT INTO shipments (pallet) VALUES (?)", (pallet,))
        books.execute("INSERT INTO outbox (event) VALUES (?)", (shipped(pallet),))


def pending(books: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    """The oldest events without an answer: one batch, within both limits."""
    query = "SELECT id, event FROM outbox WHERE fingerprint IS NULL AND refused IS NULL ORDER BY id LIMIT ?"
    size = 0
    for number, (id_, event) in enumerate(books.execute(query, (BATCH_RECORDS,)).fetchall()):
        size += len(event)
        if number and size > BATCH_BYTES:
            return
        yield id_, event


async def send_batch(books: sqlite3.Connection, client: AsyncClient) -> int:
    """Send what is pending and store the answers; how many were sent. Raises what the client raises."""
    batch = list(pending(books))
    if not batch:
        return 0
    outcomes = await client.upload([event_json(event) for _, event in batch], receipts=False)
    # All answers in one transaction, what must stop the sender last: no answer is lost to an error beside it.
    with books:
        errors = [settle(books, id_, outcome) for (id_, _), outcome in zip(batch, outcomes, strict=True)]
    for error in filter(None, errors):
        raise error
    return len(batch)


def settle(books: sqlite3.Connection, id_: int, outcome: Uploaded) -> TraceholdError | None:
    """Store one answer; a refusal is for people to look at. What is not about the event is given back."""
    error = outcome.error
    if error is None:
        change = "UPDATE outbox SET fingerprint = ?, position = ? WHERE id = ?"
        books.execute(change, (outcome.fingerprint, outcome.index, id_))
    elif isinstance(error, Rejected) and error.code not in {"FORBIDDEN", "UNAUTHENTICATED"}:
        books.execute("UPDATE outbox SET refused = ? WHERE id = ?", (str(error), id_))
    else:
        return error  # the node is away or broken, or the token is wrong
    return None


async def send(books: sqlite3.Connection, client: AsyncClient) -> None:
    """Send for ever; wait while there is nothing to send or the node is away."""
    while True:
        with suppress(Unavailable):
            if await send_batch(books, client):
                continue
        await asyncio.sleep(PAUSE_S)


async def follow(books: sqlite3.Connection, client: AsyncClient) -> None:
    """Store states as they come, each with the cursor behind it in one transaction."""
    row = books.execute("SELECT cursor FROM watch").fetchone()
    async for news in client.watch(row[0] if row else "", own_records=True, give_up=float("inf")):
        with books:
            rows = [(each, int(news.state)) for each in news.fingerprints]
            books.executemany("INSERT OR REPLACE INTO states VALUES (?, ?)", rows)
            books.execute("INSERT OR REPLACE INTO watch VALUES (1, ?)", (news.cursor,))


async def run(books: sqlite3.Connection, target: str, token: str, tls_ca: bytes | None) -> None:
    """Send and follow, until one of them meets what waiting does not mend."""
    async with AsyncClient(target, token=token, tls_ca=tls_ca) as client, asyncio.TaskGroup() as both:
        both.create_task(send(books, client))
        both.create_task(follow(books, client))


def main(command: str, path: str, *rest: str) -> None:
    """One of the commands above."""
    with closing(open_books(Path(path))) as books:
        if command == "book":
            for _ in range(int(rest[0])):
                book(books, f"https://example.com/pallets/{uuid.uuid4()}")
        elif command == "send":
            token, ca = Path(rest[1]).read_text().strip(), Path(rest[2]).read_bytes() if rest[2:] else None
            asyncio.run(run(books, rest[0], token, ca))
        else:
            query = "SELECT state, refused IS NOT NULL, count(*) FROM progress GROUP BY 1, 2"
            for state, refused, count in books.execute(query):
                print(count, "refused" if refused else State(state).name if state else "pending")


if __name__ == "__main__":
    main(*sys.argv[1:])
