"""Index (follower): derive relations from the logs kept here, own and foreign, into the graph.

How far it has come stands in the graph itself, not beside the log: a graph that was dropped, lost or restored
from an older copy is simply continued, and a step is one transaction there. An odd record never stops the
index; it is passed over and reported as disputed. So is one that was found wrong when it came from its
creator,
though its bytes say something: a signature is checked then, and not here.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core import strict_json
from tracehold.core.epcis import parse_masterdata
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, fact_of
from tracehold.core.record import Kind, Record, parse
from tracehold.core.roster import Roster
from tracehold.core.spans import Spans, joined, without
from tracehold.core.voices import voice
from tracehold.journey.follow import Bell, Trouble, patiently, untold
from tracehold.journey.parsed import Events, tolerant
from tracehold.journey.ports import (
    AnchorState,
    AnchorTask,
    Entry,
    Graph,
    Indexed,
    Known,
    MasterDataVersion,
    RecordLog,
)
from tracehold.journey.speakers import Speakers
from tracehold.journey.states import Sleep

STEP = 1_000
"""Entries of one step at most."""

SLICE = 100
"""Entries after which others get a turn: some ten milliseconds of work."""

LOOK_BACK = 64
"""Final anchors that one pass looks at: an anchor that is final does not move."""


@dataclass(frozen=True, slots=True)
class Disputed:
    """A record that is kept and not used: why, as a stable code."""

    log: LogId
    index: int
    fingerprint: Fingerprint
    code: str


def unheard(_: Disputed) -> None:
    """Tells nobody of disputed records."""


class Indexer:
    """Brings a graph up to date with the logs. One runs per graph."""

    def __init__(
        self,
        log: RecordLog,
        graph: Graph,
        speakers: Speakers | None = None,
        dispute: Callable[[Disputed], None] = unheard,
        events: Events = tolerant,
    ) -> None:
        self._log = log
        self._graph = graph
        self._speakers = speakers or Speakers(log)
        self._dispute = dispute
        self._events = events
        self._laid: dict[LogId, dict[int, int]] = {}
        self._before: dict[LogId, Spans] = {}
        self.disputed = 0
        """Records passed over since the start."""

    async def run(self, bell: Bell, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever. `bell` is rung after every append and after every anchor that was saved."""
        while True:
            ring = bell.next()
            if not await patiently(self.once, sleep, trouble):
                await ring.wait()

    async def once(self) -> int:
        """Index what is new, at most one step of each log. How much was done; 0 when the graph is up to date.

        Raises `Unavailable` (the graph or the store does not answer; repeat) and what is Broken in the store.
        """
        done = 0
        coverage = await self._graph.coverage()
        for log in await self._log.logs():
            if log not in coverage:
                # A fresh graph knows no times either.
                self._laid.pop(log, None)
                self._before.pop(log, None)
            done += await self._step(log, coverage.get(log, ()))
            done += await self._date(log)
        return done

    async def _step(self, log: LogId, indexed: Spans) -> int:
        due = without(await self._log.spans(log), indexed)
        # What is not judged yet waits.
        if not due or not (due := without(due, await self._log.unjudged(log))):
            return 0
        # The first run that is not searched: behind what was, or in a hole that was filled since.
        start, stop = due[0]
        entries = await self._log.read(log, start, min(stop, start + STEP))
        roster = await self._speakers.roster(log)
        disputes = await self._log.disputes(log, start, start + len(entries))
        wrong = {dispute.index: dispute.code for dispute in disputes}
        times = await self._sealed_times(log, entries)
        facts: list[tuple[int, Fact]] = []
        versions: list[tuple[int, MasterDataVersion]] = []
        for at, (entry, known_ms) in enumerate(zip(entries, times, strict=True)):
            if at % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            derived = None
            if entry.erased:
                pass  # it says nothing, whatever was found wrong with it
            elif entry.index in wrong:
                self._passed(entry, wrong[entry.index])
            else:
                derived = self._derive(entry, roster, known_ms)
            if isinstance(derived, Fact):
                facts.append((entry.index, derived))
            elif derived is not None:
                versions.append((entry.index, derived))
        await self._graph.add(Indexed(log, start, start + len(entries), facts, versions))
        return len(entries)

    def _derive(self, entry: Entry, roster: Roster | None, known_ms: int) -> Fact | MasterDataVersion | None:
        try:
            return derive(entry, roster, known_ms, self._events)
        except Rejected as refusal:
            self._passed(entry, refusal.code)
            return None

    def _passed(self, entry: Entry, code: str) -> None:
        self.disputed += 1
        self._dispute(Disputed(entry.log, entry.index, entry.fingerprint, code))

    async def _sealed_times(self, log: LogId, entries: Sequence[Entry]) -> list[int]:
        times: list[int] = []
        while len(times) < len(entries):
            at = entries[len(times)].index
            checkpoint = await self._log.checkpoint_covering(log, at)
            if checkpoint is None:
                times.append(0)
            else:
                times += [checkpoint.time_ms] * min(checkpoint.size - at, len(entries) - len(times))
        return times

    async def _date(self, log: LogId) -> int:
        """Lay the block times of anchors that are new or were mined anew."""
        laid = self._laid.setdefault(log, {})
        final = await self._log.anchors(log, {AnchorState.FINAL}, newest=LOOK_BACK)
        if len(final) == LOOK_BACK and not any(task.size in laid for task in final):
            # More of them are new than one look shows: the first pass, or one after a long stop.
            final = await self._log.anchors(log, {AnchorState.FINAL})
        mined = await self._log.anchors(log, {AnchorState.MINED})
        known = [*await self._dated_before(log), *_known([*final, *mined], self._before[log])]
        fresh = [each for each in known if laid.get(each.stop) != each.known_ms]
        if fresh:
            await self._graph.set_known(log, fresh)
            laid.update((known.stop, known.known_ms) for known in fresh)
        return len(fresh)

    async def _dated_before(self, log: LogId) -> Sequence[Known]:
        """By the anchors on earlier contracts, once: what was known then was known since."""
        if log in self._before:
            return ()
        dated = list(_known(await self._log.earlier_anchors(log), ()))
        self._before[log] = joined((each.start, each.stop) for each in dated)
        return dated


