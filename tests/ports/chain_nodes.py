"""A chain's node that answers from a script, over an IPC socket or over HTTP, and the registry beside it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracehold.core.enode import Enode

Answer = Callable[[list[Any]], Any]
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
PRIME = (1 << 256) - (1 << 32) - 977


def node(number: int) -> str:
    """A public key that is a point of secp256k1: the same x or -y of a few x that have one."""
    x = number
    while True:
        square = (x**3 + 7) % PRIME
        y = pow(square, (PRIME + 1) // 4, PRIME)
        if y * y % PRIME == square:
            return f"{x:064x}{y:064x}"
        x += 1_000


def enode(number: int, host: str = "127.0.0.1") -> Enode:
    """The enode of the node of this number."""
    return Enode(node(number), host, 30_000 + number)


class Refused(Exception):
    """The script answers with this error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Client:
    """An execution client as this test has it: `methods` by name. `asked` is what it was asked, in order."""

    methods: dict[str, Answer]
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)

    def answer(self, request: bytes) -> bytes:
        """One exchange."""
        told = json.loads(request)
        self.asked.append((told["method"], told["params"]))
        method = self.methods.get(told["method"])
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": told["id"]}
        try:
            if method is None:
                raise Refused(-32601, f"the method {told['method']} does not exist/is not available")
            answer["result"] = method(told["params"])
        except Refused as refusal:
            answer["error"] = {"code": refusal.code, "message": str(refusal)}
        return json.dumps(answer).encode()

    def calls(self, method: str) -> list[list[Any]]:
        """The parameters with which it was called."""
        return [params for name, params in self.asked if name == method]


@asynccontextmanager
async def over_ipc(path: Path, client: Client, end: bytes = b"\n", pieces: int = 1) -> AsyncIterator[None]:
    """It listens on this socket, and writes each answer in so many pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readline()
        if request:
            answer = client.answer(request) + end
            step = -(-len(answer) // pieces)
            for at in range(0, len(answer), step):
                writer.write(answer[at : at + step])
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_unix_server(serve, str(path))
    async with server:
        yield


@asynccontextmanager
async def over_http(client: Client, status: int = 200) -> AsyncIterator[str]:
    """It listens on a port of loopback; the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        body = client.answer(await reader.readexactly(size))
        writer.write(b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
