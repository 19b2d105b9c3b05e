"""The batching uploader: batches, outcomes, back-pressure, repeats."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from tests.client.scripted import Failure, Script, Time, refusal, sealed, serving
from tracehold.core.errors import Rejected, Unavailable
from tracehold.v1 import errors_pb2, upload_pb2
from tracehold_client import AsyncClient, BatchingUploader
from tracehold_client.patience import Clock


@asynccontextmanager
async def uploading(script: Script, **options: Any) -> AsyncIterator[BatchingUploader]:
    """An uploader to the script."""
    async with (
        serving(script) as target,
        AsyncClient(target) as client,
        BatchingUploader(client, **options) as uploader,
    ):
        yield uploader


def refused_result(reason: "errors_pb2.ErrorReason.ValueType") -> upload_pb2.UploadResult:
    """The result of a record that was not taken."""
    return upload_pb2.UploadResult(error=errors_pb2.Error(reason=reason, message="no"))


def _clock(time: Time) -> Clock:
    return Clock(time.now, time.sleep)


async def test_batches_are_bounded_by_count_and_keep_order():
    """250 records leave as batches of 100, 100 and 50, in the order they came, each with its own outcome."""
    script = Script(Upload=sealed)
    raws = [number.to_bytes(2, "big") for number in range(250)]
    async with uploading(script, lanes=1, max_age=60) as uploader:
        futures = [await uploader.add(raw) for raw in raws]
    outcomes = [future.result() for future in futures]
    assert [len(request.items) for request in script.requests] == [100, 100, 50]
    assert [outcome.fingerprint[:4] for outcome in outcomes] == [raw.hex() for raw in raws]


async def test_batches_are_bounded_by_bytes():
    """A batch leaves before it would exceed its bytes; a record that is larger alone still goes, alone."""
    script = Script(Upload=sealed)
    async with uploading(script, max_bytes=1000, lanes=1, max_age=60) as uploader:
        for size in (400, 400, 400, 5000, 10):
            await uploader.add(b"\x01" * size)
    assert [[len(i.statement) for i in r.items] for r in script.requests] == [[400, 400], [400], [5000], [10]]


async def test_a_lonely_record_leaves_by_age():
    """Nobody has to fill a batch or flush: the record's future comes by itself."""
    async with uploading(Script(Upload=sealed), max_age=0.001) as uploader:
        outcome = await (await uploader.add(b"\x01"))
    assert outcome.error is None


async def test_refused_record_does_not_touch_its_neighbours():
    """One refusal in a batch is one outcome with an error."""

    def answer(request: upload_pb2.UploadRequest) -> upload_pb2.UploadResponse:
        response = sealed(request)
        response.results[1].CopyFrom(refused_result(errors_pb2.ERROR_REASON_BAD_SIGNATURE))
        return response

    async with uploading(Script(Upload=answer)) as uploader:
        futures = [await uploader.add(bytes([n])) for n in range(3)]
    assert [getattr(f.result().error, "code", None) for f in futures] == [None, "BAD_SIGNATURE", None]


@pytest.mark.parametrize("code", ["BUSY", "DISK_LOW", "STOPPING"])
async def test_whole_batch_is_sent_again_while_the_node_has_to_wait(code: str):
    """The same bytes go again, with growing waits, until they are taken."""
    failures = iter([True, True, True, False])

    def answer(request: Any) -> Any:
        if next(failures):
            raise refusal(code, "RESOURCE_EXHAUSTED")
        return sealed(request)

    script, time = Script(Upload=answer), Time()
    async with uploading(script, clock=_clock(time)) as uploader:
        futures = [await uploader.add(bytes([n])) for n in range(3)]
    assert all(future.result().error is None for future in futures)
    assert len({request.SerializeToString() for request in script.requests}) == 1
    assert len(script.requests) == 4
    assert time.slept == sorted(time.slept)
    assert time.slept[0] < time.slept[-1]


async def test_records_that_have_to_wait_within_an_answer_are_sent_again():
    """A result that is BUSY is not final: its batch is repeated."""
    busy = iter([True, False])

    def answer(request: Any) -> Any:
        response = sealed(request)
        if next(busy):
            response.results[0].CopyFrom(refused_result(errors_pb2.ERROR_REASON_BUSY))
        return response

    script = Script(Upload=answer)
    async with uploading(script, clock=_clock(Time())) as uploader:
        future = await uploader.add(b"\x01")
    assert future.result().error is None
    assert len(script.requests) == 2


async def test_patience_ends():
    """After `give_up` seconds the futures say that the node was not available, and nothing hangs."""

    def answer(_: Any) -> Any:
        raise refusal("BUSY", "RESOURCE_EXHAUSTED")

    time = Time()
    async with uploading(Script(Upload=answer), give_up=30, clock=_clock(time)) as uploader:
        future = await uploader.add(b"\x01")
    assert isinstance(future.exception(), Unavailable)
    assert 15 < time.seconds <= 30


async def test_refused_call_fails_its_batch_at_once():
    """A call that is refused as a whole is not repeated."""

    def answer(_: Any) -> Any:
        raise refusal("UNAUTHENTICATED", "UNAUTHENTICATED")

    script = Script(Upload=answer)
    async with uploading(script) as uploader:
        future = await uploader.add(b"\x01")
    assert isinstance(future.exception(), Rejected)
    assert len(script.requests) == 1


async def test_add_waits_when_too_much_is_pending():
    """Memory is bounded: with two places taken, the third record waits for an answer."""
    gate = asyncio.Event()

    class Held(Script):
        async def answer(self, method: str, request: Any, context: Any) -> Any:
            await gate.wait()
            return await super().answer(method, request, context)

    async with uploading(Held(Upload=sealed), max_pending=2, max_records=1) as uploader:
        await uploader.add(b"\x01")
        await uploader.add(b"\x02")
        third = asyncio.create_task(uploader.add(b"\x03"))
        done, _ = await asyncio.wait([third], timeout=0.05)
        assert not done
        gate.set()
        assert (await (await third)).error is None


async def test_leaving_by_an_exception_drops_what_was_not_sent():
    """Nothing is sent behind the back of a caller that failed; its futures are cancelled."""
    script = Script(Upload=sealed)
    async with serving(script) as target, AsyncClient(target) as client:
        uploader = BatchingUploader(client, max_age=60)
        future = await uploader.add(b"\x01")
        await uploader.__aexit__(KeyError, KeyError(), None)
    assert future.cancelled()
    assert script.requests == []


async def test_server_that_is_away_is_outlasted():
    """UNAVAILABLE beyond gRPC's own attempts is repeated by the uploader."""
    failures = iter([True] * 5 + [False])

    def answer(request: Any) -> Any:
        if next(failures):
            raise Failure(grpc.StatusCode.UNAVAILABLE)
        return sealed(request)

    async with uploading(Script(Upload=answer), clock=_clock(Time())) as uploader:
        future = await uploader.add(b"\x01")
    assert future.result().error is None
