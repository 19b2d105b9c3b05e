"""How errors are told: one table for both faces, and nothing of what is inside."""

from typing import Any

import grpc
import pytest

from tests.api.face import Face, details, face
from tests.api.failing import NAME as TRACE
from tests.api.failing import Failing, Waiting
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.v1 import trace_pb2, trace_pb2_grpc, upload_pb2, upload_pb2_grpc

SECRET = "the-secret-in-the-exception"


@pytest.mark.parametrize(
    ("error", "http", "code", "status"),
    [
        (ValueError(SECRET), 500, "INTERNAL", "INTERNAL"),
        (TimeoutError(SECRET), 500, "INTERNAL", "INTERNAL"),
        (KeyError(SECRET), 500, "INTERNAL", "INTERNAL"),
        (ExceptionGroup(SECRET, [OSError(SECRET)]), 500, "INTERNAL", "INTERNAL"),
    ],
)
async def test_text_of_an_unexpected_error_never_leaves(
    tmp_path, error: Exception, http: int, code: str, status: str
):
    """A fault of the program is answered with a request id only; the log has the rest, under that id."""
    async with face(tmp_path, services={TRACE: Failing(error)}) as failing:
        response = await failing.post("/v1/records:locate", {"item": "urn:x:y"})
        async with failing.channel() as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await trace_pb2_grpc.TraceServiceStub(channel).Locate(trace_pb2.LocateRequest(item="urn:x:y"))
        told = details(caught.value)
        assert SECRET not in response.text + str(response.headers)
        assert SECRET not in repr(caught.value) + repr(told)
        assert (response.status_code, response.json()["code"]) == (http, code)
        assert (caught.value.code().name, told["ErrorInfo"].reason) == (status, code)
        ids = {response.json()["requestId"], told["RequestInfo"].request_id}
        logged = [line for line in failing.lines.parsed() if line.get("request_id") in ids]
        assert len(ids) == len(logged) == 2
        assert all(SECRET in line["exception"] for line in logged)
        assert failing.faults == [error, error]


@pytest.mark.parametrize(
    ("error", "http", "status", "retry"),
    [
        (Rejected("BAD_REQUEST", "no", path="/item", remedy="do"), 400, "INVALID_ARGUMENT", False),
        (Rejected("NOT_FOUND", "none"), 404, "NOT_FOUND", False),
        (Rejected("FORBIDDEN", "not you"), 403, "PERMISSION_DENIED", False),
        (Rejected("CONFLICT", "there"), 409, "ALREADY_EXISTS", False),
        (Rejected("HEAD_MOVED", "moved"), 409, "ABORTED", False),
        (Rejected("TOO_MANY_RECORDS", "many"), 413, "RESOURCE_EXHAUSTED", False),
        (Unavailable("BUSY", "later"), 429, "RESOURCE_EXHAUSTED", True),
        (Unavailable("DISK_LOW", "later"), 429, "RESOURCE_EXHAUSTED", True),
        (Unavailable("GRAPH_DOWN", "later"), 503, "UNAVAILABLE", True),
        (Unavailable("DEADLINE", "late"), 504, "DEADLINE_EXCEEDED", True),
        (Broken("CORRUPT", "bad"), 500, "INTERNAL", False),
    ],
)
async def test_one_table_tells_both_faces(tmp_path, error, http: int, status: str, retry: bool):
    """Code, path and remedy arrive alike; what time will help says when to come back."""
    async with face(tmp_path, services={TRACE: Failing(error)}) as failing:
        response = await failing.post("/v1/records:locate", {"item": "urn:x:y"})
        async with failing.channel() as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await trace_pb2_grpc.TraceServiceStub(channel).Locate(trace_pb2.LocateRequest(item="urn:x:y"))
        problem, told = response.json(), details(caught.value)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.status_code == problem["status"] == http
        assert problem["type"] == f"urn:tracehold:error:{error.code}"
        assert (problem["detail"], problem["path"], problem["remedy"]) == (
            error.message,
            error.path,
            error.remedy,
        )
        assert ("retry-after" in response.headers) is ("RetryInfo" in told) is retry
        assert caught.value.code().name == status
        assert caught.value.details() == error.message
        info = told["ErrorInfo"]
        assert (info.reason, info.domain, info.metadata.get("path", "")) == (
            error.code,
            "tracehold",
            error.path,
        )
        assert ("BadRequest" in told) is bool(error.path)


async def test_deadline_of_the_caller_ends_the_call(tmp_path):
    """A servicer that never answers is cancelled at the caller's deadline."""
    async with (
        face(tmp_path, services={TRACE: Waiting(ValueError())}) as waiting,
        waiting.channel() as channel,
    ):
        stub = trace_pb2_grpc.TraceServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Locate(trace_pb2.LocateRequest(item="urn:x:y"), timeout=0.2)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_limits_are_enforced_on_both_faces(face: Face):
    """A field beyond its limit names its path, the same way."""
    body = {"item": "urn:x:" + "y" * 1024, "direction": "UPSTREAM"}
    response = await face.post("/v1/trace", body)
    assert (response.status_code, response.json()["path"]) == (400, "/item")
    async with face.channel() as channel:
        request = trace_pb2.TraceRequest(item=body["item"], direction=trace_pb2.DIRECTION_UPSTREAM)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await trace_pb2_grpc.TraceServiceStub(channel).Trace(request)
    assert details(caught.value)["BadRequest"].field_violations[0].field == "/item"


async def test_message_over_32_mib_is_refused(face: Face):
    """gRPC refuses what is larger before it is read into memory as a whole."""
    item = upload_pb2.UploadItem(statement=bytes(33 << 20))
    async with face.channel() as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await upload_pb2_grpc.UploadServiceStub(channel).Upload(upload_pb2.UploadRequest(items=[item]))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_bytes_that_are_no_message_tell_nothing_of_the_program(face: Face):
    """Garbage in place of a message is an error without names of ours."""
    async with face.channel() as channel:
        call: Any = channel.unary_unary("/tracehold.v1.TraceService/Locate")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"\xff\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "the bytes are no message of this method"
