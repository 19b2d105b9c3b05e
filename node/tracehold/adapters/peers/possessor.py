"""The `Possessor` port over a line to a member. What it says is bounded before it is kept, never believed."""

from collections.abc import Awaitable, Callable, Sequence

from tracehold.adapters.peers.line import Line
from tracehold.core.audit import Answered, Asked
from tracehold.core.ids import LogId
from tracehold.journey.ports import Found
from tracehold.v1 import peer_pb2
from tracehold.wire.auditing import asked_message, read_answered, read_custody, read_transcripts
from tracehold.wire.ways import Way

ANSWER_BYTES = 4 << 20
"""Bytes of an answer, about: for the time that it may take."""

MAX_TRANSCRIPTS = 1_000
"""Transcripts of one peer that are kept for one question."""

MAX_TRANSCRIPT_BYTES = 32 << 20
"""Bytes of one peer's transcripts that are kept for one question."""


class GrpcPossessor:
    """One member. Calls may run at once."""

    def __init__(self, line: Line, greet: Callable[[], Awaitable[None]]) -> None:
        """`greet` makes sure, within the line's limits, that the member is of this network."""
        self._line = line
        self._greet = greet

    @property
    def node(self) -> int:
        """See `ports.Possessor.node`."""
        return self._line.neighbour.number

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """See `ports.Possessor.custody`."""
        request = peer_pb2.GetCustodyRequest(epoch_s=epoch_s, epoch=epoch)
        async with self._line.limited(Way.AUDIT, ANSWER_BYTES):
            await self._greet()
            answer = await self._line.ask("GetCustody", request, peer_pb2.GetCustodyResponse, ANSWER_BYTES)
            return read_custody(answer, self._line.neighbour.log)

    async def challenge(self, asked: Asked) -> Answered:
        """See `ports.Possessor.challenge`."""
        request = asked_message(asked)
        async with self._line.limited(Way.AUDIT, ANSWER_BYTES):
            await self._greet()
            answer = await self._line.ask("Challenge", request, peer_pb2.ChallengeResponse, ANSWER_BYTES)
            return read_answered(answer, asked)

    async def transcripts(self, holder: LogId, epoch_from: int) -> Sequence[bytes]:
        """See `ports.Possessor.transcripts`."""
        found: list[bytes] = []
        request = peer_pb2.GetTranscriptsRequest(holder=holder.hex(), epoch_from=epoch_from)
        async with self._line.limited(Way.AUDIT, MAX_TRANSCRIPT_BYTES):
            await self._greet()
            while True:
                answer = await self._line.ask(
                    "GetTranscripts", request, peer_pb2.GetTranscriptsResponse, ANSWER_BYTES
                )
                page = read_transcripts(answer, request.after)
                found += page.transcripts
                if not page.after or len(found) >= MAX_TRANSCRIPTS or _bytes(found) >= MAX_TRANSCRIPT_BYTES:
                    return found[:MAX_TRANSCRIPTS]
                request.after = page.after


def _bytes(found: Sequence[bytes]) -> int:
    return sum(len(each) for each in found)
