"""The line to the daemon: one call, one answer, none of them longer than it may be."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tracehold.adapters.geth.lines import is_loopback
from tracehold.core.errors import Rejected, Unavailable

ANSWER_BYTES = 1 << 20
"""No answer but a block is read further."""
_CHUNK_BYTES = 1 << 18
Pieces = Callable[[], Iterable[bytes]]
"""What is sent, from its beginning each time: a call is made again where a kept line turned out dead."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Where the daemon is, what it wants to be shown, and how long it is waited for.

    `token`: of its `API.Authorizations`; "" where it wants none.
    """

    url: str
    token: str = ""
    timeout_s: float = 60.0

    def __repr__(self) -> str:
        """Without the token."""
        return f"Daemon({self.url})"


class Refusal(Exception):
    """The daemon answered, and refused; `said` is its message, which goes to nobody else."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class KuboClient:
    """Calls of one daemon. Cancelling one ends it there as well, and touches no other."""

    def __init__(self, daemon: Daemon, connections: int = 8) -> None:
        """BAD_CONFIG for an address that is neither on loopback nor behind TLS: whoever could listen would
        have the token, and with it all that the daemon keeps.
        """
        if urlsplit(daemon.url).scheme != "https" and not is_loopback(daemon.url):
            raise Rejected("BAD_CONFIG", "the IPFS daemon is neither on loopback nor behind TLS")
        self._daemon = daemon
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        command: str,
        arguments: Sequence[tuple[str, str]] = (),
        *,
        send: Pieces | None = None,
        most: int = ANSWER_BYTES,
        timeout_s: float | None = None,
    ) -> bytes:
        """The whole answer. Raises BLOBS_DOWN where there is none in time or it is over `most` bytes, and
        `Refusal`. What is called must be harmless to repeat.
        """
        try:
            async with asyncio.timeout(timeout_s or self._daemon.timeout_s):
                try:
                    return await self._once(command, arguments, send, most)
                except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                    return await self._once(command, arguments, send, most)  # it was restarted since
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            raise self.down() from error

    async def ask(self, command: str, *arguments: tuple[str, str]) -> Any:
        """One answer in JSON. Raises BLOBS_DOWN where the daemon refuses, too."""
        try:
            return json.loads(await self.call(command, arguments))
        except (Refusal, ValueError) as error:
            raise self.down() from error

    @asynccontextmanager
    async def lines(self, command: str, *arguments: tuple[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """An answer while it comes, by lines; whoever leaves ends the call. Raises as `call`, and waits as
        long as the caller does.
        """
        try:
            async with self._post(command, arguments, None) as response:
                yield _lines(response)
        except TimeoutError:
            raise  # the caller's; it is an OSError as well
        except (OSError, aiohttp.ClientError) as error:
            raise self.down() from error

    async def close(self) -> None:
        """Close the lines. The next call opens others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def down(self) -> Unavailable:
        """BLOBS_DOWN with host and port."""
        place = urlsplit(self._daemon.url).netloc.rpartition("@")[2]
        return Unavailable("BLOBS_DOWN", f"the IPFS daemon at {place} does not do what it was asked to")

    # -- parts

    async def _once(
        self, command: str, arguments: Sequence[tuple[str, str]], send: Pieces | None, most: int
    ) -> bytes:
        async with self._post(command, arguments, send) as response:
            return await _whole(response, most)

    @asynccontextmanager
    async def _post(
        self, command: str, arguments: Sequence[tuple[str, str]], send: Pieces | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = f"{self._daemon.url.rstrip('/')}/api/v0/{command}"
        # Nobody can put it into the content: who guesses it would end the content early.
        mark = token_hex(16)
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"} if send else {}
        body = _form(send, mark) if send else None
        opened = self._opened()
        # It may want a token: no redirect takes it elsewhere.
        async with opened.post(
            url, params=arguments, data=body, headers=kind, allow_redirects=False
        ) as response:
            if response.status != 200:
                raise Refusal(_message(await _whole(response, ANSWER_BYTES)))
            yield response

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            shown: Mapping[str, str] = {}
            if self._daemon.token:
                shown = {"Authorization": f"Bearer {self._daemon.token}"}
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                timeout=aiohttp.ClientTimeout(total=None),  # whoever calls decides
                headers=shown,
            )
        return self._session


async def _form(send: Pieces, mark: str) -> AsyncIterator[bytes]:
    """The one part of a form (RFC 7578)."""
    named = 'Content-Disposition: form-data; name="file"; filename="blocks"'
    yield f"--{mark}\r\n{named}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    for piece in send():
        yield piece
    yield f"\r\n--{mark}--\r\n".encode()


async def _whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    read = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        read += chunk
        if len(read) > most:
            response.close()
            raise aiohttp.ClientPayloadError("an answer over its bound")
    return bytes(read)


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    while line := await response.content.readline():
        yield line


def _message(said: bytes) -> str:
    try:
        return str(json.loads(said)["Message"])
    except (ValueError, KeyError, TypeError):
        return "no reason that could be read"
