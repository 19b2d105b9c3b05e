"""How an item stands: where, in what, in which condition (docs/lineage.md, "State")."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from tracehold.core.epcis.model import EventType
from tracehold.core.gs1 import Level, level
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import At, Held, Holding, StateResult
from tracehold.core.lineage.book import Asking, Book, Family
from tracehold.core.lineage.containment import holders
from tracehold.core.lineage.contents import held
from tracehold.core.lineage.contradiction import contradicting, on_its_way, on_piece
from tracehold.core.lineage.facts import Fact, naming
from tracehold.core.lineage.hands import handling
from tracehold.core.lineage.history import told
from tracehold.core.lineage.intervals import FAMILIES, OPEN, intervals, is_piece
from tracehold.core.lineage.remains import counting, ending, remains
from tracehold.core.lineage.roles import roles
from tracehold.core.lineage.stays import Concerning, is_subject, sojourns
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk


def state(
    item: str, *, at: int | None = None, known_at: int | None = None, max_items: int = 100_000
) -> Walk[StateResult]:
    """How the item stands after all that happened up to `at`, by what was known by `known_at`."""
    book = Book(at, known_at, budget=max_items)
    return Walk(book, _state(book, item))


def standing(
    items: Sequence[str], *, at: int | None = None, known_at: int | None = None, max_items: int = 100_000
) -> Walk[tuple[StateResult, ...]]:
    """How each of the items stands, in their order: as `state`, looked up together. Gaps and truncation are
    those of all of them."""
    book = Book(at, known_at, budget=max_items)
    return Walk(book, stood(book, tuple(items)))


def stood(book: Book, items: Sequence[str]) -> Asking[tuple[StateResult, ...]]:
    """How these stand, by what is in the book and what it asks for."""
    yield from holders(book, items, OPEN)
    found: list[StateResult] = []
    for item in items:
        result = yield from _state(book, item)
        found.append(result)
    return tuple(found)


def _state(book: Book, item: str) -> Asking[StateResult]:
    found, carried = yield from told(book, item)
    concerning = [(fact, through) for fact, _, through in found.values()]
    named = {fact.fingerprint: fact for _, fact in roles(book, item)}
    subject = [fact for fact in named.values() if is_subject(fact, item)]
    piece = is_piece(item, [quantity for fact in named.values() for quantity in naming(fact, item)])
    stays = [stay for stay in sojourns(concerning, carried, several=not piece) if stay.end == OPEN]
    around = _around(book, item)
    condition, lasting = _condition(subject), _lasting(subject)
    conditions = _conditions(condition, lasting)
    left = None if piece else remains(item, named.values())
    end = ending(item, named.values()) if piece else None
    counted = [] if piece else counting(item, named.values())
    hands = handling(concerning, several=not piece)
    evidence = {entry.opened_by for entries in around.values() for entry in entries}
    evidence |= {stay.told_by for stay in stays} | {each.told_by for each in conditions} | {*hands}
    evidence |= {end.fingerprint} if end else set()
    holding = {entry.parent for entries in around.values() for entry in entries}
    against = _against(book, item, piece, concerning, holding, evidence)
    evidence |= {fact.fingerprint for fact in counted}
    return StateResult(
        places=tuple([At(stay.place, stay.start, stay.told_by) for stay in stays]),
        disposition=condition.disposition if condition else None,
        lasting=tuple(sorted(lasting)),
        around=tuple(around[EventType.AGGREGATION]),
        part_of=tuple(around[EventType.ASSOCIATION]),
        amounts=left.amounts() if left else (),
        ended=left.is_used_up() if left else end is not None,
        events=tuple(sorted(evidence | against, key=lambda name: order(book.fact(name)))),
        gaps=tuple(book.gaps),
        truncated=book.truncated,
        conditions=conditions,
        handled_by=hands,
        contradicted_by=tuple(sorted(against)),
    )


def _against(
    book: Book,
    item: str,
    piece: bool,
    concerning: Sequence[Concerning],
    holding: Iterable[str],
    evidence: Collection[Fingerprint],
) -> frozenset[Fingerprint]:
    """Statements on the item, or on what holds it, that contradict the evidence."""
    contested = book.contested({book.fact(name).instant for name in evidence})
    said = on_its_way(item, piece, concerning, contested)
    said += [about for vessel in holding for about in on_piece(book, vessel, contested)]
    return contradicting(book, said, evidence)


def _conditions(last: Fact | None, lasting: Mapping[str, Fact]) -> tuple[Holding, ...]:
    said = [Holding(last.disposition or "", False, last.instant, last.fingerprint)] if last else []
    return (*said, *(Holding(word, True, by.instant, by.fingerprint) for word, by in sorted(lasting.items())))


def _around(book: Book, item: str) -> dict[Family, list[Held]]:
    """What the item is in and part of now, then what those are, level by level. `told` has loaded them."""
    found: dict[Family, list[Held]] = {family: [] for family in FAMILIES}
    edge, seen = [item], {item}
    while edge:
        inner: set[str] = set()
        for child in edge:
            for family in FAMILIES:
                now = [held(child, place) for place in intervals(book, child, family) if place.end == OPEN]
                found[family] += sorted(now, key=lambda entry: entry.parent)
                inner |= {entry.parent for entry in now if level(entry.parent) is not Level.PLACE}
        edge = sorted(inner - seen)
        seen |= inner
    return found


def _condition(subject: Iterable[Fact]) -> Fact | None:
    """The last event that states a disposition (EPCIS 2.0 section
    7.3.5: it holds until contradicted)."""
    said = [fact for fact in subject if fact.disposition is not None]
    return max(
        said, key=lambda fact: (*order(fact)[:2], fact.disposition or "", fact.fingerprint), default=None
    )


def _lasting(subject: Sequence[Fact]) -> dict[str, Fact]:
    """The persistent dispositions that are set, each with the event that set it. Of what is set and unset
    at one instant, setting wins: a recall must not be missed."""
    found: dict[str, Fact] = {}
    for _, together in groupby(sorted(subject, key=order), key=lambda fact: fact.instant):
        at_once = list(together)
        for word in {word for fact in at_once for word in fact.lifted}:
            found.pop(word, None)
        for fact in at_once:
            for word in fact.lasting:
                found.setdefault(word, fact)
    return found
