"""JSON-RPC over an IPC socket, or over HTTP on loopback: one request at a time, bounded in size and time."""

import asyncio
import ipaddress
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tracehold.core.errors import Rejected, Unavailable
from tracehold_client.http import Http

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 4 << 20
"""An answer of `admin_peers` has about 1 KiB for each peer."""


MAX_PATH_BYTES = 100
"""What a socket's address holds on every system (108 on Linux, 104 on others, with the final zero)."""


class RpcRefusal(Exception):
    """The client answered with an error. Does not leave this package."""

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
    """A socket on this machine. Clients end an answer with a line feed, or not at all: it is whole when it is
    JSON.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def exchange(self, request: bytes) -> bytes:
        """As the protocol says; a connection for each request."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._exchange(request)
        except (OSError, TimeoutError, ValueError) as error:
            raise _down(f"the chain's node does not answer at {self._path}") from error

    async def _exchange(self, request: bytes) -> bytes:
        with socket_address(self._path) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        try:
            writer.write(request + b"\n")
            await writer.drain()
            answer = b""
            while part := await reader.read(1 << 16):
                answer += part
                if len(answer) > MAX_ANSWER_BYTES:
                    raise ValueError("an answer without end")
                if part.rstrip().endswith(b"}") and _is_json(answer):
                    return answer
            raise ValueError("half an answer")
        finally:
            writer.close()


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """The address of a socket; where the path is too long for one, it is named through its open folder
    (Linux). Raises OSError where there is no such folder.
    """
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class HttpLine:
    """An address of loopback; redirects and proxies are not followed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = Http(timeout=TIMEOUT_S, max_bytes=MAX_ANSWER_BYTES)

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
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    answer = await line.exchange(json.dumps(request).encode())
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


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _down(what: str) -> Unavailable:
    return Unavailable("CHAIN_DOWN", what)
