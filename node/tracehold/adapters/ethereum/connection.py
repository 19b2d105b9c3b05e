"""One JSON-RPC address: a request out, an answer in, errors told as ours."""

import asyncio
from typing import Any, Protocol
from urllib.parse import urlsplit

from tracehold.adapters.ethereum.transport import HttpTransport
from tracehold.core.errors import Unavailable

TIMEOUT_S = 10.0
PRUNED = 4444
"""Error code of history that was thrown away (EIP-4444 clients, execution-apis)."""
_PRUNED = ("pruned", "missing trie node", "history is not available", "history not available")
_OVERLOADED = ("rate limit", "too many requests", "request limit", "capacity exceeded")


class RpcError(Exception):
    """The chain's node answered a request with an error. Does not leave this package."""

    def __init__(self, code: int, message: str, data: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message.lower()
        self.data = data

    def revert(self) -> bytes | None:
        """Revert data (empty where there is none), or None where the error is no revert.

        geth and anvil say code 3, Besu -32000, Nethermind -32015; all put the data into `data`.
        """
        if isinstance(self.data, str) and "0x" in self.data:
            digits = self.data[self.data.index("0x") + 2 :]
            try:
                return bytes.fromhex(digits)
            except ValueError:
                return b""
        return b"" if self.code == 3 or "revert" in self.message else None

    @property
    def pruned(self) -> bool:
        """Whether the node says that it threw away what was asked for."""
        return self.code == PRUNED or any(words in self.message for words in _PRUNED)

    @property
    def overloaded(self) -> bool:
        """Whether the node says that it is asked too often: as good as no answer."""
        return any(words in self.message for words in _OVERLOADED)


class Provider(Protocol):
    """What carries requests: HTTP, or another that speaks JSON-RPC."""

    async def make_request(self, method: Any, params: Any) -> Any:
        """The whole answer object."""
        ...

    async def disconnect(self) -> None:
        """Close what is open."""
        ...


class Line(Protocol):
    """What takes requests to a chain: one address, or several of which one is in use."""

    @property
    def place(self) -> str:
        """Host and port of the address in use: a path or password may hold a secret."""
        ...

    async def request(self, method: str, *params: object) -> Any:
        """The answer's result. Raises RpcError, and `Unavailable("CHAIN_DOWN")` where there is no answer."""
        ...

    async def seek(self, method: str, *params: object) -> Any:
        """As `request`, where another address may know what this one has not: null only if none has it."""
        ...

    def down(self, what: str, remedy: str = "") -> Unavailable:
        """CHAIN_DOWN that names the address."""
        ...

    async def close(self) -> None:
        """Close what is open. The line may be used again afterwards."""
        ...


class Connection:
    """One address. Without a provider it speaks HTTP."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S, provider: Provider | None = None) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._provider = provider or HttpTransport(url)

    @property
    def place(self) -> str:
        """Host and port."""
        parts = urlsplit(self._url)
        return f"{parts.hostname}:{parts.port or parts.scheme}"

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.disconnect()

    async def request(self, method: str, *params: object) -> Any:
        """One round trip."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._provider.make_request(method, list(params))
        except Exception as error:
            # Whatever the transport raises, there is no answer.
            raise self.down("does not answer") from error
        if not isinstance(answer, dict):
            raise self.down(f"answers {method} with no JSON-RPC")
        if (problem := answer.get("error")) is not None:
            raise self._refused(problem)
        if "result" not in answer:
            # Null is an answer of its own: there is no such block, no such transaction.
            raise self.down(f"answers {method} with no result")
        return answer["result"]

    def _refused(self, problem: object) -> Exception:
        if not isinstance(problem, dict):
            problem = {"message": str(problem)}
        code = problem.get("code")
        error = RpcError(
            code if isinstance(code, int) else 0, str(problem.get("message")), problem.get("data")
        )
        return self.down("is asked too often") if error.overloaded else error

    async def seek(self, method: str, *params: object) -> Any:
        """There is no other address."""
        return await self.request(method, *params)

    def down(self, what: str, remedy: str = "") -> Unavailable:
        """CHAIN_DOWN with host and port."""
        return Unavailable("CHAIN_DOWN", f"the chain at {self.place} {what}", remedy=remedy)
