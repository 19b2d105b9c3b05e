"""Facts that were read before. A walk meets the same fact at several of its items."""

from collections.abc import Iterable, Mapping
from threading import Lock

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact

REMEMBER = 16_384
"""Facts kept in memory, some 3 KiB each."""


class Remembered:
    """Facts of one graph, decoded. Any thread may use it.

    Of a fact only the time since which it is known ever changes, unless it is erased: then all are forgotten,
    and what a read that began before has read is not kept.
    """

    def __init__(self) -> None:
        self._facts: dict[Fingerprint, Fact] = {}
        self._forgotten = 0
        self._guard = Lock()

    def begin(self) -> int:
        """What a read hands to `keep`. To be called before it looks at the store."""
        return self._forgotten

    def known(self, hits: Mapping[Fingerprint, int | None]) -> list[Fact]:
        """Those of the facts that are kept as they are known now; `hits`: since when each is."""
        found = ((self._facts.get(name), known_ms) for name, known_ms in hits.items())
        return [fact for fact, known_ms in found if fact is not None and fact.known_ms == known_ms]

    def keep(self, fresh: Iterable[Fact], begun: int) -> None:
        """Keep what a read found."""
        some = list(fresh)[:REMEMBER]
        with self._guard:
            if begun != self._forgotten:
                return
            if len(self._facts) + len(some) > REMEMBER:
                self._facts.clear()
            self._facts.update((fact.fingerprint, fact) for fact in some)

    def forget(self) -> None:
        """Drop all of them, and what reads that run now would keep."""
        with self._guard:
            self._forgotten += 1
            self._facts.clear()

    def __len__(self) -> int:
        return len(self._facts)
