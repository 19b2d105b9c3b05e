"""One servicer behind two faces: the same right, the same answer, the same error."""

from typing import Any

import pytest

from tests.api.face import Face, bearer
from tests.journey.network import FARM, begun, made, said
from tracehold.core.record import Audience, Kind
from tracehold.v1 import trace_pb2, trace_pb2_grpc, verify_pb2, verify_pb2_grpc
from tracehold.wire.protojson import to_json

LOT = "https://id.gs1.org/01/09521000001237/10/A"
MEAL = "https://id.gs1.org/01/09521000001244/10/B"


async def story(face: Face) -> None:
    """Grain becomes flour, and somebody says what the place is."""
    await face.node.say(begun(LOT, 1), made([LOT], [MEAL], 2))
    await face.node.say(said("urn:epc:id:sgln:9521000.00001.0", "Silo"), kind=Kind.MASTERDATA)
    await face.node.finish()


async def test_trace_is_the_same_on_both_faces(face: Face):
    """REST answers what gRPC answers, in ProtoJSON with short enum words."""
    await story(face)
    async with face.channel() as channel:
        request = trace_pb2.TraceRequest(item=MEAL, direction=trace_pb2.DIRECTION_UPSTREAM)
        stub = trace_pb2_grpc.TraceServiceStub(channel)
        answer = await stub.Trace(request, metadata=tuple(bearer("reader").items()))
    response = await face.post("/v1/trace", {"item": MEAL, "direction": "UPSTREAM"}, "reader")
    assert response.status_code == 200
    body = response.json()
    expected = to_json(answer)
    for each in (body, expected):
        each.pop("timings")
    assert body == expected
    assert [item["item"] for item in body["items"]] == [LOT]
    assert (body["gaps"], body["truncated"]) == ([], False)
    assert {event["state"] for event in body["events"]} == {"FINAL"}
    assert {event["verified"] for event in body["events"]} == {True}


async def test_history_contents_and_locate_answer(face: Face):
    """Each question has its address, and knows the item by another spelling too."""
    await story(face)
    urn = "urn:epc:class:lgtin:9521000.000123.A"
    history = (await face.post("/v1/history", {"item": urn}, "reader")).json()
    assert [event["role"] for event in history["events"]] == ["subject", "input"]
    located = (await face.post("/v1/records:locate", {"item": urn}, "reader")).json()
    assert located["item"] == LOT
    assert [place["state"] for place in located["locations"]] == ["FINAL", "FINAL"]
    contents = (await face.post("/v1/contents", {"item": urn}, "reader")).json()
    assert (contents["children"], contents["components"]) == ([], [])


@pytest.mark.parametrize(
    "spelling", ["urn:epc:id:sgln:9521000.00001.0", "https://id.gs1.org/414/9521000000018"]
)
async def test_masterdata_is_found_by_an_identifier_in_the_path(face: Face, spelling: str):
    """An identifier with slashes and colons stands in the path, percent-encoded or plain."""
    await story(face)
    for path in (spelling, spelling.replace(":", "%3A").replace("/", "%2F")):
        body = (await face.get(f"/v1/masterdata/{path}", "reader")).json()
        (version,) = body["versions"]
        assert version["element"]["attributes"][0]["attribute"] == "Silo"
        assert version["speaker"]["party"] == FARM
    then = {"then": "2026-03-01T00:00:00Z", "now": "2100-01-01T00:00:00Z"}
    for when, count in (("then", 0), ("now", 1)):
        body = (await face.get(f"/v1/masterdata/{spelling}?knownAt={then[when]}", "reader")).json()
        assert len(body["versions"]) == count
    refused = await face.get(f"/v1/masterdata/{spelling}?knownAt=yesterday", "reader")
    assert (refused.status_code, refused.json()["path"]) == (400, "/knownAt")


async def test_record_and_receipt_are_handed_out(face: Face):
    """A record with its bytes, its receipt with its anchor, and evidence that verifies."""
    (outcome,) = await face.node.say(begun(LOT, 1))
    await face.node.finish()
    assert outcome.fingerprint
    name = outcome.fingerprint.hex()
    record = (await face.get(f"/v1/records/{name}", "reader")).json()["record"]
    assert (record["fingerprint"], record["state"], record["audience"]) == (name, "FINAL", "NETWORK")
    assert record["payload"]["type"] == "ObjectEvent"
    answer = (await face.get(f"/v1/records/{name}/receipt", "reader")).json()
    assert answer["receipt"]["anchor"]["contract"].startswith("0x")
    verified = (await face.post("/v1/records:verify", {"evidence": answer["evidence"]})).json()
    assert verified.get("verdict") == "VERIFIED", verified
    again = (await face.post("/v1/records:verify", {"fingerprint": name}, "reader")).json()
    assert again["verdict"] == "VERIFIED"


