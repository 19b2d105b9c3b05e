"""Where items met: the places that they, or what they came from, passed (docs/lineage.md, "Common")."""

from collections.abc import Sequence

from tracehold.core.lineage.answers import Met, Role
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import holders
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.history import own, told
from tracehold.core.lineage.intervals import OPEN
from tracehold.core.lineage.voids import order


def passage(book: Book, item: str, ancestors: Sequence[str]) -> Asking[list[Fact]]:
    """Every statement on the item, on what held it then, and on what it came from, but for what else was made
    of that; in order of time."""
    yield from holders(book, [item, *ancestors], OPEN)
    found = {}
    for name in (item, *ancestors):
        around, _ = yield from told(book, name)
        made_of = {fact.fingerprint for role, fact in own(book, name) if role is Role.INPUT}
        elsewhere = made_of - {fact.fingerprint for role, fact in own(book, name) if role is not Role.INPUT}
        for fact, _, _ in around.values():
            if name == item or fact.fingerprint not in elsewhere:
                found[fact.fingerprint] = fact
    return sorted(found.values(), key=order)


def places_of(fact: Fact) -> frozenset[str]:
    """Where an event was: business location and read point."""
    return frozenset(place for place in (fact.place, fact.read_point) if place is not None)


def meeting_places(passed: Sequence[Sequence[Fact]]) -> tuple[Met, ...]:
    """The places that are in all of the passages, by name."""
    first: list[dict[str, Fact]] = []
    for facts in passed:
        seen: dict[str, Fact] = {}
        for fact in facts:
            for place in places_of(fact):
                seen.setdefault(place, fact)
        first.append(seen)
    both = set.intersection(*map(set, first)) if first else set()
    return tuple(Met(place, tuple(seen[place].fingerprint for seen in first)) for place in sorted(both))
