"""The gRPC face: handlers made from the protos, TLS, limits, health and reflection.

There is no interceptor: each costs 25 us a call even when empty (research: grpc),
and `Calls.run` does the work of all.
"""

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from tracehold.api.call import Arriving, Call, Calls
from tracehold.api.credentials import Shown, changing
from tracehold.api.served import Send, Served
from tracehold.api.status import Refusal, grpc_details
from tracehold.api.streams import Streams
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_MESSAGE_BYTES
from tracehold.wire.descriptors import Method

LISTENING = "Watch"
"""The stream of answers that tells what comes; other such streams hand out what is there."""


@dataclass(frozen=True, slots=True)
class GrpcSettings:
    """Where to listen (`host:port`, port 0 lets the system choose),
    and with which certificate chain and key (PEM).
    """

    listen: str
    certificate: bytes | None = None
    key: bytes | None = None
    max_concurrent: int = 256
    keepalive_s: int = 30


class GrpcServer:
    """A listener for clients. `start` returns when calls are taken;
    `stop` refuses new calls and lets running ones end.
    """

    def __init__(self, settings: GrpcSettings, calls: Calls, served: Sequence[Served]) -> None:
        self._settings = settings
        self._calls = calls
        self._served = served
        self._streams = Streams(settings.max_concurrent // 2)
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(
            options=_options(settings), maximum_concurrent_rpcs=settings.max_concurrent
        )
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises BAD_CONFIG where the address cannot be
        had or is not loopback without a certificate.
        """
        for service, handlers in self._handlers().items():
            self._server.add_registered_method_handlers(service, handlers)
            generic = grpc.method_handlers_generic_handler(service, handlers)
            self._server.add_generic_rpc_handlers((generic,))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [*self._services(), health.SERVICE_NAME, reflection.SERVICE_NAME]
        reflection.enable_server_reflection(names, self._server)
        self.port = self._bind()
        await self._server.start()
        await self._say(health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Tell health watchers, end streams, refuse new calls, wait up to
        `grace_s` seconds for running ones, then cancel them.
        """
        self._streams.stop()
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    def _services(self) -> list[str]:
        return sorted({one.method.service for one in self._served})

    async def _say(self, status: Any) -> None:
        for name in ["", *self._services()]:
            await self._health.set(name, status)

    def _handlers(self) -> "dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]]":
        return {
            service: {
                one.method.name: _handler(self._calls, one, self._streams)
                for one in self._served
                if one.method.service == service
            }
            for service in self._services()
        }

    def use(self, certificate: bytes, key: bytes) -> None:
        """Show this certificate from the next handshake on; nothing changes for a listener without one."""
        if self._settings.certificate:
            self._settings = replace(self._settings, certificate=certificate, key=key)

    def _shown(self) -> Shown:
        return Shown(self._settings.key or b"", self._settings.certificate or b"")

    def _bind(self) -> int:
        settings = self._settings
        try:
            if settings.certificate and settings.key:
                return self._server.add_secure_port(settings.listen, changing(self._shown))
            require_loopback(settings.listen, "grpc.listen")
            return self._server.add_insecure_port(settings.listen)
        except RuntimeError:
            raise Rejected("BAD_CONFIG", f"cannot listen on {settings.listen}", path="grpc.listen") from None


def require_loopback(listen: str, path: str) -> None:
    """Returns if the address is of this machine only; BAD_CONFIG
    otherwise: tokens do not travel in the clear.
    """
    host = listen.rpartition(":")[0].strip("[]")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise Rejected("BAD_CONFIG", f"{listen} is not loopback and has no certificate", path=path)


def _options(settings: GrpcSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_metadata_size", 16 << 10),
        ("grpc.max_concurrent_streams", 128),
        ("grpc.keepalive_time_ms", settings.keepalive_s * 1_000),
        ("grpc.keepalive_permit_without_calls", 1),
        # Clients may ping each 10 s; without this, grpc cuts them off with "too many pings".
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        # A second process on this port shall fail, not share its calls.
        ("grpc.so_reuseport", 0),
    ]


def _handler(calls: Calls, served: Served, streams: Streams) -> "grpc.RpcMethodHandler[Any, Any]":
    """Bytes in, bytes out: grpc would tell callers what its own reading of a message trips over."""
    match served.method.form:
        case "server_stream":
            return grpc.unary_stream_rpc_method_handler(_pushing(calls, served, streams))
        case "client_stream":
            raise NotImplementedError(f"{served.method.full_name}: only peers send streams for one response")
        case "bidi_stream":
            return grpc.stream_stream_rpc_method_handler(_conversing(calls, served, streams))
    return grpc.unary_unary_rpc_method_handler(_answering(calls, served))


def _answering(calls: Calls, served: Served) -> Any:
    method = served.method

    async def behaviour(raw: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> bytes:
        async def work(call: Call) -> bytes:
            answer = await served.answer(_parsed(method.request, raw), call)
            return answer.SerializeToString()

        outcome = await calls.run(_arriving(method, context), work)
        if isinstance(outcome, Refusal):
            await _abort(context, outcome)
        return outcome

    return behaviour


def _pushing(calls: Calls, served: Served, streams: Streams) -> Any:
    async def behaviour(raw: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> None:
        async def work(call: Call) -> None:
            request = _parsed(served.method.request, raw)
            with streams.admitted(handing=served.method.name != LISTENING):
                await streams.until_stop(served.push(request, call, _sender(context)))

        await _streamed(calls, served.method, context, work)

    return behaviour


def _conversing(calls: Calls, served: Served, streams: Streams) -> Any:
    async def behaviour(
        incoming: AsyncIterator[bytes], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> None:
        async def requests() -> AsyncIterator[Message]:
            while True:
                try:
                    raw = await streams.until_stop(anext(incoming))
                except StopAsyncIteration:
                    return
                yield _parsed(served.method.request, raw)

        async def work(call: Call) -> None:
            with streams.admitted():
                await served.converse(requests(), call, _sender(context))

        await _streamed(calls, served.method, context, work)

    return behaviour


async def _streamed(
    calls: Calls,
    method: Method,
    context: "grpc.aio.ServicerContext[Any, Any]",
    work: Callable[[Call], Awaitable[None]],
) -> None:
    outcome = await calls.run(_arriving(method, context), work)
    if isinstance(outcome, Refusal):
        await _abort(context, outcome)


def _sender(context: "grpc.aio.ServicerContext[Any, Any]") -> Send:
    async def send(response: Message) -> None:
        await context.write(response.SerializeToString())

    return send


def _parsed(kind: type[Message], raw: bytes) -> Message:
    try:
        return kind.FromString(raw)
    except DecodeError:
        raise Rejected("BAD_REQUEST", "the bytes are no message of this method") from None


def _arriving(method: Method, context: "grpc.aio.ServicerContext[Any, Any]") -> Arriving:
    metadata = context.invocation_metadata() or ()
    authorization = tuple(str(value) for key, value in metadata if key == "authorization")
    left = context.time_remaining()
    return Arriving("grpc", method.service, method.name, authorization, left, method.form)


async def _abort(context: "grpc.aio.ServicerContext[Any, Any]", told: Refusal) -> NoReturn:
    trailers = (("grpc-status-details-bin", grpc_details(told)), ("x-request-id", told.request_id))
    await context.abort(told.grpc_code, told.message, trailing_metadata=trailers)
