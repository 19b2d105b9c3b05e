"""JSON-RPC 2.0 over bytes: a body in, a body out.

Whatever goes wrong inside becomes -32603 with our own words; the exception is reported
on standard error and never reaches the wire.
"""

import json
from typing import Any

from tracehold.core import strict_json
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.devchain.chain import DevChain
from tracehold.devchain.errors import (
    BAD_PARAMS,
    INTERNAL,
    INVALID_REQUEST,
    NO_METHOD,
    PARSE,
    TOO_LARGE,
    RpcError,
    refused,
)
from tracehold.devchain.methods import accounts, blocks, logs, network
from tracehold.devchain.methods.table import METHODS, Context
from tracehold.devchain.report import report
from tracehold.devchain.view import UnknownBlock, Views

MAX_BATCH = 100
MAX_ANSWER = 25 * 1024 * 1024
"""Bytes of one answer, a batch together: what goes over is answered -32003, as in geth."""

_TABLES = (accounts, blocks, logs, network)  # importing them fills METHODS


class Rpc:
    """The method table over one chain. `answer` may be called from any thread."""

    def __init__(self, chain: DevChain, views: Views) -> None:
        self._chain = chain
        self._views = views

    def answer(self, body: bytes) -> bytes | None:
        """The response to a request body; None when it held notifications only."""
        try:
            # Not by the json module alone: py-evm raises the recursion limit, and deep nesting would then
            # overflow
            # the stack and end the process.
            request = strict_json.loads(body)
        except Rejected:
            return _encode(_failure(None, RpcError(PARSE, "parse error")))
        if isinstance(request, list):
            return self._batch(request)
        response = self._one(request)
        if response is None:
            return None
        encoded = _encode(response)
        return encoded if len(encoded) <= MAX_ANSWER else _encode(_too_large(response.get("id")))

    def _batch(self, requests: list[Any]) -> bytes | None:
        if not requests:
            return _encode(_failure(None, RpcError(INVALID_REQUEST, "empty batch")))
        if len(requests) > MAX_BATCH:
            return _encode(
                _failure(None, RpcError(INVALID_REQUEST, f"batch of more than {MAX_BATCH} requests"))
            )
        parts: list[bytes] = []
        left = MAX_ANSWER
        for request in requests:
            response = self._one(request) if left > 0 else _too_large(_id_of(request))
            if response is None:
                continue
            encoded = _encode(response)
            left -= len(encoded)
            parts.append(encoded if left >= 0 else _encode(_too_large(response.get("id"))))
        return b"[" + b",".join(parts) + b"]" if parts else None

    def _one(self, request: Any) -> dict[str, object] | None:
        try:
            name, params = _parse(request)
        except RpcError as error:
            return _failure(_id_of(request), error)
        try:
            response = {"jsonrpc": "2.0", "id": _id_of(request), "result": self._call(name, params)}
        except RpcError as error:
            response = _failure(_id_of(request), error)
        return response if "id" in request else None

    def _call(self, name: str, params: list[Any]) -> object:
        method = METHODS.get(name)
        if method is None:
            raise RpcError(NO_METHOD, f"the method {name[:80]} does not exist/is not available")
        try:
            with self._views.borrow() as view:
                return method.answer(Context(self._chain, view), params)
        except RpcError:
            raise
        except UnknownBlock:
            raise refused("header not found") from None
        except Unavailable as error:
            raise RpcError(INTERNAL, error.message) from error
        except Broken as error:
            report("chain storage failed", error=error, method=name)
            raise RpcError(INTERNAL, "the chain's storage failed") from error
        except Exception as error:
            report("request failed", error=error, method=name)
            raise RpcError(INTERNAL, "internal error") from error


def _parse(request: Any) -> tuple[str, list[Any]]:
    if not isinstance(request, dict) or request.get("jsonrpc", "2.0") != "2.0":
        raise RpcError(INVALID_REQUEST, "invalid request")
    name, params = request.get("method"), request.get("params")
    if not isinstance(name, str) or not isinstance(_id_of(request), str | int | float | None):
        raise RpcError(INVALID_REQUEST, "invalid request")
    if params is None:
        return name, []
    if not isinstance(params, list):
        raise RpcError(BAD_PARAMS, "non-array params")
    return name, params


def _id_of(request: Any) -> Any:
    return request.get("id") if isinstance(request, dict) else None


def _failure(request_id: Any, error: RpcError) -> dict[str, object]:
    if not isinstance(request_id, str | int | float | None):
        request_id = None
    return {"jsonrpc": "2.0", "id": request_id, "error": error.body()}


def _too_large(request_id: Any) -> dict[str, object]:
    return _failure(request_id, RpcError(TOO_LARGE, "response too large"))


def _encode(response: dict[str, object]) -> bytes:
    return json.dumps(response, separators=(",", ":")).encode()
