"""JSON-RPC over an IPC socket, or over HTTP on loopback: one request at a time, bounded in size and time."""

import asyncio
import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tracehold.adapters.geth import ipc
from tracehold.core.errors import Rejected, Unavailable
from tracehold_client.http import Http


class RpcRefusal(Exception):
    """The client answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Line(Protocol):
    """What carries a request to the client and its answer back."""

    async def exchange(self, request: bytes) -> bytes:
        """The answer. Raises `Unavailable("CHAIN_DOWN")`."""
        ...


class IpcLine:
    """A socket on this machine; a connection for each request."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def exchange(self, request: bytes) -> bytes:
        """As the protocol says."""
        return await asyncio.to_thread(ipc.exchange, self._path, request)


class HttpLine:
    """An address of loopback; redirects and proxies are not followed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = Http(timeout=ipc.TIMEOUT_S, max_bytes=ipc.MAX_ANSWER_BYTES)

    async def exchange(self, request: bytes) -> bytes:
        """As the protocol says."""
        headers = {"Content-Type": "application/json"}
        try:
            answer = await asyncio.to_thread(self._http.exchange, self._url, request, headers)
        except Unavailable as error:
            raise _down("the chain's node does not answer") from error
        if answer.status != 200:
            raise _down(f"the chain's node answers with HTTP status {answer.status}")
        return answer.body


def line_to(admin: str, folder: Path) -> Line:
    """The line to what `[chain_node] admin` names; a path is relative to `folder`.

    Raises BAD_CONFIG for an address that is not of loopback.
    """
    if "://" not in admin:
        return IpcLine(folder / admin)
    if not is_loopback(admin):
        raise Rejected(
            "BAD_CONFIG",
            "the admin interface of a chain's node is spoken to on its own machine only",
            path="chain_node.admin",
            remedy="Name the path of its IPC socket, or an address such as http://127.0.0.1:8545.",
        )
    return HttpLine(admin)


def is_loopback(url: str) -> bool:
    """Whether this is an http or https address of loopback, by number or as localhost."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is no port
        host = parts.hostname or ""
        named = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return named and parts.scheme in {"http", "https"}


async def ask(line: Line, method: str, *params: object) -> Any:
    """The result of one call. Raises RpcRefusal, and `Unavailable("CHAIN_DOWN")` for anything unreadable."""
    return _result(method, await line.exchange(_request(method, params)))


def ask_socket(path: Path, method: str, *params: object, timeout_s: float = ipc.TIMEOUT_S) -> Any:
    """The same over an IPC socket, for programs that wait."""
    return _result(method, ipc.exchange(path, _request(method, params), timeout_s))


def _request(method: str, params: Sequence[object]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()


def _result(method: str, answer: bytes) -> Any:
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise _down(f"the chain's node answers {method} with no JSON") from error
    if not isinstance(found, dict):
        raise _down(f"the chain's node answers {method} with no JSON-RPC")
    if (problem := found.get("error")) is not None:
        told = problem if isinstance(problem, dict) else {}
        code = told.get("code")
        raise RpcRefusal(code if isinstance(code, int) else 0, str(told.get("message", problem))[:200])
    return found.get("result")


def _down(what: str) -> Unavailable:
    return Unavailable("CHAIN_DOWN", what)
