"""Requests about items, and answers of several pages put together."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

from google.protobuf.timestamp_pb2 import Timestamp

from tracehold.core.errors import Rejected
from tracehold.v1 import trace_pb2

_Request = TypeVar(
    "_Request",
    trace_pb2.TraceRequest,
    trace_pb2.GetHistoryRequest,
    trace_pb2.LocateRequest,
    trace_pb2.CommonRequest,
    trace_pb2.RecallRequest,
)
_Answer = TypeVar(
    "_Answer",
    trace_pb2.TraceResponse,
    trace_pb2.GetHistoryResponse,
    trace_pb2.LocateResponse,
    trace_pb2.CommonResponse,
    trace_pb2.RecallResponse,
)

_LARGEST_PAGE = {
    "TraceRequest": 10_000,
    "GetHistoryRequest": 10_000,
    "LocateRequest": 1_000,
    "CommonRequest": 10_000,
    "RecallRequest": 1_000,
}
_PAGED = ("items", "events", "locations", "contacts")
_DIRECTIONS = {"upstream": trace_pb2.DIRECTION_UPSTREAM, "downstream": trace_pb2.DIRECTION_DOWNSTREAM}
_BOUND = 1 << 32  # the fields are uint32


class Moment(TypedDict, total=False):
    """For when a question is asked: what was true at the event time `at`, by what was known at `known_at`.
    `full`: the node checks signatures again.
    """

    at: datetime | None
    known_at: datetime | None
    full: bool


class Reach(Moment, total=False):
    """How far a question goes, as in `trace_request`."""

    max_depth: int
    max_items: int
    strict_time: bool


def trace_request(item: str, direction: str, **reach: Unpack[Reach]) -> trace_pb2.TraceRequest:
    """A trace `upstream` or `downstream`; BAD_REQUEST for another
    direction, and for limits that are no count.
    """
    return trace_pb2.TraceRequest(item=item, direction=_direction(direction), **_along(**reach))


def history_request(
    item: str, at: datetime | None, known_at: datetime | None, full: bool, transaction: str | None = None
) -> trace_pb2.GetHistoryRequest:
    """The history of an item; with `transaction` that of the business transaction of this type whose id is
    `item`: `po`, `inv`, `desadv`, ..., "" for whatever type.
    """
    return trace_pb2.GetHistoryRequest(
        item=item if transaction is None else "",
        at=_stamp(at, "at"),
        known_at=_stamp(known_at, "known_at"),
        verify=_mode(full),
        business_transaction=_transaction(item, transaction),
    )


def locate_request(item: str, transaction: str | None = None) -> trace_pb2.LocateRequest:
    """Who keeps records about an item, or a business transaction as in `history_request`."""
    named = _transaction(item, transaction)
    return trace_pb2.LocateRequest(item="" if named else item, business_transaction=named)


def _transaction(id: str, type: str | None) -> trace_pb2.BusinessTransaction | None:
    return None if type is None else trace_pb2.BusinessTransaction(id=id, type=type)


def contents_request(item: str, **moment: Unpack[Moment]) -> trace_pb2.GetContentsRequest:
    """The contents of a container or asset."""
    return trace_pb2.GetContentsRequest(item=item, **_as_of(**moment))


def state_request(item: str, **moment: Unpack[Moment]) -> trace_pb2.GetStateRequest:
    """How an item stands."""
    return trace_pb2.GetStateRequest(item=item, **_as_of(**moment))


def common_request(items: Sequence[str], **reach: Unpack[Reach]) -> trace_pb2.CommonRequest:
    """What all of the items have in common."""
    return trace_pb2.CommonRequest(items=_items(items), **_along(**reach))


def recall_request(items: Sequence[str], **reach: Unpack[Reach]) -> trace_pb2.RecallRequest:
    """What is affected when the items are called back."""
    return trace_pb2.RecallRequest(items=_items(items), **_along(**reach))


def masterdata_request(identifier: str, known_at: datetime | None) -> trace_pb2.GetMasterdataRequest:
    """What is said of a product, a place or a party."""
    return trace_pb2.GetMasterdataRequest(id=identifier, known_at=_stamp(known_at, "known_at"))


async def whole_answer(ask: Callable[[_Request], Awaitable[_Answer]], request: _Request) -> _Answer:
    """The answer of all pages as one, with the largest pages allowed.
    What is not paged is taken from the first page.
    """
    request.page_size = _LARGEST_PAGE[type(request).__name__]
    whole = page = await ask(request)
    while page.next_page_token:
        request.page_token = page.next_page_token
        page = await ask(request)
        for name in _PAGED:
            if name in whole.DESCRIPTOR.fields_by_name:
                getattr(whole, name).extend(getattr(page, name))
        if not isinstance(whole, trace_pb2.LocateResponse):
            whole.truncated |= getattr(page, "truncated", False)
        whole.gaps.extend(gap for gap in page.gaps if gap not in whole.gaps)
    whole.next_page_token = ""
    if isinstance(whole, trace_pb2.RecallResponse):
        _each_once(whole)
    return whole


def _each_once(answer: trace_pb2.RecallResponse) -> None:
    """Rows of several pages may rest on one event, and be in the hands of one party."""
    events = {each.fingerprint: each for each in answer.events}
    contacts = {(each.id, each.fingerprint): each for each in answer.contacts}
    in_time = sorted(events.values(), key=lambda each: (each.event_time.ToNanoseconds(), each.fingerprint))
    # Copies: what is deleted from a message is not there any more for who held it.
    kept = trace_pb2.RecallResponse(events=in_time, contacts=contacts.values())
    del answer.events[:], answer.contacts[:]
    answer.MergeFrom(kept)


# What callers hand in is looked at as it is, whatever its type was meant to be.


def _direction(value: object) -> "trace_pb2.Direction.ValueType":
    chosen = _DIRECTIONS.get(value.lower()) if isinstance(value, str) else None
    if chosen is None:
        raise Rejected("BAD_REQUEST", f"{value!r} is neither upstream nor downstream", path="direction")
    return chosen


def _as_of(
    at: datetime | None = None, known_at: datetime | None = None, full: bool = False
) -> dict[str, Any]:
    return {"at": _stamp(at, "at"), "known_at": _stamp(known_at, "known_at"), "verify": _mode(full)}


def _along(
    *, max_depth: int = 0, max_items: int = 0, strict_time: bool = False, **moment: Unpack[Moment]
) -> dict[str, Any]:
    return {
        **_as_of(**moment),
        "max_depth": _count(max_depth, "max_depth"),
        "max_items": _count(max_items, "max_items"),
        "strict_time": strict_time,
    }


def _items(items: object) -> list[str]:
    # One text is a sequence of texts too, and never what was meant.
    if isinstance(items, str) or not isinstance(items, Sequence):
        raise Rejected("BAD_REQUEST", f"{items!r} is no list of items", path="items")
    return list(items)


def _stamp(moment: object, path: str) -> Timestamp | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        raise Rejected("BAD_REQUEST", f"{moment!r} is no datetime", path=path)
    if moment.tzinfo is None:
        raise Rejected(
            "BAD_TIME", f"{moment.isoformat()} has no time zone", path=path, remedy="Add Z or an offset."
        )
    stamp = Timestamp()
    try:
        stamp.FromDatetime(moment)
    except (ValueError, OverflowError) as error:  # an offset leads out of the years 1 to 9999
        raise Rejected("BAD_TIME", f"{moment.isoformat()} cannot be sent", path=path) from error
    return stamp


def _count(value: object, path: str) -> int:
    # What is too large for the node it says itself; what the field cannot hold would never reach it.
    if not isinstance(value, int) or not 0 <= value < _BOUND:
        raise Rejected("BAD_REQUEST", f"{value!r} is no count", path=path)
    return value


def _mode(full: bool) -> "trace_pb2.VerifyMode.ValueType":
    return trace_pb2.VERIFY_MODE_FULL if full else trace_pb2.VERIFY_MODE_PROOF