async def test_evidence_is_for_readers_and_the_receipt_for_anybody(face: Face):
    """A provider without a token can fetch its receipt; the record's bytes are not in the answer."""
    (outcome,) = await face.node.say(begun(LOT, 1))
    assert outcome.fingerprint
    answer = (await face.get(f"/v1/records/{outcome.fingerprint.hex()}/receipt")).json()
    assert answer["evidence"] == ""
    assert answer["receipt"]["fingerprint"] == outcome.fingerprint.hex()


@pytest.mark.parametrize(
    ("audience", "who", "status"),
    [
        (Audience.PUBLIC, None, 200),
        (Audience.NETWORK, None, 401),
        (Audience.NETWORK, "reader", 200),
        (Audience.INTEREST, "reader", 403),
        (Audience.INTEREST, "buyer", 200),
        (Audience.PARTIES, "farm", 200),
        (Audience.PARTIES, "mill", 403),
        (Audience.AUTHORITY, "buyer", 403),
        (Audience.AUTHORITY, "authority", 200),
        (Audience.PUBLIC, "expired", 401),
        (Audience.PUBLIC, "forged", 401),
    ],
)
async def test_audience_decides_on_both_faces(face: Face, audience: Audience, who: str | None, status: int):
    """One check serves gRPC and REST; a wrong token is refused even where none would do."""
    (outcome,) = await face.node.say(begun(LOT, 1), audience=audience)
    assert outcome.fingerprint
    name = outcome.fingerprint.hex()
    assert (await face.get(f"/v1/records/{name}", who)).status_code == status
    async with face.channel() as channel:
        call = verify_pb2_grpc.VerifyServiceStub(channel).GetRecord(
            verify_pb2.GetRecordRequest(fingerprint=name), metadata=tuple(bearer(who).items())
        )
        code = await call.code()
    words = {200: "OK", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
    assert code.name == words[status]


@pytest.mark.parametrize(
    "header", ["Basic Zm9vOmJhcg==", "Bearer", "Bearer ", "farm-secret", "Bearer farm-secret x", ""]
)
async def test_malformed_authorization_is_refused(face: Face, header: str):
    """What is no bearer token of this node is no anonymous reader either."""
    async with face.rest(authorization=header) as client:
        response = await client.get("/v1/status")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_two_authorizations_are_refused(face: Face):
    """A second header must not be able to hide the first."""
    async with face.rest() as client:
        headers = [("authorization", "Bearer farm-secret"), ("authorization", "Bearer forged-secret")]
        assert (await client.get("/v1/status", headers=headers)).status_code == 401


async def test_token_is_never_logged(face: Face):
    """Neither a good token nor a forged one stands in any log line."""
    for who in ("farm", "forged"):
        await face.get("/v1/records/00", who)
    text = face.lines.getvalue()
    assert "call_refused" in text
    assert "-secret" not in text


async def test_health_and_reflection_answer(face: Face):
    """Load balancers ask health; tools ask reflection which services there are."""
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    async with face.channel() as channel:
        asked = health_pb2.HealthCheckRequest(service="tracehold.v1.UploadService")
        stub: Any = health_pb2_grpc.HealthStub(channel)
        health = await stub.Check(asked)
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        ask = reflection_pb2.ServerReflectionRequest(list_services="")
        tools: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type]
        async for answer in tools.ServerReflectionInfo(iter([ask])):
            names = {service.name for service in answer.list_services_response.service}
            assert {"tracehold.v1.UploadService", "tracehold.v1.TraceService"} <= names
            break


async def test_status_shows_stand_ins(face: Face):
    """A node always says which back-ends are stand-ins; 64-bit numbers are strings."""
    body = (await face.get("/v1/status")).json()
    assert body["backends"][0] == {
        "port": "log",
        "name": "memory",
        "standIn": True,
        "up": True,
        "detail": "",
    }
    assert body["sealed"] == str(await face.node.store.size(face.node.log))
    assert body["startedAt"] == "1970-01-01T00:00:01.500Z"
