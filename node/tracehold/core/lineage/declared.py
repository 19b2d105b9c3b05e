"""Error declarations, so kept that each statement is looked at once, however many share an instant or an id
(docs/lineage.md, "Taken back")."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tracehold.core.lineage.facts import Fact, touched
from tracehold.core.lineage.voids import content, order, same_event

_SEVERAL = object()


class Taken(NamedTuple):
    """Taken back by this declaration; `by_id`: only the event id says so."""

    declaration: Fact
    by_id: bool


class Namesakes:
    """The statements of one issuer with one event id, which real data uses again."""

    def __init__(self) -> None:
        self._events: dict[frozenset[str], object] = {}
        self._errors: defaultdict[frozenset[str], list[Fact]] = defaultdict(list)

    def add(self, fact: Fact) -> None:
        """An event, or a declaration. An event may come again."""
        items = touched(fact)
        if fact.declares_error:
            self._errors[items].append(fact)
            return
        event = same_event(fact)
        if self._events.setdefault(items, event) != event:
            self._events[items] = _SEVERAL

    def meant(self, fact: Fact) -> Sequence[Fact]:
        """The declarations that take an event back all the same, though they are not quite the same as it:
        both name the same items, so that who sees one sees the other, and no other event of that id names
        them."""
        if not self._errors:
            return ()
        items = touched(fact)
        return () if self._events.get(items) is _SEVERAL else self._errors.get(items, ())


class Declared:
    """Which statements are taken back, by the declarations and the events that it was told of. Both in any
    order; of events only those count that have the event id of a declaration, and more do no harm."""

    def __init__(self) -> None:
        self._exact: dict[object, Fact] = {}
        self._unhashed = False
        self._named: defaultdict[tuple[str, str], Namesakes] = defaultdict(Namesakes)

    def add(self, fact: Fact) -> None:
        """Take a statement in."""
        if fact.event_id is not None:
            self._named[fact.issuer, fact.event_id].add(fact)
        if not fact.declares_error:
            return
        self._unhashed |= not fact.event_hash
        said = [("hash", fact.event_hash)] if fact.event_hash else []
        for what in (*said, (bool(fact.event_hash), content(fact))):
            self._exact.setdefault((fact.issuer, fact.instant, fact.event_id, what), fact)

    def takes(self, fact: Fact) -> Taken | None:
        """By what the statement is taken back, by the rules of `takes_back` and `Namesakes`."""
        if not self._exact:
            return None
        keys = [
            (fact.issuer, fact.instant, id, what)
            for what in self._alike(fact)
            for id in {fact.event_id, None}
        ]
        exact = [self._exact[key] for key in keys if key in self._exact]
        if exact:
            return Taken(min(exact, key=order), by_id=False)
        names = self._named.get((fact.issuer, fact.event_id)) if fact.event_id is not None else None
        meant = names.meant(fact) if names else ()
        return Taken(min(meant, key=order), by_id=True) if meant else None

    def _alike(self, fact: Fact) -> list[object]:
        """How a declaration of the very same event may be known: by hash, where both have one, else by
        content."""
        if not fact.event_hash:
            said = content(fact)
            return [(True, said), (False, said)]
        return [("hash", fact.event_hash), *([(False, content(fact))] if self._unhashed else ())]
