"""How a member says that it is there, and will not answer now."""

import grpc
from google.rpc import error_details_pb2, status_pb2

BUSY = frozenset({"TOO_MANY_CALLS", "STORE_BUSY"})
"""Codes with which it says so. Another is as no answer."""

_FULL = "Concurrent RPC limit exceeded!"
"""So grpc itself refuses a call, before the member's listener sees it."""

_DETAILS = "grpc-status-details-bin"
_MAX_DETAILS = 16 << 10


def puts_off(error: grpc.aio.AioRpcError) -> bool:
    """Whether the member puts the call off."""
    if error.details() == _FULL:
        return True
    return any(
        _busy(value)
        for name, value in error.trailing_metadata() or ()
        if name == _DETAILS and isinstance(value, bytes) and len(value) <= _MAX_DETAILS
    )


def _busy(raw: bytes) -> bool:
    info = error_details_pb2.ErrorInfo()
    try:
        for detail in status_pb2.Status.FromString(raw).details:
            if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
                return info.reason in BUSY
    except ValueError:  # DecodeError is one
        pass
    return False
