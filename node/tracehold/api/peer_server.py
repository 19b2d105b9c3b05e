"""The listener for peers: mutual TLS, and no call is read that does not come from an active member.

TLS lets in who holds the key of a certificate out of the bundle, which grows while the node runs. Each call
then is matched to its member by the exact certificate, so that a member that was revoked since, or that
signed a certificate for somebody else, is a stranger although its connection stands.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message

from tracehold.api.access import Caller
from tracehold.api.call import Arriving, Call, Calls
from tracehold.api.credentials import Shown, changing
from tracehold.api.rations import Limits, Rations
from tracehold.api.served import Served
from tracehold.api.status import Refusal, grpc_details
from tracehold.core.errors import Rejected
from tracehold.journey.neighbours import Neighbour, Neighbours
from tracehold.wire.ways import Way, way_of

MAX_REQUEST_BYTES = 8 << 20
"""One request; askers split what is larger."""

MAX_ANSWER_BYTES = 32 << 20
"""One answer, whose parts are bounded by far less."""


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """Where to listen (`host:port`, port 0 lets the system choose), with which certificate and key (PEM), how
    many calls run at once in all, and what one member may have.
    """

    listen: str
    certificate: bytes
    key: bytes
    max_concurrent: int = 128
    limits: Limits = Limits()  # noqa: RUF009  frozen


class PeerServer:
    """Started and stopped once, on one event loop."""

    def __init__(
        self, settings: PeerSettings, neighbours: Neighbours, calls: Calls, served: Sequence[Served]
    ) -> None:
        self._settings = settings
        self._neighbours = neighbours
        self._calls = calls
        self._served = served
        self._rations = Rations(settings.limits)
        self._server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=settings.max_concurrent)
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises BAD_CONFIG where the address cannot be had."""
        for service in {one.method.service for one in self._served}:
            methods = [one for one in self._served if one.method.service == service]
            handlers = {one.method.name: self._handler(one) for one in methods}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        try:
            self.port = self._server.add_secure_port(self._settings.listen, self._credentials())
        except RuntimeError:
            raise Rejected(
                "BAD_CONFIG", f"cannot listen on {self._settings.listen}", path="peers.listen"
            ) from None
        await self._server.start()

    async def stop(self, grace_s: float) -> None:
        """Refuse new calls, wait up to `grace_s` seconds for running ones, then cancel them."""
        await self._server.stop(grace_s)

    def use(self, certificate: bytes, key: bytes) -> None:
        """Show this certificate from the next handshake on."""
        self._settings = replace(self._settings, certificate=certificate, key=key)

    def _credentials(self) -> "grpc.ServerCredentials":
        loop = asyncio.get_running_loop()

        def now() -> Shown:
            # A newcomer is let in when it tries again: by then the ledger was read.
            loop.call_soon_threadsafe(self._neighbours.knock)
            # The own one first: a bundle is never empty, which grpc would take for "anybody".
            own, leaves = self._settings.certificate, self._neighbours.leaves
            others = b"".join(leaf.pem for leaf in leaves if leaf.pem != own)
            return Shown(self._settings.key, own, own + others)

        return changing(now)

    def _handler(self, served: Served) -> "grpc.RpcMethodHandler[Any, Any]":
        # Streams, also where there is one message: who calls is looked at before anything is read, and it is
        # known when the answer is gone. On the wire it is the same.
        method = served.method
        way = way_of(method.name)

        async def behaviour(
            incoming: AsyncIterator[bytes], context: "grpc.aio.ServicerContext[Any, Any]"
        ) -> None:
            with ExitStack() as held:

                async def work(call: Call) -> bytes:
                    member = self._member(context)
                    held.enter_context(self._rations.turn(member.number, way))
                    await self._rations.due(member.number, way, call.remaining() / 2)
                    asked = replace(call, caller=Caller(f"node {member.number}"), member=member)
                    with self._rations.charged(member.number, way) as charge:
                        answer = (await _answer(served, incoming, asked)).SerializeToString()
                        charge(len(answer))
                    return answer

                left = context.time_remaining()
                arriving = Arriving("grpc", method.service, method.name, (), left, method.form)
                outcome = await self._calls.run(arriving, work)
                if way is Way.SHIPMENT:
                    held.close()  # what answers one is small, and the next may come at once
                if isinstance(outcome, Refusal):
                    await _abort(context, outcome)
                # The turn lasts until the caller took it: who reads nothing fills its own, and no memory.
                await context.write(outcome)

        return grpc.stream_stream_rpc_method_handler(behaviour)

    def _member(self, context: "grpc.aio.ServicerContext[Any, Any]") -> Neighbour:
        certificates = list(context.auth_context().get("x509_pem_cert", ()))
        if len(certificates) != 1:
            raise Rejected("STRANGER", "one certificate is to be shown")
        return self._neighbours.caller(ssl.PEM_cert_to_DER_cert(certificates[0].decode("ascii")))


_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    ("grpc.max_send_message_length", MAX_ANSWER_BYTES),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.max_concurrent_streams", 128),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # A second process on this port shall fail, not share its calls.
    ("grpc.so_reuseport", 0),
]


async def _answer(served: Served, incoming: AsyncIterator[bytes], call: Call) -> Message:
    kind = served.method.request
    if served.method.form == "client_stream":
        async with aclosing(_parsed(kind, raw) async for raw in incoming) as requests:
            return await served.gather(requests, call)
    raw = await anext(incoming, None)
    if raw is None:
        raise Rejected("BAD_REQUEST", "a call of this method has one message")
    return await served.answer(_parsed(kind, raw), call)


def _parsed(kind: type[Message], raw: bytes) -> Message:
    try:
        return kind.FromString(raw)
    except DecodeError:
        raise Rejected("BAD_REQUEST", "the bytes are no message of this method") from None


async def _abort(context: "grpc.aio.ServicerContext[Any, Any]", told: Refusal) -> NoReturn:
    trailers = (("grpc-status-details-bin", grpc_details(told)), ("x-request-id", told.request_id))
    await context.abort(told.grpc_code, told.message, trailing_metadata=trailers)
