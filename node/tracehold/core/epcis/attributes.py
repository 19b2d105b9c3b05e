"""Attributes of master data by what they say: names, goods, addresses (CBV 2.0 section 9; GS1 Web
Vocabulary).

Attributes are known by their local names in lower case, whatever their prefix.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracehold.core.epcis.masterdata import Attribute

NAMES = ("name", "organizationname", "partyname", "locationname", "sitename")
"""What a place or party is called; goods are by the first of them too."""
GOODS = (
    "tradeitemdescription", "productdescription", "descriptionshort", "productname", "regulatedproductname",
)  # fmt: skip
"""What goods are called."""
COMMODITY = ("functionalname", "commodity", "speciesforfisherystatisticspurposesname", "variety")
"""What kind of goods it is."""
SIZE = (
    "netcontentdescription", "netcontent", "netweight", "packagingsize", "packagingstyle", "packagingtype",
)  # fmt: skip
"""How much is in a package, and in what kind of package."""
STREET = ("streetaddressone", "streetaddress", "streetaddresstwo", "streetaddressthree")
CITY = ("city", "addresslocality")
STATE = ("state", "stateprovince", "addressregion", "region")
ZIP = ("postalcode", "zipcode", "zip")
COUNTRY = ("countrycode", "country", "addresscountry")
PHONE = (
    "telephone", "phone", "phonenumber", "telephonenumber", "contactphone", "contacttelephone", "mobile",
)  # fmt: skip
REACH = frozenset(
    (
        *STREET, *CITY, *STATE, *ZIP, *COUNTRY, *PHONE, "address", "fax", "faxnumber", "email",
        "emailaddress", "contact", "contactname", "contacttitle", "contactperson", "contactpoint",
        "url", "website",
    )
)  # fmt: skip
"""Everything that says where somebody is and how to reach them."""

VALUES, LEVELS = 20, 3
"""Members of one list or object that are read, and how deep these may stand in one another."""

Line = tuple[str, str]
"""A local name as it is spelled, and a text."""


def local_name(name: str) -> str:
    """The last step of a prefixed or expanded name: `cbvmda:lotNumber`, `{ns}lotNumber`,
    `urn:...:mda#lotNumber`."""
    return name.rpartition("}")[2].rpartition("#")[2].rpartition("/")[2].rpartition(":")[2]


def word(name: str) -> str:
    """The local name in lower case, by which attributes are known."""
    return local_name(name).lower()


def texts(attributes: "Iterable[Attribute]") -> dict[str, str]:
    """The first text of each attribute by its word; several in one list are joined. What stands inside of an
    object (an address, a contact point) counts where it says how to reach somebody, and after all others.
    """
    whole: dict[str, str] = {}
    inner: dict[str, str] = {}
    for attribute in attributes:
        said: dict[str, list[str]] = {}
        for name, value in lines(attribute):
            said.setdefault(name.lower(), []).append(value)
        own = word(attribute.id)
        for name, values in said.items():
            if text := "; ".join(filter(None, map(str.strip, values))):
                if name == own:
                    whole.setdefault(name, text)
                elif name in REACH:
                    inner.setdefault(name, text)
    return inner | whole


def first(texts: Mapping[str, str], *names: str) -> str:
    """The first of these that is said."""
    return next((texts[name] for name in names if texts.get(name)), "")


def lines(attribute: "Attribute") -> list[Line]:
    """The texts of an attribute: itself, or those of an object or list, with their own names."""
    return _lines(local_name(attribute.id), attribute.value, LEVELS)


def _lines(name: str, value: Any, levels: int) -> list[Line]:
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [(name, number(value))]
    if isinstance(value, list) and levels:
        return [line for each in value[:VALUES] for line in _lines(name, each, levels - 1)]
    if isinstance(value, dict) and levels:
        parts = list(value.items())[:VALUES]
        inner = [(name if key in ("@value", "value") else local_name(key), part) for key, part in parts]
        return [line for key, part in inner for line in _lines(key, part, levels - 1)]
    return []


def number(value: float) -> str:
    """A number without an exponent, as short as it can be said."""
    text = format(value, ".15g")
    return format(float(text), "f").rstrip("0").rstrip(".") if "e" in text else text
