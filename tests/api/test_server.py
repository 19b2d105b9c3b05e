"""The gRPC listener itself: TLS, loopback, limits, stopping, services that lack a method."""

import asyncio
import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from tests.api.face import FILES, Face, face
from tests.api.failing import NAME as TRACE
from tests.api.failing import Failing
from tracehold.adapters.keyfiles import create_certificate
from tracehold.api.call import Call
from tracehold.api.served import serve
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.errors import Rejected
from tracehold.v1 import trace_pb2, trace_pb2_grpc, verify_pb2, verify_pb2_grpc

ASK = trace_pb2.LocateRequest(item="urn:x:y")


class Partial:
    """All methods but one."""

    locate = trace = get_history = get_contents = compare = Failing.locate
    get_state = common = recall = Failing.locate


class Held(Failing):
    """A trace service that answers when it is let."""

    def __init__(self) -> None:
        super().__init__(ValueError())
        self.entered = asyncio.Event()
        self.released = asyncio.Event()

    async def locate(self, request: object, call: Call) -> object:
        """Wait, then answer nothing in particular."""
        self.entered.set()
        await self.released.wait()
        return trace_pb2.LocateResponse(item="held")

    trace = get_history = get_contents = get_state = common = recall = get_masterdata = compare = locate


def knock(port: int) -> None:
    """Connect from many sockets at once, and say nothing: a handshake begins for each, on grpc's threads."""
    with ExitStack() as stack:
        for _ in range(200):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
async def test_security_handshakes_at_once_do_not_end_the_process(face: Face, tmp_path: Path, rounds: int):
    """Attack: connect, again and again, from many sockets, which takes no certificate. Where the listener put
    a configuration in place at each handshake, this did not fail, it died.
    """
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    create_certificate(key, certificate, ["localhost", "127.0.0.1"], datetime.now(UTC))
    settings = GrpcSettings("127.0.0.1:0", certificate.read_bytes(), key.read_bytes())
    server = GrpcServer(settings, face.calls, face.served)
    await server.start()
    for _ in range(rounds):
        await asyncio.to_thread(knock, server.port)
    pinned = grpc.ssl_channel_credentials(certificate.read_bytes())
    async with grpc.aio.secure_channel(f"localhost:{server.port}", pinned) as channel:
        status = await verify_pb2_grpc.VerifyServiceStub(channel).GetStatus(verify_pb2.GetStatusRequest())
        assert status.operator == "urn:op"
    await server.stop(0)


async def test_tls_with_the_certificate_of_the_node(face: Face, tmp_path: Path):
    """A client that pins the certificate is answered; one that does not is not."""
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    create_certificate(key, certificate, ["localhost", "127.0.0.1"], datetime.now(UTC))
    settings = GrpcSettings("127.0.0.1:0", certificate.read_bytes(), key.read_bytes())
    server = GrpcServer(settings, face.calls, face.served)
    await server.start()
    address = f"localhost:{server.port}"
    pinned = grpc.ssl_channel_credentials(certificate.read_bytes())
    async with grpc.aio.secure_channel(address, pinned) as channel:
        status = await verify_pb2_grpc.VerifyServiceStub(channel).GetStatus(verify_pb2.GetStatusRequest())
        assert status.operator == "urn:op"
    async with grpc.aio.insecure_channel(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await verify_pb2_grpc.VerifyServiceStub(channel).GetStatus(verify_pb2.GetStatusRequest())
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    await server.stop(0)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
async def test_plain_listener_off_loopback_is_refused(face: Face, listen: str):
    """Tokens never travel in the clear."""
    with pytest.raises(Rejected, match="BAD_CONFIG") as caught:
        await GrpcServer(GrpcSettings(listen), face.calls, face.served).start()
    assert caught.value.path == "grpc.listen"


async def test_port_that_is_taken_is_a_config_error(face: Face):
    """A second node on the port fails, and does not share its calls."""
    first = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await first.start()
    with pytest.raises(Rejected, match="BAD_CONFIG"):
        await GrpcServer(GrpcSettings(f"127.0.0.1:{first.port}"), face.calls, face.served).start()
    await first.stop(0)


async def test_more_calls_at_once_than_the_limit_are_refused(tmp_path: Path):
    """Calls past the limit hear RESOURCE_EXHAUSTED at once; those within it are answered."""
    held = Held()
    async with face(tmp_path, services={TRACE: held}) as made, made.channel(max_concurrent=2) as channel:
        stub = trace_pb2_grpc.TraceServiceStub(channel)
        calls = [asyncio.ensure_future(_code(stub)) for _ in range(5)]
        refused, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        while len(refused) < 3:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            refused |= more
        held.released.set()
        await asyncio.wait(waiting)
        assert sorted(call.result() for call in calls) == ["OK"] * 2 + ["RESOURCE_EXHAUSTED"] * 3


async def test_stop_lets_running_calls_end(tmp_path: Path):
    """A call that runs when the stop begins is answered; the server is gone afterwards."""
    held = Held()
    async with face(tmp_path, services={TRACE: held}) as made:
        server = GrpcServer(GrpcSettings("127.0.0.1:0"), made.calls, made.served)
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            stub = trace_pb2_grpc.TraceServiceStub(channel)
            running = asyncio.ensure_future(_code(stub))
            await held.entered.wait()
            stopping = asyncio.ensure_future(server.stop(30))
            held.released.set()
            assert await running == "OK"
            await stopping
            assert await _code(stub) == "UNAVAILABLE"


def test_method_without_a_servicer_is_found_at_the_start():
    """A service that lacks a method does not start, instead of failing its first caller."""
    with pytest.raises(LookupError, match="UploadService/Upload"):
        serve(FILES, {})

    with pytest.raises(LookupError, match="TraceService/GetMasterdata"):
        serve((trace_pb2.DESCRIPTOR,), {TRACE: Partial()})


async def _code(stub: "trace_pb2_grpc.TraceServiceAsyncStub") -> str:
    try:
        await stub.Locate(ASK)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"
