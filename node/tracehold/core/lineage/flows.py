"""Material through processes: which items a process connects, seen from one side.

A process is a transformation id with all its events, else one transformation event; or a lot
with pieces that belong to it, which has no time. Walking upstream the near side are outputs and
the far side inputs; downstream the other way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import Use, contents_at, holders, is_vessel, spread
from tracehold.core.lineage.facts import Fact, Quantity, lots_put_out
from tracehold.core.lineage.intervals import OPEN

ProcessKey = tuple[str, bytes | str]


@dataclass(slots=True)
class Flows:
    """The processes that a walk came by. `near`: item to its part in processes;
    `far`: process to what is beyond.

    `sign` turns time round for walks downstream, so that both directions ask for falling times.
    """

    sign: int
    near: dict[str, list[tuple[ProcessKey, Use]]] = field(default_factory=dict)
    far: dict[ProcessKey, list[Use]] = field(default_factory=dict)

    def time(self, use: Use) -> int:
        """The instant of a use, falling along the walk where clocks are right."""
        return self.sign * use.instant


TIMELESS = "lot"
"""First part of the key of a lot membership."""


def upstream(book: Book, flows: Flows, frontier: list[str]) -> Asking[None]:
    """Learns what the frontier's items were made of."""
    yield from book.load(frontier)
    makers = [(item, fact) for item in frontier for fact in book.makers(item)]
    yield from book.load((), _named(makers))
    fresh: dict[ProcessKey, list[Use]] = {}
    for item in frontier:
        flows.near[item] = _lots_of(book, flows, item)
    for item, fact in makers:
        key = _key(fact)
        flows.near[item].append((key, Use(item, fact.instant, (fact.fingerprint,))))
        if key not in flows.far and key not in fresh:
            fresh[key] = [use for part in _events(book, fact) for use in _uses(part, part.inputs)]
    contents = yield from contents_at(
        book, [(use.item, use.instant) for uses in fresh.values() for use in uses]
    )
    for key, uses in fresh.items():
        flows.far[key] = [part for use in uses for part in spread(use, contents)]


def downstream(book: Book, flows: Flows, frontier: list[str]) -> Asking[None]:
    """Learns what was made of the frontier's items, also where a container of theirs was used."""
    windows = yield from holders(book, frontier, OPEN)
    takers = [
        (Use(item, fact.instant, (fact.fingerprint,)), fact) for item in frontier for fact in book.used(item)
    ]
    takers += [
        (Use(item, fact.instant, (fact.fingerprint, *window.evidence)), fact)
        for window in windows
        for fact in book.used(window.container)
        if window.start <= fact.instant <= window.end
        for item in window.items
    ]
    vessels = {(use.item, use.instant): None for use, _ in takers if is_vessel(use.item)}
    contents = yield from contents_at(book, vessels)
    yield from book.load((), _named(takers))
    for item in frontier:
        flows.near[item] = _pieces_of(book, flows, item)
    for use, fact in takers:
        if contents.get((use.item, use.instant)):
            continue  # a vessel with goods in it: they were used, not the vessel
        key = _key(fact)
        flows.near[use.item].append((key, use))
        if key not in flows.far:
            flows.far[key] = [made for part in _events(book, fact) for made in _made(part)]


def _lots_of(book: Book, flows: Flows, piece: str) -> list[tuple[ProcessKey, Use]]:
    found: list[tuple[ProcessKey, Use]] = []
    for lot, fact in book.lots(piece):
        flows.far[TIMELESS, lot] = [Use(lot, fact.instant, ())]
        found.append(((TIMELESS, lot), Use(piece, fact.instant, (fact.fingerprint,))))
    return found


def _pieces_of(book: Book, flows: Flows, lot: str) -> list[tuple[ProcessKey, Use]]:
    pieces = [Use(piece, fact.instant, (fact.fingerprint,)) for piece, fact in book.pieces(lot)]
    if not pieces:
        return []
    flows.far[TIMELESS, lot] = pieces
    return [((TIMELESS, lot), Use(lot, 0, ()))]


def _named(parts: Iterable[tuple[object, Fact]]) -> set[str]:
    return {fact.transformation_id for _, fact in parts if fact.transformation_id is not None}


def _key(fact: Fact) -> ProcessKey:
    return ("event", fact.fingerprint) if fact.transformation_id is None else ("id", fact.transformation_id)


def _events(book: Book, fact: Fact) -> list[Fact]:
    """All events of the fact's process."""
    return [fact] if fact.transformation_id is None else book.process(fact.transformation_id)


def _uses(fact: Fact, quantities: Iterable[Quantity]) -> list[Use]:
    return [Use(quantity.item, fact.instant, (fact.fingerprint,)) for quantity in quantities]


def _made(fact: Fact) -> list[Use]:
    lots = [Use(lot, fact.instant, (fact.fingerprint,)) for lot in lots_put_out(fact)]
    return _uses(fact, fact.outputs) + lots
