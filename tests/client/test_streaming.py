"""Batches over one call: order, repeats over lost connections, refusals, bounds, and the blocking face."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.api.face import Face
from tests.api.face import face as open_face
from tests.client.scripted import Script, Time, refusal, sealed, serving
from tests.journey.network import begun
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.errors import Rejected, Unavailable
from tracehold.v1 import errors_pb2, upload_pb2
from tracehold_client import AsyncClient, Client, Uploaded, event_json
from tracehold_client.items import Item, upload_request
from tracehold_client.patience import Clock
from tracehold_client.states import State
from tracehold_client.streaming import AHEAD, Request, requests_of, streamed

LOT = "https://id.gs1.org/01/09521000001237/10/S"
EOF: Any = grpc.aio.EOF


def batch(*numbers: int) -> list[Item]:
    """Events that nobody else says."""
    return [event_json(begun(f"{LOT}{number}", number)) for number in numbers]


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    """A node in memory."""
    async with open_face(tmp_path) as made:
        yield made


@asynccontextmanager
async def listening(face: Face, address: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """Its gRPC server; the address."""
    server = GrpcServer(GrpcSettings(address), face.calls, face.served)
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0)


class Connection:
    """One call that answers what it is sent as it is told, and then ends or goes on."""

    def __init__(self, *answers: Callable[[Request], Any], then: Any = None) -> None:
        self._answers, self._then = deque(answers), then
        self.sent: list[Request] = []
        self._unread: asyncio.Queue[Request | None] = asyncio.Queue()

    async def write(self, request: Request) -> None:
        """Take one."""
        self.sent.append(request)
        self._unread.put_nowait(request)

    async def done_writing(self) -> None:
        """No more come."""
        self._unread.put_nowait(None)

    async def read(self) -> Any:
        """The next answer."""
        if not self._answers and self._then is not None:
            return self._then
        request = await self._unread.get()
        if request is None:
            return EOF
        return self._answers.popleft()(request) if self._answers else good(request)

    def cancel(self) -> None:
        """Nothing to end."""


def good(request: Request) -> upload_pb2.UploadStreamResponse:
    """All is sealed."""
    return upload_pb2.UploadStreamResponse(batch=sealed(request.batch))


def failing(reason: str) -> Callable[[Request], upload_pb2.UploadStreamResponse]:
    """The whole batch is refused."""
    number = errors_pb2.ErrorReason.Value(f"ERROR_REASON_{reason}")
    return lambda _: upload_pb2.UploadStreamResponse(error=errors_pb2.Error(reason=number))


def busy_item(request: Request) -> upload_pb2.UploadStreamResponse:
    """The first item has to wait."""
    answer = good(request)
    answer.batch.results[0].Clear()
    answer.batch.results[0].error.reason = errors_pb2.ERROR_REASON_BUSY
    return answer


def make(items: Any) -> upload_pb2.UploadRequest:
    """A request with the defaults."""
    return upload_request(items, State.SEALED, False, True)


async def over(connections: list[Connection], batches: Any, time: Time | None = None) -> list[list[Uploaded]]:
    """The outcomes over these connections, one after another."""
    time = time or Time()
    waiting = deque(connections)
    answers = streamed(
        waiting.popleft, requests_of(batches, make), give_up=60, clock=Clock(time.now, time.sleep)
    )
    return [outcomes async for outcomes in answers]


async def test_outcomes_come_in_the_order_of_batches(face: Face):
    """40 batches over one call: outcomes in their places; sent again over Upload they are the same."""
    batches = [batch(3 * number, 3 * number + 1) for number in range(40)]
    async with listening(face) as target, AsyncClient(target, token="farm-secret") as client:
        streamed = [outcomes async for outcomes in client.upload_stream(batches, receipts=False)]
        assert [len(outcomes) for outcomes in streamed] == [2] * 40
        again = await client.upload([item for each in batches for item in each])
    assert all(outcome.duplicate for outcome in again)
    assert [each.fingerprint for each in again] == [each.fingerprint for one in streamed for each in one]


async def test_node_that_restarts_gets_what_has_no_answer(face: Face):
    """The listener is cut in the middle and comes back: each batch is answered and sealed once."""

    async def batches() -> AsyncIterator[list[Item]]:
        for number in range(60):
            yield batch(number)

    async with listening(face) as target:
        client = AsyncClient(target, token="farm-secret")
        stream = client.upload_stream(batches())
        answered = [await anext(stream) for _ in range(10)]
    async with listening(face, target):
        answered += [outcomes async for outcomes in stream]
    await client.close()
    fingerprints = {outcome.fingerprint for outcomes in answered for outcome in outcomes}
    assert len(answered) == len(fingerprints) == 60
    assert len({outcome.index for outcomes in answered for outcome in outcomes}) == 60


async def test_a_lost_connection_is_continued_with_the_unanswered():
    """What was answered is not sent again; what was not is, first and in order."""
    one, two = Connection(good, good, then=EOF), Connection()
    got = await over([one, two], [[bytes([n])] for n in range(5)])
    assert [outcomes[0].fingerprint[:2] for outcomes in got] == ["00", "01", "02", "03", "04"]
    assert [request.batch.items[0].statement for request in two.sent] == [b"\x02", b"\x03", b"\x04"]


@pytest.mark.parametrize("answer", [failing("BUSY"), failing("STARTING"), busy_item])
async def test_batch_that_has_to_wait_is_sent_again(answer: Callable[[Request], Any]):
    """Time will help: the caller sees the outcome that the batch has in the end."""
    time = Time()
    one, two = Connection(good, answer), Connection()
    got = await over([one, two], [[b"\x01"], [b"\x02"]], time)
    assert [outcomes[0].error for outcomes in got] == [None, None]
    assert [request.batch.items[0].statement for request in two.sent] == [b"\x02"]
    assert time.slept


async def test_patience_ends():
    """A node that answers nothing for `give_up` seconds is given up."""
    time = Time()
    with pytest.raises(Unavailable, match="NODE_DOWN"):
        await over([Connection(then=EOF) for _ in range(99)], [[b"\x01"]], time)
    assert 30 < time.seconds <= 60


async def test_batch_refused_as_a_whole_is_refused_in_each_outcome():
    """The others go on."""
    connection = Connection(failing("TOO_MANY_RECORDS"))
    first, second = await over([connection], [[b"\x01", b"\x02"], [b"\x03"]])
    assert [isinstance(outcome.error, Rejected) for outcome in first] == [True, True]
    assert second[0].error is None


async def test_call_that_is_refused_is_not_repeated(face: Face):
    """Without a token no batch is taken, and each says so."""
    async with listening(face) as target, AsyncClient(target) as client:
        (outcomes,) = [outcomes async for outcomes in client.upload_stream([batch(1, 2)])]
    assert [getattr(outcome.error, "code", "") for outcome in outcomes] == ["UNAUTHENTICATED"] * 2


async def test_fault_of_the_source_comes_after_the_answers():
    """What was taken from the caller before its generator failed is answered first."""

    def batches() -> Iterator[list[bytes]]:
        yield [b"\x01"]
        yield [b"\x02"]
        raise KeyError("gone")

    answers = streamed(Connection, requests_of(batches(), make), give_up=60, clock=Clock())
    assert [(await anext(answers))[0].error for _ in range(2)] == [None, None]
    with pytest.raises(KeyError, match="gone"):
        await anext(answers)


async def test_source_is_not_read_far_ahead():
    """A node that answers nothing holds the caller back: memory is bounded."""
    taken = []

    def batches() -> Iterator[list[bytes]]:
        for number in range(100):
            taken.append(number)
            yield [bytes([number])]

    class Silent(Connection):
        async def read(self) -> Any:
            for _ in range(50):
                await asyncio.sleep(0)
            return EOF

    with pytest.raises(Unavailable):
        await over([Silent() for _ in range(99)], batches())
    assert len(taken) == AHEAD


async def test_leaving_early_sends_no_more(face: Face):
    """Who stops listening leaves nothing running: neither a task nor a batch under way."""
    before = asyncio.all_tasks()
    async with listening(face) as target, AsyncClient(target, token="farm-secret") as client:
        stream = client.upload_stream(batch(number) for number in range(1000))
        await anext(stream)
        mine = {task for task in asyncio.all_tasks() - before if "tracehold_client" in repr(task)}
        await stream.aclose()
        assert mine
        assert all(task.done() for task in mine)
    assert await face.node.store.size(face.node.log) < 100


async def test_blocking_face_reads_the_source_in_the_caller_s_thread(face: Face):
    """A cursor of a database is bound to its thread, so that is where the batches are made."""
    threads = []

    def batches() -> Iterator[list[Item]]:
        for number in range(50):
            threads.append(threading.get_ident())
            yield batch(number)

    def work(target: str) -> tuple[int, list[list[Uploaded]]]:
        with Client(target, token="farm-secret") as client:
            return threading.get_ident(), list(client.upload_stream(batches(), receipts=False))

    async with listening(face) as target:
        here, got = await asyncio.to_thread(work, target)
    assert set(threads) == {here}
    assert [outcomes[0].unwrap().state for outcomes in got] == [State.SEALED] * 50


async def test_blocking_face_raises_what_ends_the_call():
    """A call that is refused is said in the caller's thread, and the client closes cleanly."""

    def no(_: Any) -> Any:
        raise refusal("FORBIDDEN", "PERMISSION_DENIED")

    def work(target: str) -> None:
        with Client(target) as client, pytest.raises(Rejected, match="FORBIDDEN"):
            list(client.upload_stream([batch(1)]))

    async with serving(Script(UploadStream=no)) as target:
        await asyncio.to_thread(work, target)


async def test_blocking_face_can_be_left(face: Face):
    """Leaving the loop ends the call, and the client closes cleanly."""

    def work(target: str) -> None:
        with Client(target, token="farm-secret") as client:
            for _ in client.upload_stream(batch(number) for number in range(1000)):
                break

    async with listening(face) as target:
        await asyncio.to_thread(work, target)
    assert await face.node.store.size(face.node.log) < 100
