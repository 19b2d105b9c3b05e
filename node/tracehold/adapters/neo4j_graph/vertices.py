"""A fact as a vertex and its relationships."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from tracehold.adapters.graph_facts.encoding import encode
from tracehold.core.gs1.levels import Level, level
from tracehold.core.lineage import Fact, Quantity, found_under
from tracehold.journey.ports import MasterDataVersion

Properties = dict[str, Any]


class Standing(StrEnum):
    """What an event counts for; the name of the one relationship that its items keep where it is nothing."""

    LIVE = ""
    WITHDRAWN = "WITHDRAWN_FROM"
    DECLARATION = "CORRECTED_IN"
    ERASED = "ERASED_FROM"


class Way(NamedTuple):
    """A type of relationship between an event and something else: what, and whether it begins there."""

    type: str
    label: str
    begins: bool


WAYS = {
    way.type: way
    for way in (
        Way("INPUT_OF", "Item", True),
        Way("OUTPUT", "Item", False),
        Way("CHILD_IN", "Item", True),
        Way("PARENT_IN", "Item", True),
        Way("OBSERVED_IN", "Item", True),
        Way("LOT_IN", "Item", True),
        *(Way(str(standing), "Item", True) for standing in Standing if standing),
        Way("AT", "Location", False),
        Way("READ_AT", "Location", False),
        Way("NAMES", "Participant", False),
        Way("STATED", "Participant", True),
        Way("PART_OF", "Transformation", False),
        Way("UNDER", "Item", False),
    )
}

Ends = dict[str, dict[str, list[Properties]]]
"""By type of relationship and fingerprint of the event: the other ends, each with its `id` and what stands
`on` the relationship.
"""


def properties(fact: Fact) -> Properties:
    """Of the vertex of an event, but for where its record stands. Nothing that is absent is there."""
    found = {
        "fingerprint": fact.fingerprint.hex(),
        "issuer": fact.issuer,
        "t": fact.instant,
        "type": str(fact.type),
        "action": str(fact.action) if fact.action else None,
        "event_id": fact.event_id,
        "event_hash": fact.event_hash,
        "transformation_id": fact.transformation_id,
        "step": fact.step,
        "disposition": fact.disposition,
        "body": encode(fact),
    }
    return {name: value for name, value in found.items() if value is not None}


def ends(facts: Iterable[tuple[Fact, Standing]]) -> Ends:
    """All relationships of these events."""
    found: Ends = defaultdict(lambda: defaultdict(list))
    for fact, standing in facts:
        for type_, id, on in _ends(fact, standing):
            end = {"id": id, "on": {"t": fact.instant, **on}}
            found[type_][fact.fingerprint.hex()].append(end)
    return found


End = tuple[str, str, Properties]


def _ends(fact: Fact, standing: Standing) -> Iterator[End]:
    if fact.issuer:
        yield "STATED", fact.issuer, {}
    if standing is not Standing.LIVE:
        yield from ((str(standing), item, {}) for item in sorted(found_under(fact)))
        return
    yield from _quantities("INPUT_OF", fact.inputs)
    yield from _quantities("OUTPUT", fact.outputs)
    yield from _quantities("CHILD_IN", fact.children)
    yield from _quantities("OBSERVED_IN", fact.observed)
    if fact.parent is not None:
        yield "PARENT_IN", fact.parent, {}
    yield from _lots(fact)
    yield from (("NAMES", party, {}) for party in sorted(fact.parties))
    yield from (("UNDER", id, {"type": kind} if kind else {}) for kind, id in fact.dealings)
    for type_, id in (("AT", fact.place), ("READ_AT", fact.read_point), ("PART_OF", fact.transformation_id)):
        if id is not None:
            yield type_, id, {}


def _quantities(type_: str, quantities: Iterable[Quantity]) -> Iterator[End]:
    for each in quantities:
        said = {"amount": each.amount, "uom": each.uom, "piece": each.piece}
        yield type_, each.item, {name: value for name, value in said.items() if value is not None}


def _lots(fact: Fact) -> Iterator[End]:
    pieces: defaultdict[str, list[str]] = defaultdict(list)
    for piece, lot in fact.memberships:
        pieces[lot].append(piece)
    yield from (("LOT_IN", lot, {"pieces": each}) for lot, each in pieces.items())


def named(found: Ends) -> dict[str, set[str]]:
    """The vertices that the relationships need, by label."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for type_, by_event in found.items():
        wanted[WAYS[type_].label].update(end["id"] for each in by_event.values() for end in each)
    return wanted


_PLACES = {"Location", "Place", "ReadPoint"}
_PARTIES = {"Party", "Organization", "SourceDest"}


def described(version: MasterDataVersion) -> str:
    """The label of what master data is about: by its key, else by the type that the issuer gave."""
    found = level(version.id)
    if found in {Level.PLACE, Level.PARTY}:
        return "Location" if found is Level.PLACE else "Participant"
    words = {version.type.rpartition(mark)[2] for mark in "/#:"}
    if found is not Level.OPAQUE or words.isdisjoint(_PLACES | _PARTIES):
        return "Item"
    return "Participant" if words.isdisjoint(_PLACES) else "Location"
