"""Refusing uploads for what is found of them: only where the operator says which findings refuse.

Decided by what the index knows when the record comes: neither its neighbours in the same upload nor what
comes later count, and nothing that is sealed is ever taken back for it.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.lineage import Fact
from tracehold.core.quality import Code, Finding, Subject, judge, places, subjects
from tracehold.core.record import Kind as RecordKind
from tracehold.core.record import Record
from tracehold.core.voices import voice
from tracehold.journey.found import placed
from tracehold.journey.index import event_fact
from tracehold.journey.intake import Ready, Taken
from tracehold.journey.knowledge import Run, at_once
from tracehold.journey.own_log import OwnLog
from tracehold.journey.parsed import Events, tolerant
from tracehold.journey.ports import Graph
from tracehold.journey.ports.quality import FindingStore
from tracehold.journey.surroundings import MOST_AROUND, Surroundings, TooMany, is_described, weight

MOST_JUDGED = 5 * MOST_AROUND
"""Weight of the facts that are judged for one upload, of all that it is about together."""


class Refusing:
    """Turns findings with these codes into refusals."""

    def __init__(
        self,
        codes: Collection[Code],
        graph: Graph,
        store: FindingStore,
        events: Events = tolerant,
        run: Run = at_once,
    ) -> None:
        """`run` does what may be long."""
        self._run = run
        self._codes = frozenset(codes)
        self._graph = graph
        self._store = store
        self._events = events

    async def __call__(self, taken: Sequence[Taken], own: OwnLog) -> list[Taken]:
        """The same, with QUALITY_REFUSED in place of what is refused. Raises `Unavailable` where the index
        does not answer.
        """
        if not self._codes:
            return list(taken)
        return [
            await self._judged(each, own)
            if isinstance(each, Ready) and each.candidate.record.header.kind == RecordKind.EVENT
            else each
            for each in taken
        ]

    async def _judged(self, ready: Ready, own: OwnLog) -> Taken:
        try:
            fact = self._fact(ready.candidate.record, own, own.log)
        except Rejected:
            return ready  # what nobody can be held to is refused, or passed over, elsewhere
        for finding in placed(await self._findings(fact), ready.candidate.record, self._events):
            if finding.code in self._codes:
                beside = f" (record {finding.other.hex()})" if finding.other else ""
                message = f"{finding.code}: {finding.message}{beside}"
                return Rejected("QUALITY_REFUSED", message, path=finding.path)
        return ready

    def _fact(self, record: Record, own: OwnLog, log: LogId) -> Fact:
        speaker = own.roster.speaker(record, own.size)
        return event_fact(record, voice({}, speaker, log, own.size), None, self._events)

    async def _findings(self, fact: Fact) -> list[Finding]:
        """What would be found of it, in order."""
        about = sorted(subjects(fact))
        try:
            known = await Surroundings(self._graph, self._store, [fact]).of(about)
        except TooMany:
            known = {}
        mine = await self._run(partial(_found, fact, about, known))
        if Code.UNKNOWN_PLACE in self._codes:
            mine += await self._unknown(fact)
        return sorted(mine, key=Finding.sort_key)

    async def _unknown(self, fact: Fact) -> list[Finding]:
        return [
            Finding(Code.UNKNOWN_PLACE, fact.fingerprint, path)
            for place, path in places(fact).items()
            if not await is_described(self._graph, place)
        ]


def _found(fact: Fact, about: Sequence[Subject], known: Mapping[Subject, Sequence[Fact]]) -> list[Finding]:
    """What is found of the event, of each of its subjects in turn, until that is more work than one upload
    may
    make; NOT_JUDGED where that leaves some out, or there is too much of one.
    """
    found: list[Finding] = []
    room = MOST_JUDGED
    for subject in about:
        room -= sum(map(weight, known.get(subject, ())))
        if subject not in known or room < 0:
            found.append(Finding(Code.NOT_JUDGED, fact.fingerprint))
        else:
            found += [each for each in judge(subject, known[subject]) if each.event == fact.fingerprint]
    return found
