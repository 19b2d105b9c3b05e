"""Shipments on their way in: how many bytes of them are held at once, in all and of one member, and how
slowly they may come.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager

from tracehold.core.errors import Unavailable
from tracehold.v1 import peer_pb2

PATIENCE_S = 30.0
"""Seconds that a shipment may take, besides those for its bytes."""

RATE = 256 << 10
"""Bytes a second at least; callers give up at this rate themselves."""


class Hall:
    """Room for `total` bytes of shipments at once, `share` of them for one member."""

    def __init__(self, total: int, share: int) -> None:
        self._total = total
        self._share = share
        self._held: Counter[int] = Counter()  # bytes by member

    @contextmanager
    def place(self, member: int) -> Iterator["Place"]:
        """A place for one shipment; what it held is free at the end."""
        place = Place(self, member)
        try:
            yield place
        finally:
            self.free(member, place.bytes)

    def take(self, member: int, size: int) -> None:
        """Hold so many bytes more. Raises TOO_MANY_CALLS, and holds nothing more then."""
        if self._held[member] + size > self._share:
            raise Unavailable("TOO_MANY_CALLS", "there is no room for more shipments of one member at once")
        if self._held.total() + size > self._total:
            raise Unavailable("TOO_MANY_CALLS", "there is no room for more shipments at once")
        self._held[member] += size

    def free(self, member: int, size: int) -> None:
        """Hold so many bytes less."""
        self._held[member] -= size
        if not self._held[member]:
            del self._held[member]


class Place:
    """The bytes of one shipment so far."""

    def __init__(self, hall: Hall, member: int) -> None:
        self._hall = hall
        self._member = member
        self.bytes = 0

    async def parts(
        self, parts: AsyncIterator[peer_pb2.ReplicateRequest]
    ) -> AsyncGenerator[peer_pb2.ReplicateRequest, None]:
        """The messages, each when there is room for it. Raises TOO_MANY_CALLS where there is none, or they
        come more slowly than is fair to others.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(begun + PATIENCE_S + self.bytes / RATE):
                    part = await anext(parts, None)
            except TimeoutError:
                raise Unavailable("TOO_MANY_CALLS", "a shipment this slow keeps others out") from None
            if part is None:
                return
            self._hall.take(self._member, part.ByteSize())
            self.bytes += part.ByteSize()
            yield part
