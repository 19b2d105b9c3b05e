"""TraceService: where from, where to, what happened, what is in it, who knows of it."""

from typing import Any, TypeVar

from tracehold.api.call import Call
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Direction
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import LocateQuestion, answer_locate
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.recall import RecallQuestion, answer_recall
from tracehold.journey.shared import CommonQuestion, answer_common
from tracehold.journey.state import StateQuestion, answer_state
from tracehold.journey.subject import Subject, Transaction
from tracehold.journey.trace import TraceQuestion, answer_trace
from tracehold.v1 import trace_pb2 as pb
from tracehold.wire.answers import (
    contents_message,
    history_message,
    locate_message,
    masterdata_message,
    trace_message,
)
from tracehold.wire.times import to_us
from tracehold.wire.whereabouts import common_message, recall_message, state_message

Word = TypeVar("Word")

MAX_DEPTH, MAX_ITEMS = 100, 20_000
EVENTS_PER_PAGE, LOCATIONS_PER_PAGE, RECALLED_PER_PAGE = 1_000, 100, 500
"""What stands for 0, as the protos say."""

_DIRECTIONS: dict[int, Direction] = {
    pb.DIRECTION_UPSTREAM: Direction.UPSTREAM,
    pb.DIRECTION_DOWNSTREAM: Direction.DOWNSTREAM,
}
_FULL: dict[int, bool] = {
    pb.VERIFY_MODE_UNSPECIFIED: False,
    pb.VERIFY_MODE_PROOF: False,
    pb.VERIFY_MODE_FULL: True,
}


class TraceService:
    """Thin: reads questions, asks them with the caller's right to read, writes answers."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def locate(self, request: pb.LocateRequest, call: Call) -> pb.LocateResponse:
        """Which holders keep which records about an item."""
        answer = await answer_locate(
            self._knowledge,
            call.caller.reader,
            LocateQuestion(_subject(request)),
            page_size=request.page_size or LOCATIONS_PER_PAGE,
            page_token=request.page_token,
        )
        return locate_message(answer)

    async def trace(self, request: pb.TraceRequest, call: Call) -> pb.TraceResponse:
        """Everything that an item was made from, or went into."""
        question = TraceQuestion(
            request.item,
            _word(_DIRECTIONS, request.direction, "/direction"),
            **_reach(request),
        )
        answer = await answer_trace(
            self._knowledge,
            call.caller.reader,
            question,
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return trace_message(answer)

    async def get_history(self, request: pb.GetHistoryRequest, call: Call) -> pb.GetHistoryResponse:
        """What happened to an item."""
        question = HistoryQuestion(
            _subject(request),
            at=_at(request),
            known_at=_known_at(request),
            full=_word(_FULL, request.verify, "/verify"),
        )
        answer = await answer_history(
            self._knowledge,
            call.caller.reader,
            question,
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return history_message(answer)

    async def get_contents(self, request: pb.GetContentsRequest, call: Call) -> pb.GetContentsResponse:
        """What is in a container, or attached to an asset."""
        question = ContentsQuestion(
            request.item,
            at=_at(request),
            known_at=_known_at(request),
            full=_word(_FULL, request.verify, "/verify"),
        )
        return contents_message(await answer_contents(self._knowledge, call.caller.reader, question))

    async def get_state(self, request: pb.GetStateRequest, call: Call) -> pb.GetStateResponse:
        """How an item stands."""
        question = StateQuestion(
            request.item,
            at=_at(request),
            known_at=_known_at(request),
            full=_word(_FULL, request.verify, "/verify"),
        )
        return state_message(await answer_state(self._knowledge, call.caller.reader, question))

    async def common(self, request: pb.CommonRequest, call: Call) -> pb.CommonResponse:
        """What several items have in common."""
        question = CommonQuestion(tuple(request.items), **_reach(request))
        answer = await answer_common(
            self._knowledge,
            call.caller.reader,
            question,
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return common_message(answer)

    async def recall(self, request: pb.RecallRequest, call: Call) -> pb.RecallResponse:
        """What is affected when items are called back."""
        items = (*([request.item] if request.item else []), *request.items)
        answer = await answer_recall(
            self._knowledge,
            call.caller.reader,
            RecallQuestion(items, **_reach(request)),
            page_size=request.page_size or RECALLED_PER_PAGE,
            page_token=request.page_token,
        )
        return recall_message(answer)

    async def get_masterdata(self, request: pb.GetMasterdataRequest, call: Call) -> pb.GetMasterdataResponse:
        """What parties say about a product, a place or a party."""
        return masterdata_message(await answer_masterdata(self._knowledge, call.caller.reader, request.id))


def _subject(request: pb.LocateRequest | pb.GetHistoryRequest) -> Subject:
    """The item, or the business transaction. Raises BAD_REQUEST where there is none, and where there are
    both.
    """
    given = request.business_transaction
    if not request.HasField("business_transaction"):
        if not request.item:
            raise Rejected("BAD_REQUEST", "an item or a business transaction is required", path="/item")
        return request.item
    if request.item:
        raise Rejected("BAD_REQUEST", "given together with an item", path="/businessTransaction")
    return Transaction(given.id, given.type)


def _reach(request: Any) -> dict[str, Any]:
    """The fields that all questions along the way of goods have."""
    return {
        "at": _at(request),
        "known_at": _known_at(request),
        "max_depth": request.max_depth or MAX_DEPTH,
        "max_items": request.max_items or MAX_ITEMS,
        "full": _word(_FULL, request.verify, "/verify"),
        "strict_time": request.strict_time,
    }


def _at(request: Any) -> int | None:
    """The event time asked for, in microseconds; None for now."""
    return to_us(request.at, "/at") if request.HasField("at") else None


def _known_at(request: Any) -> int | None:
    """The time of knowledge asked for, in milliseconds; None for everything."""
    return to_us(request.known_at, "/knownAt") // 1_000 if request.HasField("known_at") else None


def _word(words: dict[int, Word], number: int, path: str) -> Word:
    if number not in words:
        raise Rejected("BAD_REQUEST", "is none of the words allowed here", path=path)
    return words[number]
