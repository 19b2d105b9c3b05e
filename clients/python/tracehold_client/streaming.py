"""Many batches over one call, through every reconnect."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any

import grpc

from tracehold.core.errors import Unavailable
from tracehold.v1 import upload_pb2
from tracehold_client.errors import of_call, of_item
from tracehold_client.items import Item, Uploaded, refused, uploaded
from tracehold_client.patience import Clock, Patience

AHEAD = 16
"""Batches that are sent before the oldest of them is answered: what is kept to be sent again."""

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0

Batches = AsyncIterable[Iterable[Item | bytes]] | Iterable[Iterable[Item | bytes]]
Request = upload_pb2.UploadStreamRequest
Open = Callable[[], Any]
"""Begins an UploadStream call."""


async def requests_of(
    batches: Batches, make: Callable[[Iterable[Item | bytes]], upload_pb2.UploadRequest]
) -> AsyncGenerator[Request, None]:
    """One request for each batch."""
    if isinstance(batches, AsyncIterable):
        async for batch in batches:
            yield Request(batch=make(batch))
    else:
        for batch in batches:
            yield Request(batch=make(batch))


async def streamed(
    open_call: Open, requests: AsyncGenerator[Request, None], *, give_up: float, clock: Clock
) -> AsyncGenerator[list[Uploaded], None]:
    """The outcomes of one batch after another, in the order of `requests`.

    Whatever has no answer when a connection is lost, or is told to wait, is sent again over a new one. Raises
    `Unavailable` after `give_up` seconds without an answer, what the node refuses the call with, and what
    `requests` raises, the latter once all that came before is answered.
    """
    sending = _Sending(requests)
    patience = _patience(give_up, clock)
    try:
        while True:
            try:
                async with aclosing(_answers(open_call(), sending)) as answers:
                    async for outcomes in answers:
                        patience = _patience(give_up, clock)
                        yield outcomes
                return
            except Unavailable:
                if not await patience.wait():
                    raise
    finally:
        await sending.close()


def _patience(give_up: float, clock: Clock) -> Patience:
    return Patience(give_up, first=_FIRST_WAIT, longest=_LONGEST_WAIT, clock=clock)


class _Sending:
    """The requests, and those of them that have no answer: with these the next connection begins."""

    def __init__(self, requests: AsyncGenerator[Request, None]) -> None:
        self.unanswered: deque[Request] = deque()
        self._requests = requests
        # Outlives a connection: cancelling it would end the caller's generator.
        self._following: asyncio.Task[Request | None] | None = None
        self._room = asyncio.Event()
        self._ended = False
        self._failure: Exception | None = None

    async def feed(self, call: Any) -> None:
        """Write everything that has no answer to this connection, until it is lost or the last is written."""
        try:
            for request in tuple(self.unanswered):
                await call.write(request)
            while await self._follow():
                await call.write(self.unanswered[-1])
            await call.done_writing()
        except (grpc.RpcError, asyncio.InvalidStateError):
            return  # the connection is lost: whoever reads from it is told why

    async def _follow(self) -> bool:
        """Take one more request, as soon as there is room; False at their end."""
        while len(self.unanswered) >= AHEAD:
            self._room.clear()
            await self._room.wait()
        if self._ended:
            return False
        self._following = self._following or asyncio.create_task(_next(self._requests))
        try:
            request = await asyncio.shield(self._following)
        except Exception as failure:  # noqa: BLE001 - the caller's own, raised by `finished`
            request, self._failure = None, failure
        self._following, self._ended = None, request is None
        if request is not None:
            self.unanswered.append(request)
        return request is not None

    def answered(self) -> None:
        """The oldest has its answer."""
        self.unanswered.popleft()
        self._room.set()

    def finished(self) -> bool:
        """Whether all is answered. Raises what the requests ended with."""
        if self.unanswered or not self._ended:
            return False
        if self._failure is not None:
            raise self._failure
        return True

    async def close(self) -> None:
        """Take no more requests."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})
        await self._requests.aclose()


async def _next(requests: AsyncIterator[Request]) -> Request | None:
    return await anext(requests, None)


async def _answers(call: Any, sending: _Sending) -> AsyncGenerator[list[Uploaded], None]:
    """The answers of one connection; ends once everything is answered."""
    feeding = asyncio.create_task(sending.feed(call))
    try:
        while (answer := await call.read()) is not grpc.aio.EOF:
            outcomes = _outcomes(sending.unanswered[0], answer)
            sending.answered()
            yield outcomes
        if not sending.finished():
            raise Unavailable("NODE_DOWN", "the node ended the stream")
    except grpc.RpcError as error:
        raise of_call(error) from error
    finally:
        feeding.cancel()
        call.cancel()
        await asyncio.wait({feeding})


def _outcomes(request: Request, answer: upload_pb2.UploadStreamResponse) -> list[Uploaded]:
    """One outcome for each item. Raises `Unavailable` where the batch or any of its items has to wait."""
    if answer.HasField("error"):
        outcomes = [refused(of_item(answer.error))] * len(request.batch.items)
    else:
        outcomes = [uploaded(result) for result in answer.batch.results]
    for outcome in outcomes:
        if isinstance(outcome.error, Unavailable):
            raise outcome.error
    return outcomes
