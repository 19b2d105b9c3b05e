"""The facts that a walk has seen, by the role that items have in them.

A walk asks for facts by yielding `Wanted`; whoever drives it looks them up and hands
them over. The book never does input or output, and never holds a fact that the
question may not see (`at`, `known_at`, taken back).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping
from functools import partial
from typing import TypeVar

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import Gap, Wanted
from tracehold.core.lineage.declared import Declared
from tracehold.core.lineage.facts import Fact, Quantity, lots_put_out
from tracehold.core.lineage.voids import order
from tracehold.core.spans import Spans

Answer = TypeVar("Answer")
Asking = Generator[Wanted, None, Answer]

Family = EventType
"""AGGREGATION or ASSOCIATION: the two kinds of being in something."""


class Book:
    """Facts so far, and the budget of items that may still be asked for.

    `at` (microseconds) hides later events, `known_at` (milliseconds) hides what was not known by then.
    """

    def __init__(self, at: int | None = None, known_at: int | None = None, budget: int = 100_000) -> None:
        self.gaps: list[Gap] = []
        self.truncated = False
        self._at, self._known_at, self._budget = at, known_at, budget
        self._facts: dict[Fingerprint, Fact] = {}
        self._declared = Declared()
        self._first: dict[int | str, Fact] = {}
        self._more: defaultdict[int | str, list[Fact]] = defaultdict(list)
        self._doubted: set[int | str] = set()
        self._suspect: set[Fingerprint] = set()
        self._asked: set[str] = set()
        self._asked_processes: set[str] = set()
        self._asked_readings: dict[str, Spans] = {}
        self._made: defaultdict[str, list[Fact]] = defaultdict(list)
        self._made_in_pieces: defaultdict[str, list[Fact]] = defaultdict(list)
        self._used: defaultdict[str, list[Fact]] = defaultdict(list)
        self._seen: defaultdict[str, list[Fact]] = defaultdict(list)
        self._child: defaultdict[EventType, defaultdict[str, list[tuple[Fact, Quantity]]]]
        self._child = defaultdict(partial(defaultdict, list))
        self._parent: defaultdict[str, list[Fact]] = defaultdict(list)
        self._emptied: defaultdict[str, list[Fact]] = defaultdict(list)
        self._emptied_in_order: dict[tuple[str, Family], list[Fact]] = {}
        self._lots: defaultdict[str, list[tuple[str, Fact]]] = defaultdict(list)
        self._pieces: defaultdict[str, list[tuple[str, Fact]]] = defaultdict(list)
        self._process: defaultdict[str, list[Fact]] = defaultdict(list)
        self._dealt: defaultdict[str, list[Fact]] = defaultdict(list)

    # -- filling

    def load(self, items: Iterable[str], processes: Iterable[str] = ()) -> Asking[None]:
        """Asks for what was not asked before. Past the budget
        items are left out and the answer is truncated."""
        fresh = self._within_budget({item for item in items if item not in self._asked})
        named = {name for name in processes if name not in self._asked_processes}
        self._asked |= fresh
        self._asked_processes |= named
        if fresh or named:
            yield Wanted(frozenset(fresh), frozenset(named))

    def load_readings(self, there: Mapping[str, Spans]) -> Asking[None]:
        """Asks what sensors read at places within these spans of instants. A place counts as an item."""
        before, unasked = self._asked_readings, there.keys() - self._asked
        places = self._within_budget(unasked - before.keys()) | (unasked & before.keys())
        wanted = {place: there[place] for place in places if before.get(place) != there[place]}
        before |= wanted
        if wanted:
            yield Wanted(frozenset(), readings=tuple(sorted(wanted.items())))

    def _within_budget(self, fresh: set[str]) -> set[str]:
        room = max(0, self._budget - len(self._asked) - len(self._asked_readings))
        if len(fresh) <= room:
            return fresh
        self.truncated = True
        return set(sorted(fresh)[:room])

    def was_asked(self, item: str) -> bool:
        """Whether all facts of this item are here."""
        return item in self._asked

    def add(self, facts: Iterable[Fact]) -> None:
        """Take facts in; repeats are harmless, and so is any order."""
        self._emptied_in_order.clear()
        seen, at, everything = self._facts, self._at, self._known_at is None
        for fact in facts:
            name = fact.fingerprint
            if name in seen or not (everything or self._was_known(fact)):
                continue
            seen[name] = fact
            self._suspects(fact)
            if not fact.declares_error and (at is None or fact.instant <= at):
                self._index(fact)

    def _suspects(self, fact: Fact) -> None:
        """Which facts a declaration may be about, by instant or event id: few of many, so that the others
        need no second look. Most have both for themselves, so no list is made for one."""
        for key in (fact.instant, fact.event_id):
            if key is None:
                continue
            if self._first.setdefault(key, fact) is not fact:
                self._more[key].append(fact)
            if key in self._doubted:
                self._suspect.add(fact.fingerprint)
            elif fact.declares_error:
                self._doubted.add(key)
                self._doubt([self._first[key], *self._more.get(key, ())])
        if fact.declares_error or fact.event_id in self._doubted:
            # At any `at`: what is taken back never was, whatever time the declaration repeats.
            self._declared.add(fact)

    def _doubt(self, facts: Iterable[Fact]) -> None:
        """Facts that share their instant or event id with the first declaration that has it."""
        for fact in facts:
            self._suspect.add(fact.fingerprint)
            if not fact.declares_error:
                self._declared.add(fact)

    def _was_known(self, fact: Fact) -> bool:
        return self._known_at is None or (fact.known_ms is not None and fact.known_ms <= self._known_at)

    def _index(self, fact: Fact) -> None:
        for quantity in fact.outputs:
            self._made[quantity.item].append(fact)
        for quantity in fact.inputs:
            self._used[quantity.item].append(fact)
        for quantity in fact.observed:
            self._seen[quantity.item].append(fact)
        if fact.children:
            named = self._child[fact.type]
            for quantity in fact.children:
                named[quantity.item].append((fact, quantity))
        if fact.parent is not None:
            self._parent[fact.parent].append(fact)
            if fact.action is Action.DELETE and not fact.children:
                self._emptied[fact.parent].append(fact)
        if fact.transformation_id is not None:
            self._process[fact.transformation_id].append(fact)
        if fact.memberships or fact.dealings:
            self._index_names(fact)

    def _index_names(self, fact: Fact) -> None:
        for piece, lot in fact.memberships:
            self._lots[piece].append((lot, fact))
            self._pieces[lot].append((piece, fact))
        for lot in lots_put_out(fact):
            self._made_in_pieces[lot].append(fact)
        for id in {id for _, id in fact.dealings}:
            self._dealt[id].append(fact)

    # -- reading: facts that were taken back are never seen

    def made(self, item: str) -> list[Fact]:
        """Transformations that put the item out."""
        return self._live(self._made.get(item, []))

    def makers(self, item: str) -> list[Fact]:
        """Transformations that put the item out, or pieces of it where it is a lot."""
        pieces = self._made_in_pieces.get(item)
        return self._live(self._made.get(item, []) + pieces) if pieces else self.made(item)

    def used(self, item: str) -> list[Fact]:
        """Transformations that took the item in."""
        return self._live(self._used.get(item, []))

    def seen(self, item: str) -> list[Fact]:
        """Object and transaction events on the item."""
        return self._live(self._seen.get(item, []))

    def held(self, item: str, family: Family) -> list[tuple[Fact, Quantity]]:
        """Events of the family that name the item as child, with how it stands there."""
        named = self._child[family].get(item, [])
        if not self._suspect:
            return named
        return [entry for entry in named if not self._void(entry[0])]

    def holding(self, item: str, family: Family) -> list[Fact]:
        """Events of the family that name the item as parent."""
        facts = self._parent.get(item)
        return [fact for fact in self._live(facts) if fact.type is family] if facts else []

    def emptied(self, item: str, family: Family) -> list[Fact]:
        """Events of the family that take everything out of the item, in order: each a DELETE without children
        (EPCIS 2.0 section 7.4.3)."""
        if item in self._emptied and (item, family) not in self._emptied_in_order:
            of_family = (fact for fact in self._live(self._emptied[item]) if fact.type is family)
            self._emptied_in_order[item, family] = sorted(of_family, key=order)
        return self._emptied_in_order.get((item, family), [])

    def next_emptied(self, item: str, family: Family, instant: int) -> Fact | None:
        """The first of these from that instant on."""
        in_order = self.emptied(item, family)
        at = bisect_left(in_order, instant, key=lambda fact: fact.instant)
        return in_order[at] if at < len(in_order) else None

    def parent_in(self, item: str) -> list[Fact]:
        """All events that name the item as parent."""
        return self._live(self._parent.get(item, []))

    def child_in(self, item: str) -> list[Fact]:
        """All events that name the item as child."""
        named = [entry for by_item in self._child.values() for entry in by_item.get(item, ())]
        return self._live([fact for fact, _ in named])

    def lots(self, piece: str) -> list[tuple[str, Fact]]:
        """Lots that the piece is said to belong to, each with the statement."""
        return [(lot, fact) for lot, fact in self._lots.get(piece, ()) if not self._void(fact)]

    def pieces(self, lot: str) -> list[tuple[str, Fact]]:
        """Pieces that are said to belong to the lot, each with the statement."""
        return [(piece, fact) for piece, fact in self._pieces.get(lot, ()) if not self._void(fact)]

    def process(self, name: str) -> list[Fact]:
        """All transformation events of one transformation id."""
        return self._live(self._process.get(name, []))

    def dealt(self, transaction: str) -> list[Fact]:
        """All events that name the business transaction."""
        return self._live(self._dealt.get(transaction, []))

    def contested(self, instants: Iterable[int]) -> set[int]:
        """Those of the instants at which several speak."""
        shared = {at for at in instants if at in self._more}
        return {at for at in shared if len({f.issuer for f in (self._first[at], *self._more[at])}) > 1}

    def fact(self, fingerprint: Fingerprint) -> Fact:
        """A fact that was taken in."""
        return self._facts[fingerprint]

    def _live(self, facts: list[Fact]) -> list[Fact]:
        if not (facts and self._suspect) or self._suspect.isdisjoint([fact.fingerprint for fact in facts]):
            return facts
        return [fact for fact in facts if not self._void(fact)]

    def _void(self, fact: Fact) -> bool:
        return fact.fingerprint in self._suspect and self._declared.takes(fact) is not None
