"""The way of one item to whoever holds it: what it was made from, what happened to it, and to the nearest of
that. Asked in one walk, so that what is needed for several of them is asked for once (docs/lineage.md)."""

from dataclasses import dataclass

from tracehold.core.lineage.answers import Direction, Gap, HistoryEvent
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.history import recounted
from tracehold.core.lineage.trace import BUDGET_PER_ITEM, climbed
from tracehold.core.lineage.walk import Walk

DEPTH = 100
"""Transformations that are followed."""


@dataclass(frozen=True, slots=True)
class WayResult:
    """`sources`: what it was made from, nearest first. `told`: the histories of the item, and of the first of
    its sources, in their order."""

    sources: tuple[str, ...]
    told: tuple[tuple[str, tuple[HistoryEvent, ...]], ...]
    gaps: tuple[Gap, ...]
    truncated: bool


def way(item: str, *, max_sources: int, max_told: int) -> Walk[WayResult]:
    """The way, with up to `max_sources` sources and the histories of up to `max_told` of them."""
    book = Book(budget=BUDGET_PER_ITEM * max_sources + 1000)
    return Walk(book, _way(book, item, max_sources, max_told))


def _way(book: Book, item: str, max_sources: int, max_told: int) -> Asking[WayResult]:
    made_from = yield from climbed(book, item, Direction.UPSTREAM, DEPTH, max_sources, False)
    sources = tuple(each.item for each in made_from.items)
    about = (item, *sources[:max_told])
    told = yield from recounted(book, about)
    return WayResult(sources, tuple(zip(about, told, strict=True)), made_from.gaps, book.truncated)
