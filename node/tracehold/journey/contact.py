"""How to reach a party, and where a place is: from the master data about it, newest word of each speaker."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tracehold.core.epcis import parse_masterdata
from tracehold.core.epcis.attributes import NAMES, REACH, first, lines, texts
from tracehold.core.epcis.masterdata import Attribute
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Gap
from tracehold.core.roster import Speaker
from tracehold.core.said import in_turn, known_by
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.masterdata import Version, versions

SPEAKERS, LINES, VALUE_CHARS = 5, 20, 200
"""Speakers about one party, lines of each, and characters of a value at most."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What one speaker says of how to reach a party or find a place. `lines` are (name, value)."""

    id: str
    name: str
    lines: tuple[tuple[str, str], ...]
    speaker: Speaker
    fingerprint: Fingerprint
    verified: bool


async def contacts(
    knowledge: Knowledge, inquiry: Inquiry, ids: Collection[str], known_at: int | None
) -> tuple[list[Contact], list[Gap]]:
    """By what was known by `known_at` (milliseconds): in the order of `ids`, of one of them its own word
    first, then the newest (`core.said`). Whoever nothing is said of has none. And what may not be read.
    """
    found, gaps = await versions(knowledge, inquiry, ids)
    return [each for id in ids for each in _of(id, found.get(id, ()), known_at)], gaps


def _of(id: str, said: Iterable[Version], known_at: int | None) -> list[Contact]:
    known = [version for version in said if known_by(version[1], known_at)]
    return [_contact(id, each) for each in in_turn(id, known, lambda version: version[0].speaker)[:SPEAKERS]]


def _contact(id: str, version: Version) -> Contact:
    admitted, _ = version
    attributes = parse_masterdata(admitted.record.payload).attributes
    return Contact(
        id,
        first(texts(attributes), *NAMES)[:VALUE_CHARS],
        _reach(attributes),
        admitted.speaker,
        admitted.record.fingerprint,
        admitted.verified,
    )


def _reach(attributes: Iterable[Attribute]) -> tuple[tuple[str, str], ...]:
    said = [line for attribute in attributes for line in lines(attribute)]
    return tuple((name, value[:VALUE_CHARS]) for name, value in said if name.lower() in REACH)[:LINES]
