"""What is different between two answers to one question, by what was known at two times, and which records
brought it about (docs/lineage.md, "Then and now").

An answer is a picture here: its parts, each with how it stands, in words. Parts that differ are held against
the records that became known between. A record that itself came in, and a declaration about one that went,
are causes beyond doubt; where something differs for what happened further away, the cause is handed on from
part to part that differ and share a name.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.facts import Fact, found_under
from tracehold.core.lineage.voids import disputes, order, takes_back

MOST_CAUSES = 100
"""Records named for one difference: the first by time."""


class Became(StrEnum):
    """What became of a part from the first answer to the second."""

    ADDED = "added"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"


class Aspect(StrEnum):
    """RECORD: a record of the answer. ITEM: an item of it. EDGE: what ties an item in: the record through
    which it was reached, or what holds it. The others are how an item stands: at a PLACE, in a CONDITION,
    with a PARTY, what AMOUNT is left, and its END; and places and parties that items have in common."""

    RECORD = "record"
    ITEM = "item"
    EDGE = "edge"
    PLACE = "place"
    CONDITION = "condition"
    PARTY = "party"
    AMOUNT = "amount"
    END = "end"


class Part(NamedTuple):
    """One thing that an answer shows. `parent` holds the item; `name` is the place, the party, the lasting
    disposition or the unit that it is about."""

    aspect: Aspect
    item: str = ""
    parent: str = ""
    record: Fingerprint | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An answer: its parts and how each stands. `facts` are all that the question saw, `ties` the records
    that tie a part in, be it an item or how it stands."""

    parts: Mapping[Part, str]
    facts: Mapping[Fingerprint, Fact]
    ties: Mapping[Part, Collection[Fingerprint]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A part that is not the same, how it stood and stands, and the records that brought it about."""

    kind: Became
    part: Part
    before: str
    after: str
    causes: tuple[Fingerprint, ...]


def differences(
    first: Picture,
    second: Picture,
    between: tuple[int | None, int | None],
    replaced: Mapping[Fingerprint, Fingerprint],
) -> tuple[Difference, ...]:
    """All that differs: records by time, then the others by aspect and name.

    `between`: the two times of knowledge, milliseconds, None for all that is known. `replaced`: records that
    were superseded, and what by.
    """
    facts = {**first.facts, **second.facts}
    parts = [
        part for part in {**first.parts, **second.parts} if _stands(first, part) != _stands(second, part)
    ]
    parts.sort(key=lambda part: _rank(part, facts))
    causes = _Causes(facts, _came_between(facts.values(), between), replaced, (first, second))
    found = causes.of(parts)
    return tuple(
        Difference(_became(first, second, part), part, _words(first, part), _words(second, part), found[part])
        for part in parts
    )


def _stands(picture: Picture, part: Part) -> str | None:
    return picture.parts.get(part)


def _words(picture: Picture, part: Part) -> str:
    return picture.parts.get(part, "")


def _became(first: Picture, second: Picture, part: Part) -> Became:
    if part not in first.parts:
        return Became.ADDED
    return Became.CHANGED if part in second.parts else Became.WITHDRAWN


def _rank(part: Part, facts: Mapping[Fingerprint, Fact]) -> tuple[object, ...]:
    if part.aspect is Aspect.RECORD and part.record is not None:
        return 0, *order(facts[part.record])
    return list(Aspect).index(part.aspect), part.item, part.parent, part.name, part.record or b""


def _came_between(facts: Iterable[Fact], between: tuple[int | None, int | None]) -> list[Fact]:
    """Facts that one of the two times knows and the other does not."""

    def known(fact: Fact, time: int | None) -> bool:
        return time is None or (fact.known_ms is not None and fact.known_ms <= time)

    return sorted((fact for fact in facts if known(fact, between[0]) != known(fact, between[1])), key=order)


class _Causes:
    """Finds what brought differences about. `fresh` are the facts that became known between."""

    def __init__(
        self,
        facts: Mapping[Fingerprint, Fact],
        fresh: list[Fact],
        replaced: Mapping[Fingerprint, Fingerprint],
        pictures: tuple[Picture, Picture],
    ) -> None:
        self._facts, self._replaced = facts, replaced
        self._fresh = {fact.fingerprint: fact for fact in fresh}
        self._errors = [fact for fact in fresh if fact.declares_error]
        self._ties = {
            part: {name for picture in pictures for name in picture.ties.get(part, ())}
            for part in {**pictures[0].ties, **pictures[1].ties}
        }
        self._shown = {part.record for picture in pictures for part in picture.parts}
        self._by_name: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in fresh:
            for name in found_under(fact):
                self._by_name[name].append(fact)
        self._found: dict[Part, tuple[Fingerprint, ...]] = {}

    def of(self, parts: list[Part]) -> Mapping[Part, tuple[Fingerprint, ...]]:
        """The causes of all these, what is sure first."""
        for step in (
            self._itself,
            self._tied,
            lambda part: self._near(part, lambda fact: fact.fingerprint in self._shown),
            lambda part: self._near(part, lambda fact: not _looks_on(fact)),
            lambda part: self._near(part, lambda fact: True),
        ):
            self._settle(parts, step)
            if step not in (self._itself, self._tied):
                self._hand_on(parts)
        self._settle(parts, lambda part: self._fresh)
        return {part: self._found.get(part, ()) for part in parts}

    def _settle(self, parts: list[Part], step: Callable[[Part], Collection[Fingerprint]]) -> None:
        found = {part: step(part) for part in parts if part not in self._found}
        self._found.update({part: self._first(names) for part, names in found.items() if names})

    def _hand_on(self, parts: list[Part]) -> None:
        """From parts whose causes are found to those beside them, and on, as far as it goes."""
        waiting: defaultdict[str, list[Part]] = defaultdict(list)
        for part in parts:
            for name in () if part in self._found else self._names(part):
                waiting[name].append(part)
        edge = list(self._found)
        while edge:
            causes: defaultdict[str, set[Fingerprint]] = defaultdict(set)
            for part in edge:
                for name in self._names(part):
                    causes[name].update(self._found[part])
            handed: defaultdict[Part, set[Fingerprint]] = defaultdict(set)
            for name, found in causes.items():
                for part in waiting.pop(name, ()):
                    if part not in self._found:
                        handed[part] |= found
            self._found.update({part: self._first(found) for part, found in handed.items()})
            edge = list(handed)

    def _first(self, names: Iterable[Fingerprint]) -> tuple[Fingerprint, ...]:
        ordered = sorted(set(names), key=lambda name: order(self._facts[name]))
        return tuple(ordered[:MOST_CAUSES])

    def _itself(self, part: Part) -> Collection[Fingerprint]:
        """The record came in between; or another one is about it: a declaration, a replacement."""
        if part.record is None:
            return ()
        if part.record in self._fresh:
            return (part.record,)
        fact = self._facts[part.record]
        about = [error.fingerprint for error in self._errors if _is_about(error, fact)]
        other = self._replaced.get(part.record)
        return about or ((other,) if other is not None and other in self._facts else ())

    def _tied(self, part: Part) -> Collection[Fingerprint]:
        """What brought about that the records differ that tie the part in."""
        records = [Part(Aspect.RECORD, record=name) for name in self._ties.get(part, ())]
        return [cause for record in records for cause in self._found.get(record, ())]

    def _near(self, part: Part, counts: Callable[[Fact], bool]) -> Collection[Fingerprint]:
        """Of the facts that came in between and count, those that share most names with the part."""
        shared: defaultdict[Fingerprint, int] = defaultdict(int)
        for name in self._names(part):
            for fact in self._by_name.get(name, ()):
                if counts(fact):
                    shared[fact.fingerprint] += 1
        most = max(shared.values(), default=0)
        return [name for name, count in shared.items() if count == most]

    def _names(self, part: Part) -> set[str]:
        names = {part.item or part.name, part.parent} - {""}
        return names | found_under(self._facts[part.record]) if part.record is not None else names


def _is_about(error: Fact, fact: Fact) -> bool:
    same_id = error.event_id is not None and (error.event_id, error.issuer) == (fact.event_id, fact.issuer)
    return same_id or takes_back(error, fact) or disputes(error, fact)


def _looks_on(fact: Fact) -> bool:
    """Whether the fact only saw things, which moves and makes nothing."""
    return fact.type is EventType.OBJECT and fact.action is Action.OBSERVE and not fact.declares_error
