"""In which roles statements name an item."""

from collections.abc import Iterator

from tracehold.core.lineage.answers import Role
from tracehold.core.lineage.book import Book
from tracehold.core.lineage.facts import Fact


def roles(book: Book, item: str) -> Iterator[tuple[Role, Fact]]:
    """The statements that name the item, by the role it has; in several roles, once for each."""
    yield from ((Role.PARENT, fact) for fact in book.parent_in(item))
    yield from ((Role.CHILD, fact) for fact in book.child_in(item))
    yield from ((Role.OBSERVED, fact) for fact in book.seen(item))
    yield from ((Role.INPUT, fact) for fact in book.used(item))
    yield from ((Role.OUTPUT, fact) for fact in book.made(item))
