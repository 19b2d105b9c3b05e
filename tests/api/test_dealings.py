"""History and locate by business transaction, on both faces."""

from typing import Any

import pytest

from tests.api.face import Face, bearer, face
from tests.journey.network import begun, seen
from tracehold.core.record import Audience
from tracehold.v1 import trace_pb2 as pb
from tracehold.v1 import trace_pb2_grpc
from tracehold.wire.protojson import to_json

__all__ = ["face"]

LOT = "https://id.gs1.org/01/09521000001237/10/A"
ORDER = "urn:epcglobal:cbv:bt:9521000000001:PO-77"
UNDER = {"bizTransactionList": [{"type": "po", "bizTransaction": ORDER}]}
ASKED = {"type": "urn:epcglobal:cbv:btt:po", "id": ORDER}


async def story(face: Face) -> None:
    """A lot, shipped under an order, and something that only an authority may see."""
    await face.node.say(begun(LOT, 1), seen(LOT, 2, bizStep="shipping", **UNDER))
    await face.node.say(seen(LOT, 3, bizStep="inspecting", **UNDER), audience=Audience.AUTHORITY)
    await face.node.finish()


@pytest.mark.parametrize(
    ("who", "steps"), [("reader", ["shipping"]), ("authority", ["shipping", "inspecting"])]
)
async def test_a_transaction_is_answered_alike_on_both_faces(face: Face, who: str, steps: list[str]):
    """With the caller's right to read; what is kept back is a gap."""
    await story(face)
    async with face.channel() as channel:
        stub, metadata = trace_pb2_grpc.TraceServiceStub(channel), tuple(bearer(who).items())
        named = pb.BusinessTransaction(**ASKED)
        told = await stub.GetHistory(pb.GetHistoryRequest(business_transaction=named), metadata=metadata)
        kept = await stub.Locate(pb.LocateRequest(business_transaction=named), metadata=metadata)
    history = (await face.post("/v1/history", {"businessTransaction": ASKED}, who)).json()
    located = (await face.post("/v1/records:locate", {"businessTransaction": ASKED}, who)).json()
    assert (history, located) == (to_json(told), to_json(kept))
    assert [event["bizStep"] for event in history["events"]] == steps
    assert {(event["role"], event["via"]) for event in history["events"]} == {("transaction", ORDER)}
    assert (history["item"], len(located["locations"])) == (ORDER, len(steps))
    assert ("ACCESS_REFUSED" in {gap["reason"] for gap in history["gaps"]}) == (who == "reader")


async def test_pages_belong_to_their_transaction(face: Face):
    """A token of one type is none of another."""
    await face.node.say(*(seen(LOT, minute, **UNDER) for minute in range(3)))
    await face.node.finish()
    body = {"businessTransaction": ASKED, "pageSize": 2}
    first = (await face.post("/v1/history", body, "reader")).json()
    again = {**body, "pageToken": first["nextPageToken"]}
    second = (await face.post("/v1/history", again, "reader")).json()
    assert (len(first["events"]), len(second["events"]), second["nextPageToken"]) == (2, 1, "")
    other = {**again, "businessTransaction": {"id": ORDER}}
    refused = await face.post("/v1/history", other, "reader")
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_PAGE_TOKEN")


@pytest.mark.parametrize("path", ["/v1/history", "/v1/records:locate"])
@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({}, "BAD_REQUEST", "/item"),
        ({"item": ""}, "BAD_REQUEST", "/item"),
        ({"item": LOT, "businessTransaction": ASKED}, "BAD_REQUEST", "/businessTransaction"),
        ({"businessTransaction": {}}, "BAD_REQUEST", "/businessTransaction/id"),
        ({"businessTransaction": {"type": "po"}}, "BAD_REQUEST", "/businessTransaction/id"),
        ({"businessTransaction": {"id": "x" * 1025}}, "BAD_REQUEST", "/businessTransaction/id"),
        (
            {"businessTransaction": {"id": "x", "type": "y" * 1025}},
            "BAD_REQUEST",
            "/businessTransaction/type",
        ),
        ({"businessTransaction": {"id": "javascript:alert(1)"}}, "BAD_URI", "/businessTransaction/id"),
        ({"businessTransaction": {"id": "(253)9521234000011"}}, "BAD_CHECK_DIGIT", "/businessTransaction/id"),
        ({"businessTransaction": "PO-77"}, "BAD_REQUEST", "/businessTransaction"),
        ({"businessTransaction": {"id": "x", "kind": "po"}}, "BAD_REQUEST", "/businessTransaction/kind"),
    ],
)
async def test_what_is_no_question_is_refused(
    face: Face, path: str, body: dict[str, Any], code: str, where: str
):
    """With the place where it is wrong."""
    response = await face.post(path, body, "reader")
    assert (response.status_code, response.json()["code"], response.json()["path"]) == (400, code, where)


@pytest.mark.parametrize("path", ["/v1/history", "/v1/records:locate"])
async def test_the_longest_names_are_taken(face: Face, path: str):
    """1,024 characters each."""
    body = {"businessTransaction": {"id": "x" * 1024, "type": "y" * 1024}}
    assert (await face.post(path, body, "reader")).status_code == 200
