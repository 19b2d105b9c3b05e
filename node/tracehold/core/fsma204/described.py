"""Places and products in words, from master data (21 CFR 1.1310, "location description" and "product
description").

Attributes are known by their local names, of CBV 2.0 (section 9.2) and of the GS1 Web Vocabulary alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.epcis.masterdata import MasterData
from tracehold.core.fsma204.statements import text_of
from tracehold.core.gs1.levels import class_of

_STREET = ("streetaddressone", "streetaddress", "streetaddresstwo", "streetaddressthree")
_PHONE = ("telephone", "phone", "phonenumber", "telephonenumber", "contactphone", "contacttelephone")
_STATE = ("state", "stateprovince", "addressregion", "region")
_ZIP = ("postalcode", "zipcode", "zip")
_COUNTRY = ("countrycode", "country", "addresscountry")
_PRODUCT = (
    "tradeitemdescription",
    "productdescription",
    "descriptionshort",
    "productname",
    "regulatedproductname",
)
_KIND = ("functionalname", "commodity", "speciesforfisherystatisticspurposesname", "variety")
_SIZE = (
    "netcontentdescription",
    "netcontent",
    "netweight",
    "packagingsize",
    "packagingstyle",
    "packagingtype",
)


@dataclass(frozen=True, slots=True)
class Said:
    """One version of master data, and the record that it stands in."""

    data: MasterData
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Words:
    """A description as far as it goes, what it lacks, and the record that it rests on."""

    text: str
    lacks: tuple[str, ...] = ()
    fingerprint: str = ""


Known = Mapping[str, Sequence[Said]]
"""Master data by canonical identifier, oldest first."""


def place(known: Known, id: str) -> Words:
    """The location description of a place or party: business name, phone number, physical address or
    coordinates, city, state and zip code, and for places abroad what is comparable, with the country."""
    said = _newest(known, id)
    if said is None:
        return Words(id, ("business name", "phone number", "physical address", "city", "zip code or country"))
    fields = _fields(said)
    street = ", ".join(filter(None, (text_of(fields, name) for name in _STREET)))
    where = text_of(fields, "latitude"), text_of(fields, "longitude")
    coordinates = " ".join(where) if all(where) else ""
    name, city, phone = text_of(fields, "name"), text_of(fields, "city"), text_of(fields, *_PHONE)
    state, code, country = text_of(fields, *_STATE), text_of(fields, *_ZIP), text_of(fields, *_COUNTRY)
    parts = (name, street, coordinates, city, " ".join(filter(None, (state, code))), country, phone)
    domestic = country.upper() in {"", "US", "USA"}
    wanted = (
        ("business name", name),
        ("phone number", phone),
        ("physical address", street or coordinates),
        ("city", city),
        ("state", state or not domestic),
        ("zip code or country", code or country),
    )
    lacks = tuple(word for word, there in wanted if not there)
    return Words(", ".join(filter(None, parts)) or id, lacks, said.fingerprint)


def product(known: Known, item: str) -> Words:
    """The product description of a lot or class: name with brand, commodity and variety, packaging size and
    style. Empty where nobody described it."""
    for id in (item, class_of(item)):
        said = None if id is None else _newest(known, id)
        if said is not None:
            fields = _fields(said)
            names = [text_of(fields, "brandname"), text_of(fields, *_PRODUCT)]
            names += [text_of(fields, name) for name in (*_KIND, *_SIZE)]
            text = ", ".join(dict.fromkeys(filter(None, names)))
            if text:
                return Words(text, (), said.fingerprint)
    return Words("")


def _newest(known: Known, id: str) -> Said | None:
    versions = known.get(id)
    return versions[-1] if versions else None


def _fields(said: Said) -> dict[str, object]:
    return {each.id: each.value for each in said.data.attributes}
