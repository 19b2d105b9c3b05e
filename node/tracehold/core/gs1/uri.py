"""What an identifier may be at all: no scripts, no hidden characters (RFC 3986 section 3.1 for schemes).

Identifiers end up in web pages and logs. A URL parser of a browser drops tabs and newlines and ignores case,
so a scheme is looked at as such a parser sees it (WHATWG URL, section 4.4).
"""

import re
import unicodedata

from tracehold.core.errors import Rejected

SCRIPT_SCHEMES = frozenset(
    (
        "javascript",
        "vbscript",
        "livescript",
        "data",
        "file",
        "blob",
        "filesystem",
        "about",
        "jar",
        "view-source",
    )
)
"""Schemes that run code, or read the reader's own machine, when somebody follows them."""

_PLAIN = re.compile(r"[!-~]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")


def check_harmless(identifier: str) -> None:
    """Raises BAD_URI for control and invisible characters, for outer whitespace, and for script schemes."""
    if not _PLAIN.fullmatch(identifier):
        _check_characters(identifier)
    match = _SCHEME.match(identifier)
    if match and match[1].lower() in SCRIPT_SCHEMES:
        raise Rejected("BAD_URI", f"the scheme {match[1]} runs code or reads local files")


def has_scheme(identifier: str) -> bool:
    """Whether the text begins as an absolute URI and holds nothing that RFC 3986 forbids bare."""
    return _SCHEME.match(identifier) is not None and _PLAIN.fullmatch(identifier) is not None


def _check_characters(identifier: str) -> None:
    if identifier != identifier.strip():
        raise Rejected("BAD_URI", "an identifier begins or ends with whitespace")
    if any(unicodedata.category(char) in _HIDDEN for char in identifier):
        raise Rejected("BAD_URI", "an identifier holds a control or invisible character")
    # Spaces and look-alikes inside: NFKC shows what a lenient reader would take them for.
    seen = "".join(unicodedata.normalize("NFKC", identifier).split())
    match = _SCHEME.match(seen)
    if match and match[1].lower() in SCRIPT_SCHEMES:
        raise Rejected("BAD_URI", f"the scheme {match[1]} runs code or reads local files")
