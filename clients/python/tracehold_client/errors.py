"""Errors of a call, as the families of `tracehold.core.errors`: by
who must act, with the code that the node sent.
"""

from collections.abc import Mapping

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from tracehold.core.errors import CODES, Broken, Rejected, TraceholdError, Unavailable
from tracehold.v1 import errors_pb2

_FAMILIES: Mapping[str, type[TraceholdError]] = {
    "rejected": Rejected,
    "unavailable": Unavailable,
    "broken": Broken,
}
_DETAILS = "grpc-status-details-bin"
_PREFIX = "ERROR_REASON_"
_BY_STATUS = {
    grpc.StatusCode.UNAVAILABLE: "NODE_DOWN",
    grpc.StatusCode.DEADLINE_EXCEEDED: "DEADLINE",
    grpc.StatusCode.CANCELLED: "NODE_DOWN",
    grpc.StatusCode.UNAUTHENTICATED: "UNAUTHENTICATED",
    grpc.StatusCode.PERMISSION_DENIED: "FORBIDDEN",
    grpc.StatusCode.NOT_FOUND: "NOT_FOUND",
    grpc.StatusCode.INVALID_ARGUMENT: "BAD_REQUEST",
    grpc.StatusCode.UNIMPLEMENTED: "BAD_REQUEST",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "REQUEST_TOO_LARGE",
}
"""What a status means where nobody of ours wrote details: gRPC itself said it, or something between us."""
_LOST = "Internal error from Core"
"""What grpc.aio says, with INTERNAL, of a message that was written to a connection that is gone."""


def of_code(code: str, message: str, *, path: str = "", remedy: str = "") -> TraceholdError:
    """The error of a stable code; a code of a newer release becomes INTERNAL with the code in its message."""
    entry = CODES.get(code)
    if entry is None:
        return Broken("INTERNAL", f"{code}: {message}", path=path, remedy=remedy)
    return _FAMILIES[entry.family](code, message, path=path, remedy=remedy)


def of_call(error: grpc.RpcError) -> TraceholdError:
    """What a failed call means: the node's own code where it sent one, else what gRPC says."""
    if not isinstance(error, grpc.aio.AioRpcError):
        return Broken("INTERNAL", type(error).__name__)
    message = error.details() or error.code().name
    info = _error_info(error)
    if info is not None and info.reason in CODES:
        return of_code(
            info.reason,
            message,
            path=info.metadata.get("path", ""),
            remedy=info.metadata.get("remedy", ""),
        )
    code = "NODE_DOWN" if message == _LOST else _BY_STATUS.get(error.code(), "INTERNAL")
    return of_code(code, message)


def of_item(error: errors_pb2.Error) -> TraceholdError:
    """Why one record of a batch was refused."""
    try:
        name = errors_pb2.ErrorReason.Name(error.reason)
    except ValueError:  # of a newer release
        name = f"{_PREFIX}{error.reason}"
    return of_code(name.removeprefix(_PREFIX), error.message, path=error.path, remedy=error.remedy)


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    """The google.rpc.ErrorInfo of the trailers (AIP-193), if the node sent one."""
    for key, value in error.trailing_metadata() or ():
        if key != _DETAILS or not isinstance(value, bytes):
            continue
        try:
            status = status_pb2.Status.FromString(value)
        except DecodeError:
            return None
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                return info
    return None
