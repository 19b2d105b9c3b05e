"""The graph's writes. Each runs inside the one transaction that its caller opened."""

from collections.abc import Collection, Iterable, Sequence
from sqlite3 import Connection

import orjson

from tracehold.adapters.graph_facts.encoding import decode, encode
from tracehold.adapters.graph_facts.reading_rows import reading_rows
from tracehold.adapters.sqlite_graph.terms import terms
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, emptied
from tracehold.core.spans import covers, joined, without
from tracehold.journey.ports import Indexed, Known, MasterDataVersion

TERMS = "SELECT n.name, n.id FROM json_each(?) w CROSS JOIN term n ON n.name = w.value"
UNTOUCH = "DELETE FROM touch WHERE term = (SELECT id FROM term WHERE name = ?) AND fact = ?"
NO_TERM = "DELETE FROM term WHERE name = ? AND NOT EXISTS (SELECT 1 FROM touch t WHERE t.term = term.id)"
"""A term without a fact would tell of what was erased; and its number may be given to another."""
READ = "INSERT INTO reading (term, size, start, fact, stop) SELECT id, ?, ?, ?, ? FROM term WHERE name = ?"
UNREAD = """
DELETE FROM reading WHERE term = (SELECT id FROM term WHERE name = ?) AND size = ? AND start = ? AND fact = ?
"""
EMPTY = "UPDATE masterdata SET issuer = '', type = '', payload = x'' WHERE fingerprint = ?"


def add(connection: Connection, step: Indexed) -> bool:
    """Facts, master data and coverage of one step; entries that are indexed already are passed over. Whether
    facts that were there are in it again: they may be known since another time now.
    """
    log = log_of(connection, step.log)
    before = joined(connection.execute("SELECT start, stop FROM indexed WHERE log = ?", (log,)))
    again = _add_facts(connection, log, [(at, fact) for at, fact in step.facts if not covers(before, at)])
    _add_masterdata(connection, log, [(at, said) for at, said in step.masterdata if not covers(before, at)])
    after = joined([*before, (step.start, step.stop)])
    connection.execute("DELETE FROM indexed WHERE log = ?", (log,))
    connection.executemany("INSERT INTO indexed VALUES (?, ?, ?)", [(log, *span) for span in after])
    return again


def reopen(connection: Connection, log: LogId, index: int) -> None:
    """Take one entry out of what is indexed."""
    row = connection.execute("SELECT id FROM log WHERE name = ?", (log,)).fetchone()
    if row is None:
        return
    before = connection.execute("SELECT start, stop FROM indexed WHERE log = ?", row).fetchall()
    after = without(before, [(index, index + 1)])
    connection.execute("DELETE FROM indexed WHERE log = ?", row)
    connection.executemany("INSERT INTO indexed VALUES (?, ?, ?)", [(*row, *span) for span in after])


