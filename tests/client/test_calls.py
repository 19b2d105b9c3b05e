"""Calls of the client: what is sent, what comes back, and what a failure means."""

import grpc
import pytest

from tests.client.scripted import Failure, Script, refusal, sealed, serving
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.v1 import errors_pb2, record_pb2, trace_pb2, upload_pb2, verify_pb2
from tracehold_client import AsyncClient, Client, State

A = "aa" * 32


async def test_upload_sends_statements_and_reads_results():
    """Bytes go as statements, in order, with the token; results come back as they stand."""
    script = Script(Upload=sealed)
    async with serving(script) as target, AsyncClient(target, token="t0k") as client:
        outcomes = await client.upload([b"\x01", b"\x02"], wait_for=State.FINAL)
    assert [item.statement for item in script.requests[0].items] == [b"\x01", b"\x02"]
    assert script.requests[0].wait_for == State.FINAL
    assert script.metadata[0]["authorization"] == "Bearer t0k"
    assert [outcome.index for outcome in outcomes] == [0, 1]
    assert outcomes[0].state is State.SEALED
    assert outcomes[0].unwrap() is outcomes[0]


async def test_refused_item_keeps_its_code_and_path():
    """One refused record is an error of its family in its own result."""
    error = errors_pb2.Error(
        reason=errors_pb2.ERROR_REASON_BAD_CHECK_DIGIT, message="wrong", path="/epcList/0", remedy="fix it"
    )
    script = Script(
        Upload=lambda _: upload_pb2.UploadResponse(results=[upload_pb2.UploadResult(error=error)])
    )
    async with serving(script) as target, AsyncClient(target) as client:
        (outcome,) = await client.upload([b"\x01"])
    assert isinstance(outcome.error, Rejected)
    assert (outcome.error.code, outcome.error.path) == ("BAD_CHECK_DIGIT", "/epcList/0")
    with pytest.raises(Rejected):
        outcome.unwrap()


async def test_sealed_and_late_is_taken():
    """A record that was sealed and did not get further in time is no refusal: its state says how far it
    came.
    """
    late = errors_pb2.Error(reason=errors_pb2.ERROR_REASON_DEADLINE, message="not final in time")
    result = upload_pb2.UploadResult(fingerprint=A, index=7, state=record_pb2.STATE_SEALED, error=late)
    script = Script(Upload=lambda _: upload_pb2.UploadResponse(results=[result]))
    async with serving(script) as target, AsyncClient(target) as client:
        (outcome,) = await client.upload([b"\x01"], wait_for=State.FINAL)
    assert (outcome.error, outcome.state, outcome.index) == (None, State.SEALED, 7)


async def test_reason_of_a_newer_release_is_not_lost():
    """An item refused for a reason that this release does not know still says its number, as broken."""
    error = errors_pb2.Error(message="new rule")
    error.reason = 999  # type: ignore[assignment]
    script = Script(
        Upload=lambda _: upload_pb2.UploadResponse(results=[upload_pb2.UploadResult(error=error)])
    )
    async with serving(script) as target, AsyncClient(target) as client:
        (outcome,) = await client.upload([b"\x01"])
    assert isinstance(outcome.error, Broken)
    assert "999" in outcome.error.message


async def _failing(failure: Failure) -> Exception:
    def fail(_: object) -> object:
        raise failure

    async with serving(Script(GetStatus=fail)) as target, AsyncClient(target, timeout=5) as client:
        with pytest.raises((Rejected, Unavailable, Broken)) as caught:
            await client.status()
    return caught.value


async def test_error_info_gives_code_path_and_remedy():
    """The code of the node stands in ErrorInfo, also behind other details."""
    error = await _failing(
        refusal("FORBIDDEN", "PERMISSION_DENIED", "not yours", path="/party", remedy="ask")
    )
    assert isinstance(error, Rejected)
    assert (error.code, error.message, error.path, error.remedy) == (
        "FORBIDDEN",
        "not yours",
        "/party",
        "ask",
    )


@pytest.mark.parametrize(
    ("status", "family", "code"),
    [
        ("UNAUTHENTICATED", Rejected, "UNAUTHENTICATED"),
        ("PERMISSION_DENIED", Rejected, "FORBIDDEN"),
        ("NOT_FOUND", Rejected, "NOT_FOUND"),
        ("INVALID_ARGUMENT", Rejected, "BAD_REQUEST"),
        ("DEADLINE_EXCEEDED", Unavailable, "DEADLINE"),
        ("RESOURCE_EXHAUSTED", Rejected, "REQUEST_TOO_LARGE"),
        ("INTERNAL", Broken, "INTERNAL"),
        ("DATA_LOSS", Broken, "INTERNAL"),
    ],
)
async def test_bare_status_has_a_family(status: str, family: type, code: str):
    """A status that nobody of ours explained falls into the family that says who must act."""
    error = await _failing(Failure(grpc.StatusCode[status]))
    assert isinstance(error, family)
    assert getattr(error, "code", None) == code


