"""What waits to be sealed: jobs in the order in which they came, with room for so many."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.keys import SigningKey
from tracehold.journey.batch import Candidate, Place

MAX_SEAL_RECORDS = 10_000
"""Records in one transaction."""
MAX_SEAL_BYTES = 8 << 20
"""Record bytes in one transaction, unless one upload has more: it is held in memory, and what one seal makes
fits one shipment to a holder.
"""
MAX_WAITING_RECORDS = 50_000
"""Records that may wait; more are refused with BUSY."""
MAX_WAITING_BYTES = 256 << 20
"""Record bytes that may wait."""

Answer = Place | TraceholdError


@dataclass(slots=True, eq=False)
class Job:
    """One upload that waits. With `following`, the rotation of the node key to that one, which is taken
    alone. To be made on the event loop.
    """

    candidates: Sequence[Candidate]
    together: bool
    following: SigningKey | None = None
    answers: "asyncio.Future[list[Answer]]" = field(init=False)
    records: int = field(init=False)
    bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.answers = asyncio.get_running_loop().create_future()
        self.records = len(self.candidates)
        self.bytes = sum(len(candidate.record.raw) for candidate in self.candidates)

    def answer(self, answers: list[Answer]) -> None:
        """Tell whoever waits."""
        if not self.answers.done():
            self.answers.set_result(answers)

    def fail(self, error: TraceholdError) -> None:
        """Tell whoever waits that nothing came of it."""
        if not self.answers.done():
            self.answers.set_exception(error)
            self.answers.exception()  # a waiter that gave up is no fault


class Queue:
    """The jobs that wait, and those that were taken and are not done. Many put, one takes."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._taken: list[Job] = []
        self._arrived = asyncio.Event()

    @property
    def records(self) -> int:
        """Records that were not answered yet."""
        return sum(job.records for job in (*self._taken, *self._waiting))

    def put(self, job: Job) -> None:
        """Let it wait. Raises `Unavailable("BUSY")` where there is no room for it beside others."""
        jobs = (*self._taken, *self._waiting)
        size = sum(waiting.bytes for waiting in jobs) + job.bytes
        if jobs and (self.records + job.records > MAX_WAITING_RECORDS or size > MAX_WAITING_BYTES):
            raise Unavailable("BUSY", f"{self.records} records wait to be sealed")
        self._waiting.append(job)
        self._arrived.set()

    async def take(self) -> Sequence[Job]:
        """The next jobs: as many as fit into one seal, at least one."""
        await self._arrived.wait()
        records = size = 0
        while self._waiting:
            job = self._waiting[0]
            records, size = records + job.records, size + job.bytes
            alone = job.following is not None
            if self._taken and (alone or records > MAX_SEAL_RECORDS or size > MAX_SEAL_BYTES):
                return self._taken
            self._taken.append(self._waiting.popleft())
            if alone:
                break
        if not self._waiting:
            self._arrived.clear()
        return self._taken

    def done(self) -> None:
        """Those that were taken are answered."""
        self._taken = []

    def end(self, error: TraceholdError) -> None:
        """Fail all."""
        fail((*self._taken, *self._waiting), error)
        self._taken = []
        self._waiting.clear()


def fail(jobs: Sequence[Job], error: TraceholdError) -> None:
    """Tell all who wait for these."""
    for job in jobs:
        job.fail(error)
