"""How readings are found by place and time in an ordered index.

What overlaps a span begins before its end, and how long before its begin hangs on how long it is: so readings
stand apart by length, and of each length few are looked at that are none (compare H.-P. Kriegel, M. Poetke
and T. Seidl, "Managing Intervals Efficiently in Object-Relational Databases", VLDB 2000).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tracehold.core.lineage import Fact, readings
from tracehold.core.spans import Spans

SIZES = range(1, 23)
"""Of a length of under 8 ** size microseconds. The last is that of what is always found."""

LEAST = -(1 << 62)
"""Before any instant, and what is always found begins here."""


class Row(NamedTuple):
    """A reading of a fact: `size` of its length."""

    place: str
    size: int
    start: int
    stop: int


Range = list[str | int]
"""[place, size, low, start, stop]: the readings at a place that may overlap [start, stop), those of a size
that begin in [low, stop). They do where they stop after `start`.
"""


def reading_rows(fact: Fact) -> list[Row]:
    """All rows of a fact; none for most."""
    return [Row(place, size_of(stop - start), start, stop) for place, start, stop in readings(fact)]


def ranges(asked: Mapping[str, Spans]) -> Iterator[Range]:
    """What to look up for these places and spans."""
    for place, spans in asked.items():
        for start, stop in spans:
            for size in SIZES:
                yield [place, size, max(LEAST, start - 8**size), max(LEAST, start), stop]


def size_of(length: int) -> int:
    """The size of a length of at least 1."""
    return (length.bit_length() + 2) // 3
