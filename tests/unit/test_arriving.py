"""The room for shipments on their way in: no few members keep the others out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing

import pytest

from tracehold.api import arriving
from tracehold.api.arriving import Hall
from tracehold.core.errors import Unavailable
from tracehold.v1 import peer_pb2


def part(size: int) -> peer_pb2.ReplicateRequest:
    """A message of about that many bytes."""
    return peer_pb2.ReplicateRequest(statements=[bytes(size)])


async def stream(*parts: peer_pb2.ReplicateRequest) -> AsyncIterator[peer_pb2.ReplicateRequest]:
    """These messages at once."""
    for each in parts:
        yield each


async def drained(hall: Hall, parts: AsyncIterator[peer_pb2.ReplicateRequest], member: int = 1) -> int:
    """How many of a member's messages were let in, in one shipment."""
    with hall.place(member) as place:
        async with aclosing(place.parts(parts)) as coming:
            return len([each async for each in coming])


async def taken(hall: Hall, member: int, *parts: peer_pb2.ReplicateRequest) -> int:
    """The same, of one that ends."""
    return await drained(hall, stream(*parts), member)


async def test_one_member_has_its_share_and_no_more() -> None:
    """Attack: several streams of one member at once. What the others may send is left."""
    size = part(1_000).ByteSize()
    hall = Hall(4 * size, 2 * size)
    with hall.place(1) as first, hall.place(1) as second:
        for place in (first, second):
            async with aclosing(place.parts(stream(part(1_000)))) as coming:
                assert len([each async for each in coming]) == 1
        with pytest.raises(Unavailable, match="TOO_MANY_CALLS"):
            await taken(hall, 1, part(1_000))
        assert await taken(hall, 2, part(1_000), part(1_000)) == 2
    assert await taken(hall, 1, part(1_000), part(1_000)) == 2


async def test_all_members_together_have_the_whole() -> None:
    """Beyond it nothing is held, and what a refused shipment held is free."""
    size = part(1_000).ByteSize()
    hall = Hall(3 * size, 2 * size)
    with ExitStack() as held:
        for member in (1, 2, 3):
            hall.take(member, size)
            held.callback(hall.free, member, size)
        with pytest.raises(Unavailable, match="TOO_MANY_CALLS"):
            await taken(hall, 4, part(1_000))
    assert await taken(hall, 4, part(1_000), part(1_000)) == 2


async def test_a_shipment_that_stalls_gives_up_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: everything but the end is sent, and the room held for as long as a call may last."""
    monkeypatch.setattr(arriving, "PATIENCE_S", 0.0)
    size = part(1_000).ByteSize()
    monkeypatch.setattr(arriving, "RATE", float("inf"))
    hall = Hall(size, size)

    async def stalling() -> AsyncIterator[peer_pb2.ReplicateRequest]:
        yield part(1_000)
        await asyncio.Event().wait()

    with pytest.raises(Unavailable, match="slow"):
        await drained(hall, stalling())
    assert hall._held.total() == 0
