"""Facts that were read before, by their rows. A walk meets the same fact at several of its items, and one
question follows another: of a fact that is kept, not even the row is read."""

from collections.abc import Mapping
from types import MappingProxyType

from tracehold.adapters.graph_facts import remembered
from tracehold.core.lineage import Fact

_NONE: Mapping[int, Fact] = MappingProxyType({})


class Recent:
    """Decoded facts of a graph from one change of what is known to the next. Any thread may use it.

    Of a fact only the time since which it is known ever changes, unless it is erased. Whoever reads takes the
    `Recent` of now before it looks at the file, and keeps what it found there: so what is read of an older
    state is never met in a newer one, for that has another `Recent`.
    """

    def __init__(self, before: Mapping[int, Fact] = _NONE) -> None:
        self._rows: dict[int, Fact] = {}
        self._before = before

    def met(self, row: int) -> Fact | None:
        """The fact of a row, where it is kept, as it is known now."""
        return self._rows.get(row)

    def met_before(self, row: int, known_ms: int | None) -> Fact | None:
        """The fact of a row, where it is kept from before the last change, if it is known since the same
        time."""
        fact = self._before.get(row)
        return fact if fact is not None and fact.known_ms == known_ms else None

    def keep(self, fresh: Mapping[int, Fact]) -> None:
        """Keep what a read found, as long as there is room; else the new alone."""
        if len(self._rows) + len(fresh) > remembered.REMEMBER:
            self._rows.clear()
        self._rows.update(list(fresh.items())[: remembered.REMEMBER])

    def aged(self) -> "Recent":
        """For after a change of what is known."""
        return Recent(self._rows or self._before)

    def __len__(self) -> int:
        return len(self._rows)
