"""The graph's reads, each one statement over a whole frontier.

`CROSS JOIN` is SQLite's way to say "in this order": the frontier first, then one index
search per row. A test looks at the query plans.
"""

from collections.abc import Collection, Iterator, Mapping
from sqlite3 import Connection

import orjson

from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.graph_facts.reading_rows import ranges
from tracehold.adapters.graph_facts.versions import earliest, merged
from tracehold.adapters.sqlite_graph.recent import Recent
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, emptied
from tracehold.core.spans import Spans, joined
from tracehold.journey.ports import MasterDataVersion


def _known(row: str) -> str:
    """When the entry of `row` was known: by the anchored range it
    lies in, else by the checkpoint that sealed it.
    """
    anchored = (
        f"SELECT CASE WHEN k.start <= {row}.at THEN k.known_ms END FROM known k "
        f"WHERE k.log = {row}.log AND k.stop > {row}.at ORDER BY k.stop LIMIT 1"
    )
    return f"coalesce(({anchored}), {row}.known_ms)"


HITS = """
SELECT DISTINCT t.fact FROM json_each(?) w
CROSS JOIN term n ON n.name = w.value CROSS JOIN touch t ON t.term = n.id
"""

READ_THERE = """
SELECT DISTINCT r.fact FROM json_each(?) w
CROSS JOIN term n ON n.name = json_extract(w.value, '$[0]')
CROSS JOIN reading r ON r.term = n.id AND r.size = json_extract(w.value, '$[1]')
    AND r.start >= json_extract(w.value, '$[2]') AND r.start < json_extract(w.value, '$[4]')
WHERE r.stop > json_extract(w.value, '$[3]')
"""

BODIES = f"""
SELECT f.id, f.fingerprint, {_known("f")}, (SELECT min({_known("r")}) FROM repeat r WHERE r.fact = f.id),
       f.body
FROM json_each(?) w CROSS JOIN fact f ON f.id = w.value
"""

MASTERDATA = f"""
SELECT l.name, m.type, m.issuer, m.fingerprint, m.audience, m.payload, {_known("m")} AS known
FROM masterdata m CROSS JOIN log l ON l.id = m.log
WHERE m.id = ? ORDER BY m.log, m.at
"""


def facts(connection: Connection, terms: Collection[str], recent: Recent) -> list[Fact]:
    """Every fact that touches one of the terms, once. Two statements that must see one state: open a
    transaction. `recent` is from before that.
    """
    return _met(connection, HITS, terms, recent)


def read_there(connection: Connection, asked: Mapping[str, Spans], recent: Recent) -> list[Fact]:
    """Every fact that is found at one of the places within its spans, once; `recent` as of `facts`."""
    return _met(connection, READ_THERE, list(ranges(asked)), recent)


def _met(connection: Connection, query: str, values: Collection[object], recent: Recent) -> list[Fact]:
    met = [(id, recent.met(id)) for (id,) in connection.execute(query, (_json(values),))]
    unmet = [id for id, fact in met if fact is None]
    fresh = dict(_read(connection, unmet, recent)) if unmet else {}
    recent.keep(fresh)
    return [fact if fact is not None else fresh[id] for id, fact in met]


def _read(connection: Connection, ids: Collection[int], recent: Recent) -> Iterator[tuple[int, Fact]]:
    for id, name, here, again, body in connection.execute(BODIES, (_json(ids),)):
        known_ms = here if again is None else earliest((here, again))
        yield id, recent.met_before(id, known_ms) or decode(Fingerprint(name), body, known_ms)


def _json(values: Collection[object]) -> str:
    return orjson.dumps(list(values)).decode()


def tells(connection: Connection, fingerprint: Fingerprint) -> bool:
    """Whether more is known of a record than which items it is about."""
    row = connection.execute("SELECT body FROM fact WHERE fingerprint = ?", (fingerprint,)).fetchone()
    if row is not None:
        fact = decode(fingerprint, row[0], None)
        return fact != emptied(fact)
    said = "SELECT 1 FROM masterdata WHERE fingerprint = ? AND payload != x''"
    return connection.execute(said, (fingerprint,)).fetchone() is not None


def masterdata(connection: Connection, id: str) -> list[MasterDataVersion]:
    """Versions about `id`, oldest first."""
    by_log: dict[LogId, list[MasterDataVersion]] = {}
    for log, type_, issuer, fingerprint, audience, payload, known in connection.execute(MASTERDATA, (id,)):
        version = MasterDataVersion(id, type_, issuer, Fingerprint(fingerprint), audience, payload, known)
        by_log.setdefault(LogId(log), []).append(version)
    return merged(by_log)


def is_described(connection: Connection, id: str) -> bool:
    """Whether a version about `id` says something."""
    said = "SELECT 1 FROM masterdata WHERE id = ? AND issuer != '' LIMIT 1"
    return connection.execute(said, (id,)).fetchone() is not None


def coverage(connection: Connection) -> dict[LogId, Spans]:
    """Entries indexed, per log."""
    found: dict[LogId, list[tuple[int, int]]] = {}
    query = "SELECT l.name, i.start, i.stop FROM indexed i JOIN log l ON l.id = i.log"
    for name, start, stop in connection.execute(query):
        found.setdefault(LogId(name), []).append((start, stop))
    return {log: joined(spans) for log, spans in found.items()}
