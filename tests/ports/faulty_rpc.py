"""A JSON-RPC server over HTTP, in this process, that answers for a chain and fails as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

Answer = dict[str, Any] | bytes | None
"""What is sent in place of the chain's answer: an object with `result` or `error`, raw bytes as the whole
HTTP answer, or None for the chain's own.
"""


class Answers(Protocol):
    """A chain that takes requests as they are."""

    def raw(self, request: Any) -> Any:
        """The whole answer to one."""
        ...


class FaultyRpc:
    """One address. `faults` names methods; `deaf` closes every connection; `stalls` never answers."""

    def __init__(self, node: Callable[[], Answers]) -> None:
        self._node = node
        self.faults: dict[str, Callable[..., Answer]] = {}
        self.deaf = False
        self.stalls = False
        self.asked: list[str] = []
        self.url = ""
        self._over = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FaultyRpc"]:
        """Listens on loopback, on a port of the system's choice."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self._over.set()
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not self.deaf and (request := await _request(reader)):
                self.asked.append(request["method"])
                if self.stalls:
                    await self._over.wait()
                    return
                writer.write(self._reply(request))
                await writer.drain()
        finally:
            writer.close()

    def _reply(self, request: dict[str, Any]) -> bytes:
        fault = self.faults.get(request["method"])
        answer = fault(*request["params"]) if fault else None
        if isinstance(answer, bytes):
            return answer
        if answer is None:
            return framed(200, json.dumps(self._node().raw(request)).encode())
        return framed(200, json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}).encode())


def framed(status: int, body: bytes) -> bytes:
    """An HTTP answer."""
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _request(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    length = 0
    while line := (await reader.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if not length:
        return None
    found: dict[str, Any] = json.loads(await reader.readexactly(length))
    return found
