"""One question by what was known at two times, and what is different between its answers."""

from datetime import datetime
from typing import Any

from tracehold.v1 import trace_pb2 as pb
from tracehold_client import questions
from tracehold_client.aio import AsyncClient

Question = (
    pb.TraceRequest
    | pb.GetHistoryRequest
    | pb.GetContentsRequest
    | pb.GetStateRequest
    | pb.CommonRequest
    | pb.RecallRequest
)
"""As `questions` makes them; the first time is its `known_at`."""

LARGEST_PAGE = 10_000


async def compare(
    client: AsyncClient, question: Question, compared_with: datetime | None = None
) -> pb.CompareResponse:
    """What is different from the answer by what was known at the question's `known_at` to the one by what was
    known at `compared_with`, None for all that is known; all pages. `events` are the records that the
    differences name, each once, in time order. Raises as the client's questions do.
    """
    request = pb.CompareRequest(page_size=LARGEST_PAGE)
    if compared_with is not None:
        # Looked at as the question's own times are.
        moment = questions.history_request("", None, compared_with, False).known_at
        request.compared_with.CopyFrom(moment)
    _chosen(request, question).CopyFrom(question)
    whole = page = await _page(client, request)
    while page.next_page_token:
        request.page_token = page.next_page_token
        page = await _page(client, request)
        whole.differences.extend(page.differences)
        whole.events.extend(page.events)
        whole.truncated |= page.truncated
        whole.gaps.extend(gap for gap in page.gaps if gap not in whole.gaps)
    whole.next_page_token = ""
    events = {each.fingerprint: each for each in whole.events}
    ordered = sorted(events.values(), key=lambda each: (each.event_time.ToNanoseconds(), each.fingerprint))
    # Copies: what is deleted from a message is not there any more for who held it.
    kept = pb.CompareResponse(events=ordered)
    del whole.events[:]
    whole.MergeFrom(kept)
    return whole


def _chosen(request: pb.CompareRequest, question: Question) -> Any:
    """The field for a question of this type."""
    match question:
        case pb.TraceRequest():
            return request.trace
        case pb.GetHistoryRequest():
            return request.history
        case pb.GetContentsRequest():
            return request.contents
        case pb.GetStateRequest():
            return request.state
        case pb.CommonRequest():
            return request.common
        case pb.RecallRequest():
            return request.recall


async def _page(client: AsyncClient, request: pb.CompareRequest) -> pb.CompareResponse:
    answer: pb.CompareResponse = await client._call(client._questions.Compare, request)
    return answer
