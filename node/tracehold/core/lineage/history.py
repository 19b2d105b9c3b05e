"""What happened to an item: events on it, and on whatever held it
at that instant (docs/lineage.md, "History")."""

from collections.abc import Iterator

from tracehold.core.lineage.answers import HistoryEvent, HistoryResult, Role
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import Window, holders
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.intervals import OPEN
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk


def history(
    item: str, *, at: int | None = None, known_at: int | None = None, max_items: int = 100_000
) -> Walk[HistoryResult]:
    """All statements on the item up to `at`, and those on its containers while they
    held it, both ends included.

    So unpacking belongs to what was unpacked, and nothing of a container before or after does. Several
    statements may tell one event: they stay apart.
    """
    book = Book(at, known_at, budget=max_items)
    return Walk(book, _history(book, item))


def _history(book: Book, item: str) -> Asking[HistoryResult]:
    windows = yield from holders(book, [item], OPEN)
    found = {fact.fingerprint: (fact, role, item) for role, fact in _own(book, item)}
    for window in windows:
        for fact in _within(book, window):
            found.setdefault(fact.fingerprint, (fact, Role.HELD, window.container))
    told = sorted(found.values(), key=lambda entry: order(entry[0]))
    return HistoryResult(
        events=tuple(HistoryEvent(fact.fingerprint, fact.instant, role, item) for fact, role, item in told),
        gaps=tuple(book.gaps),
        truncated=book.truncated,
    )


def _own(book: Book, item: str) -> Iterator[tuple[Role, Fact]]:
    yield from ((Role.PARENT, fact) for fact in book.parent_in(item))
    yield from ((Role.CHILD, fact) for fact in book.child_in(item))
    yield from ((Role.OBSERVED, fact) for fact in book.seen(item))
    yield from ((Role.INPUT, fact) for fact in book.used(item))
    yield from ((Role.OUTPUT, fact) for fact in book.made(item))


def _within(book: Book, window: Window) -> Iterator[Fact]:
    for _, fact in _own(book, window.container):
        if window.start <= fact.instant <= window.end:
            yield fact
