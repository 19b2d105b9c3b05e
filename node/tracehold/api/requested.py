"""Questions out of the requests that ask them: what is missing, or wrong, is refused at its place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tracehold.api.asked import DIRECTIONS
from tracehold.core.errors import Rejected
from tracehold.journey.compare import CompareQuestion
from tracehold.journey.contents import ContentsQuestion
from tracehold.journey.history import HistoryQuestion
from tracehold.journey.picture import Question
from tracehold.journey.recall import RecallQuestion
from tracehold.journey.shared import CommonQuestion
from tracehold.journey.state import StateQuestion
from tracehold.journey.subject import Subject, Transaction
from tracehold.journey.trace import TraceQuestion
from tracehold.v1 import trace_pb2 as pb
from tracehold.wire.times import to_us

Word = TypeVar("Word")

MAX_DEPTH, MAX_ITEMS = 100, 20_000
"""What stands for 0, as the protos say."""

_FULL: dict[int, bool] = {
    pb.VERIFY_MODE_UNSPECIFIED: False,
    pb.VERIFY_MODE_PROOF: False,
    pb.VERIFY_MODE_FULL: True,
}


def trace_question(request: pb.TraceRequest) -> TraceQuestion:
    """Along the way of goods, of one item."""
    direction = _word(DIRECTIONS, request.direction, "/direction")
    return TraceQuestion(request.item, direction, **_reach(request))


def history_question(request: pb.GetHistoryRequest) -> HistoryQuestion:
    """What happened."""
    return HistoryQuestion(
        subject(request),
        at=_at(request),
        known_at=known_at(request),
        full=_word(_FULL, request.verify, "/verify"),
    )


def contents_question(request: pb.GetContentsRequest) -> ContentsQuestion:
    """What is in a container."""
    return ContentsQuestion(
        request.item,
        at=_at(request),
        known_at=known_at(request),
        full=_word(_FULL, request.verify, "/verify"),
    )


def state_question(request: pb.GetStateRequest) -> StateQuestion:
    """How an item stands."""
    return StateQuestion(
        request.item,
        at=_at(request),
        known_at=known_at(request),
        full=_word(_FULL, request.verify, "/verify"),
    )


def common_question(request: pb.CommonRequest) -> CommonQuestion:
    """What several items have in common."""
    return CommonQuestion(tuple(request.items), **_reach(request))


def recall_question(request: pb.RecallRequest) -> RecallQuestion:
    """What is affected when items are called back."""
    return RecallQuestion((*([request.item] if request.item else []), *request.items), **_reach(request))


_READ: dict[str, Callable[[Any], Question]] = {
    "trace": trace_question,
    "history": history_question,
    "contents": contents_question,
    "state": state_question,
    "common": common_question,
    "recall": recall_question,
}


def compare_question(request: pb.CompareRequest, chosen: str) -> CompareQuestion:
    """Raises BAD_REQUEST where there is no question, and where it has pages of its own."""
    if not chosen:
        raise Rejected("BAD_REQUEST", f"one of {', '.join(_READ)} is required", path="/question")
    asked: Any = getattr(request, chosen)
    for name, path in (("page_size", "/pageSize"), ("page_token", "/pageToken")):
        if getattr(asked, name, None):
            raise Rejected("BAD_REQUEST", "give it beside the question", path=f"/{chosen}{path}")
    question = _READ[chosen](asked)
    later = request.compared_with if request.HasField("compared_with") else None
    return CompareQuestion(question, None if later is None else to_us(later, "/comparedWith") // 1_000)


_OF_QUESTIONS = (
    "/item",
    "/direction",
    "/at",
    "/knownAt",
    "/verify",
    "/businessTransaction",
    "/maxItems",
)
"""Paths of refusals that name a field of a question."""


@contextmanager
def within(chosen: str) -> Iterator[None]:
    """What is wrong with the question itself is told at its place in the request."""
    try:
        yield
    except Rejected as refusal:
        if not refusal.path.startswith(_OF_QUESTIONS):
            raise
        path = f"/{chosen}{refusal.path}"
        raise Rejected(refusal.code, refusal.message, path=path, remedy=refusal.remedy) from refusal


def subject(request: pb.LocateRequest | pb.GetHistoryRequest) -> Subject:
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
        "known_at": known_at(request),
        "max_depth": request.max_depth or MAX_DEPTH,
        "max_items": request.max_items or MAX_ITEMS,
        "full": _word(_FULL, request.verify, "/verify"),
        "strict_time": request.strict_time,
    }


def _at(request: Any) -> int | None:
    """The event time asked for, in microseconds; None for now."""
    return to_us(request.at, "/at") if request.HasField("at") else None


def known_at(request: Any) -> int | None:
    """The time of knowledge asked for, in milliseconds; None for everything."""
    return to_us(request.known_at, "/knownAt") // 1_000 if request.HasField("known_at") else None


def _word(words: dict[int, Word], number: int, path: str) -> Word:
    if number not in words:
        raise Rejected("BAD_REQUEST", "is none of the words allowed here", path=path)
    return words[number]
