"""One table from errors to what a caller sees: gRPC status with details, HTTP status with problem+json.

Whatever is not a `TraceholdError` becomes INTERNAL with a request id and nothing else: the
text of an exception never leaves the process.
"""

from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2

from tracehold.core.errors import CODES, Rejected, TraceholdError, Unavailable

DOMAIN = "tracehold"
"""Domain of `google.rpc.ErrorInfo`: reasons are unique within it."""

RETRY_AFTER_S = 2
"""Seconds after which an `Unavailable` call may be repeated; callers add jitter of their own."""

MAX_TEXT = 1_000
"""Characters of a message or path in an answer: gRPC carries them in
trailers, which are bounded (8 KiB by default).
"""

HTTP_OF_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INTERNAL": 500,
}
"""HTTP status of a gRPC status, as `google.rpc.Code` documents it."""

HTTP_OF_CODE = {
    "REQUEST_TOO_LARGE": 413,
    "TOO_MANY_RECORDS": 413,
    "RECORD_TOO_LARGE": 413,
    "ATTACHMENT_TOO_LARGE": 413,
    "BAD_RANGE": 416,
}
"""Codes for which HTTP has a more exact word (RFC 9110 section 15.5.14) than their gRPC status gives."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a caller is told. `http_status` may differ from the
    code's own where HTTP alone is at fault (405, 415).
    """

    code: str
    message: str
    path: str
    remedy: str
    request_id: str
    retry: bool = False
    http_status: int = 0

    @property
    def status(self) -> str:
        """Name of the gRPC status."""
        return CODES[self.code].status

    @property
    def grpc_code(self) -> grpc.StatusCode:
        """The gRPC status."""
        return grpc.StatusCode[self.status]

    @property
    def http(self) -> int:
        """The HTTP status."""
        return self.http_status or HTTP_OF_CODE.get(self.code) or HTTP_OF_STATUS[self.status]


class HttpFault(Rejected):
    """A fault that only HTTP knows: no such route (404), method (405) or media type (415)."""

    def __init__(self, http_status: int, message: str, path: str = "") -> None:
        super().__init__("NOT_FOUND" if http_status == 404 else "BAD_REQUEST", message, path=path)
        self.http_status = http_status


def refusal(error: BaseException, request_id: str) -> Refusal:
    """What the caller is told of `error`. Never raises; an unexpected error keeps its text to itself."""
    if not isinstance(error, TraceholdError):
        entry = CODES["INTERNAL"]
        return Refusal(entry.name, entry.cause, "", entry.remedy, request_id)
    return Refusal(
        code=error.code,
        message=error.message[:MAX_TEXT],
        path=error.path[:MAX_TEXT],
        remedy=error.remedy[:MAX_TEXT],
        request_id=request_id,
        retry=isinstance(error, Unavailable),
        http_status=error.http_status if isinstance(error, HttpFault) else 0,
    )


def grpc_details(told: Refusal) -> bytes:
    """The `google.rpc.Status` that travels as `grpc-status-details-bin`: ErrorInfo, RequestInfo, and where
    they apply BadRequest (the path) and RetryInfo.
    """
    status = status_pb2.Status(code=code_pb2.Code.Value(told.status), message=told.message)
    metadata = {key: text for key, text in (("path", told.path), ("remedy", told.remedy)) if text}
    details = [
        error_details_pb2.ErrorInfo(reason=told.code, domain=DOMAIN, metadata=metadata),
        error_details_pb2.RequestInfo(request_id=told.request_id),
    ]
    if told.path:
        violation = error_details_pb2.BadRequest.FieldViolation(field=told.path, description=told.message)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if told.retry:
        wait = error_details_pb2.RetryInfo()
        wait.retry_delay.seconds = RETRY_AFTER_S
        details.append(wait)
    for detail in details:
        status.details.add().Pack(detail)
    return bytes(status.SerializeToString())


def problem(told: Refusal) -> dict[str, Any]:
    """RFC 9457 problem details. `type` is a stable URN of the code;
    `code`, `path`, `remedy`, `requestId` are ours.
    """
    return {
        "type": f"urn:tracehold:error:{told.code}",
        "title": CODES[told.code].cause,
        "status": told.http,
        "detail": told.message,
        "code": told.code,
        "path": told.path,
        "remedy": told.remedy,
        "requestId": told.request_id,
    }


def problem_headers(told: Refusal) -> dict[str, str]:
    """Headers that go with the problem: when to come back (RFC 9110
    section 10.2.3), how to authenticate (11.6.1).
    """
    headers = {"cache-control": "no-store"}
    if told.retry:
        headers["retry-after"] = str(RETRY_AFTER_S)
    if told.http == 401:
        headers["www-authenticate"] = 'Bearer realm="tracehold"'
    return headers
