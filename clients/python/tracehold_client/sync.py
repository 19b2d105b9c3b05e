"""The same client for code that has no event loop: each call blocks."""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from tracehold.v1 import receipt_pb2, record_pb2, trace_pb2, verify_pb2
from tracehold_client.aio import AsyncClient
from tracehold_client.items import Item, Uploaded
from tracehold_client.states import State
from tracehold_client.streaming import AHEAD
from tracehold_client.waiting import wait_for_state
from tracehold_client.watching import Watched

_T = TypeVar("_T")


class Client:
    """Calls of one node, from any thread. It runs an `AsyncClient` on a thread of
    its own. Use it with `with`.

    Methods, errors and `timeout` are those of `AsyncClient`.
    """

    def __init__(
        self, target: str, *, token: str | None = None, tls_ca: bytes | None = None, timeout: float = 30.0
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tracehold-client", daemon=True)
        self._thread.start()
        try:
            self._client = self._run(_opened(target, token, tls_ca, timeout))
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread. Once is enough; again is harmless."""
        if not self._loop.is_closed():
            self._run(self._client.close())
            self._stop()

    def upload(
        self,
        items: Iterable[Item | bytes],
        *,
        wait_for: State = State.SEALED,
        all_or_nothing: bool = False,
        timeout: float | None = None,
    ) -> list[Uploaded]:
        """See `AsyncClient.upload`."""
        return self._run(
            self._client.upload(items, wait_for=wait_for, all_or_nothing=all_or_nothing, timeout=timeout)
        )

    def upload_stream(
        self, batches: Iterable[Iterable[Item | bytes]], **options: Any
    ) -> Iterator[list[Uploaded]]:
        """See `AsyncClient.upload_stream` for the options. `batches` is read in the caller's thread, between
        the answers that are taken.
        """
        feed: asyncio.Queue[list[Item | bytes] | None] = asyncio.Queue()
        out: queue.SimpleQueue[Any] = queue.SimpleQueue()
        task = self._run(_begun(self._client.upload_stream(_queued(feed), **options), out))
        ahead = 0
        try:
            for batch in batches:
                self._run(feed.put(list(batch)))
                ahead += 1
                while ahead and (ahead >= AHEAD or not out.empty()):
                    yield _taken(out)
                    ahead -= 1
            self._run(feed.put(None))
            for _ in range(ahead):
                yield _taken(out)
        finally:
            self._run(_cancelled(task))

    def states(self, fingerprints: Sequence[str]) -> dict[str, State]:
        """See `AsyncClient.states`."""
        return self._run(self._client.states(fingerprints))

    def watch(self, cursor: str = "", **options: Any) -> Iterator[Watched]:
        """See `AsyncClient.watch` for the options. Ends never by itself: leave the loop."""
        events = self._client.watch(cursor, **options)
        try:
            while True:
                yield self._run(_next(events))
        finally:
            self._run(events.aclose())

    def wait_for_state(self, fingerprints: Sequence[str], state: State, timeout: float) -> dict[str, State]:
        """See `wait_for_state`."""
        return self._run(wait_for_state(self._client, fingerprints, state, timeout))

    def record(self, fingerprint: str) -> record_pb2.Record:
        """See `AsyncClient.record`."""
        return self._run(self._client.record(fingerprint))

    def receipt(self, fingerprint: str) -> receipt_pb2.Receipt:
        """See `AsyncClient.receipt`."""
        return self._run(self._client.receipt(fingerprint))

    def evidence(self, fingerprint: str) -> bytes:
        """See `AsyncClient.evidence`."""
        return self._run(self._client.evidence(fingerprint))

    def verify_remote(
        self, *, fingerprint: str = "", evidence: bytes = b""
    ) -> verify_pb2.VerifyRecordResponse:
        """See `AsyncClient.verify_remote`."""
        return self._run(self._client.verify_remote(fingerprint=fingerprint, evidence=evidence))

    def status(self) -> verify_pb2.GetStatusResponse:
        """See `AsyncClient.status`."""
        return self._run(self._client.status())

    def locate(self, item: str, *, transaction: str | None = None) -> trace_pb2.LocateResponse:
        """See `AsyncClient.locate`."""
        return self._run(self._client.locate(item, transaction=transaction))

    def trace(self, item: str, direction: str, **options: Any) -> trace_pb2.TraceResponse:
        """See `AsyncClient.trace` for the options."""
        return self._run(self._client.trace(item, direction, **options))

    def history(
        self,
        item: str,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
        full: bool = False,
        transaction: str | None = None,
    ) -> trace_pb2.GetHistoryResponse:
        """See `AsyncClient.history`."""
        asked = self._client.history(item, at=at, known_at=known_at, full=full, transaction=transaction)
        return self._run(asked)

    def contents(
        self,
        item: str,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
        full: bool = False,
    ) -> trace_pb2.GetContentsResponse:
        """See `AsyncClient.contents`."""
        return self._run(self._client.contents(item, at=at, known_at=known_at, full=full))

    def state(self, item: str, **moment: Any) -> trace_pb2.GetStateResponse:
        """See `AsyncClient.state`; the options are `at`, `known_at` and `full`."""
        return self._run(self._client.state(item, **moment))

    def common(self, items: Sequence[str], **reach: Any) -> trace_pb2.CommonResponse:
        """See `AsyncClient.common`; the options are those of `trace`."""
        return self._run(self._client.common(items, **reach))

    def recall(self, items: Sequence[str], **reach: Any) -> trace_pb2.RecallResponse:
        """See `AsyncClient.recall`; the options are those of `trace`."""
        return self._run(self._client.recall(items, **reach))

    def masterdata(
        self, identifier: str, *, known_at: datetime | None = None
    ) -> trace_pb2.GetMasterdataResponse:
        """See `AsyncClient.masterdata`."""
        return self._run(self._client.masterdata(identifier, known_at=known_at))

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        if self._loop.is_closed():
            coroutine.close()
            raise RuntimeError("the client is closed")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _opened(target: str, token: str | None, tls_ca: bytes | None, timeout: float) -> AsyncClient:
    # On the loop's own thread: gRPC binds a channel to the loop that runs when it is made.
    return AsyncClient(target, token=token, tls_ca=tls_ca, timeout=timeout)


async def _queued(
    feed: "asyncio.Queue[list[Item | bytes] | None]",
) -> AsyncGenerator[list[Item | bytes], None]:
    while (batch := await feed.get()) is not None:
        yield batch


async def _begun(
    answers: AsyncGenerator[list[Uploaded], None], out: "queue.SimpleQueue[Any]"
) -> "asyncio.Task[None]":
    """Reads all answers into `out`, and what ended them."""

    async def read() -> None:
        async for answer in answers:
            out.put(answer)

    task = asyncio.create_task(read())
    task.add_done_callback(out.put)
    return task


def _taken(out: "queue.SimpleQueue[Any]") -> list[Uploaded]:
    """The next answer. Raises what ended them."""
    taken = out.get()
    if isinstance(taken, asyncio.Task):
        taken.result()
        raise RuntimeError("a batch has no answer")
    answer: list[Uploaded] = taken
    return answer


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


async def _next(events: AsyncGenerator[Watched, None]) -> Watched:
    return await anext(events)
