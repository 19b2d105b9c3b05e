"""TraceService: where from, where to, what happened, what is in it, who knows of it."""

from tracehold.api.call import Call
from tracehold.api.requested import (
    common_question,
    compare_question,
    contents_question,
    history_question,
    known_at,
    recall_question,
    state_question,
    subject,
    trace_question,
    within,
)
from tracehold.journey.compare import answer_compare
from tracehold.journey.contents import answer_contents
from tracehold.journey.history import answer_history
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import LocateQuestion, answer_locate
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.recall import answer_recall
from tracehold.journey.shared import answer_common
from tracehold.journey.state import answer_state
from tracehold.journey.trace import answer_trace
from tracehold.v1 import trace_pb2 as pb
from tracehold.wire.answers import (
    contents_message,
    history_message,
    locate_message,
    masterdata_message,
    trace_message,
)
from tracehold.wire.comparing import compare_message
from tracehold.wire.whereabouts import common_message, recall_message, state_message

EVENTS_PER_PAGE, LOCATIONS_PER_PAGE, RECALLED_PER_PAGE = 1_000, 100, 500
"""What stands for 0, as the protos say."""


class TraceService:
    """Thin: reads questions, asks them with the caller's right to read, writes answers."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def locate(self, request: pb.LocateRequest, call: Call) -> pb.LocateResponse:
        """Which holders keep which records about an item."""
        answer = await answer_locate(
            self._knowledge,
            call.caller.reader,
            LocateQuestion(subject(request)),
            page_size=request.page_size or LOCATIONS_PER_PAGE,
            page_token=request.page_token,
        )
        return locate_message(answer)

    async def trace(self, request: pb.TraceRequest, call: Call) -> pb.TraceResponse:
        """Everything that an item was made from, or went into."""
        answer = await answer_trace(
            self._knowledge,
            call.caller.reader,
            trace_question(request),
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return trace_message(answer)

    async def get_history(self, request: pb.GetHistoryRequest, call: Call) -> pb.GetHistoryResponse:
        """What happened to an item."""
        answer = await answer_history(
            self._knowledge,
            call.caller.reader,
            history_question(request),
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return history_message(answer)

    async def get_contents(self, request: pb.GetContentsRequest, call: Call) -> pb.GetContentsResponse:
        """What is in a container, or attached to an asset."""
        question = contents_question(request)
        return contents_message(await answer_contents(self._knowledge, call.caller.reader, question))

    async def get_state(self, request: pb.GetStateRequest, call: Call) -> pb.GetStateResponse:
        """How an item stands."""
        question = state_question(request)
        return state_message(await answer_state(self._knowledge, call.caller.reader, question))

    async def common(self, request: pb.CommonRequest, call: Call) -> pb.CommonResponse:
        """What several items have in common."""
        answer = await answer_common(
            self._knowledge,
            call.caller.reader,
            common_question(request),
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return common_message(answer)

    async def recall(self, request: pb.RecallRequest, call: Call) -> pb.RecallResponse:
        """What is affected when items are called back."""
        answer = await answer_recall(
            self._knowledge,
            call.caller.reader,
            recall_question(request),
            page_size=request.page_size or RECALLED_PER_PAGE,
            page_token=request.page_token,
        )
        return recall_message(answer)

    async def compare(self, request: pb.CompareRequest, call: Call) -> pb.CompareResponse:
        """What is different between the answers to one question by what was known at two times."""
        asked = request.WhichOneof("question") or ""
        with within(asked):
            question = compare_question(request, asked)
            answer = await answer_compare(
                self._knowledge,
                call.caller.reader,
                question,
                page_size=request.page_size or EVENTS_PER_PAGE,
                page_token=request.page_token,
            )
        return compare_message(answer)

    async def get_masterdata(self, request: pb.GetMasterdataRequest, call: Call) -> pb.GetMasterdataResponse:
        """What parties say about a product, a place or a party."""
        reader, then = call.caller.reader, known_at(request)
        return masterdata_message(await answer_masterdata(self._knowledge, reader, request.id, known_at=then))
