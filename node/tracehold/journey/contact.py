"""How to reach a party, and where a place is: from the master data about it, newest word of each speaker."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tracehold.core.epcis import parse_masterdata
from tracehold.core.epcis.masterdata import Attribute
from tracehold.core.epcis.parties import local_name
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Gap
from tracehold.core.roster import Speaker
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.masterdata import Version, versions

SPEAKERS, LINES, VALUE_CHARS = 5, 20, 200
"""Speakers about one party, lines of each, and characters of a value at most."""

_NAMES = frozenset({"name", "organizationname", "partyname", "locationname", "sitename"})
_LINES = frozenset(
    {
        "streetaddress", "streetaddressone", "streetaddresstwo", "streetaddressthree", "city", "state",
        "postalcode", "countrycode", "addresslocality", "addressregion", "addresscountry", "telephone",
        "phone", "phonenumber", "mobile", "fax", "faxnumber", "email", "emailaddress", "contact",
        "contactname", "contacttitle", "contactperson", "contactpoint", "address", "url", "website",
    }
)  # fmt: skip
"""Last steps of the names of attributes, in lower case: those of CBV 2.0 section 9 and of the GS1 Web
Vocabulary that say where somebody is and how to reach them."""


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
    first, then the newest. Whoever nothing is said of has none. And what may not be read.
    """
    found, gaps = await versions(knowledge, inquiry, ids)
    return [each for id in ids for each in _of(id, found.get(id, ()), known_at)], gaps


def _of(id: str, said: Iterable[Version], known_at: int | None) -> list[Contact]:
    newest: dict[Speaker, Contact] = {}
    for admitted, ms in said:
        if known_at is None or (ms is not None and ms <= known_at):
            newest.pop(admitted.speaker, None)
            name, lines = _read(parse_masterdata(admitted.record.payload).attributes)
            newest[admitted.speaker] = Contact(
                id, name, lines, admitted.speaker, admitted.record.fingerprint, admitted.verified
            )
    by_age = list(reversed(newest.values()))
    return sorted(by_age, key=lambda each: each.speaker.party != id)[:SPEAKERS]


def _read(attributes: Iterable[Attribute]) -> tuple[str, tuple[tuple[str, str], ...]]:
    names: list[str] = []
    lines: list[tuple[str, str]] = []
    for attribute in attributes:
        for word, value in _values(local_name(attribute.id), attribute.value):
            if word.lower() in _NAMES:
                names.append(value)
            elif word.lower() in _LINES:
                lines.append((word, value))
    return names[0] if names else "", tuple(lines[:LINES])


def _values(word: str, value: Any, levels: int = 3) -> list[tuple[str, str]]:
    """The texts of a value: itself, or those of an object or list (an address, a contact point)."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return [(word, str(value)[:VALUE_CHARS])]
    if isinstance(value, list) and levels:
        return [found for each in value[:LINES] for found in _values(word, each, levels - 1)]
    if isinstance(value, dict) and levels:
        inner = [(word if name == "@value" else local_name(name), part) for name, part in value.items()]
        return [found for name, part in inner[:LINES] for found in _values(name, part, levels - 1)]
    return []
