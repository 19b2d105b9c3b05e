"""Canonical Digital Links back to EPC URNs (EPC Tag Data Standard 2.0, sections 6.3 and 8).

A URN keeps the company prefix apart, whose length no key tells. It is known from another URN of the same
company, or from who assigned it; it is never guessed here.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from tracehold.core.errors import Rejected
from tracehold.core.gs1.urn import PREFIX_DIGITS

_ROOT = "https://id.gs1.org/"
_BARE = "!'()*+,-.:;=_"  # what URNs hold unescaped beside letters and digits (section 6.3.1)
_URN = re.compile(r"urn:epc:(?:id|class|idpat):[a-z]+:(\d{6,12})\.", re.IGNORECASE | re.ASCII)

Parts = tuple[str, str]
"""Company prefix and reference."""


def prefix_length(identifier: str) -> int | None:
    """Digits of the company prefix that an EPC URN shows; None for other spellings."""
    match = _URN.match(identifier)
    return len(match[1]) if match else None


def to_urn(canonical: str, prefix: int) -> str | None:
    """The EPC URN of a canonical identifier whose company prefix has `prefix` digits. A class becomes a
    pattern with an open serial.

    None for what has no EPC URN: opaque names, lots of a part of a set (8006 with 10). Raises
    BAD_IDENTIFIER unless the prefix has 6 to 12 digits and the key begins with it.
    """
    if not canonical.startswith(_ROOT):
        return None
    if prefix not in PREFIX_DIGITS:
        raise Rejected("BAD_IDENTIFIER", f"a GS1 company prefix has 6 to 12 digits, not {prefix}")
    steps = [unquote(step) for step in canonical[len(_ROOT) :].split("/")]
    if len(steps) not in (2, 4):
        return None
    ai, value = steps[0], steps[1]
    if ai in _NUMERIC:
        return _numeric(ai, value, prefix)
    qualifier, fine = (steps[2], steps[3]) if len(steps) == 4 else ("", "")
    write = _WRITERS.get((ai, qualifier))
    return write(value, fine, prefix) if write else None


def _split(digits: str, prefix: int, total: int) -> Parts:
    return digits[:prefix], digits[prefix:total]


def _item(gtin: str, prefix: int) -> str:
    """Prefix and item reference of a GTIN-14, whose indicator goes before the reference."""
    company, item = _split(gtin[1:], prefix, 12)
    return f"{company}.{gtin[0]}{item}"


def _serial(text: str) -> str:
    return quote(text, safe=_BARE)


def _numeric(ai: str, value: str, prefix: int) -> str:
    scheme, total = _NUMERIC[ai]
    lead = value[0] if ai == "00" else ""  # an SSCC's extension digit goes before the reference
    company, reference = _split(value[len(lead) :], prefix, total)
    return f"urn:epc:id:{scheme}:{company}.{lead}{reference}"


def _text(scheme: str, value: str, prefix: int) -> str:
    company = value[:prefix]
    if len(value) <= prefix or not (company.isascii() and company.isdigit()):
        raise Rejected("BAD_IDENTIFIER", f"{value[:40]!r} does not begin with a prefix of {prefix} digits")
    return f"urn:epc:id:{scheme}:{company}.{_serial(value[prefix:])}"


def _tailed(scheme: str, lead: int) -> Callable[[str, str, int], str]:
    """A numeric type of 13 digits after `lead` more, whose serial is the value's tail."""

    def write(value: str, _fine: str, prefix: int) -> str:
        company, kind = _split(value[lead:], prefix, 12)
        tail = value[lead + 13 :]
        form, serial = ("id", _serial(tail)) if tail else ("idpat", "*")
        return f"urn:epc:{form}:{scheme}:{company}.{kind}.{serial}"

    return write


def _gtin(form: str) -> Callable[[str, str, int], str]:
    return lambda value, fine, prefix: (
        f"urn:epc:{form}:{_item(value, prefix)}.{_serial(fine) if fine else '*'}"
    )


def _itip(value: str, fine: str, prefix: int) -> str:
    form, serial = ("id", _serial(fine)) if fine else ("idpat", "*")
    return f"urn:epc:{form}:itip:{_item(value, prefix)}.{value[14:16]}.{value[16:18]}.{serial}"


def _cpi(value: str, fine: str, prefix: int) -> str:
    part = _text("cpi", value, prefix)
    return f"{part}.{fine}" if fine else f"{part.replace(':id:', ':idpat:', 1)}.*"


def _sgln(value: str, fine: str, prefix: int) -> str:
    return f"urn:epc:id:sgln:{'.'.join(_split(value, prefix, 12))}.{_serial(fine) if fine else '0'}"


_NUMERIC = {
    "00": ("sscc", 16),
    "402": ("gsin", 16),
    "417": ("pgln", 12),
    "8017": ("gsrnp", 17),
    "8018": ("gsrn", 17),
}
_WRITERS: dict[tuple[str, str], Callable[[str, str, int], str]] = {
    ("01", ""): _gtin("idpat:sgtin"),
    ("01", "21"): _gtin("id:sgtin"),
    ("01", "10"): _gtin("class:lgtin"),
    ("01", "235"): _gtin("id:upui"),
    ("253", ""): _tailed("gdti", 0),
    ("255", ""): _tailed("sgcn", 0),
    ("8003", ""): _tailed("grai", 1),
    ("401", ""): lambda value, _, prefix: _text("ginc", value, prefix),
    ("8004", ""): lambda value, _, prefix: _text("giai", value, prefix),
    ("414", ""): _sgln,
    ("414", "254"): _sgln,
    ("8006", ""): _itip,
    ("8006", "21"): _itip,
    ("8010", ""): _cpi,
    ("8010", "8011"): _cpi,
}
