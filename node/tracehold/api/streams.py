"""Streams of one listener: how many, how they end when the node stops, and batches of one stream side by
side.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tracehold.core.errors import Unavailable

T = TypeVar("T")
Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Streams:
    """At most `most` streams at once, so that those who listen for hours leave room for those who call. Half
    as many of those that only hand something out, however slowly it is taken: they leave room for the others.
    """

    def __init__(self, most: int) -> None:
        self._most = max(1, most)
        self._open = 0
        self._handing = 0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End every stream, and those that come."""
        self._stopping.set()

    @contextmanager
    def admitted(self, *, handing: bool = False) -> Iterator[None]:
        """Holds a place among the streams; BUSY where there is none. `handing`: it hands something out."""
        if self._open >= self._most or (handing and self._handing >= max(1, self._most // 2)):
            raise Unavailable("BUSY", f"{self._open} streams are open, which leaves no room for one more")
        self._open += 1
        self._handing += handing
        try:
            yield
        finally:
            self._open -= 1
            self._handing -= handing

    async def until_stop(self, work: Awaitable[T]) -> T:
        """The result of `work`; once `stop` was called, `work` is cancelled and STOPPING raised."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise Unavailable("STOPPING", "the node is stopping")
        finally:
            working.cancel()
            stopping.cancel()


async def pipelined(
    requests: AsyncIterator[Request],
    work: Callable[[Request], Awaitable[Answer]],
    send: Callable[[Answer], Awaitable[None]],
    lanes: int,
) -> None:
    """Work on at most `lanes` requests at once and send the answers in the order of the requests.

    Reads no further while all lanes are taken, also by answers that nobody takes: so the sender is held back.
    What `requests` raises is raised after the answers to what came before it; what `work` or `send` raises,
    at once.
    """
    started: asyncio.Queue[asyncio.Future[Answer] | None] = asyncio.Queue()
    room = asyncio.Semaphore(lanes)

    async def answer() -> None:
        while (task := await started.get()) is not None:
            await send(await task)
            room.release()

    failure: Exception | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer())
            try:
                async for request in requests:
                    await room.acquire()
                    started.put_nowait(tasks.create_task(_working(work, request)))
            except Exception as error:  # noqa: BLE001 - raised below, when what came before is answered
                failure = error
            started.put_nowait(None)
    except BaseExceptionGroup as failures:
        # One fault fails the task that worked and the one that waited for it.
        raise failures.exceptions[0] from None
    if failure is not None:
        raise failure


async def _working(work: Callable[[Request], Awaitable[Answer]], request: Request) -> Answer:
    return await work(request)
