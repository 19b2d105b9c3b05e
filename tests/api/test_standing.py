"""State, common and recall behind both faces: the same answer, the same refusal."""

from typing import Any

import pytest

from tests.api.face import Face, bearer
from tests.journey.network import FARM, begun, looked, made, packed, said
from tracehold.core.record import Audience, Kind
from tracehold.v1 import trace_pb2, trace_pb2_grpc
from tracehold.wire.protojson import to_json

GRAIN = "https://id.gs1.org/01/09521000001237/10/A"
FLOUR = "https://id.gs1.org/01/09521000001244/10/B"
OATS = "https://id.gs1.org/01/09521000001244/10/C"
PALLET = "https://id.gs1.org/00/095210000000000018"
PIECE = "https://id.gs1.org/01/09521000001237/21/1"
SILO = "https://id.gs1.org/414/9521000000018"


async def story(face: Face) -> None:
    """Grain becomes flour and oats; a piece is on a pallet in the silo; somebody says what the place is."""
    await face.node.say(
        begun(GRAIN, 1, bizLocation={"id": SILO}),
        made([GRAIN], [FLOUR], 2),
        made([GRAIN], [OATS], 3),
        packed(PALLET, [PIECE], 4),
        looked(PALLET, 5, bizLocation={"id": SILO}),
        looked(PIECE, 6, persistentDisposition={"set": ["recalled"]}, disposition="damaged"),
    )
    await face.node.say(said(SILO, "Silo"), kind=Kind.MASTERDATA)
    await face.node.finish()


