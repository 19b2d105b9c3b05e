"""Answers of the directory as messages, and back (docs/spec/directory.md)."""

from collections.abc import Collection, Sequence

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.ports.directory import Told
from tracehold.v1 import peer_pb2
from tracehold.wire.limits import check

LOG_BYTES = 32


def near_message(logs: Sequence[LogId]) -> peer_pb2.FindNodeResponse:
    """Members near a key."""
    return peer_pb2.FindNodeResponse(logs=logs)


def read_near(response: peer_pb2.FindNodeResponse) -> Sequence[LogId]:
    """Members near a key. Raises BAD_REQUEST where the answer is beyond its limits."""
    check(response)
    return _logs(response.logs)


def told_message(told: Told) -> peer_pb2.GetProvidersResponse:
    """What is kept under a key."""
    return peer_pb2.GetProvidersResponse(providers=told.records, full=told.full, near=told.near)


def read_told(response: peer_pb2.GetProvidersResponse) -> Told:
    """What a member says of a key; its records are not looked at. Raises BAD_REQUEST where the answer is
    beyond its limits.
    """
    check(response)
    return Told(list(response.providers), response.full, _logs(response.near))


def refused_message(refused: Collection[int]) -> peer_pb2.AddProvidersResponse:
    """The records for which there is no room."""
    return peer_pb2.AddProvidersResponse(refused=sorted(refused))


def read_refused(response: peer_pb2.AddProvidersResponse, sent: int) -> Collection[int]:
    """The positions among `sent` records that were refused. Raises BAD_REQUEST where there are no such."""
    check(response)
    refused = frozenset(response.refused)
    if any(at >= sent for at in refused):
        raise Rejected("BAD_REQUEST", "a record is refused that was not sent")
    return refused


def _logs(raws: Sequence[bytes]) -> Sequence[LogId]:
    if any(len(raw) != LOG_BYTES for raw in raws):
        raise Rejected("BAD_REQUEST", f"the id of a log has {LOG_BYTES} bytes")
    return [LogId(raw) for raw in raws]
