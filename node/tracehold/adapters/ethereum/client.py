"""JSON-RPC over HTTP: requests by web3's provider, answers read strictly, errors told as ours.

Requests go through the provider and not through `w3.eth`: header proofs need every field as it was sent,
errors need their code and data, and each question is one round trip. web3 takes seconds to import, so it is
imported at the first request, outside the event loop.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import urlsplit

from tracehold.adapters.ethereum.answers import (
    Block,
    Outcome,
    block_of,
    hexed,
    number,
    outcome_of,
    unhexed,
)
from tracehold.core.errors import Unavailable

TIMEOUT_S = 10.0


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


class Provider(Protocol):
    """What carries requests: web3's HTTP provider, or another that speaks JSON-RPC."""

    async def make_request(self, method: Any, params: Any) -> Any:
        """The whole answer object."""
        ...

    async def disconnect(self) -> None:
        """Close what is open."""
        ...


class Client:
    """One JSON-RPC endpoint, for many tasks of one event loop. Without a provider it speaks HTTP."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S, provider: Provider | None = None) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._provider = provider
        self.failures = 0
        """Requests that got no answer: after one, another chain may stand behind the address."""

    async def close(self) -> None:
        """Close the connections. The client may be used again afterwards."""
        if self._provider is not None:
            await self._provider.disconnect()

    async def request(self, method: str, *params: object) -> Any:
        """The answer's result. Raises RpcError, and `Unavailable("CHAIN_DOWN")` where there is no answer."""
        provider = self._provider or await self._connect()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await provider.make_request(method, list(params))
        except Exception as error:
            # Whatever the transport raises, there is no answer.
            self.failures += 1
            raise self.down("does not answer") from error
        if not isinstance(answer, dict):
            raise self.down(f"answers {method} with no JSON-RPC")
        if (problem := answer.get("error")) is not None:
            if not isinstance(problem, dict):
                problem = {"message": str(problem)}
            code = problem.get("code")
            raise RpcError(
                code if isinstance(code, int) else 0, str(problem.get("message")), problem.get("data")
            )
        return answer.get("result")

    async def ask(self, method: str, *params: object) -> Any:
        """As `request`, where no error of the chain's node means anything to us: it is down then."""
        try:
            return await self.request(method, *params)
        except RpcError as error:
            raise self.down(f"answers {method} with error {error.code}") from error

    def down(self, what: str, remedy: str = "") -> Unavailable:
        """CHAIN_DOWN with host and port: a path or password may hold a secret."""
        parts = urlsplit(self._url)
        at = f"{parts.hostname}:{parts.port or parts.scheme}"
        return Unavailable("CHAIN_DOWN", f"the chain at {at} {what}", remedy=remedy)

    @contextmanager
    def reading(self, method: str) -> Iterator[None]:
        """Within it, an answer that lacks or mangles a field is CHAIN_DOWN."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise self.down(f"answers {method} with something unreadable") from error

    async def _connect(self) -> Provider:
        web3: Any = await asyncio.to_thread(import_module, "web3")
        # No retries of its own: whoever asks decides what to do about silence.
        made: Provider = web3.AsyncHTTPProvider(self._url, exception_retry_configuration=None)
        self._provider = self._provider or made
        return self._provider

    # -- questions

    async def chain_id(self) -> int:
        """The EIP-155 id of the chain."""
        with self.reading("eth_chainId"):
            return number(await self.ask("eth_chainId"))

    async def height(self) -> int:
        """Number of the newest block."""
        with self.reading("eth_blockNumber"):
            return number(await self.ask("eth_blockNumber"))

    async def block(self, ref: int | bytes | str) -> Block | None:
        """The canonical block of a number or tag, or the block of a hash; None where there is none."""
        by_hash = isinstance(ref, bytes)
        method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
        told = hexed(ref) if isinstance(ref, int | bytes) else ref
        found = await self.ask(method, told, False)
        with self.reading(method):
            block = None if found is None else block_of(found)
            if block is not None and ref not in {block.hash, block.number} and not isinstance(ref, str):
                raise ValueError("another block than was asked for")
            return block

    async def outcome(self, tx_hash: bytes) -> Outcome | None:
        """What a transaction did, or None where it is in no canonical block."""
        method = "eth_getTransactionReceipt"
        found = await self.ask(method, hexed(tx_hash))
        with self.reading(method):
            return None if found is None else outcome_of(found)

    async def nonce(self, account: bytes, at: str = "latest") -> int:
        """Transactions of the account in blocks: the nonce of its next one when none is on its way."""
        with self.reading("eth_getTransactionCount"):
            return number(await self.ask("eth_getTransactionCount", hexed(account), at))

    async def next_nonce(self, account: bytes) -> int:
        """The first nonce that neither a block nor the pool has. Never less than
        `nonce`: some nodes' pools lag behind their blocks.
        """
        return max(await self.nonce(account), await self.nonce(account, "pending"))

    async def code(self, address: bytes) -> bytes:
        """Code at an address, empty where there is no contract."""
        with self.reading("eth_getCode"):
            return unhexed(await self.ask("eth_getCode", hexed(address), "latest"))
