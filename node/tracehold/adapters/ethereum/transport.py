"""JSON-RPC over HTTP: one request, one answer, each on a connection of its own."""

import json
from itertools import count
from typing import Any

import aiohttp

MAX_ANSWER_BYTES = 64 << 20
"""No answer is read further: a whole block of a public chain with its receipts takes a few MiB."""
_CHUNK_BYTES = 1 << 16


class HttpTransport:
    """One address. Cancelling a request closes its connection and touches no other request."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids = count(1)
        self._session: aiohttp.ClientSession | None = None

    async def make_request(self, method: str, params: object) -> Any:
        """The whole answer, read as JSON whatever its status: some chain nodes refuse with 400 and 429.

        Raises `ValueError` where it is no JSON or over MAX_ANSWER_BYTES, and what aiohttp raises where there
        is none.
        """
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        session = self._opened()
        # A chain node may hold a secret in its address: no redirect takes a request elsewhere.
        async with session.post(
            self._url,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
        ) as response:
            return json.loads(await _whole(response))

    async def disconnect(self) -> None:
        """Close the connections. The next request opens others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            # A connection for each request: one that was kept may be one of a node that was restarted, and a
            # transaction is not sent again to find out.
            connector = aiohttp.TCPConnector(force_close=True)
            # Whoever asks decides how long to wait.
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=None)
            )
        return self._session


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        read += chunk
        if len(read) > MAX_ANSWER_BYTES:
            raise ValueError("an answer over the bound")
    return bytes(read)
