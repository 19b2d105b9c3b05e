"""Differences by what was known at two times, on both faces."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.face import Face, bearer, face
from tests.journey.network import begun, made
from tracehold.v1 import trace_pb2 as pb
from tracehold.v1 import trace_pb2_grpc
from tracehold.wire.protojson import to_json

__all__ = ["face"]

LOT = "https://id.gs1.org/01/09521000001237/10/A"
MEAL = "https://id.gs1.org/01/09521000001244/10/B"
TRACE = {"item": MEAL, "direction": "UPSTREAM"}


async def story(face: Face) -> str:
    """Grain is known at the time that is answered; what became of it is known later."""
    await face.node.say(begun(LOT, 1))
    await face.node.finish()
    known = datetime.fromtimestamp(face.node.network.clock.time, UTC)
    await face.node.say(made([LOT], [MEAL], 2))
    await face.node.finish()
    return known.isoformat()


async def test_differences_are_the_same_on_both_faces(face: Face):
    """What came, how it stands, and the record that did it, with its proof."""
    known = await story(face)
    request = pb.CompareRequest(trace=pb.TraceRequest(item=MEAL, direction=pb.DIRECTION_UPSTREAM))
    request.trace.known_at.FromJsonString(known)
    async with face.channel() as channel:
        stub = trace_pb2_grpc.TraceServiceStub(channel)
        answer = await stub.Compare(request, metadata=tuple(bearer("reader").items()))
    response = await face.post("/v1/compare", {"trace": {**TRACE, "knownAt": known}}, "reader")
    body = response.json()
    assert (response.status_code, body) == (200, to_json(answer))
    (event,) = [each for each in body["events"] if each["type"] == "TransformationEvent"]
    assert event["verified"]
    found = [(each["kind"], each["subject"], each["item"], each["after"]) for each in body["differences"]]
    assert found == [
        ("ADDED", "RECORD", "", "shown"),
        ("ADDED", "RECORD", "", "shown"),
        ("ADDED", "ITEM", LOT, "depth 1"),
        ("ADDED", "EDGE", LOT, "via"),
    ]
    assert {cause for each in body["differences"] for cause in each["causes"]} == {event["fingerprint"]}
    assert (body["item"], body["truncated"], body["nextPageToken"]) == (MEAL, False, "")


@pytest.mark.parametrize(
    ("name", "question", "count"),
    [
        ("history", {"item": LOT}, 1),
        ("contents", {"item": LOT}, 0),
        ("state", {"item": LOT}, 4),
        ("common", {"items": [LOT, MEAL]}, 5),
        ("recall", {"item": LOT}, 9),
        ("history", {"businessTransaction": {"id": "PO-1"}}, 0),
    ],
)
async def test_each_question_may_be_compared(face: Face, name: str, question: dict[str, Any], count: int):
    """With the second time given or not; the same time twice shows nothing."""
    known = await story(face)
    body = {name: {**question, "knownAt": known}}
    found = (await face.post("/v1/compare", body, "reader")).json()
    assert len(found["differences"]) == count
    same = (await face.post("/v1/compare", {**body, "comparedWith": known}, "reader")).json()
    assert same["differences"] == []


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({}, "BAD_REQUEST", "/question"),
        ({"trace": TRACE, "history": {"item": LOT}}, "BAD_REQUEST", "/history"),
        ({"trace": {"item": MEAL}}, "BAD_REQUEST", "/trace/direction"),
        ({"trace": {**TRACE, "item": "javascript:alert(1)"}}, "BAD_URI", "/trace/item"),
        ({"trace": {**TRACE, "maxDepth": 1001}}, "BAD_REQUEST", "/trace/maxDepth"),
        ({"trace": {**TRACE, "maxItems": 500_001}}, "BAD_REQUEST", "/trace/maxItems"),
        ({"trace": {**TRACE, "pageSize": 1}}, "BAD_REQUEST", "/trace/pageSize"),
        ({"history": {"item": LOT, "pageToken": "x"}}, "BAD_REQUEST", "/history/pageToken"),
        ({"history": {}}, "BAD_REQUEST", "/history/item"),
        (
            {"history": {"item": LOT, "businessTransaction": {"id": "x"}}},
            "BAD_REQUEST",
            "/history/businessTransaction",
        ),
        ({"contents": {}}, "BAD_REQUEST", "/contents/item"),
        ({"state": {}}, "BAD_REQUEST", "/state/item"),
        ({"common": {"items": [LOT, LOT]}}, "BAD_REQUEST", "/common/items"),
        ({"common": {"items": [LOT, MEAL], "maxItems": 500_001}}, "BAD_REQUEST", "/common/maxItems"),
        ({"common": {"items": [LOT, MEAL], "pageToken": "x"}}, "BAD_REQUEST", "/common/pageToken"),
        ({"recall": {}}, "BAD_REQUEST", "/recall/items"),
        ({"recall": {"items": [LOT, "javascript:alert(1)"]}}, "BAD_URI", "/recall/items/1"),
        ({"recall": {"items": [LOT] * 101}}, "BAD_REQUEST", "/recall/items"),
        ({"recall": {"item": LOT, "pageSize": 1}}, "BAD_REQUEST", "/recall/pageSize"),
        ({"contents": {"item": LOT}, "comparedWith": "then"}, "BAD_TIME", "/comparedWith"),
        ({"contents": {"item": LOT}, "pageSize": 10_001}, "BAD_REQUEST", "/pageSize"),
        ({"contents": {"item": LOT}, "pageToken": "x"}, "BAD_PAGE_TOKEN", "/pageToken"),
    ],
)
async def test_what_is_no_question_is_refused(face: Face, body: dict[str, Any], code: str, path: str):
    """With the place where it is wrong."""
    response = await face.post("/v1/compare", body, "reader")
    assert (response.status_code, response.json()["code"], response.json()["path"]) == (400, code, path)


@pytest.mark.parametrize(("name", "most"), [("maxDepth", 1_000), ("maxItems", 500_000), ("pageSize", 10_000)])
async def test_bounds_hold_at_their_edges(face: Face, name: str, most: int):
    """The most is taken, one more is refused at its name; 0 stands for what the protos say."""
    for value in (0, 1, most):
        assert (await face.post("/v1/trace", {**TRACE, name: value}, "reader")).status_code == 200
    refused = await face.post("/v1/trace", {**TRACE, name: most + 1}, "reader")
    assert (refused.status_code, refused.json()["path"]) == (400, f"/{name}")
    assert str(most) in refused.json()["detail"]
