"""Batches of one stream side by side: order, back-pressure, faults, the end at a stop."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tracehold.api.streams import Streams, pipelined
from tracehold.core.errors import Broken, Rejected, Unavailable


async def numbers(count: int) -> AsyncIterator[int]:
    """Requests that come at once."""
    for number in range(count):
        yield number


async def test_pipeline_holds_the_sender_back():
    """With nobody taking answers, no more requests are read than there are lanes, and one."""
    read, taking = [], asyncio.Event()

    async def requests() -> AsyncIterator[int]:
        async for number in numbers(50):
            read.append(number)
            yield number

    async def work(number: int) -> int:
        return number

    sent = []

    async def send(answer: int) -> None:
        await taking.wait()
        sent.append(answer)

    running = asyncio.ensure_future(pipelined(requests(), work, send, 4))
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(read) == 5
    taking.set()
    await running
    assert sent == list(range(50))


async def test_pipeline_answers_in_order_whatever_ends_first():
    """The last request is done first; its answer is still the last."""
    done = [asyncio.Event() for _ in range(3)]
    sent = []

    async def work(number: int) -> int:
        if number < 2:
            await done[number + 1].wait()
        done[number].set()
        return number

    async def send(answer: int) -> None:
        sent.append(answer)

    await pipelined(numbers(3), work, send, 3)
    assert sent == [0, 1, 2]


async def test_fault_of_work_is_raised_as_it_is():
    """Not as a group of faults: what is Broken is known by its type."""

    async def work(number: int) -> int:
        raise Broken("CORRUPT", "no")

    async def send(answer: int) -> None:
        raise AssertionError

    with pytest.raises(Broken):
        await pipelined(numbers(3), work, send, 2)


async def test_end_of_requests_by_an_error_answers_what_came_before():
    """The error comes after the answers."""
    sent = []

    async def requests() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise Rejected("BAD_REQUEST", "no")

    async def work(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def send(answer: int) -> None:
        sent.append(answer)

    with pytest.raises(Rejected):
        await pipelined(requests(), work, send, 4)
    assert sent == [1, 2]


async def test_work_is_cancelled_by_a_stop():
    """What waits when the stop comes is cancelled and ends as STOPPING; what comes later ends at once."""
    streams, cancelled = Streams(2), asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    waiting = asyncio.ensure_future(streams.until_stop(wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    streams.stop()
    with pytest.raises(Unavailable, match="STOPPING"):
        await waiting
    await cancelled.wait()
    with pytest.raises(Unavailable, match="STOPPING"):
        await streams.until_stop(wait())