@pytest.mark.parametrize("details", [b"\xff\xff", b""])
async def test_damaged_details_fall_back_to_the_status(details: bytes):
    """Details that are no google.rpc.Status do not hide the status."""
    error = await _failing(Failure(grpc.StatusCode.NOT_FOUND, "gone", details))
    assert isinstance(error, Rejected)
    assert error.code == "NOT_FOUND"


async def test_unknown_reason_falls_back_to_the_status():
    """A reason of a newer release leaves the family to the gRPC status."""
    error = await _failing(refusal("TOO_NEW", "UNAUTHENTICATED"))
    assert isinstance(error, Rejected)
    assert error.code == "UNAUTHENTICATED"


async def test_unavailable_is_tried_again_by_itself():
    """A node that is away for two calls and then answers is one answered call."""
    away = iter([True, True, False])

    def answer(_: object) -> verify_pb2.GetStatusResponse:
        if next(away):
            raise Failure(grpc.StatusCode.UNAVAILABLE)
        return verify_pb2.GetStatusResponse(version="1")

    script = Script(GetStatus=answer)
    async with serving(script) as target, AsyncClient(target) as client:
        assert (await client.status()).version == "1"
    assert len(script.requests) == 3


async def test_refusals_are_not_tried_again():
    """A refusal is final: the same call gives the same answer."""
    script = Script(GetStatus=lambda _: _raise(refusal("FORBIDDEN", "PERMISSION_DENIED")))
    async with serving(script) as target, AsyncClient(target) as client:
        with pytest.raises(Rejected):
            await client.status()
    assert len(script.requests) == 1


def _raise(error: Exception) -> object:
    raise error


async def test_trace_is_put_together_from_all_pages():
    """Items, events and gaps of all pages stand in one answer; a cut on any page is a cut of the whole."""

    def page(request: trace_pb2.TraceRequest) -> trace_pb2.TraceResponse:
        number = int(request.page_token or "0")
        answer = trace_pb2.TraceResponse(item="i", truncated=number == 1)
        answer.items.add(item=f"item{number}")
        answer.events.add(fingerprint=f"event{number}")
        answer.gaps.add(item="g")
        answer.next_page_token = str(number + 1) if number < 2 else ""
        return answer

    script = Script(Trace=page)
    async with serving(script) as target, AsyncClient(target) as client:
        whole = await client.trace("i", "UPSTREAM", full=True)
    assert [item.item for item in whole.items] == ["item0", "item1", "item2"]
    assert [event.fingerprint for event in whole.events] == ["event0", "event1", "event2"]
    assert (len(whole.gaps), whole.truncated, whole.next_page_token) == (1, True, "")
    assert script.requests[0].verify == trace_pb2.VERIFY_MODE_FULL


@pytest.mark.parametrize(
    "target", ["node.example:7450", "10.0.0.1:7450", "127.0.0.1.evil.example:1", "[::2]:1"]
)
async def test_cleartext_leaves_this_machine_never(target: str):
    """Without a certificate only loopback addresses are connected to: a token must not travel in the
    clear.
    """
    with pytest.raises(Rejected) as caught:
        AsyncClient(target, token="secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("target", ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.9.9.9:1"])
async def test_loopback_needs_no_certificate(target: str):
    """Addresses of this machine may be in the clear."""
    async with AsyncClient(target) as client:
        assert client is not None


def test_blocking_client_gives_the_same_answers():
    """The thin face blocks on the same calls, raises the same errors, and closes more than once."""
    import asyncio
    import threading

    ready, stop = threading.Event(), threading.Event()
    address: list[str] = []

    async def serve() -> None:
        script = Script(Upload=sealed, GetStatus=lambda _: _raise(refusal("FORBIDDEN", "PERMISSION_DENIED")))
        async with serving(script) as target:
            address.append(target)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        with Client(address[0]) as client:
            assert client.upload([b"\x07"])[0].fingerprint.startswith("07")
            with pytest.raises(Rejected):
                client.status()
        client.close()
        with pytest.raises(RuntimeError):
            client.status()
    finally:
        stop.set()
        thread.join()
