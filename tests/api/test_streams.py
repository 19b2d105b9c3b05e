"""UploadStream and Watch over gRPC: order, refusals, back-pressure, access, limits, the end at a stop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.api.face import Face, bearer, details
from tests.api.face import face as open_face
from tests.journey.network import begun
from tracehold.api.call import Call
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.errors import Broken
from tracehold.v1 import errors_pb2, record_pb2, upload_pb2, upload_pb2_grpc

LOT = "https://id.gs1.org/01/09521000001237/10/S"
UPLOAD = "tracehold.v1.UploadService"


def batch(*numbers: int, **options: Any) -> upload_pb2.UploadStreamRequest:
    """One batch of events."""
    items = [upload_pb2.UploadItem(event_json=begun(f"{LOT}{n}", n)) for n in numbers]
    return upload_pb2.UploadStreamRequest(batch=upload_pb2.UploadRequest(items=items, **options))


def metadata(who: str | None) -> tuple[tuple[str, str], ...]:
    """A token, or none."""
    return tuple(bearer(who).items())


async def drained(call: Any) -> None:
    """Read to the end of a stream."""
    while await call.read() is not grpc.aio.EOF:
        pass


async def streamed(
    face: Face, *requests: upload_pb2.UploadStreamRequest, who: str | None = "farm"
) -> list[upload_pb2.UploadStreamResponse]:
    """All answers of one stream."""
    async with face.channel() as channel:
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        return [
            answer async for answer in stub.UploadStream(iter(requests), metadata=metadata(who), timeout=20)
        ]


async def test_batches_are_answered_in_order(face: Face):
    """Twenty batches at once: one answer each, in their order, every record once in the log."""
    before = face.node.sealer.own.size
    answers = await streamed(face, *(batch(2 * n, 2 * n + 1) for n in range(20)))
    kept = [result.fingerprint for answer in answers for result in answer.batch.results]
    assert len(set(kept)) == 40
    assert face.node.sealer.own.size == before + 40
    again = await streamed(face, *(batch(2 * n, 2 * n + 1) for n in range(20)))
    assert [result.fingerprint for answer in again for result in answer.batch.results] == kept


@pytest.mark.parametrize(
    ("bad", "reason", "path"),
    [
        (upload_pb2.UploadStreamRequest(), "BAD_REQUEST", "/batch"),
        (upload_pb2.UploadStreamRequest(batch=upload_pb2.UploadRequest()), "BAD_REQUEST", "/batch/items"),
        (batch(9, wait_for=record_pb2.STATE_REORGED), "BAD_REQUEST", "/waitFor"),
    ],
)
async def test_bad_batch_refuses_itself_only(
    face: Face, bad: upload_pb2.UploadStreamRequest, reason: str, path: str
):
    """A batch that is refused as a whole says why in its place; those around it are sealed."""
    first, refused, last = await streamed(face, batch(1), bad, batch(2))
    assert errors_pb2.ErrorReason.Name(refused.error.reason) == f"ERROR_REASON_{reason}"
    assert refused.error.path == path
    assert not refused.HasField("batch")
    assert [answer.batch.results[0].state for answer in (first, last)] == [record_pb2.STATE_SEALED] * 2


async def test_bad_record_refuses_itself_only(face: Face):
    """As in Upload: the record's own result names its fault."""
    bad = upload_pb2.UploadItem(statement=b"x")
    request = batch(1)
    request.batch.items.append(bad)
    (answer,) = await streamed(face, request)
    assert [result.HasField("error") for result in answer.batch.results] == [False, True]
    assert not answer.HasField("error")


async def test_stream_without_a_token_is_refused_batch_by_batch(face: Face):
    """Nobody signs for a caller without a token, in a stream neither."""
    answers = await streamed(face, batch(1), batch(2), who=None)
    assert [answer.error.reason for answer in answers] == [errors_pb2.ERROR_REASON_UNAUTHENTICATED] * 2


async def test_request_that_cannot_be_read_ends_the_stream(face: Face):
    """What came before is answered, then the stream ends with BAD_REQUEST."""
    async with face.channel() as channel:
        method: Any = channel.stream_stream(f"/{UPLOAD}/UploadStream")
        call = method(iter([batch(1).SerializeToString(), b"\xff"]), metadata=metadata("farm"))
        first = upload_pb2.UploadStreamResponse.FromString(await call.read())
        assert first.batch.results[0].state == record_pb2.STATE_SEALED
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
    assert details(caught.value)["ErrorInfo"].reason == "BAD_REQUEST"


class Closed:
    """An upload service whose store broke."""

    async def upload_stream(self, requests: AsyncIterator[Any], call: Call, send: Any) -> None:
        """Take one request, and find the log broken."""
        await anext(requests)
        raise Broken("CORRUPT", "the tree does not match")

    async def upload(self, *_: object) -> None:
        """Nothing."""

    get_states = watch = upload


