"""What was gathered about names before a walk asks for them, handed out name by name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Wanted, found_under
from tracehold.journey.proving import Proved

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Gathered:
    """About some names: the checked facts, what the graph pointed to, and what other nodes handed over."""

    facts: Sequence[Fact]
    hints: Sequence[Fact]
    found: Sequence[Proved]


class Stock:
    """Gathered for one question. For a name it hands out what looking the name up would have found."""

    def __init__(self) -> None:
        self._items: set[str] = set()
        self._runs: set[str] = set()
        self._facts = _Shelf[Fact]()
        self._hints = _Shelf[Fact]()
        self._found = _Shelf[Proved]()

    def put(self, names: Wanted, gathered: Gathered) -> None:
        """Take in all that there is about these names."""
        self._items |= names.items
        self._runs |= names.transformations
        for fact in gathered.facts:
            self._facts.put(fact.fingerprint, fact, found_under(fact), fact.transformation_id)
        for hint in gathered.hints:
            self._hints.put(hint.fingerprint, hint, found_under(hint), hint.transformation_id)
        for each in gathered.found:
            run = each.fact.transformation_id if each.fact else None
            self._found.put(each.admitted.record.fingerprint, each, each.names, run)

    def lacks(self, wanted: Wanted) -> Wanted:
        """Those of the names of which nothing was gathered yet."""
        return Wanted(wanted.items - self._items, wanted.transformations - self._runs)

    def about(self, wanted: Wanted) -> Gathered:
        """What concerns these names."""
        return Gathered(self._facts.about(wanted), self._hints.about(wanted), self._found.about(wanted))


class _Shelf(Generic[Thing]):
    """Things, by the names that lead to them; each stands once on it."""

    def __init__(self) -> None:
        self._by_item: defaultdict[str, dict[Fingerprint, Thing]] = defaultdict(dict)
        self._by_run: defaultdict[str, dict[Fingerprint, Thing]] = defaultdict(dict)

    def put(self, key: Fingerprint, thing: Thing, items: Iterable[str], run: str | None) -> None:
        for item in items:
            self._by_item[item][key] = thing
        if run is not None:
            self._by_run[run][key] = thing

    def about(self, wanted: Wanted) -> list[Thing]:
        found: dict[Fingerprint, Thing] = {}
        for item in wanted.items & self._by_item.keys():
            found |= self._by_item[item]
        for run in wanted.transformations & self._by_run.keys():
            found |= self._by_run[run]
        return list(found.values())
