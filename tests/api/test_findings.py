"""What is doubtful about records, as callers see it: on the record, its state and by Watch; and refused."""

import json
from typing import Any

import grpc
import pytest

from tests.api.face import Face, bearer
from tests.journey.network import FARM, MILL, packed
from tracehold.core.quality import Code
from tracehold.core.record import Audience
from tracehold.journey import quality, refusing
from tracehold.journey.refusing import Refusing
from tracehold.v1 import record_pb2, upload_pb2, upload_pb2_grpc

PALLET, OTHER, CASE = "urn:x:pallet", "urn:x:other", "urn:x:case"


async def said(face: Face, payload: bytes, party: str = FARM, audience: Audience = Audience.NETWORK) -> bytes:
    """The fingerprint of one event that was sealed."""
    (outcome,) = await face.node.say(payload, party=party, audience=audience)
    assert outcome.fingerprint is not None
    return outcome.fingerprint


async def shown(face: Face, name: bytes, who: str | None = "reader") -> tuple[Any, Any]:
    """Findings of the record and of its state."""
    record = (await face.get(f"/v1/records/{name.hex()}", who)).json().get("record", {})
    states = (await face.post("/v1/records:states", {"fingerprints": [name.hex()]}, who)).json()
    return record.get("findings", []), states["states"][0].get("findings", [])


async def test_record_and_state_show_what_is_found(face: Face) -> None:
    """With code, place in the payload, plain words and the other record; the other one shows nothing."""
    first = await said(face, packed(PALLET, [CASE], 1))
    second = await said(face, packed(OTHER, ["urn:x:b", CASE], 2))
    await face.index()
    finding = {
        "code": "PACKED_ELSEWHERE",
        "path": "/childEPCs/1",
        "message": "by the other event it is still in another container",
        "other": first.hex(),
    }
    assert await shown(face, second) == ([finding], [finding])
    assert await shown(face, first) == ([], [])


async def test_places_are_those_of_the_payload(face: Face) -> None:
    """Also where a piece is named twice before it; so of an upload that is refused."""
    await said(face, packed(PALLET, [CASE], 1))
    await face.index()
    twice = packed(OTHER, ["urn:x:b", "urn:x:b", CASE], 2)
    face.node.uploads.policy = Refusing({Code.PACKED_ELSEWHERE}, face.node.graph, face.doubts)
    (refused,) = await face.node.uploads.submit([_item(twice)])
    assert refused.error is not None
    assert refused.error.path == "/childEPCs/2"
    face.node.uploads.policy = Refusing(set(), face.node.graph, face.doubts)
    second = await said(face, twice)
    await face.index()
    assert [found["path"] for found in (await shown(face, second))[0]] == ["/childEPCs/2"]


async def test_findings_go_when_the_missing_event_comes(face: Face) -> None:
    """It was taken out before: said late, and nothing is found any more."""
    await said(face, packed(PALLET, [CASE], 1))
    second = await said(face, packed(OTHER, [CASE], 5))
    await face.index()
    assert (await shown(face, second))[1]
    await said(face, packed(PALLET, [CASE], 3, "DELETE"))
    await face.index()
    assert await shown(face, second) == ([], [])


async def test_findings_tell_nothing_of_records_that_the_caller_may_not_read(face: Face) -> None:
    """Neither without a token, nor beside a record that is for others."""
    first = await said(face, packed(PALLET, [CASE], 1), audience=Audience.AUTHORITY)
    second = await said(face, packed(OTHER, [CASE], 2), MILL)
    await face.index()
    assert await shown(face, second) == ([], [])
    assert (await shown(face, second, None))[1] == []
    assert [f["other"] for f in (await shown(face, second, "authority"))[1]] == [first.hex()]


async def test_watch_tells_findings_and_that_they_are_gone(face: Face) -> None:
    """For those who ask, behind a cursor that survives; others hear states alone."""
    await said(face, packed(PALLET, [CASE], 1))
    second = await said(face, packed(OTHER, [CASE], 5))
    await face.index()
    async with face.channel() as channel:
        stub = upload_pb2_grpc.UploadServiceStub(channel)
        metadata = tuple(bearer("reader").items())
        call: Any = stub.Watch(upload_pb2.WatchRequest(findings=True), metadata=metadata, timeout=20)
        told = await _next_findings(call)
        assert (told.state, list(told.fingerprints)) == (0, [second.hex()])
        assert [f.code for f in told.findings] == ["PACKED_ELSEWHERE"]
        assert told.stop == told.first + 1
        call.cancel()
        await said(face, packed(PALLET, [CASE], 3, "DELETE"))
        await face.index()
        request = upload_pb2.WatchRequest(findings=True, cursor=told.cursor)
        call = stub.Watch(request, metadata=metadata, timeout=20)
        gone = await _next_findings(call)
        assert (list(gone.fingerprints), list(gone.findings)) == ([second.hex()], [])
        call.cancel()


