"""A gRPC server that does what a test tells it: answers, refuses, or is away."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass
from google.rpc import code_pb2, error_details_pb2, status_pb2

from tracehold.v1 import record_pb2, trace_pb2, upload_pb2, verify_pb2

Answer = Callable[[Any], Any]


class Failure(Exception):
    """What an answer raises to make the call fail."""

    def __init__(self, status: grpc.StatusCode, message: str = "", details: bytes | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.details = status, message, details


def refusal(reason: str, status: str = "INVALID_ARGUMENT", message: str = "no", **metadata: str) -> Failure:
    """A failure as a node tells it: google.rpc.ErrorInfo in the trailers."""
    rich = status_pb2.Status(code=code_pb2.Code.Value(status), message=message)
    rich.details.add().Pack(error_details_pb2.RequestInfo(request_id="1"))
    info = error_details_pb2.ErrorInfo(reason=reason, domain="tracehold", metadata=metadata)
    rich.details.add().Pack(info)
    return Failure(grpc.StatusCode[status], message, rich.SerializeToString())


class Script:
    """Keeps every request with its metadata; `answers` maps a method to what it does."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []

    async def answer(self, method: str, request: Any, context: Any) -> Any:
        """Answer one call as the test said."""
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        try:
            return self.answers[method](request)
        except Failure as failure:
            if failure.details is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", failure.details),))
            await context.abort(failure.status, failure.message)


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[str]:
    """The script behind a free port of loopback; its address."""
    server = grpc.aio.server()
    for file in (upload_pb2, trace_pb2, verify_pb2):
        for service in file.DESCRIPTOR.services_by_name.values():
            handlers = {method.name: _handler(script, method) for method in service.methods}
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(service.full_name, handlers),)
            )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


def _handler(script: Script, method: Any) -> Any:
    async def handle(request: Any, context: Any) -> Any:
        return await script.answer(method.name, request, context)

    return grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )


def sealed(request: upload_pb2.UploadRequest) -> upload_pb2.UploadResponse:
    """Every item taken; its fingerprint is its own bytes in hex, padded."""
    return upload_pb2.UploadResponse(
        results=[
            upload_pb2.UploadResult(
                fingerprint=item.statement.hex().ljust(64, "0"),
                index=index,
                state=record_pb2.STATE_SEALED,
                receipt=b"r",
            )
            for index, item in enumerate(request.items)
        ]
    )


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds slept so far."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Pass at once."""
        self.slept.append(seconds)
        self.seconds += seconds