def _known(tasks: Sequence[AnchorTask], before: Spans) -> Iterator[Known]:
    """When entries were known by these anchors, but for those that were known before."""
    for task in tasks:
        if task.anchor is not None:
            for start, stop in without([(task.prev_size, task.size)], before):
                yield Known(start, stop, task.anchor.block_time * 1000)


def derive(
    entry: Entry, roster: Roster | None, known_ms: int | None, events: Events = tolerant
) -> Fact | MasterDataVersion | None:
    """What a record says, for the graph; None for kinds that say nothing of items.

    Raises `Rejected` where its bytes, its signer at this position, or its content do not hold.
    """
    if entry.erased or entry.kind not in (Kind.EVENT, Kind.MASTERDATA):
        return None
    record = parse(entry.raw)
    if roster is None:
        raise Rejected("BAD_CONTROL", "the log has no sound header, so nobody speaks in it")
    speaker = roster.speaker(record, entry.index)
    if record.header.kind == Kind.EVENT:
        # Answers find out whose voice it is when they are asked: a party may move later.
        return event_fact(record, voice({}, speaker, entry.log, entry.index), known_ms, events)
    said = parse_masterdata(record.payload)
    return MasterDataVersion(
        said.id.canonical,
        said.type,
        record.header.iss,
        record.fingerprint,
        str(record.header.audience),
        record.payload,
        known_ms,
    )


def event_fact(record: Record, issuer: str, known_ms: int | None, events: Events = tolerant) -> Fact:
    """The fact that an event's record states, in the voice of `issuer` (`core.voices`).
    Raises `Rejected` as `parse_event` does.
    """
    event = events(record.payload)
    name = event_hash(strict_json.loads(record.payload))
    return fact_of(event, record.fingerprint, issuer, event_hash=name, known_ms=known_ms)
