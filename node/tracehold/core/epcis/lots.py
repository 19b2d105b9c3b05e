"""Lot numbers in instance and lot master data (CBV 2.0 section 9.2: `lotNumber`, a text)."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tracehold.core.epcis.attributes import local_name

MOST = 4
"""Lots that one event gives to each of its pieces."""

_LONGEST = 10**20
"""A lot number has at most 20 digits (GS1 General Specifications, AI 10)."""

_TEXTS = ("@value", "#text")
"""Members that hold the text of a JSON-LD value, and of an XML element with attributes."""


def is_lot(name: str) -> bool:
    """Whether a member of the master data is a lot number, by whatever vocabulary."""
    return local_name(name) == "lotNumber"


def lot_numbers(ilmd: Mapping[str, Any]) -> list[str]:
    """The lot numbers, each once, in their order and no more than `MOST`: also those that are written as
    numbers, in a list or in an object. Sloppy master data must not hide goods from a recall."""
    found = (lot for name, value in ilmd.items() if is_lot(name) for lot in read(value))
    return list(islice(dict.fromkeys(found), MOST))


def read(value: Any) -> Iterator[str]:
    """The lot numbers of one member; none where it is no lot number in any form."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from read(each)
    elif isinstance(value, dict):
        yield from (text for name in _TEXTS for text in read(value.get(name)))
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LONGEST:
        yield str(int(value)) if value == int(value) else repr(value)
