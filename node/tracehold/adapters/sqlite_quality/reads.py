"""What is asked of the findings."""

from collections.abc import Collection, Mapping, Sequence
from sqlite3 import Connection

from tracehold.adapters.sqlite_quality.writes import tallied
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.quality import Code, Finding, Kind, Subject
from tracehold.core.spans import Spans, joined
from tracehold.journey.ports.quality import Due, Sighting


def covered(connection: Connection) -> Mapping[LogId, Spans]:
    """Which entries were marked."""
    spans: dict[LogId, list[tuple[int, int]]] = {}
    for log, start, stop in connection.execute("SELECT log, start, stop FROM marked"):
        spans.setdefault(LogId(log), []).append((start, stop))
    return {log: joined(found) for log, found in spans.items()}


def loads(connection: Connection, subjects: Collection[Subject]) -> Mapping[Subject, int]:
    """How often each was marked."""
    found: dict[Subject, int] = {}
    for subject in subjects:
        row = connection.execute("SELECT n FROM tally WHERE subject = ?", (tallied(subject),)).fetchone()
        if row:
            found[subject] = row[0]
    return found


def due(connection: Connection, most: int) -> Sequence[Due]:
    """What waits longest."""
    query = "SELECT kind, name, reach, stamp, event FROM due ORDER BY id LIMIT ?"
    rows = [
        (Subject(Kind(kind), name), reach, stamp, Fingerprint(event) if event else None)
        for kind, name, reach, stamp, event in connection.execute(query, (most,))
    ]
    known = loads(connection, [subject for subject, *_ in rows])
    return [Due(subject, reach, known.get(subject, 0), stamp, event) for subject, reach, stamp, event in rows]


def sightings(connection: Connection, most: int) -> Sequence[Sighting]:
    """Sightings that wait."""
    rows = connection.execute("SELECT place, event, path FROM sighting LIMIT ?", (most,))
    return [Sighting(place, Fingerprint(event), path) for place, event, path in rows]


def of(
    connection: Connection, events: Collection[Fingerprint], most: int
) -> Mapping[Fingerprint, Sequence[Finding]]:
    """The first findings of each."""
    query = (
        "SELECT DISTINCT f.code, f.path, f.other FROM event e JOIN finding f ON f.event = e.id "
        "WHERE e.fingerprint = ? ORDER BY f.code, f.path, f.other LIMIT ?"
    )
    found: dict[Fingerprint, Sequence[Finding]] = {}
    for name in events:
        rows = connection.execute(query, (name, most)).fetchall()
        if rows:
            found[name] = [
                Finding(Code(code), name, path, Fingerprint(other) if other else None)
                for code, path, other in rows
            ]
    return found


def changes(connection: Connection, after: int, most: int) -> Sequence[tuple[int, Fingerprint]]:
    """Events that changed, by position."""
    query = "SELECT changed, fingerprint FROM event WHERE changed > ? ORDER BY changed LIMIT ?"
    return [(at, Fingerprint(name)) for at, name in connection.execute(query, (after, most))]


def newest(connection: Connection) -> int:
    """The newest position."""
    (at,) = connection.execute("SELECT at FROM position").fetchone()
    return int(at)
