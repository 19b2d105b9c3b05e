"""Capture jobs: what became of each captured document, kept until long after it was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tracehold.core.ids import Fingerprint


class ErrorBehaviour(StrEnum):
    """ROLLBACK: all events of the document or none. PROCEED: as
    many as can be kept (EPCIS 2.0, section 12.6).
    """

    ROLLBACK = "rollback"
    PROCEED = "proceed"


@dataclass(frozen=True, slots=True)
class JobNote:
    """An error, or a warning: its code, a JSON pointer into the document, and plain words."""

    code: str
    path: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of one event, or one element of master data; no fingerprint where it was refused."""

    fingerprint: Fingerprint | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """One document on its way, or at its end. Times in ms since 1970; `finished_ms` is None while it runs.

    `events` and `masterdata` are in the document's order, and empty while it runs.
    """

    id: str
    party: str
    behaviour: ErrorBehaviour
    created_ms: int
    finished_ms: int | None = None
    errors: tuple[JobNote, ...] = ()
    warnings: tuple[JobNote, ...] = ()
    events: tuple[Captured, ...] = ()
    masterdata: tuple[Captured, ...] = ()

    @property
    def running(self) -> bool:
        """Whether its end is still to come."""
        return self.finished_ms is None


class CaptureJobs(Protocol):
    """Keeps capture jobs. All may be called at once. Raises `Broken("STORE_FAILED")` and nothing else."""

    async def save(self, job: CaptureJob) -> None:
        """Insert or replace by id; durable on return; harmless to repeat.
        The oldest finished jobs make room for new ones.
        """
        ...

    async def find(self, id: str) -> CaptureJob | None:
        """The job, or None."""
        ...

    async def page(self, party: str | None, after: str | None, size: int) -> Sequence[CaptureJob]:
        """At most `size` jobs of the party (None: of all), newest
        first, those that came before the job `after`.
        """
        ...

    async def unfinished(self) -> Sequence[CaptureJob]:
        """All jobs that run, as far as the store knows."""
        ...
