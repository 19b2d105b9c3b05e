"""GS1 identifiers: every spelling of a key becomes one canonical Digital Link,
everything else stays as it is.

`https://id.gs1.org/01/09521234543213/21/abc` is what EPC URNs, Digital Links of other domains
and element strings of that piece come to. Two statements speak of one item exactly when these
texts are equal. See docs/spec/identifiers.md.
"""

from functools import lru_cache

from tracehold.core.errors import Rejected
from tracehold.core.gs1 import elements, link, urn
from tracehold.core.gs1.epc import prefix_length, to_urn
from tracehold.core.gs1.keys import compose
from tracehold.core.gs1.levels import Level, class_of, level, lot_of, with_lot
from tracehold.core.gs1.link import on_foreign_domain
from tracehold.core.gs1.uri import check_harmless, has_scheme
from tracehold.core.limits import MAX_ITEM_CHARS

__all__ = [
    "Level", "canonical", "check_harmless", "class_of", "has_scheme", "level", "lot_named", "lot_of",
    "on_foreign_domain", "prefix_length", "scanned",
    "to_urn", "with_lot",
]  # fmt: skip


@lru_cache(maxsize=8_192)  # the same few items, places and parties recur in every event of a company
def canonical(identifier: str) -> str:
    """The one form of an identifier. GS1 keys become Digital Links; other URIs and
    names are returned unchanged.

    Raises BAD_URI (script schemes, hidden characters, empty, over 1,024 characters),
    BAD_IDENTIFIER (a malformed GS1 key) or BAD_CHECK_DIGIT (a key whose given check digit is
    wrong; URNs have none, there it is computed).
    """
    if not 0 < len(identifier) <= MAX_ITEM_CHARS:
        raise Rejected(
            "BAD_URI", f"an identifier has 1 to {MAX_ITEM_CHARS} characters, not {len(identifier)}"
        )
    check_harmless(identifier)
    first = identifier[0]
    if first in "uU":
        return urn.from_urn(identifier) or identifier
    if first in "hH":
        return link.from_link(identifier) or identifier
    if first in "(]":
        return elements.from_elements(identifier) or identifier
    return identifier


def scanned(text: str) -> str:
    """The canonical form of what a person typed or a scanner sent: as `canonical`, and scans with separators
    too. Statements hold no such text: a separator is a control character, which `canonical` refuses.

    Raises as `canonical`. A scan with separators that cannot be read is BAD_URI, never taken for a plain
    name: control characters reach no page and no log.
    """
    if len(text) > MAX_ITEM_CHARS or not elements.is_scan(text):
        return canonical(text)
    try:
        return elements.from_elements(text) or canonical(text)
    except Rejected as refusal:
        if refusal.code != "BAD_IDENTIFIER" or elements.SEPARATOR not in text:
            raise
        raise Rejected("BAD_URI", refusal.message, remedy=refusal.remedy) from None


def lot_named(identifier: str) -> str | None:
    """The lot that a spelling names beside the piece: `.../01/GTIN/10/LOT/21/SERIAL` speaks of both.

    None where the identifier names no piece or no lot. Call it with the spelling as sent: the canonical form
    keeps the piece alone. Raises as `canonical`.
    """
    scan = elements.is_scan(identifier)
    if not scan and not any(mark in identifier for mark in ("/10/", "(10)", "/lot/")):
        return None
    read = elements.read_elements if scan or identifier[0] == "(" else link.read_link
    named = read(identifier)
    if named is None or not {"10", "21"} <= named[2].keys():
        return None
    return compose(named[0], named[1], {"10": named[2]["10"]})
