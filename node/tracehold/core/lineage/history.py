"""What happened to an item: events on it, on whatever held it at that instant, and what sensors read where it
was (docs/lineage.md, "History")."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from tracehold.core.gs1 import Level, level
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import HistoryEvent, HistoryResult, Role
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import Window, holders
from tracehold.core.lineage.contradiction import contradicting, on_its_way
from tracehold.core.lineage.facts import Fact, naming
from tracehold.core.lineage.intervals import OPEN, is_piece
from tracehold.core.lineage.roles import roles
from tracehold.core.lineage.stays import Carried, Stay, carried, passages, presence, sojourns
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk
from tracehold.core.spans import Spans, joined, overlaps

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
    return [
        _recounted(book, item, found, each) for item, (found, _), each in zip(items, told, stays, strict=True)
    ]


def _recounted(book: Book, item: str, found: Told, stays: Sequence[Stay]) -> tuple[HistoryEvent, ...]:
    against = _against(book, item, found)
    there = presence(stays)
    # A sensor of two places is named by the first of them that it came to.
    for stay in sorted(stays, key=lambda stay: (stay.start, stay.place)):
        for fact in _readings(book, stay.place, there.pop(stay.place, ())):
            found.setdefault(fact.fingerprint, (fact, Role.SENSED, stay.place))
    events = sorted(found.values(), key=lambda entry: order(entry[0]))
    return tuple(
        HistoryEvent(fact.fingerprint, fact.instant, role, through, fact.fingerprint in against)
        for fact, role, through in events
    )


def _against(book: Book, item: str, found: Told) -> frozenset[Fingerprint]:
    """Those that contradict each other."""
    contested = book.contested({fact.instant for fact, _, _ in found.values()})
    if not contested:
        return frozenset()
    concerning = [(fact, through) for fact, _, through in found.values()]
    piece = is_piece(item, [quantity for fact, _ in concerning for quantity in naming(fact, item)])
    return contradicting(book, on_its_way(item, piece, concerning, contested), found)


def told(book: Book, item: str) -> Asking[tuple[Told, list[Carried]]]:
    """The statements on the item and on what held it, while it did; and where that was when the item came."""
    windows = yield from holders(book, [item], OPEN)
    return _told(book, item, windows)


def _told(book: Book, item: str, windows: Iterable[Window]) -> tuple[Told, list[Carried]]:
    found: Told = {fact.fingerprint: (fact, role, item) for role, fact in roles(book, item)}
    before: list[Carried] = []
    inside: dict[str, list[Window]] = {}
    for window in windows:
        inside.setdefault(window.container, []).append(window)
    for container, while_in in inside.items():
        # Of a crate that it was in a thousand times each event is looked at once, and not a thousand times.
        facts = sorted((fact for _, fact in roles(book, container)), key=_instant)
        for start, stop in joined((window.start, window.end + 1) for window in while_in):
            first, after = (bisect_left(facts, end, key=_instant) for end in (start, stop))
            for fact in facts[first:after]:
                found.setdefault(fact.fingerprint, (fact, Role.HELD, container))
        before += carried(facts, container, [window.start for window in while_in])
    return found, before


def _instant(fact: Fact) -> int:
    return fact.instant


def _stays(book: Book, item: str, found: Told, before: list[Carried]) -> list[Stay]:
    """Where the item was, and when: sensors may have read it there."""
    if level(item) is Level.PLACE:
        return []
    events = [(fact, through) for fact, _, through in found.values()]
    piece = is_piece(item, [quantity for fact, _ in events for quantity in naming(fact, item)])
    return [*sojourns(events, before, several=not piece), *passages(events)]


def _readings(book: Book, place: str, spans: Spans) -> Iterator[Fact]:
    for fact in book.seen(place) if spans else ():
        if fact.sensed is not None and overlaps(spans, fact.sensed[0], fact.sensed[1] + 1):
            yield fact