def log_of(connection: Connection, name: LogId) -> int:
    """The log's row; a new log gets one."""
    connection.execute("INSERT INTO log (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))
    row: tuple[int] = connection.execute("SELECT id FROM log WHERE name = ?", (name,)).fetchone()
    return row[0]


def _add_facts(connection: Connection, log: int, facts: Sequence[tuple[int, Fact]]) -> bool:
    if not facts:
        return False
    known = _fact_ids(connection, [fact for _, fact in facts])
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM fact").fetchone()
    fresh: dict[bytes, tuple[int, int, Fact]] = {}
    repeats: list[tuple[int, int, int, int | None]] = []
    for at, fact in facts:
        if fact.fingerprint in known:
            repeats.append((known[fact.fingerprint], log, at, fact.known_ms))
        else:
            last += 1
            known[fact.fingerprint] = last
            fresh[fact.fingerprint] = (last, at, fact)
    connection.executemany("INSERT OR IGNORE INTO repeat VALUES (?, ?, ?, ?)", repeats)
    connection.executemany(
        "INSERT INTO fact (id, fingerprint, log, at, known_ms, body) VALUES (?, ?, ?, ?, ?, ?)",
        ((id, fact.fingerprint, log, at, fact.known_ms, encode(fact)) for id, at, fact in fresh.values()),
    )
    _touch(connection, [(id, terms(fact)) for id, _, fact in fresh.values()])
    for id, _, fact in fresh.values():
        _add_readings(connection, id, fact)
    return bool(repeats)


def _fact_ids(connection: Connection, facts: Iterable[Fact]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for fact in facts:
        row = connection.execute("SELECT id FROM fact WHERE fingerprint = ?", (fact.fingerprint,)).fetchone()
        if row is not None:
            found[fact.fingerprint] = row[0]
    return found


def _touch(connection: Connection, touches: Sequence[tuple[int, Collection[str]]]) -> None:
    names = {name for _, named in touches for name in named}
    ids: dict[str, int] = dict(connection.execute(TERMS, (orjson.dumps(list(names)).decode(),)))
    (last,) = connection.execute("SELECT coalesce(max(term), 0) FROM touch").fetchone()
    fresh = {name: last + n for n, name in enumerate(sorted(names - ids.keys()), 1)}
    connection.executemany("INSERT INTO term VALUES (?, ?)", fresh.items())
    ids |= fresh
    rows = sorted((ids[name], fact) for fact, named in touches for name in named)
    connection.executemany("INSERT INTO touch VALUES (?, ?)", rows)


def _add_readings(connection: Connection, id: int, fact: Fact) -> None:
    rows = [(row.size, row.start, id, row.stop, row.place) for row in reading_rows(fact)]
    connection.executemany(READ, rows)


def _add_masterdata(
    connection: Connection, log: int, versions: Iterable[tuple[int, MasterDataVersion]]
) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO masterdata VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (v.id, log, at, v.known_ms, v.fingerprint, v.type, v.issuer, v.audience, v.payload)
            for at, v in versions
        ),
    )


def erase(connection: Connection, fingerprint: Fingerprint) -> None:
    """Cut a fact down to its items, and a version of master data down to whose it is. The ids by which it is
    not found any more are gone with it.
    """
    row = connection.execute("SELECT id, body FROM fact WHERE fingerprint = ?", (fingerprint,)).fetchone()
    if row is not None:
        id, body = row
        before = decode(fingerprint, body, None)
        left = emptied(before)
        connection.execute("UPDATE fact SET body = ? WHERE id = ?", (encode(left), id))
        for read in reading_rows(before):
            connection.execute(UNREAD, (read.place, read.size, read.start, id))
        _add_readings(connection, id, left)
        for name in terms(before) - terms(left):
            connection.execute(UNTOUCH, (name, id))
            connection.execute(NO_TERM, (name,))
    connection.execute(EMPTY, (fingerprint,))


def set_known(connection: Connection, log: LogId, ranges: Sequence[Known]) -> bool:
    """Lay ranges over the known ones, one after the other. Whether there are any."""
    number = log_of(connection, log)
    for laid in ranges:
        if laid.start < laid.stop:
            _lay(connection, number, laid)
    return bool(ranges)


def _lay(connection: Connection, log: int, laid: Known) -> None:
    """What the range covers goes, what it cuts is shortened, so that ranges of a log never overlap."""
    overlapping = connection.execute(
        "SELECT start, stop, known_ms FROM known WHERE log = ? AND stop > ? AND start < ?",
        (log, laid.start, laid.stop),
    ).fetchall()
    connection.executemany(
        "DELETE FROM known WHERE log = ? AND stop = ?", [(log, old[1]) for old in overlapping]
    )
    kept = [(start, laid.start, ms) for start, _, ms in overlapping if start < laid.start]
    kept += [(laid.stop, stop, ms) for _, stop, ms in overlapping if stop > laid.stop]
    connection.executemany(
        "INSERT INTO known (log, start, stop, known_ms) VALUES (?, ?, ?, ?)",
        [(log, *row) for row in [*kept, (laid.start, laid.stop, laid.known_ms)]],
    )


def clear(connection: Connection, names: Iterable[str]) -> None:
    """Forget everything."""
    for name in names:
        connection.execute(f"DELETE FROM {name}")
