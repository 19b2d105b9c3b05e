"""What `VerifyService` answers about this node's audits: their list, and their transcripts."""

from dataclasses import dataclass

from tracehold.api.access import Caller
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.ports.audits import Transcripts
from tracehold.v1 import verify_pb2 as pb
from tracehold.wire.audits import audit_message, read_outcome

PAGE = 100
"""Audits in one answer."""

_READERS = ("operator", "authority")


@dataclass(frozen=True, slots=True)
class AuditBook:
    """Thin: pages of what is kept. Without `transcripts` the node takes no part in audits, and each call ends
    as NOT_FOUND.
    """

    transcripts: Transcripts | None = None

    async def list(self, request: pb.ListAuditsRequest, caller: Caller) -> pb.ListAuditsResponse:
        """Raises UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, STORE_BUSY."""
        found = await self._kept(caller).of(
            holder=LogId(bytes.fromhex(request.holder)) if request.holder else None,
            outcome=read_outcome(request.outcome),
            after=request.after,
            most=PAGE,
        )
        following = found[-1].number if len(found) == PAGE else 0
        return pb.ListAuditsResponse(audits=map(audit_message, found), next=following)

    async def transcript(self, request: pb.GetTranscriptRequest, caller: Caller) -> pb.GetTranscriptResponse:
        """Raises UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, STORE_BUSY."""
        found = await self._kept(caller).of(after=request.number - 1, most=1)
        for kept in found:
            if kept.number == request.number:
                return pb.GetTranscriptResponse(audit=audit_message(kept), transcript=kept.raw)
        raise Rejected("NOT_FOUND", f"there is no audit with number {request.number}", path="/number")

    def _kept(self, caller: Caller) -> Transcripts:
        if not caller.roles & {*_READERS}:
            caller.require(_READERS[0])
        if self.transcripts is None:
            raise Rejected("NOT_FOUND", "this node takes no part in audits")
        return self.transcripts
