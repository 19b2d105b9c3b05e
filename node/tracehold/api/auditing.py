"""What `PeerService` answers about possession: custody, challenges, transcripts."""

from dataclasses import dataclass

from tracehold.api.call import Call
from tracehold.core.errors import Rejected
from tracehold.journey.ports.possession import Showing
from tracehold.v1 import peer_pb2
from tracehold.wire.auditing import (
    answered_message,
    custody_message,
    read_asked,
    transcripts_message,
)
from tracehold.wire.peers import read_log


@dataclass(slots=True)
class Auditing:
    """Thin: the journey answers, for the member that calls. Where nothing does, each call ends as
    NOT_FOUND.
    """

    showing: Showing | None = None
    """What shows what is kept; set once it is there."""

    async def get_custody(
        self, request: peer_pb2.GetCustodyRequest, call: Call
    ) -> peer_pb2.GetCustodyResponse:
        """The own custody record of an epoch. Raises NOT_FOUND, STORE_BUSY."""
        return custody_message(await self._showing().custody(request.epoch_s, request.epoch))

    async def challenge(self, request: peer_pb2.ChallengeRequest, call: Call) -> peer_pb2.ChallengeResponse:
        """What is here at the places that are asked for. Raises BAD_REQUEST, NOT_FOUND, STORE_BUSY."""
        if call.member is None:
            raise AssertionError("only the listener for peers serves this")
        showing, asked = self._showing(), read_asked(request)
        return answered_message(await showing.challenge(call.member.log, asked))

    async def get_transcripts(
        self, request: peer_pb2.GetTranscriptsRequest, call: Call
    ) -> peer_pb2.GetTranscriptsResponse:
        """The own transcripts of a member. Raises NOT_FOUND, STORE_BUSY."""
        holder = read_log(request.holder)
        return transcripts_message(
            await self._showing().transcripts(holder, request.epoch_from, request.after)
        )

    def _showing(self) -> Showing:
        if self.showing is None:
            raise Rejected("NOT_FOUND", "this node takes no part in audits")
        return self.showing
