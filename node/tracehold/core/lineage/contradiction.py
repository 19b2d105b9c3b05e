"""Statements that cannot all be true of one thing: shown, and never merged (docs/lineage.md,
"Contradictions").

Of pieces alone: of a lot there may be some here and some there. Statements are counted and not held against
each other in pairs, for a day may be the one instant of ten thousand.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tracehold.core.epcis.model import Action
from tracehold.core.gs1 import Level, level
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import Role
from tracehold.core.lineage.book import Book
from tracehold.core.lineage.containment import is_vessel
from tracehold.core.lineage.facts import Fact, naming
from tracehold.core.lineage.intervals import FAMILIES, is_piece, may_be_piece
from tracehold.core.lineage.roles import roles
from tracehold.core.lineage.stays import Concerning, is_subject

Out = tuple[int, str, str, str]
"""At an instant, by an event of a family, out of a container: a thing, or "" for all that was in it."""


class About(NamedTuple):
    """A statement on a thing that it names; `placed`: it says where, and in which condition, the thing is.
    `whole`: whose place it tells. The place of what holds a piece is the piece's own."""

    fact: Fact
    thing: str
    whole: str
    placed: bool


def beside(book: Book, evidence: Collection[Fact], about: Collection[str]) -> frozenset[Fingerprint]:
    """Statements that contradict the evidence of an answer, of the things that it is `about` and of what
    carried them."""
    contested = book.contested({fact.instant for fact in evidence})
    doubtful = [fact for fact in evidence if fact.instant in contested]
    things = {thing for fact in doubtful for thing in _names(fact) if thing in about or is_vessel(thing)}
    said = [each for thing in things for each in on_piece(book, thing, contested)]
    return contradicting(book, said, {fact.fingerprint for fact in doubtful})


def on_piece(book: Book, thing: str, instants: Collection[int]) -> list[About]:
    """All that was said of a piece at these instants; nothing of what is none, or was not looked up."""
    if not (may_be_piece(thing) and book.was_asked(thing)):
        return []
    named = list(roles(book, thing))
    if level(thing) is Level.OPAQUE and not is_piece(thing, [q for _, f in named for q in naming(f, thing)]):
        return []
    return [
        About(fact, thing, thing, role is not Role.INPUT) for role, fact in named if fact.instant in instants
    ]


def on_its_way(
    item: str, piece: bool, concerning: Iterable[Concerning], instants: Collection[int]
) -> list[About]:
    """The same of an item, and of what held it while it did."""
    return [
        About(fact, thing, item if piece else thing, is_subject(fact, thing))
        for fact, thing in concerning
        if fact.instant in instants and (piece if thing == item else may_be_piece(thing))
    ]


def contradicting(
    book: Book, said: Sequence[About], evidence: Collection[Fingerprint]
) -> frozenset[Fingerprint]:
    """Those of the statements that say otherwise than the evidence among them, for the same instant and of
    the same thing, by another issuer: another place, disposition or container. Of one issuer it is a hasty
    clock; and what is taken out at the instant at which it is put in passed through."""
    left = _left(book, said)
    told: defaultdict[tuple[int, str, str], dict[tuple[str, Fingerprint], Fact]] = defaultdict(dict)
    for about in said:
        for kind, of, word in _words(about, left):
            told[about.fact.instant, kind, of][word, about.fact.fingerprint] = about.fact
    return frozenset(name for each in told.values() if len(each) > 1 for name in _otherwise(each, evidence))


def _otherwise(
    told: Mapping[tuple[str, Fingerprint], Fact], evidence: Collection[Fingerprint]
) -> Iterator[Fingerprint]:
    """Those beside which the evidence has another word of another issuer."""
    shown = {(word, fact.issuer) for (word, name), fact in told.items() if name in evidence}
    words, issuers = Counter(word for word, _ in shown), Counter(issuer for _, issuer in shown)
    for (word, name), fact in told.items():
        alike = words[word] + issuers[fact.issuer] - ((word, fact.issuer) in shown)
        if len(shown) > alike:
            yield name


def _words(about: About, left: Collection[Out]) -> Iterator[tuple[str, str, str]]:
    """What a statement says: of which kind, of what, and the word."""
    fact, thing = about.fact, about.thing
    if about.placed and fact.place is not None:
        yield "place", about.whole, fact.place
    if about.placed and fact.disposition is not None:
        yield "disposition", thing, fact.disposition
    if _puts(about) and _out(fact, thing) not in left and _out(fact, "") not in left:
        yield fact.type, thing, fact.parent or ""


def _puts(about: About) -> bool:
    """Whether it says in what the thing is."""
    fact = about.fact
    inside = fact.type in FAMILIES and fact.parent is not None and fact.parent != about.thing
    return inside and fact.action is not Action.DELETE


def _left(book: Book, said: Iterable[About]) -> set[Out]:
    taken = {_out(fact, thing) for fact, thing, *_ in said if fact.action is Action.DELETE}
    vessels = {(about.fact.parent or "", about.fact.type) for about in said if _puts(about)}
    return taken | {_out(fact, "") for vessel, family in vessels for fact in book.emptied(vessel, family)}


def _out(fact: Fact, thing: str) -> Out:
    return fact.instant, fact.type, fact.parent or "", thing


def _names(fact: Fact) -> Iterator[str]:
    """What the event places, describes, or puts into something."""
    yield from (quantity.item for part in (fact.children, fact.observed, fact.outputs) for quantity in part)
    if fact.parent is not None:
        yield fact.parent
