"""Sealing: the one writer of the node's own log.

All records that wait are taken at once (group commit): one extension of the tree, one checkpoint, one durable
transaction, then every waiter is answered. Nothing is answered before it is on disk.

What a crash means:
    before the append   the waiting records are gone; nobody holds an answer, and the same bytes are new
    during the append   the store keeps the whole batch or nothing; if it was kept, nobody was told, and the
                        same bytes get the answer that was lost
    after the append    the batch is final; memory is made again from the store
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NoReturn

from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.keys import SigningKey
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import Record
from tracehold.journey.batch import Candidate, Plan
from tracehold.journey.check import Stage, untimed
from tracehold.journey.clock import SealingClock
from tracehold.journey.follow import Bell
from tracehold.journey.own_log import Now, OwnLog, reopen
from tracehold.journey.ports import RecordLog
from tracehold.journey.waiting import Answer, Job, Queue, fail

__all__ = ["Answer", "Sealed", "Sealer", "uncounted"]

Sealed = Callable[[int], None]
"""Told how many records each append made durable."""


def permitted() -> None:
    """Anything may be sealed."""


def uncounted(_: int) -> None:
    """Counts nothing."""


class Sealer:
    """Owns the own log in memory, and is the only one who appends to
    it. One task runs `run`; all may call `seal`.
    """

    def __init__(
        self,
        store: RecordLog,
        own: OwnLog,
        now: Now,
        *,
        ticks: Now | None = None,
        bell: Bell | None = None,
        stage: Stage = untimed,
        sealed: Sealed = uncounted,
    ) -> None:
        self._store = store
        self._own = own
        self._stage = stage
        self._sealed = sealed
        self._queue = Queue()
        self._closed: TraceholdError | None = None
        self._stale = False
        self.clock = SealingClock(now, ticks or now)
        """Dates the checkpoints. The anchorer tells it what time it is on the chain."""
        self.permit: Callable[[], None] = permitted
        """Asked before anything is taken; raises what it is refused for."""
        self.bell = bell or Bell()
        """Rung after every append."""

    @property
    def own(self) -> OwnLog:
        """The log as it is on disk. The next append replaces the value."""
        return self._own

    @property
    def waiting(self) -> int:
        """Records that were not answered yet. After `stop`, `run`
        may be cancelled without loss once this is 0.
        """
        return self._queue.records

    async def reread(self) -> None:
        """Take over what somebody else appended before anything was sealed here (`own_head`)."""
        self._own = await reopen(self._store, self._own.identity)

    def stop(self) -> None:
        """First phase of stopping: refuse new records with STOPPING.
        What waits is still sealed while `run` goes on.
        """
        self._closed = self._closed or Unavailable("STOPPING", "the node is stopping")

    async def seal(self, candidates: Sequence[Candidate], *, together: bool = False) -> list[Answer]:
        """One answer for each, in order, once they are durable; a candidate that is refused gets its refusal.

        With `together`, one refusal refuses all. (A crash can still part them: the same upload again
        completes it.) Raises `Unavailable` (BUSY, STOPPING, CLOCK_JUMPED, or because the append failed:
        then nothing is known of these records until they are sent again) and, once `run` has ended, what
        ended it. Giving up waiting does not take records back.
        """
        return await self._queued(Job(candidates, together))

    async def rotate(self, record: Record, following: SigningKey) -> None:
        """Seal the record by which the node key names the following one, which signs from its checkpoint on.
        What waits before it is sealed under the old key; what this node signed with that and is sealed later
        is answered with BUSY.

        Raises as `seal` does, and where the record is refused. After `Unavailable` the log tells what became
        of it (`own.roster.node_key`), once it was read again.
        """
        (answer,) = await self._queued(Job([Candidate(record)], together=False, following=following))
        if isinstance(answer, TraceholdError):
            raise answer

    async def _queued(self, job: Job) -> list[Answer]:
        if self._closed is not None:
            raise self._closed
        self.permit()
        self._time_ms()
        self._queue.put(job)
        return await asyncio.shield(job.answers)

    def _time_ms(self) -> int:
        newest = self._own.checkpoint
        return self.clock.read_ms(newest.time_ms if newest else 0)

    async def run(self) -> NoReturn:
        """Seal what waits, for ever. Ends by cancellation, or raises what is Broken: then
        every waiter and later caller gets the error.
        """
        try:
            while True:
                jobs = await self._queue.take()
                try:
                    await self._seal(jobs)
                except Unavailable as error:
                    # Stored or not: whether the reply or the write was lost shows when the log is read again.
                    self._stale = True
                    fail(jobs, error)
                self._queue.done()
        except TraceholdError as error:
            self._end(error)
            raise
        except BaseException:
            self._end(Unavailable("STOPPING", "the node is stopping"))
            raise

    def _end(self, error: TraceholdError) -> None:
        self._closed = error
        self._queue.end(error)

    async def _seal(self, jobs: Sequence[Job]) -> None:
        if self._stale:
            self._own = await reopen(self._store, self._own.identity)
            self._stale = False
        if jobs[0].following is not None:
            self._own = self._own.followed_by(jobs[0].following)
        plan = await self._plan(jobs)
        with self._stage("seal"):
            answers = [plan.admit(job.candidates, together=job.together) for job in jobs]
        await self._append(plan)
        for job, places in zip(jobs, answers, strict=True):
            job.answer(places)

    async def _plan(self, jobs: Sequence[Job]) -> Plan:
        candidates = [candidate for job in jobs for candidate in job.candidates]
        keys = {candidate.received for candidate in candidates if candidate.received is not None}
        received = await self._store.received(keys) if keys else {}
        wanted = {candidate.record.fingerprint for candidate in candidates}.union(received.values())
        found = await self._store.find(wanted)
        known = {key: place.index for key, place in found.items() if place.log == self._own.log}
        return Plan(self._own, self._time_ms(), known, received)

    async def _append(self, plan: Plan) -> None:
        """Make the plan's entries durable, with one checkpoint, and one more where a segment ends among them:
        anchors end there.
        """
        entries = plan.entries
        while entries:
            room = SEGMENT_ENTRIES - self._own.size % SEGMENT_ENTRIES
            with self._stage("seal"):
                batch, own = self._own.extend(entries[:room], plan.roster, self._time_ms())
            try:
                await self._store.append(batch)
            except Rejected as error:
                raise Broken("CORRUPT", "the own log changed without its sealer") from error
            # Durable from here on: memory follows, then the waiters. A crash in
            # between loses answers and no records.
            self._own = own
            entries = entries[room:]
            self._sealed(len(batch.entries))
            self.bell.ring()
