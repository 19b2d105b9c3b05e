"""Many records, one at a time in, batches out."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tracehold.core.errors import TraceholdError, Unavailable
from tracehold_client.aio import AsyncClient
from tracehold_client.items import Item, Uploaded, statement
from tracehold_client.patience import Clock, Patience
from tracehold_client.states import State

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0


@dataclass(slots=True)
class _Batch:
    items: list[Item] = field(default_factory=list)
    futures: list["asyncio.Future[Uploaded]"] = field(default_factory=list)
    size: int = 0

    def add(self, item: Item, size: int) -> "asyncio.Future[Uploaded]":
        future: asyncio.Future[Uploaded] = asyncio.get_running_loop().create_future()
        self.items.append(item)
        self.futures.append(future)
        self.size += size
        return future


class BatchingUploader:
    """Puts records together into batches and keeps sending until each has an answer.

    A batch leaves when it holds `max_records` or `max_bytes`, or is `max_age` seconds old. At most
    `lanes` batches are under way and `max_pending` records wait, then `add` waits too. A batch that
    fails because the node is away or busy is sent again as it is, which is harmless, until `give_up`
    seconds have passed. Use it with `async with`: leaving sends what is left and waits for it;
    leaving by an exception drops what was not sent.
    """

    def __init__(  # noqa: PLR0913 - limits, each with a default that fits
        self,
        client: AsyncClient,
        *,
        wait_for: State = State.SEALED,
        receipts: bool = True,
        max_records: int = 100,
        max_bytes: int = 4 << 20,
        max_age: float = 0.05,
        max_pending: int = 2000,
        lanes: int = 4,
        give_up: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._wait_for, self._receipts = wait_for, receipts
        self._max_records, self._max_bytes, self._max_age = max_records, max_bytes, max_age
        self._room = asyncio.Semaphore(max_pending)
        self._lanes = asyncio.Semaphore(lanes)
        self._give_up = give_up
        self._clock = clock or Clock()
        self._batch = _Batch()
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.flush()
            return
        self._stop_timer()
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        for future in self._batch.futures:
            future.cancel()

    async def add(self, item: Item | bytes) -> "asyncio.Future[Uploaded]":
        """Take one record (plain bytes are a statement), as soon as there is room; the future is its outcome.

        A refusal stands in the outcome's `error`. The future raises `Unavailable` only after `give_up`.
        """
        await self._room.acquire()
        item = statement(item) if isinstance(item, bytes) else item
        size = item.ByteSize()
        if self._batch.items and self._batch.size + size > self._max_bytes:
            self._send()
        future = self._batch.add(item, size)
        future.add_done_callback(lambda _: self._room.release())
        if len(self._batch.items) >= self._max_records:
            self._send()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._max_age, self._send)
        return future

    async def flush(self) -> None:
        """Send what is left, and return when everything that was added has its outcome."""
        self._send()
        while self._sending:
            await asyncio.wait(tuple(self._sending))

    def _send(self) -> None:
        self._stop_timer()
        batch, self._batch = self._batch, _Batch()
        if batch.items:
            task = asyncio.create_task(self._deliver(batch))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _deliver(self, batch: _Batch) -> None:
        try:
            async with self._lanes:
                outcomes = await self._outcomes(batch.items)
        except asyncio.CancelledError:
            _settle(batch, lambda future: future.cancel())
            raise
        except TraceholdError as error:
            failure = error
            _settle(batch, lambda future: future.set_exception(failure))
        else:
            for future, outcome in zip(batch.futures, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)

    async def _outcomes(self, items: Sequence[Item]) -> list[Uploaded]:
        """The outcome of each, the whole batch sent again while the node is away or any of it has to wait."""
        patience = Patience(self._give_up, first=_FIRST_WAIT, longest=_LONGEST_WAIT, clock=self._clock)
        while True:
            try:
                outcomes = await self._client.upload(items, wait_for=self._wait_for, receipts=self._receipts)
            except Unavailable:
                if not await patience.wait():
                    raise
                continue
            waiting = any(isinstance(outcome.error, Unavailable) for outcome in outcomes)
            if not waiting or not await patience.wait():
                return outcomes


def _settle(batch: _Batch, act: Callable[["asyncio.Future[Uploaded]"], object]) -> None:
    for future in batch.futures:
        if not future.done():
            act(future)