async def test_fault_of_a_stream_reaches_the_operator(tmp_path: Path):
    """Broken in a stream: the code, the operator's fault hook, metrics."""
    async with open_face(tmp_path, services={UPLOAD: Closed()}) as made:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await streamed(made, batch(1))
        assert details(caught.value)["ErrorInfo"].reason == "CORRUPT"
        assert isinstance(made.faults[0], Broken)
        page = (await made.get("/metrics")).text
        assert 'grpc_method="UploadStream"' in page
        assert 'grpc_type="bidi_stream"' in page


async def test_watch_tells_ranges_from_the_beginning(face: Face):
    """A heartbeat with a cursor first, then what holds already."""
    await face.node.say(begun(LOT, 1))
    async with face.channel() as channel:
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        call = stub.Watch(upload_pb2.WatchRequest(), metadata=metadata("reader"))
        beat, sealed = await call.read(), await call.read()
        call.cancel()
    assert (beat.state, bool(beat.cursor), beat.log) == (0, True, face.node.log.hex())
    assert (sealed.state, sealed.first, sealed.stop) == (
        record_pb2.STATE_SEALED,
        0,
        face.node.sealer.own.size,
    )
    assert not sealed.fingerprints


async def test_watch_of_own_records_names_them(face: Face):
    """The party of the token decides whose records they are."""
    (mine,) = await face.node.say(begun(f"{LOT}1", 1))
    await face.node.say(begun(f"{LOT}2", 2), party="https://id.gs1.org/417/9521000000036")
    async with face.channel() as channel:
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        call = stub.Watch(upload_pb2.WatchRequest(own_records=True), metadata=metadata("farm"))
        await call.read()
        told = await call.read()
        call.cancel()
    assert mine.fingerprint is not None
    assert list(told.fingerprints) == [mine.fingerprint.hex()]


@pytest.mark.parametrize(
    ("who", "request_", "reason"),
    [
        (None, {}, "UNAUTHENTICATED"),
        ("nobody", {}, "UNAUTHENTICATED"),
        ("expired", {}, "UNAUTHENTICATED"),
        ("reader", {"own_records": True}, "FORBIDDEN"),
        ("farm", {"own_records": True, "fingerprints": ["0" * 64]}, "BAD_REQUEST"),
        ("farm", {"fingerprints": ["x"]}, "BAD_REQUEST"),
        ("farm", {"fingerprints": ["0" * 64] * 1001}, "BAD_REQUEST"),
        ("farm", {"cursor": "abc"}, "BAD_REQUEST"),
        ("farm", {"cursor": "a" * 129}, "BAD_REQUEST"),
        ("farm", {"cursor": "abc", "from_now": True}, "BAD_REQUEST"),
    ],
)
async def test_watch_is_refused(face: Face, who: str | None, request_: dict[str, Any], reason: str):
    """Nobody watches without a token in force, and no request beyond its limits is served."""
    async with face.channel() as channel:
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Watch(upload_pb2.WatchRequest(**request_), metadata=metadata(who)).read()
    assert details(caught.value)["ErrorInfo"].reason == reason


async def test_streams_have_no_rest_face(face: Face):
    """The gateway and its document leave them out."""
    document = (await face.get("/openapi.json")).json()
    operations = {op["operationId"] for path in document["paths"].values() for op in path.values()}
    assert "UploadService_GetStates" in operations
    assert not operations & {"UploadService_Watch", "UploadService_UploadStream"}


async def test_stop_ends_streams_at_once(face: Face):
    """Watchers and idle upload streams hear STOPPING, long before the grace is over."""
    server = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        watching = stub.Watch(upload_pb2.WatchRequest(from_now=True), metadata=metadata("farm"))
        await watching.read()
        uploading = stub.UploadStream(metadata=metadata("farm"))
        await uploading.write(batch(1))
        await uploading.read()
        await asyncio.wait_for(server.stop(600), 30)
        for call in (watching, uploading):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await drained(call)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert details(caught.value)["ErrorInfo"].reason == "STOPPING"


async def test_streams_leave_room_for_calls(face: Face):
    """Half of the calls at once may be streams; one more is BUSY, and calls are answered all the same."""
    async with face.channel(max_concurrent=4) as channel:
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        request = upload_pb2.WatchRequest(from_now=True)
        held = [stub.Watch(request, metadata=metadata("farm")) for _ in range(2)]
        for call in held:
            await call.read()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Watch(request, metadata=metadata("farm")).read()
        assert details(caught.value)["ErrorInfo"].reason == "BUSY"
        await stub.GetStates(upload_pb2.GetStatesRequest(fingerprints=["0" * 64]))
        for call in held:
            call.cancel()
