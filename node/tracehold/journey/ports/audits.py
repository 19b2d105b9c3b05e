"""Transcripts: what came of this node's audits, and the nonces that it committed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.audit import Outcome
from tracehold.core.ids import LogId
from tracehold.core.sampling import AskedEntry


@dataclass(frozen=True, slots=True)
class KeptTranscript:
    """One transcript as it was signed (`raw`, `core.audit_transcript`), with what is looked for.

    `node` is the holder's number in the contract, `at_ms` when the audit ended, `latency_ms` how long the
    holder took, `places` how many were asked for, `failed` those that it signed a wrong answer to. `number`
    is given by `save`; 0 before.
    """

    epoch: int
    auditor: LogId
    holder: LogId
    node: int
    outcome: Outcome
    at_ms: int
    latency_ms: int
    places: int
    failed: tuple[AskedEntry, ...]
    raw: bytes
    number: int = 0


class Transcripts(Protocol):
    """Durable notes of audits. All may be called at once. Every method may raise `Broken("STORE_FAILED")` and
    `Unavailable("STORE_BUSY")`.
    """

    async def save(self, transcript: KeptTranscript) -> int:
        """Keep a transcript; its number, which is larger than all before. Durable on return. Where the same
        bytes are kept already, nothing happens, and that number is told.
        """
        ...

    async def of(
        self,
        *,
        holder: LogId | None = None,
        epoch: int | None = None,
        outcome: Outcome | None = None,
        after: int = 0,
        most: int = 100,
    ) -> Sequence[KeptTranscript]:
        """Those behind number `after` that are of this holder, epoch and outcome, where one is named, by
        number, `most` of them at most.
        """
        ...

    async def newest(self, holder: LogId, epoch: int) -> KeptTranscript | None:
        """The last one of a holder in an epoch."""
        ...

    async def raw(self, number: int) -> bytes | None:
        """The transcript of this number."""
        ...

    async def prune(self, before_epoch: int) -> None:
        """Forget what is of earlier epochs: nonces, and transcripts whose outcome is not `fail`. Those are
        evidence, and stay. Durable on return; harmless to repeat.
        """
        ...

    async def nonce(self, epoch: int) -> bytes | None:
        """The nonce that this node committed to for an epoch."""
        ...

    async def keep_nonce(self, epoch: int, nonce: bytes) -> bytes:
        """Keep a nonce of 32 bytes for an epoch, and tell it. Where one is kept already, that one stays, and
        is told. Durable on return: whoever commits to it may rely on having it at the audit.
        """
        ...
