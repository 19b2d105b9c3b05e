"""EPC URNs to plain key values (EPC Tag Data Standard 2.0, sections 6.3 and 8).

A URN keeps the company prefix apart and leaves the check digit out; both are put back together here.
"""

from collections.abc import Callable
from urllib.parse import unquote

from tracehold.core.errors import Rejected
from tracehold.core.gs1.checkdigit import check_digit
from tracehold.core.gs1.keys import compose

Parts = list[str]

PREFIX_DIGITS = range(6, 13)
"""How long a GS1 company prefix may be (section 6.3.1 lists 6 to 12)."""


def _digits(company: str, reference: str, total: int) -> str:
    """Company prefix and reference together; both numeric and `total` long."""
    together = company + reference
    if len(together) != total or not (together.isascii() and together.isdigit()):
        raise Rejected("BAD_IDENTIFIER", f"{company}.{reference} has {len(together)} of {total} digits")
    return together


def _company(company: str) -> str:
    if not (len(company) in PREFIX_DIGITS and company.isascii() and company.isdigit()):
        raise Rejected("BAD_IDENTIFIER", f"{company[:40]!r} is no GS1 company prefix of 6 to 12 digits")
    return company


def _checked(digits: str) -> str:
    if not (digits.isascii() and digits.isdigit()):  # an indicator comes here unseen: the rest was looked at
        raise Rejected("BAD_IDENTIFIER", f"{digits[:40]!r} is no number")
    return digits + check_digit(digits)


def _gtin(company: str, item: str) -> str:
    # The indicator digit leads the item reference, and leads the GTIN.
    return _checked(item[:1] + _digits(company, item[1:], 12))


def _sgtin(part: Parts) -> str:
    return compose("01", _gtin(part[0], part[1]), {"21": part[2]})


def _lgtin(part: Parts) -> str:
    return compose("01", _gtin(part[0], part[1]), {"10": part[2]})


def _upui(part: Parts) -> str:
    return compose("01", _gtin(part[0], part[1]), {"235": part[2]})


def _itip(part: Parts) -> str:
    piece = _gtin(part[0], part[1]) + part[2] + part[3]
    return compose("8006", piece, {"21": part[4]})


def _sscc(part: Parts) -> str:
    return compose("00", _checked(part[1][:1] + _digits(part[0], part[1][1:], 16)), {})


def _sgln(part: Parts) -> str:
    return compose("414", _checked(_digits(part[0], part[1], 12)), {"254": part[2]})


def _pgln(part: Parts) -> str:
    return compose("417", _checked(_digits(part[0], part[1], 12)), {})


def _grai(part: Parts) -> str:
    return compose("8003", "0" + _checked(_digits(part[0], part[1], 12)) + part[2], {})


def _gdti(part: Parts) -> str:
    return compose("253", _checked(_digits(part[0], part[1], 12)) + part[2], {})


def _sgcn(part: Parts) -> str:
    return compose("255", _checked(_digits(part[0], part[1], 12)) + part[2], {})


def _named(part: Parts) -> str:
    """Company prefix and a reference that is no number, and not empty."""
    if not part[1]:
        raise Rejected("BAD_IDENTIFIER", f"after the company prefix {part[0]} nothing is named")
    return part[0] + part[1]


def _cpi(part: Parts) -> str:
    return compose("8010", _named(part), {"8011": part[2]})


_SCHEMES: dict[str, tuple[int, Callable[[Parts], str]]] = {
    "sgtin": (3, _sgtin),
    "upui": (3, _upui),
    "itip": (5, _itip),
    "sscc": (2, _sscc),
    "sgln": (3, _sgln),
    "pgln": (2, _pgln),
    "grai": (3, _grai),
    "gdti": (3, _gdti),
    "sgcn": (3, _sgcn),
    "cpi": (3, _cpi),
    "giai": (2, lambda part: compose("8004", _named(part), {})),
    "ginc": (2, lambda part: compose("401", _named(part), {})),
    "gsin": (2, lambda part: compose("402", _checked(_digits(part[0], part[1], 16)), {})),
    "gsrn": (2, lambda part: compose("8018", _checked(_digits(part[0], part[1], 17)), {})),
    "gsrnp": (2, lambda part: compose("8017", _checked(_digits(part[0], part[1], 17)), {})),
}

_PATTERNS = frozenset(
    {"sgtin", "grai", "gdti", "sgcn", "cpi", "itip"}
)  # those whose class is a key without serial


def from_urn(urn: str) -> str | None:
    """Canonical Digital Link of an EPC URN (`urn:epc:id`, `:class`, `:idpat` with an open serial).

    None for other URNs and for EPC schemes that are no GS1 keys. Raises
    BAD_IDENTIFIER for malformed GS1 keys.
    """
    step = urn.split(":", 4)
    if len(step) != 5 or step[0].lower() != "urn" or step[1].lower() != "epc":
        return None
    form, scheme, rest = step[2].lower(), step[3].lower(), step[4]
    if form == "class" and scheme == "lgtin":
        return _lgtin(_parts(urn, rest, 3))
    if form == "id" and scheme in _SCHEMES:
        count, build = _SCHEMES[scheme]
        return build(_parts(urn, rest, count))
    if form == "idpat" and scheme in _PATTERNS:
        return _class(urn, scheme, rest)
    return None


def _parts(urn: str, rest: str, count: int) -> Parts:
    # The last part may hold dots: it is the serial.
    part = [unquote(text) for text in rest.split(".", count - 1)]
    if len(part) != count:
        raise Rejected("BAD_IDENTIFIER", f"{urn[:80]} has {len(part)} of {count} parts")
    _company(part[0])
    return part


def _class(urn: str, scheme: str, rest: str) -> str | None:
    """A pattern that leaves just the serial open names the class;
    wider ones name no one thing and stay opaque."""
    count, build = _SCHEMES[scheme]
    if not rest.endswith(".*") or "*" in rest[:-2]:
        return None
    part = _parts(urn, rest, count)
    if scheme in ("grai", "gdti", "sgcn"):  # the serial is a tail of the value
        return build([*part[:-1], ""])
    return build([*part[:-1], "0"]).rsplit("/", 2)[0]  # the serial is a qualifier of its own
