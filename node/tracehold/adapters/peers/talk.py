"""The directory's `Talk` port over the lines to the members."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

import grpc
from google.rpc import error_details_pb2, status_pb2

from tracehold.adapters.peers.line import Line
from tracehold.core.dht.keys import Key
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.ports.directory import Told
from tracehold.v1 import peer_pb2
from tracehold.wire.directory import read_near, read_refused, read_told

BUSY = frozenset({"TOO_MANY_CALLS", "STORE_BUSY"})
"""Codes with which a member says that it is there, and will not now. Another is as no answer."""

_FULL = "Concurrent RPC limit exceeded!"
"""So grpc itself refuses a call, before the member's listener sees it."""

_DETAILS = "grpc-status-details-bin"
_MAX_DETAILS = 16 << 10


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
            try:
                yield line
            except grpc.aio.AioRpcError as error:
                code = _busy(error)
                if code is None:
                    raise
                raise Unavailable(code, f"node {line.neighbour.number} is busy") from error


def _busy(error: grpc.aio.AioRpcError) -> str | None:
    """The code with which a member put the call off; None where it did not."""
    if error.details() == _FULL:
        return "TOO_MANY_CALLS"
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS and isinstance(value, bytes) and len(value) <= _MAX_DETAILS:
            return _reason(value)
    return None


def _reason(raw: bytes) -> str | None:
    info = error_details_pb2.ErrorInfo()
    try:
        for detail in status_pb2.Status.FromString(raw).details:
            if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
                return info.reason if info.reason in BUSY else None
    except ValueError:  # DecodeError is one
        pass
    return None
