"""Element strings, printed with brackets or as scanners send them, to plain key values (GS1 General
Specifications, sections 3.2 and 7.8).

A scanner marks them by a symbology identifier (`]d2`) or by the separator character for FNC1 (0x1D). Digits
without either are no element string: they may be anything.
"""

import re
from collections.abc import Iterator

from tracehold.core.errors import Rejected
from tracehold.core.gs1.keys import KEYS, QUALIFIERS, compose
from tracehold.core.gs1.link import Named

SEPARATOR = "\x1d"
"""What scanners send for FNC1 between elements (General Specifications, section 7.8.6)."""

_AI = (  # by the length that its first digits tell
    r"0[0-4]|1[0-35-7]|2[0-2]|2[3-5]\d|3[07]|3[1-69]\d\d|4[0-2]\d|43\d\d|7[02]\d\d|71\d|8[0-2]\d\d|9\d"
)
_BRACKET = re.compile(rf"\(({_AI})\)", re.ASCII)
_START = re.compile(_AI, re.ASCII)
_SYMBOLOGY = re.compile(r"\](?:C1|e[0-2]|d2|Q3|J1)")  # the GS1 variants (section 7.8, symbology identifiers)
_FIXED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 13,
    **dict.fromkeys(("11", "12", "13", "15", "16", "17", "31", "32", "33", "34", "35", "36"), 6),
}  # fmt: skip
"""Characters of the values whose end needs no separator, by the first two digits of the AI (section 7.8.5).
The table is closed: no AI will ever be added."""


def from_elements(text: str) -> str | None:
    """Canonical form of `(01)09521234543213(21)abc`, the identifiers in any order, or of what a scanner sends
    for it; None when no key is in it.

    Attributes such as an expiry date are passed over. Raises BAD_IDENTIFIER for a repeated identifier, two
    keys, or a scan that breaks off.
    """
    named = read_elements(text)
    return None if named is None else compose(*named)


def read_elements(text: str) -> Named | None:
    """What an element string names; see `from_elements`."""
    if _BRACKET.match(text):
        pieces = _BRACKET.split(text)[1:]
        pairs = list(zip(pieces[::2], pieces[1::2], strict=True))
    elif is_scan(text):
        pairs = list(_scanned(text, text[3:] if text[0] == "]" else text))
    else:
        return None
    values = dict(pairs)
    primary = [ai for ai in values if ai in KEYS]
    if not primary:
        return None
    if len(primary) > 1 or len(values) < len(pairs):
        raise Rejected(
            "BAD_IDENTIFIER", f"{text[:80]!r} names more than one thing; send one key with its parts"
        )
    return primary[0], values[primary[0]], {ai: value for ai, value in values.items() if ai in QUALIFIERS}


def is_scan(text: str) -> bool:
    """Whether the text bears a mark of a GS1 scan."""
    return _SYMBOLOGY.match(text) is not None or (SEPARATOR in text and not text.startswith("]"))


def _scanned(text: str, rest: str) -> Iterator[tuple[str, str]]:
    rest = rest.lstrip(SEPARATOR)
    while rest:
        match = _START.match(rest)
        if not match:
            raise Rejected("BAD_IDENTIFIER", f"{text[:80]!r}: {rest[:4]!r} begins no element; scan it again")
        ai, rest = match[0], rest[match.end() :]
        fixed = _FIXED.get(ai[:2])
        value = rest.partition(SEPARATOR)[0] if fixed is None else rest[:fixed]
        if not value or SEPARATOR in value or len(value) < (fixed or 1):
            raise Rejected(
                "BAD_IDENTIFIER", f"{text[:80]!r} breaks off in the value of ({ai}); scan it again"
            )
        yield ai, value
        rest = rest[len(value) :].lstrip(SEPARATOR)
