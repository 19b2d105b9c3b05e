"""What is in an item, and part of it, at an instant (docs/lineage.md, "Contents")."""

from tracehold.core.epcis.model import EventType
from tracehold.core.lineage.answers import ContentsResult, Held
from tracehold.core.lineage.book import Asking, Book, Family
from tracehold.core.lineage.containment import load_inside
from tracehold.core.lineage.contradiction import beside
from tracehold.core.lineage.intervals import OPEN, Interval, intervals
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk


def contents(
    item: str,
    *,
    at: int | None = None,
    known_at: int | None = None,
    recursive: bool = False,
    max_items: int = 100_000,
) -> Walk[ContentsResult]:
    """What the item holds after all that happened up to `at`;
    with `recursive` what those hold too, and so on."""
    book = Book(at, known_at, budget=max_items)
    return Walk(book, _contents(book, item, recursive))


def _contents(book: Book, item: str, recursive: bool) -> Asking[ContentsResult]:
    children: list[Held] = []
    components: list[Held] = []
    edge, seen = [item], {item}
    while edge:
        yield from load_inside(book, edge)
        inside = [_now_in(book, vessel, EventType.AGGREGATION) for vessel in edge]
        parts = [_now_in(book, vessel, EventType.ASSOCIATION) for vessel in edge]
        children += [entry for vessel in inside for entry in vessel]
        components += [entry for vessel in parts for entry in vessel]
        inner = {entry.item for vessel in inside + parts for entry in vessel} - seen
        seen |= inner
        edge = sorted(inner) if recursive else []
    opened = {entry.opened_by for entry in children + components}
    against = beside(book, [book.fact(name) for name in opened], seen)
    return ContentsResult(
        children=tuple(children),
        components=tuple(components),
        events=tuple(sorted(opened | against, key=lambda fingerprint: order(book.fact(fingerprint)))),
        gaps=tuple(book.gaps),
        truncated=book.truncated,
        contradicted_by=against,
    )


def _now_in(book: Book, vessel: str, family: Family) -> list[Held]:
    named = {quantity.item for fact in book.holding(vessel, family) for quantity in fact.children}
    return [
        held(child, place)
        for child in sorted(named - {vessel})
        for place in intervals(book, child, family)
        if place.parent == vessel and place.end == OPEN
    ]


def held(child: str, place: Interval) -> Held:
    """The child in this place, with what is there of it."""
    amounts: list[tuple[float | None, str | None]] = [
        (amount, unit) for unit, amount in place.amounts.items()
    ]
    if place.vague:
        amounts.append((None, None))
    return Held(child, place.parent, place.start, tuple(amounts), place.opened_by)
