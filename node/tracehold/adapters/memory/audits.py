"""Transcripts in memory."""

from collections.abc import Sequence
from dataclasses import replace

from tracehold.core.audit import Outcome
from tracehold.core.ids import LogId
from tracehold.journey.ports.audits import KeptTranscript


class MemoryTranscripts:
    """The port's promises, but for durability."""

    def __init__(self) -> None:
        self._kept: list[KeptTranscript] = []
        self._nonces: dict[int, bytes] = {}
        self._last = 0

    async def save(self, transcript: KeptTranscript) -> int:
        """Keep it under the next number."""
        for kept in self._kept:
            if kept.raw == transcript.raw:
                return kept.number
        self._last += 1
        self._kept.append(replace(transcript, number=self._last))
        return self._last

    async def of(
        self,
        *,
        holder: LogId | None = None,
        epoch: int | None = None,
        outcome: Outcome | None = None,
        after: int = 0,
        most: int = 100,
    ) -> Sequence[KeptTranscript]:
        """By number."""
        found = [
            kept
            for kept in self._kept
            if kept.number > after
            and holder in (None, kept.holder)
            and epoch in (None, kept.epoch)
            and outcome in (None, kept.outcome)
        ]
        return found[:most]

    async def newest(self, holder: LogId, epoch: int) -> KeptTranscript | None:
        """The last of a holder in an epoch."""
        found = await self.of(holder=holder, epoch=epoch, most=len(self._kept))
        return found[-1] if found else None

    async def raw(self, number: int) -> bytes | None:
        """Its bytes."""
        return next((kept.raw for kept in self._kept if kept.number == number), None)

    async def prune(self, before_epoch: int) -> None:
        """Fails stay."""
        self._kept = [
            kept for kept in self._kept if kept.epoch >= before_epoch or kept.outcome is Outcome.FAIL
        ]
        self._nonces = {epoch: nonce for epoch, nonce in self._nonces.items() if epoch >= before_epoch}

    async def nonce(self, epoch: int) -> bytes | None:
        """That of an epoch."""
        return self._nonces.get(epoch)

    async def keep_nonce(self, epoch: int, nonce: bytes) -> bytes:
        """The first one stays."""
        return self._nonces.setdefault(epoch, nonce)
