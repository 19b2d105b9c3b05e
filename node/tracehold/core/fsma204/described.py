"""Places and products in words, from master data (21 CFR 1.1310, "location description" and "product
description").

Whose word is taken is for `core.said` to say. Nobody's word about others stands in a cell as if it were so:
it is followed by whose it is, unless it is the word of the row's own speaker.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tracehold.core.epcis.attributes import (
    CITY,
    COMMODITY,
    COUNTRY,
    GOODS,
    NAMES,
    PHONE,
    SIZE,
    STATE,
    STREET,
    ZIP,
    first,
    texts,
)
from tracehold.core.epcis.masterdata import MasterData
from tracehold.core.gs1.levels import class_of
from tracehold.core.said import in_turn, stands_alone
from tracehold.core.speaker import Speaker


@dataclass(frozen=True, slots=True)
class Said:
    """One version of master data, the record that it stands in, and who says it."""

    data: MasterData
    fingerprint: str
    speaker: Speaker


@dataclass(frozen=True, slots=True)
class Words:
    """A description as far as it goes, what it lacks, and the record that it rests on."""

    text: str
    lacks: tuple[str, ...] = ()
    fingerprint: str = ""


Known = Mapping[str, Sequence[Said]]
"""Master data by canonical identifier, oldest first."""

Heeded = tuple[Speaker, ...]
"""Who tells the row's event, then those who tell other events that a cell is taken from."""


def place(known: Known, id: str, heeded: Heeded) -> Words:
    """The location description of a place or party: business name, phone number, physical address or
    coordinates, city, state and zip code, and for places abroad what is comparable, with the country."""
    for said in _in_turn(known, id, heeded):
        words = _place(texts(said.data.attributes))
        if words.text:
            return _by(words, said, id, heeded)
    return Words(id, ("business name", "phone number", "physical address", "city", "zip code or country"))


def _place(said: Mapping[str, str]) -> Words:
    street = ", ".join(filter(None, (first(said, each) for each in STREET)))
    where = first(said, "latitude"), first(said, "longitude")
    coordinates = " ".join(where) if all(where) else ""
    called, city, phone = (first(said, *words) for words in (NAMES, CITY, PHONE))
    state, code, country = (first(said, *words) for words in (STATE, ZIP, COUNTRY))
    parts = (called, street, coordinates, city, " ".join(filter(None, (state, code))), country, phone)
    domestic = country.upper() in {"", "US", "USA"}
    wanted = (
        ("business name", called),
        ("phone number", phone),
        ("physical address", street or coordinates),
        ("city", city),
        ("state", state or not domestic),
        ("zip code or country", code or country),
    )
    return Words(", ".join(filter(None, parts)), tuple(word for word, there in wanted if not there))


def name(known: Known, id: str, heeded: Heeded) -> Words:
    """What a place is called, else its identifier."""
    for said in _in_turn(known, id, heeded):
        if text := first(texts(said.data.attributes), *NAMES):
            return _by(Words(text), said, id, heeded)
    return Words(id)


def product(known: Known, item: str, heeded: Heeded) -> Words:
    """The product description of a lot or class: name with brand, commodity and variety, packaging size and
    style. Empty where nobody described it."""
    for id in filter(None, dict.fromkeys((item, class_of(item)))):
        for said in _in_turn(known, id, heeded):
            fields = texts(said.data.attributes)
            names = [first(fields, "brandname"), first(fields, *GOODS)]
            names += [first(fields, each) for each in (*COMMODITY, *SIZE)]
            if text := ", ".join(dict.fromkeys(filter(None, names))):
                return _by(Words(text), said, id, heeded)
    return Words("")


def _in_turn(known: Known, id: str, heeded: Heeded) -> Iterable[Said]:
    return in_turn(id, known.get(id, ()), lambda said: said.speaker, heeded)


def _by(words: Words, said: Said, id: str, heeded: Heeded) -> Words:
    alone = stands_alone(id, said.speaker, heeded[:1])
    text = words.text if alone else f"{words.text} (according to {said.speaker.party})"
    return replace(words, text=text, fingerprint=said.fingerprint)
