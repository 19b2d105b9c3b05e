"""TraceService: where from, where to, what happened, what is in it, who knows of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tracehold.api.asked import DIRECTIONS
from tracehold.api.call import Call
from tracehold.core.errors import Rejected
from tracehold.journey.compare import CompareQuestion, Question, answer_compare
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
from tracehold.wire.comparing import compare_message
from tracehold.wire.times import to_us
from tracehold.wire.whereabouts import common_message, recall_message, state_message

Word = TypeVar("Word")

MAX_DEPTH, MAX_ITEMS = 100, 20_000
EVENTS_PER_PAGE, LOCATIONS_PER_PAGE, RECALLED_PER_PAGE = 1_000, 100, 500
"""What stands for 0, as the protos say."""

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
        answer = await answer_trace(
            self._knowledge,
            call.caller.reader,
            _trace_question(request),
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return trace_message(answer)

    async def get_history(self, request: pb.GetHistoryRequest, call: Call) -> pb.GetHistoryResponse:
        """What happened to an item."""
        answer = await answer_history(
            self._knowledge,
            call.caller.reader,
            _history_question(request),
            page_size=request.page_size or EVENTS_PER_PAGE,
            page_token=request.page_token,
        )
        return history_message(answer)

    async def get_contents(self, request: pb.GetContentsRequest, call: Call) -> pb.GetContentsResponse:
        """What is in a container, or attached to an asset."""
        question = _contents_question(request)
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

    async def compare(self, request: pb.CompareRequest, call: Call) -> pb.CompareResponse:
        """What is different between the answers to one question by what was known at two times."""
        asked = request.WhichOneof("question") or ""
        with _within(asked):
            question = _compare_question(request, asked)
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
        return masterdata_message(await answer_masterdata(self._knowledge, call.caller.reader, request.id))


def _trace_question(request: pb.TraceRequest) -> TraceQuestion:
    direction = _word(DIRECTIONS, request.direction, "/direction")
    return TraceQuestion(request.item, direction, **_reach(request))


def _history_question(request: pb.GetHistoryRequest) -> HistoryQuestion:
    return HistoryQuestion(
        _subject(request),
        at=_at(request),
        known_at=_known_at(request),
        full=_word(_FULL, request.verify, "/verify"),
    )


def _contents_question(request: pb.GetContentsRequest) -> ContentsQuestion:
    return ContentsQuestion(
        request.item,
        at=_at(request),
        known_at=_known_at(request),
        full=_word(_FULL, request.verify, "/verify"),
    )


_READ: dict[str, Callable[[Any], Question]] = {
    "trace": _trace_question,
    "history": _history_question,
    "contents": _contents_question,
}


def _compare_question(request: pb.CompareRequest, chosen: str) -> CompareQuestion:
    """Raises BAD_REQUEST where there is no question, and where it has pages of its own."""
    if not chosen:
        raise Rejected("BAD_REQUEST", "one of trace, history and contents is required", path="/question")
    asked: Any = getattr(request, chosen)
    for name, path in (("page_size", "/pageSize"), ("page_token", "/pageToken")):
        if getattr(asked, name, None):
            raise Rejected("BAD_REQUEST", "give it beside the question", path=f"/{chosen}{path}")
    question = _READ[chosen](asked)
    later = request.compared_with if request.HasField("compared_with") else None
    return CompareQuestion(question, None if later is None else to_us(later, "/comparedWith") // 1_000)


_OF_QUESTIONS = ("/item", "/direction", "/at", "/knownAt", "/verify", "/businessTransaction")
"""Paths of refusals that name a field of a question."""


@contextmanager
def _within(chosen: str) -> Iterator[None]:
    """What is wrong with the question itself is told at its place in the request."""
    try:
        yield
    except Rejected as refusal:
        if not refusal.path.startswith(_OF_QUESTIONS):
            raise
        path = f"/{chosen}{refusal.path}"
        raise Rejected(refusal.code, refusal.message, path=path, remedy=refusal.remedy) from refusal


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