async def both(face: Face, method: str, path: str, request: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of REST, which is that of gRPC."""
    async with face.channel() as channel:
        stub = trace_pb2_grpc.TraceServiceStub(channel)
        answer = await getattr(stub, method)(request, metadata=tuple(bearer("reader").items()))
    response = await face.post(path, body, "reader")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert found == to_json(answer)
    return found


async def test_state_is_the_same_on_both_faces(face: Face):
    """Place, containers, dispositions and custodian of a piece, with the events that say so."""
    await story(face)
    request = trace_pb2.GetStateRequest(item=PIECE)
    body = await both(face, "GetState", "/v1/state", request, {"item": PIECE})
    assert (body["item"], body["place"], body["ended"]) == (PIECE, SILO, False)
    assert body["dispositions"] == ["damaged", "recalled"]
    assert [(each["disposition"], each["persistent"]) for each in body["conditions"]] == [
        ("damaged", False),
        ("recalled", True),
    ]
    assert [(each["item"], each["parent"], each["depth"]) for each in body["containers"]] == [
        (PIECE, PALLET, 1)
    ]
    assert [each["party"] for each in body["custodians"]] == [FARM]
    told = {event["fingerprint"]: event for event in body["events"]}
    assert told[body["custodians"][0]["toldBy"]]["speaker"]["level"]
    assert told[body["containers"][0]["toldBy"]]["verified"] is True
    assert (body["gaps"], body["truncated"], body["partOf"], body["amounts"]) == ([], False, [], [])


async def test_amounts_are_told_and_some_is_not_none(face: Face):
    """An amount that was never counted has no quantity on the wire."""
    await story(face)
    counted = (await face.post("/v1/state", {"item": FLOUR}, "reader")).json()
    assert counted["amounts"] == [{"quantity": 1.0, "uom": ""}]
    used = (await face.post("/v1/state", {"item": GRAIN}, "reader")).json()
    assert (used["ended"], used["amounts"]) == (True, [])


async def test_common_is_the_same_on_both_faces(face: Face):
    """Items, places and parties of two lots, asked for in other spellings."""
    await story(face)
    asked = ["urn:epc:class:lgtin:9521000.000124.B", OATS]
    request = trace_pb2.CommonRequest(items=asked)
    body = await both(face, "Common", "/v1/common", request, {"items": asked})
    assert body["asked"] == [FLOUR, OATS]
    assert [(each["item"], each["depths"]) for each in body["items"]] == [(GRAIN, [1, 1])]
    assert [each["id"] for each in body["places"]] == [SILO]
    assert [each["id"] for each in body["parties"]] == [FARM]
    assert (body["truncated"], body["nextPageToken"]) == (False, "")


async def test_recall_is_the_same_on_both_faces_and_pages(face: Face):
    """One item or several; pages by token; contacts of places from master data."""
    await story(face)
    request = trace_pb2.RecallRequest(items=[GRAIN])
    body = await both(face, "Recall", "/v1/recall", request, {"items": [GRAIN]})
    assert body == (await face.post("/v1/recall", {"item": GRAIN}, "reader")).json()
    assert [(each["item"], each["issuer"], each["depth"]) for each in body["items"]] == [
        (FLOUR, FARM, 1),
        (OATS, FARM, 1),
    ]
    assert [each["item"] for each in body["recalled"]] == [GRAIN]
    assert body["issuers"] == [{"issuer": FARM, "items": 2}]
    assert [(each["id"], each["name"]) for each in body["contacts"]] == [(SILO, "Silo")]
    first = (await face.post("/v1/recall", {"item": GRAIN, "pageSize": 1}, "reader")).json()
    page = {"item": GRAIN, "pageSize": 1, "pageToken": first["nextPageToken"]}
    second = (await face.post("/v1/recall", page, "reader")).json()
    assert [each["item"] for each in (*first["items"], *second["items"])] == [FLOUR, OATS]
    assert second["nextPageToken"] == ""


@pytest.mark.parametrize(
    ("path", "body", "reason", "at"),
    [
        ("/v1/state", {}, "BAD_REQUEST", "/item"),
        ("/v1/state", {"item": "x" * 1025}, "BAD_REQUEST", "/item"),
        ("/v1/state", {"item": "urn:x:1", "verify": "NONE"}, "BAD_REQUEST", "/verify"),
        ("/v1/common", {"items": []}, "BAD_REQUEST", "/items"),
        ("/v1/common", {"items": ["urn:x:1"]}, "BAD_REQUEST", "/items"),
        ("/v1/common", {"items": [f"urn:x:{n}" for n in range(101)]}, "BAD_REQUEST", "/items"),
        ("/v1/common", {"items": ["urn:x:1", "urn:x:2"], "maxDepth": 1001}, "BAD_REQUEST", "/maxDepth"),
        ("/v1/common", {"items": ["urn:x:1", "javascript:1"]}, "BAD_URI", "/items/1"),
        ("/v1/recall", {}, "BAD_REQUEST", "/items"),
        ("/v1/recall", {"item": "urn:x:1", "pageSize": 1001}, "BAD_REQUEST", "/pageSize"),
        ("/v1/recall", {"item": "urn:x:1", "maxItems": 500_001}, "BAD_REQUEST", "/maxItems"),
        ("/v1/recall", {"item": "urn:x:1", "pageToken": "AAAA"}, "BAD_PAGE_TOKEN", "/pageToken"),
        ("/v1/recall", {"item": "urn:x:1", "at": "10000-01-01T00:00:00Z"}, None, None),
    ],
)
async def test_what_is_beyond_the_limits_is_refused(
    face: Face, path: str, body: dict[str, Any], reason: str | None, at: str | None
):
    """With a stable code, at the field."""
    response = await face.post(path, body, "reader")
    assert response.status_code == 400
    problem = response.json()
    if reason:
        assert (problem["code"], problem["path"]) == (reason, at)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/state", {"item": PIECE}),
        ("/v1/common", {"items": [FLOUR, OATS]}),
        ("/v1/recall", {"item": GRAIN}),
    ],
)
async def test_without_a_token_network_records_are_gaps(face: Face, path: str, body: dict[str, Any]):
    """Strangers see that there is something, and nothing of it."""
    await story(face)
    answer = (await face.post(path, body)).json()
    assert answer["events"] == []
    assert FARM not in str(answer)
    assert "ACCESS_REFUSED" in {gap["reason"] for gap in answer["gaps"]}


async def test_a_public_record_is_for_everybody(face: Face):
    """And so is where it says that the thing is."""
    await face.node.say(looked(PIECE, 1, bizLocation={"id": SILO}), audience=Audience.PUBLIC)
    await face.node.finish()
    assert (await face.post("/v1/state", {"item": PIECE})).json()["place"] == SILO
