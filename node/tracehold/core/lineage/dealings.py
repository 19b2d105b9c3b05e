"""What happened under an order, an invoice, a despatch advice: the events that name a business transaction
(docs/lineage.md, "Business transactions").
"""

from collections.abc import Iterable

from tracehold.core.lineage.answers import HistoryEvent, HistoryResult, Role
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.facts import Fact, Quantity
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk


def dealt(
    transaction: str,
    type: str | None = None,
    *,
    at: int | None = None,
    known_at: int | None = None,
    max_items: int = 100_000,
) -> Walk[HistoryResult]:
    """All statements that name the business transaction, in time order; with `type` those alone that give it
    this type.

    What an error declaration takes back is left out, also where the declaration names the items and forgets
    the transaction. `at` in microseconds, `known_at` in milliseconds.
    """
    book = Book(at, known_at, budget=max_items)
    return Walk(book, _dealt(book, transaction, type))


def is_under(fact: Fact, transaction: str, type: str | None = None) -> bool:
    """Whether the fact names this business transaction, by this type where one is asked for."""
    return any(id == transaction and type in {None, kind} for kind, id in fact.dealings)


def _dealt(book: Book, transaction: str, type: str | None) -> Asking[HistoryResult]:
    yield from book.load([transaction])
    # A declaration that takes an event back by its id names the same items: one of them leads to it.
    yield from book.load(_witnesses(book.dealt(transaction)))
    facts = sorted((each for each in book.dealt(transaction) if is_under(each, transaction, type)), key=order)
    return HistoryResult(
        events=tuple(HistoryEvent(each.fingerprint, each.instant, Role.DEALT, transaction) for each in facts),
        gaps=tuple(book.gaps),
        truncated=book.truncated,
    )


def _witnesses(facts: Iterable[Fact]) -> set[str]:
    """One item of each fact that a declaration may mean by its id; a piece before a class, which more events
    name.
    """
    return {item for fact in facts if fact.event_id is not None for item in _narrowest(fact)}


def _narrowest(fact: Fact) -> list[str]:
    named = [*fact.children, *fact.inputs, *fact.outputs, *fact.observed]
    if fact.parent is not None:
        named.append(Quantity(fact.parent, piece=True))
    return [min(named, key=lambda each: (not each.piece, each.item)).item] if named else []
