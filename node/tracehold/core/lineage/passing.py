"""Where items met: the places that they, or what they came from, passed (docs/lineage.md, "Common")."""

from collections.abc import Callable, Iterable, Sequence

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import BREATH, Met, Role
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import holders
from tracehold.core.lineage.facts import Fact, naming
from tracehold.core.lineage.history import Told, told
from tracehold.core.lineage.intervals import OPEN, is_piece
from tracehold.core.lineage.roles import roles
from tracehold.core.lineage.stays import Carried, sojourns
from tracehold.core.lineage.voids import order

MOST_MET = 1_000
"""Places, and parties, of one answer at most: the first by name."""

TURN = 200
"""Items between which whoever drives a walk gets a turn: some ten milliseconds of work."""


class Passages:
    """The ways of the items of one question. What several of them came from is looked at once."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._told: dict[str, tuple[list[Fact], list[Fact]]] = {}

    def of(self, item: str, ancestors: Sequence[str]) -> Asking[list[Fact]]:
        """Every statement on the item, on what held it then, on where that stood already when the item came,
        and on what it came from, but for what else was made of that; in order of time."""
        yield from holders(self._book, [item, *ancestors], OPEN)
        found: dict[Fingerprint, Fact] = {}
        for at, name in enumerate((item, *ancestors)):
            if at % TURN == TURN - 1:
                yield BREATH
            if name not in self._told:
                self._told[name] = yield from _told(self._book, name)
            own_way, later = self._told[name]
            found |= {fact.fingerprint: fact for fact in own_way}
            if name == item:
                found |= {fact.fingerprint: fact for fact in later}
        return sorted(found.values(), key=order)


def _told(book: Book, name: str) -> Asking[tuple[list[Fact], list[Fact]]]:
    """The statements on it and what held it, and those by which something else was made of it."""
    around, carried = yield from told(book, name)
    named = list(roles(book, name))
    put_in = {fact.fingerprint for role, fact in named if role is Role.INPUT}
    put_in -= {fact.fingerprint for role, fact in named if role is not Role.INPUT}
    facts = [fact for fact, _, _ in around.values()]
    facts += _stood(book, name, around, carried)
    return (
        [fact for fact in facts if fact.fingerprint not in put_in],
        [fact for fact in facts if fact.fingerprint in put_in],
    )


def _stood(book: Book, name: str, around: Told, carried: Sequence[Carried]) -> list[Fact]:
    """The statements on where its containers stood already when it came to them, but where it was told later
    to be elsewhere itself."""
    if not any(fact.place for _, fact in carried):
        return []
    events = [(fact, through) for fact, _, through in around.values()]
    piece = is_piece(name, [quantity for fact, _ in events for quantity in naming(fact, name)])
    stays = sojourns(events, carried, several=not piece)
    return [book.fact(stay.told_by) for stay in stays if stay.told_by not in around]


def places_of(fact: Fact) -> frozenset[str]:
    """Where an event was: business location and read point."""
    return frozenset(place for place in (fact.place, fact.read_point) if place is not None)


def meeting_places(passed: Sequence[Sequence[Fact]]) -> tuple[Met, ...]:
    """The places that are in all of the passages, by name."""
    ways = [[(fact.fingerprint, places_of(fact)) for fact in facts] for facts in passed]
    return tuple(Met(place, told_by) for place, told_by in _in_all(ways))


def meeting_parties(
    passed: Sequence[Sequence[Fingerprint]], parties_of: Callable[[Fingerprint], Iterable[str]]
) -> tuple[tuple[str, tuple[Fingerprint, ...]], ...]:
    """The parties that are in all of the passages, by name: for each passage the first statement that says
    so. `parties_of`: who speaks in a statement, or is named there."""
    return tuple(_in_all([[(name, parties_of(name)) for name in names] for names in passed]))


def _in_all(
    ways: Sequence[Sequence[tuple[Fingerprint, Iterable[str]]]],
) -> list[tuple[str, tuple[Fingerprint, ...]]]:
    first: list[dict[str, Fingerprint]] = []
    for way in ways:
        seen: dict[str, Fingerprint] = {}
        for statement, names in way:
            for name in names:
                seen.setdefault(name, statement)
        first.append(seen)
    both = set.intersection(*map(set, first)) if first else set()
    return [(name, tuple([seen[name] for seen in first])) for name in sorted(both)]
