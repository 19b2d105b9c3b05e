"""What happened to an item: events on it, on whatever held it at that instant, and what sensors read where it
was (docs/lineage.md, "History")."""

from collections.abc import Iterable, Iterator, Sequence

from tracehold.core.gs1 import Level, level
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import HistoryEvent, HistoryResult, Role
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import Window, holders
from tracehold.core.lineage.facts import Fact, naming
from tracehold.core.lineage.intervals import OPEN, is_piece
from tracehold.core.lineage.stays import Carried, Stay, last_told, passages, presence, sojourns
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk
from tracehold.core.spans import Spans, overlaps

Told = dict[Fingerprint, tuple[Fact, Role, str]]
"""Statements that concern an item: how, and through which item they name."""


def history(
    item: str, *, at: int | None = None, known_at: int | None = None, max_items: int = 100_000
) -> Walk[HistoryResult]:
    """All statements on the item up to `at`, those on its containers while they held it, and those of sensors
    at its places while it was there, both ends included.

    So unpacking belongs to what was unpacked, and nothing of a container before or after does. Several
    statements may tell one event: they stay apart.
    """
    book = Book(at, known_at, budget=max_items)
    return Walk(book, _history(book, item))


def _history(book: Book, item: str) -> Asking[HistoryResult]:
    (events,) = yield from recounted(book, [item])
    return HistoryResult(events, tuple(book.gaps), book.truncated)


def recounted(book: Book, items: Sequence[str]) -> Asking[list[tuple[HistoryEvent, ...]]]:
    """What happened to each of the items, in time order: as many questions as for one of them."""
    windows = yield from holders(book, items, OPEN)
    told = [_told(book, item, [each for each in windows if item in each.items]) for item in items]
    stays = [_stays(book, item, *each) for item, each in zip(items, told, strict=True)]
    yield from book.load_readings(presence(stay for each in stays for stay in each))
    return [_recounted(book, found, each) for (found, _), each in zip(told, stays, strict=True)]


def _recounted(book: Book, found: Told, stays: Sequence[Stay]) -> tuple[HistoryEvent, ...]:
    there = presence(stays)
    for stay in stays:  # in their order: a sensor of two places is named by the first
        for fact in _readings(book, stay.place, there.pop(stay.place, ())):
            found.setdefault(fact.fingerprint, (fact, Role.SENSED, stay.place))
    events = sorted(found.values(), key=lambda entry: order(entry[0]))
    return tuple(HistoryEvent(fact.fingerprint, fact.instant, role, item) for fact, role, item in events)


def told(book: Book, item: str) -> Asking[tuple[Told, list[Carried]]]:
    """The statements on the item and on what held it, while it did; and where that was when the item came."""
    windows = yield from holders(book, [item], OPEN)
    return _told(book, item, windows)


def _told(book: Book, item: str, windows: Iterable[Window]) -> tuple[Told, list[Carried]]:
    found: Told = {fact.fingerprint: (fact, role, item) for role, fact in own(book, item)}
    carried: list[Carried] = []
    for window in windows:
        for fact in _within(book, window):
            found.setdefault(fact.fingerprint, (fact, Role.HELD, window.container))
        facts = (fact for _, fact in own(book, window.container))
        if (before := last_told(facts, window.container, window.start)) is not None:
            carried.append((window.start, before))
    return found, carried


def own(book: Book, item: str) -> Iterator[tuple[Role, Fact]]:
    """The statements that name the item, by the role it has; in several roles, once for each."""
    yield from ((Role.PARENT, fact) for fact in book.parent_in(item))
    yield from ((Role.CHILD, fact) for fact in book.child_in(item))
    yield from ((Role.OBSERVED, fact) for fact in book.seen(item))
    yield from ((Role.INPUT, fact) for fact in book.used(item))
    yield from ((Role.OUTPUT, fact) for fact in book.made(item))


def _within(book: Book, window: Window) -> Iterator[Fact]:
    for _, fact in own(book, window.container):
        if window.start <= fact.instant <= window.end:
            yield fact


def _stays(book: Book, item: str, found: Told, carried: list[Carried]) -> list[Stay]:
    """Where the item was, and when: sensors may have read it there."""
    if level(item) is Level.PLACE:
        return []
    events = [(fact, through) for fact, _, through in found.values()]
    piece = is_piece(item, [quantity for fact, _ in events for quantity in naming(fact, item)])
    return [*sojourns(events, carried, several=not piece), *passages(events)]


def _readings(book: Book, place: str, spans: Spans) -> Iterator[Fact]:
    for fact in book.seen(place) if spans else ():
        if fact.sensed is not None and overlaps(spans, fact.sensed[0], fact.sensed[1] + 1):
            yield fact
