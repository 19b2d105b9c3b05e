"""From when to when an item was in a container, or part of an assembly (docs/lineage.md, "Containment")."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.gs1 import Level, level
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.book import Book, Family
from tracehold.core.lineage.facts import Fact, Quantity
from tracehold.core.lineage.life import TOLERANCE, begins, is_among
from tracehold.core.lineage.voids import order, same_event

FAMILIES: tuple[Family, ...] = (EventType.AGGREGATION, EventType.ASSOCIATION)
OPEN = 1 << 62
"""The end of an interval that has not ended. Larger than any instant."""

_MAKING = (EventType.OBJECT, EventType.TRANSFORMATION)
_ONE_PLACE = (Level.SERIAL, Level.LOGISTIC_UNIT, Level.ASSET)
_MAYBE_ONE = (*_ONE_PLACE, Level.OPAQUE)

Statement = tuple[Fact, tuple[Quantity, ...]]
"""An event of one family, and how much of a class or lot it names, one row a unit; none where it empties the
parent. Of pieces always none."""


@dataclass(slots=True)
class Interval:
    """The child was in `parent` from `start` to `end`, both instants included. `amounts`: unit to what is
    still there (classes and lots only); `vague`: some of it was never counted."""

    parent: str
    start: int
    opened_by: Fingerprint
    end: int = OPEN
    closed_by: Fingerprint | None = None
    amounts: dict[str | None, float] = field(default_factory=dict)
    vague: bool = False

    def close(self, fact: Fact) -> None:
        """It ended with this event."""
        self.end, self.closed_by = fact.instant, fact.fingerprint


def intervals(book: Book, child: str, family: Family) -> list[Interval]:
    """Where the child was, by all facts in the book about it and its parents."""
    named = book.held(child, family)
    return _intervals(book, child, family, named) if named else []


def only_told(book: Book, child: str) -> Fingerprint | None:
    """The one event by which a piece is in anything; None where that is not so."""
    if level(child) not in _ONE_PLACE:
        return None
    named = [entry for family in FAMILIES for entry in book.held(child, family)]
    return named[0][0].fingerprint if len(named) == 1 else None


def held_in(book: Book, vessel: str, family: Family) -> Iterator[tuple[str, Interval]]:
    """What was in the vessel, each with when. Of a class or lot the vessel's facts tell all; of a piece, and
    of what may be one, those about the piece must be in the book too."""
    rows: dict[str, list[tuple[Fact, Quantity]]] = {}
    for fact in book.holding(vessel, family):
        for quantity in fact.children:
            rows.setdefault(quantity.item, []).append((fact, quantity))
    for child, named in rows.items():
        told = book.held(child, family) if may_be_piece(child) else named
        for place in _intervals(book, child, family, told):
            if place.parent == vessel:
                yield child, place


def _intervals(book: Book, child: str, family: Family, named: list[tuple[Fact, Quantity]]) -> list[Interval]:
    single = is_piece(child, [quantity for _, quantity in named])
    # An event that empties a parent names no children; it counts for whoever is in there, once.
    after = [book.next_emptied(fact.parent, family, fact.instant) for fact, _ in named if fact.parent]
    emptied = {fact.fingerprint: fact for fact in after if fact is not None}
    told: list[Statement] = [(fact, ()) for fact, _ in named] if single else _rows(named)
    if len(told) == 1 and told[0][0].action is not Action.DELETE:
        return _only(*told[0], next(iter(emptied.values()), None))
    told += [(fact, ()) for fact in emptied.values()]
    return _single(_in_order(told)) if single else _amounts(_in_order(told))


def _rows(named: Collection[tuple[Fact, Quantity]]) -> list[Statement]:
    """Each event once: what it says in several rows is as if it were said in one, for each unit."""
    if len({fact.fingerprint for fact, _ in named}) == len(named):
        return [(fact, (row,)) for fact, row in named]
    events: dict[Fingerprint, Fact] = {}
    sums: dict[Fingerprint, dict[tuple[str | None, bool], Quantity]] = {}
    for fact, row in named:
        events[fact.fingerprint] = fact
        rows = sums.setdefault(fact.fingerprint, {})
        key = (row.uom, row.amount is None)
        before = rows.get(key)
        if before is None:
            rows[key] = row
        elif before.amount is not None and row.amount is not None:
            rows[key] = row._replace(amount=before.amount + row.amount)
    return [(fact, tuple(sums[name].values())) for name, fact in events.items()]


def stays(piece: str, facts: Iterable[Fact], family: Family) -> list[Interval]:
    """Where a piece was, by these facts about it and its containers. None of them may be taken back.

    As `intervals`, but for one rule: made anew, it has left. A recall must not miss what may still be inside;
    a contradiction must not be found where a serial number is used again.
    """
    told: list[Statement] = [
        (fact, ()) for fact in facts if begins(piece, fact) or (fact.type is family and _places(piece, fact))
    ]
    return _single(_in_order(told))


def _places(piece: str, fact: Fact) -> bool:
    """Whether the event says of the piece that it is in something, or no more."""
    if fact.action is Action.DELETE:
        return not fact.children or is_among(piece, fact.children)
    return any(quantity.item == piece and quantity.piece for quantity in fact.children)


def _only(fact: Fact, rows: tuple[Quantity, ...], emptied: Fact | None) -> list[Interval]:
    """Of what was put or seen in one container once, most things: until that is emptied."""
    if fact.parent is None:
        return []
    inside = Interval(fact.parent, fact.instant, fact.fingerprint)
    _put(inside, rows)
    if emptied is not None:
        inside.close(emptied)
    return [inside]


def _in_order(named: list[Statement]) -> list[Statement]:
    """By instant; at one instant by effect, and what the child only passes through first. What is left
    goes by names and amounts, which another spelling or another speaker does not change. Made anew goes
    first."""
    if len(named) == 1:
        return named
    if len({fact.instant for fact, _ in named}) == len(named):
        return sorted(named, key=_instant)
    left = {(fact.instant, fact.parent) for fact, _ in named if fact.action is Action.DELETE}

    def key(statement: Statement) -> tuple[object, ...]:
        fact, rows = statement
        instant, effect, fingerprint = order(fact)
        passing = effect == 0 and (fact.type in _MAKING or (fact.instant, fact.parent) in left)
        amounts = sorted((-(row.amount or 0.0), row.uom or "") for row in rows)
        return instant, effect, not passing, fact.parent or "", amounts, fingerprint

    return sorted(named, key=key)


def _instant(statement: Statement) -> int:
    return statement[0].instant


def is_piece(item: str, named: Collection[Quantity]) -> bool:
    """A piece is in one container and at one place at a time; amounts of a class or lot may be in several.
    `named`: how events name the item, which tells where its name does not."""
    found = level(item)
    if found is Level.OPAQUE:
        return not named or any(quantity.piece for quantity in named)
    return found in _ONE_PLACE


def may_be_piece(item: str) -> bool:
    """Whether the name alone leaves it open that the item is a piece."""
    return level(item) in _MAYBE_ONE


def _single(named: list[Statement]) -> list[Interval]:
    found: list[Interval] = []
    current: Interval | None = None
    for fact, _ in named:
        if fact.parent is None:
            if current is not None and fact.type in _MAKING and current.start < fact.instant:
                current.close(fact)
                current = None
            continue  # else seen together, in nothing
        if current is not None and (current.parent == fact.parent) is (fact.action is Action.DELETE):
            # Taken out of where it is; or put, or seen, somewhere else: then it has left.
            current.close(fact)
            current = None
        if current is None and fact.action is not Action.DELETE:
            current = Interval(fact.parent, fact.instant, fact.fingerprint)
            found.append(current)
    return found


def _amounts(named: list[Statement]) -> list[Interval]:
    found: list[Interval] = []
    current: dict[str, Interval] = {}
    added: dict[str, float] = {}
    counted: set[object] = set()
    for fact, rows in named:
        parent = fact.parent
        if parent is None or (event := same_event(fact)) in counted:
            continue  # seen together in nothing, or the same event by another speaker
        counted.add(event)
        inside = current.get(parent)
        if fact.action is Action.DELETE:
            if inside is not None and _took_all(inside, rows, added[parent]):
                current.pop(parent).close(fact)
        elif inside is None:
            current[parent] = inside = Interval(parent, fact.instant, fact.fingerprint)
            found.append(inside)
            added[parent] = _put(inside, rows)
        elif fact.action is Action.ADD:
            added[parent] += _put(inside, rows)
    return found


def _put(inside: Interval, rows: Iterable[Quantity]) -> float:
    """Put amounts in; their sum, as a measure of what rounding may lose."""
    added = 0.0
    for row in rows:
        if row.amount is None:
            inside.vague = True
        else:
            inside.amounts[row.uom] = inside.amounts.get(row.uom, 0.0) + row.amount
            added += row.amount
    return added


def _took_all(inside: Interval, rows: Collection[Quantity], added: float) -> bool:
    """Take amounts out; whether nothing is left. An amount in a unit that was never put in takes nothing."""
    if not rows or any(row.amount is None for row in rows):
        return True
    for row in rows:
        if row.uom in inside.amounts:
            inside.amounts[row.uom] = max(inside.amounts[row.uom] - (row.amount or 0.0), 0.0)
    return not inside.vague and all(amount <= TOLERANCE * added for amount in inside.amounts.values())
