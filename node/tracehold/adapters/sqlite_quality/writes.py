"""What changes the findings, each inside the one transaction that its caller opened."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from sqlite3 import Connection

from tracehold.core.ids import Fingerprint
from tracehold.core.quality import Code, Finding, Kind, Subject
from tracehold.core.spans import covers, joined
from tracehold.journey.ports.quality import Judged, Mark, Marks, Sighting

FORGOTTEN = ("marked", "tally", "moving", "due", "sighting", "subject", "finding")
"""Tables that are emptied; which events were ever told of stays."""

_COUNT = "INSERT INTO tally VALUES (?1, ?2) ON CONFLICT (subject) DO UPDATE SET n = n + ?2 RETURNING n"
_DUE = (
    "INSERT INTO due (kind, name, reach, event, stamp) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, name) "
    "DO UPDATE SET reach = max(reach, excluded.reach), stamp = excluded.stamp, "
    "event = coalesce(excluded.event, event)"
)
_Row = tuple[int, str, str, bytes]
"""Event's row, code, path, other."""


def tallied(subject: Subject) -> int:
    """The number under which a subject is counted; that another one may share it does no harm."""
    digest = hashlib.blake2b(f"{subject.kind} {subject.name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def mark(connection: Connection, step: Marks) -> None:
    """Count, have judged, and cover."""
    rows = connection.execute("SELECT start, stop FROM marked WHERE log = ?", (step.log,)).fetchall()
    before = joined(rows)
    moving = [(tallied(each.subject),) for _, each in step.marks if each.moves]
    connection.executemany("INSERT OR IGNORE INTO moving VALUES (?)", moving)
    due: list[Mark] = []
    for at, each in step.marks:
        repeated = covers(before, at)
        if repeated:
            due.append(each)
            continue
        (n,) = connection.execute(_COUNT, (tallied(each.subject), each.weight)).fetchone()
        if each.alone or n > each.weight:
            due.append(each)
    wait(connection, due)
    sightings = [(s.place, s.event, s.path) for _, s in step.sightings]
    connection.executemany("INSERT OR IGNORE INTO sighting VALUES (?, ?, ?)", sightings)
    connection.execute("DELETE FROM marked WHERE log = ?", (step.log,))
    spans = joined([*before, (step.start, step.stop)])
    connection.executemany("INSERT INTO marked VALUES (?, ?, ?)", [(step.log, *span) for span in spans])


def wait(connection: Connection, marks: Iterable[Mark]) -> None:
    """Have these judged."""
    rows = [(str(each.subject.kind), each.subject.name, each.reach, each.event) for each in marks]
    if rows:
        stamp = moved(connection)
        connection.executemany(_DUE, [(*row, stamp) for row in rows])


def moved(connection: Connection) -> int:
    """The next position."""
    query = "UPDATE position SET at = at + 1 RETURNING at"
    (at,) = connection.execute(query).fetchone()
    return int(at)


def settle(connection: Connection, judged: Sequence[Judged], further: Iterable[Mark]) -> int:
    """Findings of subjects in place of the older ones."""
    changed: set[int] = set()
    for each in judged:
        subject = each.due.subject
        if each.findings is not None:
            changed |= _replace(connection, subject, each.findings)
        connection.execute(
            "DELETE FROM due WHERE kind = ? AND name = ? AND stamp = ?",
            (str(subject.kind), subject.name, each.due.stamp),
        )
    _tell(connection, changed)
    wait(connection, [each for each in further if each.alone or _moves(connection, each.subject)])
    return len(changed)


def _moves(connection: Connection, subject: Subject) -> bool:
    query = "SELECT 1 FROM moving WHERE subject = ?"
    return connection.execute(query, (tallied(subject),)).fetchone() is not None


def _replace(connection: Connection, subject: Subject, findings: Sequence[Finding]) -> set[int]:
    row = _subject(connection, subject, make=bool(findings))
    if row is None:
        return set()
    query = "SELECT event, code, path, other FROM finding WHERE subject = ?"
    before: set[_Row] = set(connection.execute(query, (row,)))
    after = {(_event(connection, f.event), str(f.code), f.path, bytes(f.other or b"")) for f in findings}
    if any(f.code is Code.NOT_JUDGED for f in findings):
        # Else every new event on the thing would take it over, and whoever watches would hear of each.
        after = {each for each in before if each[1] == Code.NOT_JUDGED} or after
    gone, new = before - after, after - before
    delete = "DELETE FROM finding WHERE subject = ? AND event = ? AND code = ? AND path = ? AND other = ?"
    connection.executemany(delete, [(row, *each) for each in gone])
    connection.executemany("INSERT INTO finding VALUES (?, ?, ?, ?, ?)", [(row, *each) for each in new])
    if not after:
        connection.execute("DELETE FROM subject WHERE id = ?", (row,))
    return {each[0] for each in gone | new}


def _subject(connection: Connection, subject: Subject, *, make: bool) -> int | None:
    key = (str(subject.kind), subject.name)
    if make:
        connection.execute("INSERT OR IGNORE INTO subject (kind, name) VALUES (?, ?)", key)
    found = connection.execute("SELECT id FROM subject WHERE kind = ? AND name = ?", key).fetchone()
    return int(found[0]) if found else None


def _event(connection: Connection, name: Fingerprint) -> int:
    found = connection.execute("SELECT id FROM event WHERE fingerprint = ?", (name,)).fetchone()
    if found is None:
        insert = "INSERT INTO event (fingerprint, changed) VALUES (?, ?) RETURNING id"
        found = connection.execute(insert, (name, moved(connection))).fetchone()
    return int(found[0])


def _tell(connection: Connection, events: Collection[int]) -> None:
    for event in sorted(events):
        connection.execute("UPDATE event SET changed = ? WHERE id = ?", (moved(connection), event))


def placed(connection: Connection, judged: Sequence[Sighting], unknown: Collection[str]) -> int:
    """Sightings become findings, or go."""
    changed: set[int] = set()
    for each in judged:
        if each.place in unknown:
            subject = _subject(connection, Subject(Kind.PLACE, each.place), make=True)
            event = _event(connection, each.event)
            row = (subject, event, str(Code.UNKNOWN_PLACE), each.path, b"")
            if connection.execute("INSERT OR IGNORE INTO finding VALUES (?, ?, ?, ?, ?)", row).rowcount:
                changed.add(event)
        key = (each.place, each.event, each.path)
        connection.execute("DELETE FROM sighting WHERE place = ? AND event = ? AND path = ?", key)
    _tell(connection, changed)
    return len(changed)


def described(connection: Connection, place: str, most: int) -> int:
    """Findings of a place, and of those within it (GLN extensions), go."""
    query = (
        "SELECT f.subject, f.event, f.code, f.path FROM subject s JOIN finding f ON f.subject = s.id "
        "WHERE s.kind = ? AND (s.name = ? OR (s.name >= ? AND s.name < ?)) LIMIT ?"
    )
    within = (f"{place}/254/", f"{place}/2540")
    rows = connection.execute(query, (str(Kind.PLACE), place, *within, most)).fetchall()
    delete = "DELETE FROM finding WHERE subject = ? AND event = ? AND code = ? AND path = ?"
    connection.executemany(delete, rows)
    _tell(connection, {event for _, event, _, _ in rows})
    return len(rows)


def unsettle(connection: Connection, event: Fingerprint) -> None:
    """Subjects with findings about an event, or beside it, are judged again; its sightings go."""
    connection.execute("DELETE FROM sighting WHERE event = ?", (event,))
    query = (
        "SELECT s.kind, s.name FROM subject s WHERE s.id IN (SELECT subject FROM finding WHERE other = ?1 "
        "UNION SELECT f.subject FROM event e JOIN finding f ON f.event = e.id WHERE e.fingerprint = ?1)"
    )
    found = [Subject(Kind(kind), name) for kind, name in connection.execute(query, (event,))]
    wait(connection, [Mark(subject) for subject in found if subject.kind is not Kind.PLACE])
    places = (
        "SELECT f.subject, f.event FROM event e JOIN finding f ON f.event = e.id "
        "WHERE e.fingerprint = ? AND f.code IN (?, ?)"
    )
    rows = connection.execute(places, (event, str(Code.UNKNOWN_PLACE), str(Code.NOT_JUDGED))).fetchall()
    connection.executemany("DELETE FROM finding WHERE subject = ? AND event = ?", rows)
    _tell(connection, {row for _, row in rows})


def clear(connection: Connection) -> None:
    """Forget all; watchers hear that nothing is found of the events of which something was."""
    rows = connection.execute("SELECT DISTINCT event FROM finding").fetchall()
    _tell(connection, {event for (event,) in rows})
    for name in FORGOTTEN:
        connection.execute(f"DELETE FROM {name}")
