"""How fine an identifier is, read off its canonical form."""

from enum import StrEnum
from functools import lru_cache

from tracehold.core.gs1.keys import compose

_ROOT = "https://id.gs1.org/"


class Level(StrEnum):
    """What kind of thing an identifier names. OPAQUE: no GS1 key, or
    one that names no goods (a document, a service)."""

    CLASS = "class"
    LOT = "lot"
    SERIAL = "serial"
    LOGISTIC_UNIT = "logistic_unit"
    ASSET = "asset"
    PLACE = "place"
    PARTY = "party"
    OPAQUE = "opaque"


_WHOLE = {
    "00": Level.LOGISTIC_UNIT,
    "01": Level.CLASS,
    "414": Level.PLACE,
    "417": Level.PARTY,
    "8004": Level.ASSET,
    "8006": Level.CLASS,
    "8010": Level.CLASS,
}
_QUALIFIED = {
    "10": Level.LOT,
    "21": Level.SERIAL,
    "235": Level.SERIAL,
    "8011": Level.SERIAL,
    "254": Level.PLACE,
}
_TAILED = {"8003": (14, Level.ASSET), "253": (13, Level.SERIAL), "255": (13, Level.SERIAL)}


@lru_cache(maxsize=1 << 15)
def level(canonical: str) -> Level:
    """The level of a canonical identifier."""
    if not canonical.startswith(_ROOT):
        return Level.OPAQUE
    steps = canonical[len(_ROOT) :].split("/")
    if len(steps) == 4:
        return _QUALIFIED.get(steps[2], Level.OPAQUE)
    if len(steps) == 2 and steps[0] in _TAILED:  # the serial, if any, is the value's tail
        length, fine = _TAILED[steps[0]]
        return fine if len(steps[1]) > length else Level.CLASS
    return _WHOLE.get(steps[0], Level.OPAQUE) if len(steps) == 2 else Level.OPAQUE


def class_of(canonical: str) -> str | None:
    """The class a piece, a lot or a class belongs to, canonical; None
    where the key has no class (SSCC, places, opaque)."""
    found = level(canonical)
    if found is Level.CLASS:
        return canonical
    steps = canonical[len(_ROOT) :].split("/")
    if found in (Level.LOT, Level.SERIAL) and len(steps) == 4:
        return _ROOT + "/".join(steps[:2])
    if found is not Level.OPAQUE and steps[0] in _TAILED:
        return f"{_ROOT}{steps[0]}/{steps[1][: _TAILED[steps[0]][0]]}"
    return None


def lot_of(canonical: str) -> str | None:
    """The identifier itself where it names a lot. The lot of a
    piece is not in its key: statements say it (ILMD)."""
    return canonical if level(canonical) is Level.LOT else None


def with_lot(canonical: str, lot: str) -> str | None:
    """The lot named `lot` of a piece's or class's GTIN; None
    where the key has no lots. Raises BAD_IDENTIFIER."""
    steps = canonical[len(_ROOT) :].split("/")
    if not canonical.startswith(_ROOT) or steps[0] not in ("01", "8006"):
        return None
    return compose(steps[0], steps[1], {"10": lot})
