"""Up and down through containers: who held an item when, and what a container held at an instant.

Aggregation and association are kept apart as intervals and count alike here: a part of an
engine goes where the engine goes. A place is no container: what stands in a warehouse
does not take part in all that happens there.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from tracehold.core.epcis.model import Action
from tracehold.core.gs1 import Level, level
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.book import Asking, Book, Family
from tracehold.core.lineage.intervals import FAMILIES, Interval, held_in, intervals, may_be_piece, only_told

BEGINNING = -(1 << 62)
"""Before any instant of an event."""

MAX_WINDOWS = 200_000
"""Windows followed at most in one step: containers of containers multiply."""

_PLACES = (Level.PLACE, Level.PARTY)
_VESSELS = (Level.LOGISTIC_UNIT, Level.ASSET)


Stay = tuple[str, int, int]
"""A container, and from when to when."""


class Window(NamedTuple):
    """The `items` were, directly or through others, in `container` from `start` to `end`, both included."""

    items: tuple[str, ...]
    container: str
    start: int
    end: int
    evidence: tuple[Fingerprint, ...]


class Use(NamedTuple):
    """An item took part at an instant; the statements that say so, containers included."""

    item: str
    instant: int
    evidence: tuple[Fingerprint, ...]


def is_vessel(item: str) -> bool:
    """Logistic units and returnable assets carry goods and are none: what they hold stands for them."""
    return level(item) in _VESSELS


def holders(book: Book, items: Iterable[str], forever: int) -> Asking[list[Window]]:
    """All containers of the items, of their containers and so on, each with when. Items that were always
    together are followed as one."""
    found: list[Window] = []
    edge = [Window((item,), item, BEGINNING, forever, ()) for item in items]
    reached: defaultdict[Stay, set[str]] = defaultdict(set)
    size = 0
    while edge:
        yield from _load_with_parents(book, {window.container for window in edge})
        edge = _wider(book, edge, reached)
        found += edge
        size += sum(len(window.items) for window in edge)
        if size > MAX_WINDOWS:
            book.truncated = True
            break
    return found


def _wider(book: Book, edge: list[Window], reached: defaultdict[Stay, set[str]]) -> list[Window]:
    """The next containers around those of the edge, without what was reached before."""
    places: dict[str | Fingerprint, list[_Held]] = {}
    grown: dict[tuple[Stay, tuple[Fingerprint, ...]], list[str]] = {}
    for window in edge:
        container = window.container
        # Pieces that one event put together into a container, and no other, were there together.
        alike = only_told(book, container) or container
        if alike not in places:
            places[alike] = _held(book, container)
        for place in [place for each in places[alike] for place in each.during(window)]:
            start, end = max(window.start, place.start), min(window.end, place.end)
            if start > end or level(place.parent) in _PLACES:
                continue
            stay = (place.parent, start, end)
            before = reached[stay]
            new = [item for item in window.items if item not in before and item != place.parent]
            if new:
                before.update(new)
                grown.setdefault((stay, (*window.evidence, place.opened_by)), []).extend(new)
    return [Window(tuple(items), *stay, evidence) for (stay, evidence), items in grown.items()]


def contents_at(book: Book, vessels: Iterable[tuple[str, int]]) -> Asking[dict[tuple[str, int], list[Use]]]:
    """What each container held at its instant, one level deep,
    closed at both ends; containers of those too."""
    found: dict[tuple[str, int], list[Use]] = {}
    edge = list(dict.fromkeys(vessels))
    while edge:
        yield from load_inside(book, {vessel for vessel, _ in edge})
        for vessel, instant in edge:
            found[vessel, instant] = _inside(book, vessel, instant) if book.parent_in(vessel) else []
        inner = {(use.item, use.instant): None for key in edge for use in found[key]}
        edge = [key for key in inner if key not in found]
    return found


def load_inside(book: Book, vessels: Collection[str]) -> Asking[None]:
    """What it takes to say what the vessels held, one level deep: all pieces that were ever in them, and
    where those were put in the same instant as there, for they may have passed through. An amount of a class
    or lot may be in several vessels: where else some was put says nothing of this one."""
    yield from book.load(vessels)
    children = {child for vessel in vessels for child in children_of(book, vessel) if may_be_piece(child)}
    yield from book.load(children)
    yield from book.load({rival for child in children for rival in _rivals(book, child)})


def _rivals(book: Book, child: str) -> set[str]:
    named: dict[tuple[Family, int], set[str]] = {}
    for family in FAMILIES:
        for fact, _ in book.held(child, family):
            if fact.parent is not None and fact.action is not Action.DELETE:
                named.setdefault((family, fact.instant), set()).add(fact.parent)
    return {parent for parents in named.values() if len(parents) > 1 for parent in parents}


def children_of(book: Book, vessel: str) -> set[str]:
    """All that any event ever named as in, or part of, the vessel."""
    return {q.item for family in FAMILIES for fact in book.holding(vessel, family) for q in fact.children}


def spread(use: Use, contents: dict[tuple[str, int], list[Use]]) -> list[Use]:
    """A use of a container as uses of what it held then. Only things that are goods themselves stay."""
    whole, seen, edge = [], {use.item}, [use]
    while edge:
        part = edge.pop()
        inside = contents.get((part.item, part.instant), [])
        if not (inside and is_vessel(part.item)):
            whole.append(part)
        for inner in inside:
            if inner.item not in seen:
                seen.add(inner.item)
                edge.append(Use(inner.item, inner.instant, part.evidence + inner.evidence))
    return whole


def _inside(book: Book, vessel: str, instant: int) -> list[Use]:
    if level(vessel) in _PLACES:
        return []
    found: dict[str, Fingerprint] = {}
    for family in FAMILIES:
        for child, place in held_in(book, vessel, family):
            if place.start <= instant <= place.end and child != vessel:
                found.setdefault(child, place.opened_by)
    return [Use(child, instant, (told_by,)) for child, told_by in sorted(found.items())]


class _Held:
    """Where a thing was, by one family of events, in the order in which that began."""

    def __init__(self, places: Sequence[Interval]) -> None:
        self._places = places
        self._starts = [place.start for place in places]
        self._ends = list(accumulate((place.end for place in places), max))

    def during(self, window: Window) -> Sequence[Interval]:
        """The places whose time may touch the window's: of a piece no others."""
        if len(self._places) < 2:
            return self._places
        first, after = bisect_left(self._ends, window.start), bisect_right(self._starts, window.end)
        return self._places[first:after]


def _held(book: Book, child: str) -> list[_Held]:
    return [_Held(intervals(book, child, family)) for family in FAMILIES]


def _load_with_parents(book: Book, items: set[str]) -> Asking[None]:
    yield from book.load(items)
    yield from book.load(
        {
            fact.parent
            for family in FAMILIES
            for item in items
            for fact, _ in book.held(item, family)
            if fact.parent is not None
        }
    )
