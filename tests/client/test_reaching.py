"""Questions about how things stand, and about several items, from the client: sent and put together."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.client.scripted import Script, serving
from tests.client.test_questions import refused
from tracehold.v1 import trace_pb2 as pb
from tracehold_client import AsyncClient

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_what_is_asked_is_sent_as_it_was_given():
    """Items in their order, moments, limits and switches; the largest page."""
    script = Script(
        GetState=lambda _: pb.GetStateResponse(),
        Common=lambda _: pb.CommonResponse(),
        Recall=lambda _: pb.RecallResponse(),
    )
    async with serving(script) as target, AsyncClient(target) as client:
        await client.state("i", at=NOON, full=True)
        await client.common(("a", "b"), known_at=NOON, max_depth=3)
        await client.recall(["c"], strict_time=True, max_items=9)
    state, common, recall = script.requests
    assert (state.item, state.at.ToDatetime(UTC), state.verify) == ("i", NOON, pb.VERIFY_MODE_FULL)
    assert (list(common.items), common.max_depth, common.page_size) == (["a", "b"], 3, 10_000)
    assert common.known_at.ToDatetime(UTC) == NOON
    assert (list(recall.items), recall.strict_time, recall.max_items) == (["c"], True, 9)
    assert (recall.page_size, recall.item) == (1_000, "")


@pytest.mark.parametrize("items", ["urn:x:1", None, 7, {"urn:x:1"}])
@pytest.mark.parametrize("method", ["common", "recall"])
async def test_what_is_no_list_of_items_is_refused(method: str, items: Any):
    """One text is not taken for its letters."""
    error = await refused(method, items)
    assert (error.code, error.path) == ("BAD_REQUEST", "items")


@pytest.mark.parametrize("name", ["max_depth", "max_items"])
@pytest.mark.parametrize("method", ["common", "recall"])
async def test_a_limit_that_is_no_count_is_refused(method: str, name: str):
    """Before anything is sent."""
    error = await refused(method, ["a", "b"], **{name: -1})
    assert (error.code, error.path) == ("BAD_REQUEST", name)


def _page(request: pb.RecallRequest) -> pb.RecallResponse:
    """Two pages that share an event and a contact."""
    first = not request.page_token
    event = pb.TracedEvent(fingerprint="e1", event_time=Timestamp(seconds=5))
    own = pb.TracedEvent(fingerprint="e2" if first else "e3", event_time=Timestamp(seconds=9 if first else 1))
    return pb.RecallResponse(
        recalled=[pb.RecalledItem(item="lot")] if first else [],
        items=[pb.RecalledItem(item="a" if first else "b")],
        issuers=[pb.IssuerCount(issuer="p", items=2)],
        contacts=[pb.Contact(id="p", fingerprint="m")],
        events=[event, own],
        gaps=[pb.Gap(item="a")],
        truncated=not first,
        next_page_token="next" if first else "",
    )


async def test_pages_of_a_recall_are_one_answer():
    """Rows in order; an event and a contact of both pages once, events in time order; truncated anywhere."""
    script = Script(Recall=_page)
    async with serving(script) as target, AsyncClient(target) as client:
        answer = await client.recall(["lot"])
    assert [each.item for each in answer.items] == ["a", "b"]
    assert [each.item for each in answer.recalled] == ["lot"]
    assert [each.items for each in answer.issuers] == [2]
    assert [each.id for each in answer.contacts] == ["p"]
    assert [each.fingerprint for each in answer.events] == ["e3", "e1", "e2"]
    assert (len(answer.gaps), answer.truncated, answer.next_page_token) == (1, True, "")
    assert [each.page_token for each in script.requests] == ["", "next"]


async def test_pages_of_common_are_one_answer():
    """Items and events of all pages, places of the first."""
    pages = {
        "": pb.CommonResponse(
            items=[pb.SharedItem(item="a")], places=[pb.SharedName(id="x")], next_page_token="n"
        ),
        "n": pb.CommonResponse(items=[pb.SharedItem(item="b")]),
    }
    script = Script(Common=lambda request: pages[request.page_token])
    async with serving(script) as target, AsyncClient(target) as client:
        answer = await client.common(["i", "j"])
    assert [each.item for each in answer.items] == ["a", "b"]
    assert [each.id for each in answer.places] == ["x"]
