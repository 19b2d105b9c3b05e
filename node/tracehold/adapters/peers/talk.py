"""The directory's `Talk` port over the lines to the members."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from tracehold.adapters.peers.line import Line
from tracehold.core.dht.keys import Key
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.ports.directory import Told
from tracehold.v1 import peer_pb2
from tracehold.wire.directory import read_near, read_refused, read_told


class GrpcTalk:
    """One per node. Each message goes to the member's own certificate, so who answers is known."""

    def __init__(self, line: Callable[[LogId], Line | None]) -> None:
        """`line` gives the line to the member with this log; None where there is no such member to reach."""
        self._line = line

    async def find_node(self, to: LogId, key: Key) -> Sequence[LogId]:
        """See `ports.Talk.find_node`."""
        async with self._talking(to) as line:
            request = peer_pb2.FindNodeRequest(key=key)
            return read_near(await line.ask("FindNode", request, peer_pb2.FindNodeResponse))

    async def get_providers(self, to: LogId, key: Key) -> Told:
        """See `ports.Talk.get_providers`."""
        async with self._talking(to) as line:
            request = peer_pb2.GetProvidersRequest(key=key)
            return read_told(await line.ask("GetProviders", request, peer_pb2.GetProvidersResponse))

    async def add_providers(self, to: LogId, records: Sequence[bytes]) -> Collection[int]:
        """See `ports.Talk.add_providers`."""
        async with self._talking(to) as line:
            request = peer_pb2.AddProvidersRequest(providers=records)
            answer = await line.ask("AddProviders", request, peer_pb2.AddProvidersResponse)
            return read_refused(answer, len(records))

    @asynccontextmanager
    async def _talking(self, to: LogId) -> AsyncIterator[Line]:
        line = self._line(to)
        if line is None:
            raise Unavailable("PEER_DOWN", "there is no such member to be reached")
        async with line.limited():
            yield line
