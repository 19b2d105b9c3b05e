"""The question of a dossier, out of the request that would ask it alone."""

from collections.abc import Iterable

from tracehold.core.dossier import Kind, Question
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Direction
from tracehold.v1 import trace_pb2
from tracehold.v1 import verify_pb2 as pb
from tracehold.wire.times import to_us

DIRECTIONS: dict[int, Direction] = {
    trace_pb2.DIRECTION_UPSTREAM: Direction.UPSTREAM,
    trace_pb2.DIRECTION_DOWNSTREAM: Direction.DOWNSTREAM,
}
"""Which way a question of the protos follows goods."""

Asked = (
    trace_pb2.TraceRequest
    | trace_pb2.GetHistoryRequest
    | trace_pb2.GetContentsRequest
    | trace_pb2.GetStateRequest
    | trace_pb2.CommonRequest
    | trace_pb2.RecallRequest
)

_DEFAULTS = Question(Kind.TRACE, "")


def question_of(request: pb.GetDossierRequest) -> Question:
    """The question, its item as it was spelled. Raises BAD_REQUEST where none is set, or no direction."""
    match request.WhichOneof("question"):
        case "trace":
            return _trace(request.trace)
        case "history":
            if request.history.HasField("business_transaction"):
                raise Rejected(
                    "BAD_REQUEST", "a dossier is about an item", path="/history/businessTransaction"
                )
            at, known_at = _times(request.history, "/history")
            return Question(Kind.HISTORY, request.history.item, at=at, known_at=known_at)
        case "contents":
            at, known_at = _times(request.contents, "/contents")
            return Question(Kind.CONTENTS, request.contents.item, at=at, known_at=known_at)
        case "state":
            at, known_at = _times(request.state, "/state")
            return Question(Kind.STATE, request.state.item, at=at, known_at=known_at)
        case "common":
            return _several(Kind.COMMON, request.common, request.common.items, "/common")
        case "recall":
            more = [request.recall.item] if request.recall.item else []
            return _several(Kind.RECALL, request.recall, [*more, *request.recall.items], "/recall")
    raise Rejected("BAD_REQUEST", "exactly one question must be set", path="/question")


def _trace(asked: trace_pb2.TraceRequest) -> Question:
    if asked.direction not in DIRECTIONS:
        raise Rejected("BAD_REQUEST", "is none of the words allowed here", path="/trace/direction")
    at, known_at = _times(asked, "/trace")
    return Question(
        Kind.TRACE,
        asked.item,
        DIRECTIONS[asked.direction],
        at,
        known_at,
        asked.max_depth or _DEFAULTS.max_depth,
        asked.max_items or _DEFAULTS.max_items,
        asked.strict_time,
    )


def _several(
    kind: Kind, asked: trace_pb2.CommonRequest | trace_pb2.RecallRequest, items: Iterable[str], path: str
) -> Question:
    at, known_at = _times(asked, path)
    return Question(
        kind,
        "",
        at=at,
        known_at=known_at,
        max_depth=asked.max_depth or _DEFAULTS.max_depth,
        max_items=asked.max_items or _DEFAULTS.max_items,
        strict_time=asked.strict_time,
        items=tuple(items),
    )


def _times(asked: Asked, path: str) -> tuple[int | None, int | None]:
    """What was true, in microseconds, and what was known, in milliseconds."""
    at = to_us(asked.at, f"{path}/at") if asked.HasField("at") else None
    known = to_us(asked.known_at, f"{path}/knownAt") // 1_000 if asked.HasField("known_at") else None
    return at, known