async def test_watch_tells_findings_of_the_records_asked_for(face: Face) -> None:
    """And those of no others; without being asked none at all."""
    first = await said(face, packed(PALLET, [CASE, "urn:x:b"], 1))
    await said(face, packed(OTHER, [CASE], 2))
    third = await said(face, packed(OTHER, ["urn:x:b"], 3))
    await face.index()
    async with face.channel() as channel:
        stub = upload_pb2_grpc.UploadServiceStub(channel)
        metadata = tuple(bearer("reader").items())
        names = [first.hex(), third.hex()]
        asked = upload_pb2.WatchRequest(findings=True, fingerprints=names)
        call: Any = stub.Watch(asked, metadata=metadata, timeout=20)
        assert list((await _next_findings(call)).fingerprints) == [third.hex()]
        call.cancel()
        call = stub.Watch(upload_pb2.WatchRequest(from_now=True), metadata=metadata, timeout=20)
        assert (await call.read()).cursor
        await said(face, packed("urn:x:third", [CASE], 4))
        await face.index()
        while (message := await call.read()).state != record_pb2.STATE_FINAL:
            assert not message.findings
        call.cancel()


async def _next_findings(call: Any) -> upload_pb2.WatchResponse:
    """The next message that is about findings."""
    while True:
        message = await call.read()
        assert message is not grpc.aio.EOF
        if not message.state and message.fingerprints:
            return message


async def test_upload_is_refused_where_the_operator_says_so(face: Face) -> None:
    """With the finding's code and place; what is in order, and other findings, pass."""
    await said(face, packed(PALLET, [CASE], 1))
    await face.index()
    refusing = Refusing({Code.PACKED_ELSEWHERE}, face.node.graph, face.doubts)
    face.node.uploads.policy = refusing
    refused, taken = await face.node.uploads.submit(
        [_item(packed(OTHER, [CASE], 2)), _item(packed(PALLET, [CASE], 2, "DELETE"))]
    )
    assert refused.error is not None
    assert (refused.error.code, refused.error.path) == ("QUALITY_REFUSED", "/childEPCs/0")
    assert refused.error.message.startswith("PACKED_ELSEWHERE")
    assert taken.error is None
    early = json.loads(packed(OTHER, ["urn:x:z"], 2))
    early["bizStep"] = "receiving"
    (other,) = await face.node.uploads.submit([_item(json.dumps(early).encode())])
    assert other.error is None


async def test_attack_a_hundred_findings_hide_no_other(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a thing is cut by the names of records, which uploaders choose; what refuses is not."""
    for minute in range(4):
        await said(face, packed((PALLET, OTHER)[minute % 2], [CASE], minute))
    await face.index()
    monkeypatch.setattr(quality, "MOST_OF_SUBJECT", 0)
    face.node.uploads.policy = Refusing({Code.PACKED_ELSEWHERE}, face.node.graph, face.doubts)
    for minute in range(10, 16):
        (refused,) = await face.node.uploads.submit([_item(packed("urn:x:third", [CASE], minute))])
        assert refused.error is not None


async def test_what_is_too_much_to_be_judged_can_be_refused(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a thing of which much is said is refused nothing; within the bounds nothing is said of it."""
    await said(face, packed(PALLET, [CASE], 1))
    await face.index()
    face.node.uploads.policy = Refusing({Code.NOT_JUDGED}, face.node.graph, face.doubts)
    (taken,) = await face.node.uploads.submit([_item(packed(OTHER, [CASE], 2))])
    assert taken.error is None
    monkeypatch.setattr(refusing, "MOST_JUDGED", 1)
    (refused,) = await face.node.uploads.submit([_item(packed(OTHER, [CASE], 3))])
    assert refused.error is not None
    assert refused.error.message.startswith("NOT_JUDGED")


@pytest.mark.parametrize(("codes", "refused"), [({Code.UNKNOWN_PLACE}, True), (set(), False)])
async def test_unknown_places_can_be_refused(face: Face, codes: set[Code], refused: bool) -> None:
    """No master data of the place is known when the event comes."""
    face.node.uploads.policy = Refusing(codes, face.node.graph, face.doubts)
    event = packed(PALLET, [CASE], 1, bizLocation={"id": "https://id.gs1.org/414/9521234000020"})
    (outcome,) = await face.node.uploads.submit([_item(event)])
    assert (outcome.error is not None) == refused
    if outcome.error:
        assert outcome.error.path == "/bizLocation/id"


def _item(payload: bytes) -> Any:
    from tracehold.journey.delegate import Delegated

    return Delegated(FARM, payload)
