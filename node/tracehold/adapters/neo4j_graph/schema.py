"""Labels, relationship types, constraints and version: what docs/graph.md promises to analysts.

Goods flow along the arrows: (:Item)-[:INPUT_OF]->(:Event)-[:OUTPUT]->(:Item), so one directed pattern follows
them. Places and parties are many events' neighbours, so nothing here is ever found by way of one.
"""

from collections.abc import Sequence

VERSION = 4
"""Of all below. A graph of an older version is dropped and derived again; a newer one is refused."""

PREFIX = "tracehold_"
"""Of the names of our constraints and indexes."""

KEYS = {
    "Event": "fingerprint",
    "Item": "id",
    "Location": "id",
    "Participant": "id",
    "Transformation": "id",
    "Log": "id",
    "Tracehold": "id",
}
"""The property by which a vertex is the only one of its label."""

INDEXES = {
    "entry": "FOR (n:Entry) ON (n.log, n.at)",
    "event_id": "FOR (n:Event) ON (n.event_id)",
    "event_transformation": "FOR (n:Event) ON (n.transformation_id)",
    "event_time": "FOR (n:Event) ON (n.t)",
    "event_hash": "FOR (n:Event) ON (n.event_hash)",
    "declaration_hash": "FOR (n:ErrorDeclaration) ON (n.event_hash)",
    "reading": "FOR (n:Reading) ON (n.place, n.size, n.start)",
    "reading_record": "FOR (n:Reading) ON (n.fingerprint)",
    "known": "FOR (n:Known) ON (n.log, n.stop)",
    "masterdata": "FOR (n:MasterData) ON (n.id)",
    "masterdata_record": "FOR (n:MasterData) ON (n.fingerprint)",
}
"""Uniqueness brings an index of its own; these are for the rest that is asked by value."""

LABELS = (*KEYS, "MasterData", "Copy", "Known", "Reading")
"""Every vertex of ours has one of these."""


def statements() -> Sequence[str]:
    """What makes the constraints and indexes; harmless to repeat. Before the first write: a MERGE that no
    constraint guards makes doubles under two writers, and reads every vertex of its label.
    """
    unique = [
        f"CREATE CONSTRAINT {PREFIX}{label.lower()} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
        for label, key in KEYS.items()
    ]
    ranges = [f"CREATE INDEX {PREFIX}{name} IF NOT EXISTS {index}" for name, index in INDEXES.items()]
    return [*unique, *ranges, "CALL db.awaitIndexes(300)"]


CONSTRAINTS = "SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH $prefix RETURN name"
STRAY_INDEXES = (
    "SHOW INDEXES YIELD name, owningConstraint WHERE name STARTS WITH $prefix AND owningConstraint IS NULL "
    "RETURN name"
)

STANDING = "MATCH (g:Tracehold {id: 'graph'}) RETURN g.version, g.emptying"
FOUND = (
    "MERGE (g:Tracehold {id: 'graph'}) ON CREATE SET g.writes = 0 "
    "SET g.version = $version, g.emptying = $emptying"
)
BEGIN_ANEW = "MATCH (g:Tracehold {id: 'graph'}) SET g.version = $version, g.emptying = true"
"""Says that an older graph is none any more, before anything of it goes. Needs no constraint."""
LOCK = (
    "MATCH (g:Tracehold {id: 'graph'}) WHERE g.version = $version "
    "SET g.writes = g.writes + 1 RETURN g.emptying"
)
"""The first statement of every write: its lock on this vertex makes one writer of any number."""

_OWN = ("Event", "Copy", "MasterData", "Known", "Reading", "Log")
_SHARED = tuple(label for label in LABELS if label not in (*_OWN, "Tracehold"))
EMPTY = tuple(
    f"MATCH (n:{'|'.join(labels)}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF 2000 ROWS"
    for labels in (_OWN, _SHARED)
)
"""In this order: what an event has is bounded, and a party that stated a million of them goes when it has
nothing any more. One transaction of a million relationships would never get done.
"""
