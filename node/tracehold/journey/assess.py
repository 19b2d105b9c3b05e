"""Assessing (follower): judge the records of others' logs that were kept before they were looked at.

A holder that catches up or repairs takes entries faster than signatures and documents can be checked. What is
proved by an anchor is kept first, unjudged, and judged here, by the same rules, at the same places, with the
same findings (`judge`). Until then nothing shows it: not the index, not the directory, no answer.

What a crash means: a slice is judged and noted in one transaction, so it is judged again or not at all.
What the disk damaged is left unjudged until it is put right: a finding would be about other bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NoReturn

from tracehold.core.control import Redact
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.record import fingerprint
from tracehold.core.roster import Roster
from tracehold.core.snapshot import Listed
from tracehold.core.spans import Span, Spans, joined, without
from tracehold.journey.follow import Bell, Trouble, patiently, unrung, untold
from tracehold.journey.judge import Judge, arriving
from tracehold.journey.keeping import continued, redacted_by
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Entry, Ledger, RecordLog, Sent, Shipment
from tracehold.journey.speakers import begin
from tracehold.journey.states import Sleep

STEP = 1_000
STEP_BYTES = 1 << 20
"""Entries of one step at most, and about their bytes: some 200 ms of work."""

YIELD_S = 1.0
"""Seconds between two steps for as long as more comes: keeping goes before judging."""
BULK = 1_000
BULK_BYTES = 32 << 10
"""Entries that came since the step before, from which on a repair is thought to run, and about the bytes of
each step then: what is judged is read once more to be indexed and announced, and all that is old.
"""
CALM_STEPS = 10
"""Steps without anything new after which no more is thought to come: a shipment that is on its way is slowed
down by judging like one that arrives.
"""

LATE = 100
LATE_BYTES = 128 << 10
"""Entries of a shipment, or their bytes, from which on the chain is asked whether they are anchored: fewer
are judged sooner than it answers.
"""


class Lateness:
    """Tells shipments that bring what is anchored already: their records are judged later, since a creator
    that ships so late waits for copies and not for findings.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._heads: dict[int, int] = {}  # by number of the creator; heads only grow, but for reorganisations

    async def __call__(self, creator: Neighbour, shipment: Shipment) -> bool:
        """Whether this one does. A catch-up over many anchors asks the chain once. Not where it cannot
        tell, and not for a few that may be new.
        """
        size = shipment.checkpoint.size
        if self._heads.get(creator.number, 0) >= size:
            return bool(shipment.entries)
        if len(shipment.entries) < LATE and sum(len(sent.raw) for sent in shipment.entries) < LATE_BYTES:
            return False
        try:
            self._heads[creator.number] = (await self._ledger.head(creator.number)).size
        except Unavailable:
            return False
        return self._heads[creator.number] >= size


@dataclass(slots=True)
class _Standing:
    """Who speaks in a log before entry `at`, and the control records that stand before it."""

    roster: Roster
    listed: Listed
    at: int


class Assessor:
    """Judges what is unjudged. One runs per node."""

    def __init__(self, store: RecordLog, judge: Judge, judged: Callable[[], None] = unrung) -> None:
        """`judged` is called after each step, for those who follow what was judged."""
        self._store = store
        self._judge = judge
        self._judged = judged
        self._standing: dict[LogId, _Standing] = {}
        self._damaged: dict[LogId, Spans] = {}
        self._left = 0
        self._growing = self._bulk = 0

    async def run(self, bell: Bell, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever. `bell` is rung after every append."""
        while True:
            ring = bell.next()
            if not await patiently(self.once, sleep, trouble):
                await ring.wait()
            elif self._growing:
                await sleep(YIELD_S)

    async def once(self) -> int:
        """Judge at most one step of each log; how many entries that were, 0 when all that can be is judged.

        Raises `Unavailable` and what is Broken in the store.
        """
        done = total = 0
        for log in await self._store.logs():
            total += sum(stop - start for start, stop in await self._store.unjudged(log))
        came = total - self._left
        self._growing = CALM_STEPS if came > 0 else max(0, self._growing - 1)
        self._bulk = CALM_STEPS if came > BULK else max(0, self._bulk - 1)
        for log in await self._store.logs():
            due = without(await self._store.unjudged(log), self._damaged.get(log, ()))
            if due:
                done += await self._step(log, due[0])
        self._left = total - done
        if not done:
            self._damaged.clear()  # at the next ring it may have been put right
        return done

    async def waiting(self) -> int:
        """How many entries are to be judged."""
        runs = [run for log in await self._store.logs() for run in await self._store.unjudged(log)]
        return sum(stop - start for start, stop in runs)

    async def _step(self, log: LogId, due: Span) -> int:
        standing = await self._before(log, due[0])
        if standing is None:
            return self._pass(log, due)
        entries = await self._read(log, due[0], min(due[1], due[0] + STEP))
        if not entries:
            return self._pass(log, (due[0], due[0] + 1))
        stop = due[0] + len(entries)
        disputes = await self._judge.judge(
            standing.roster,
            standing.listed,
            due[0],
            await arriving([Sent(entry.raw, entry.fingerprint) for entry in entries]),
            await self._redacted(log, entries),
        )
        await self._store.judged(log, due[0], stop, disputes)
        standing.at = stop
        self._standing[log] = standing
        self._judged()
        return len(entries)

    def _pass(self, log: LogId, run: Span) -> int:
        self._damaged[log] = joined([*self._damaged.get(log, ()), run])
        return run[1] - run[0]

    async def _read(self, log: LogId, start: int, stop: int) -> Sequence[Entry]:
        """Entries from `start` on, up to the first one that the disk damaged."""
        try:
            entries = await self._store.read(log, start, stop, BULK_BYTES if self._bulk else STEP_BYTES)
        except Broken as lost:
            if lost.code != "CORRUPT":
                raise
            # Bytes of one of them are lost: they are asked for one by one.
            return await self._read(log, start, start + 1) if stop - start > 1 else ()
        return list(takewhile(_intact, entries))

    async def _before(self, log: LogId, start: int) -> _Standing | None:
        """Who spoke before `start`: what later control records say must not count. None where one of those
        before is damaged.

        Taken out of what is remembered until the step is noted: judging goes on with it.
        """
        known = self._standing.pop(log, None)
        if known is not None and known.at == start:
            return known
        controls = [entry for entry in await self._store.controls(log) if entry.index < max(start, 1)]
        roster = begin(controls)
        if roster is None or not all(map(_intact, controls)):
            return None
        listed = Listed()
        await continued(roster, listed, [entry for entry in controls if entry.index < start])
        return _Standing(roster, listed, start)

    async def _redacted(self, log: LogId, entries: Sequence[Entry]) -> Sequence[Redact]:
        """What redactions further on name, where some of these entries are without their bytes."""
        if not any(entry.erased for entry in entries):
            return ()
        controls = await self._store.controls(log, entries[0].index)
        return list(await redacted_by(self._store, filter(_intact, controls)))


def _intact(entry: Entry) -> bool:
    return entry.erased or fingerprint(entry.raw) == entry.fingerprint
