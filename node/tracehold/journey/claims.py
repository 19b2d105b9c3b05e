"""Which entries other nodes say they searched, question by question. Nothing of it is proved; what is found
false counts no more.
"""

from collections.abc import Mapping

from tracehold.core.ids import LogId
from tracehold.core.spans import Spans, common, joined

_Claim = tuple[int, LogId, Spans]


class Claims:
    """What was claimed for one request, which asks many questions."""

    def __init__(self) -> None:
        self._questions: set[frozenset[_Claim]] = set()
        self._distrusted: set[tuple[int, LogId | None]] = set()

    def add(self, searched: Mapping[int, Mapping[LogId, Spans]]) -> None:
        """Another question, and what each node says it searched for it."""
        self._questions.add(
            frozenset((node, log, spans) for node, logs in searched.items() for log, spans in logs.items())
        )

    def distrust(self, node: int, log: LogId | None = None) -> None:
        """The node's word about a log, or about all, counts for none of the questions."""
        self._distrusted.add((node, log))

    def distrusted(self, node: int, log: LogId) -> bool:
        """Whether its word about the log counts no more."""
        return not self._distrusted.isdisjoint({(node, log), (node, None)})

    def searched(self) -> Mapping[LogId, Spans]:
        """Entries that somebody searched for every question."""
        found: dict[LogId, Spans] | None = None
        for question in self._questions:
            told = self._told(question)
            before = told if found is None else found
            found = {log: common(spans, told.get(log, ())) for log, spans in before.items()}
        return found or {}

    def _told(self, question: frozenset[_Claim]) -> dict[LogId, Spans]:
        told: dict[LogId, Spans] = {}
        for node, log, spans in question:
            if not self.distrusted(node, log):
                told[log] = joined((*told.get(log, ()), *spans))
        return told
