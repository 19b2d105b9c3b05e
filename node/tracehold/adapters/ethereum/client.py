"""Questions to a chain over JSON-RPC: answers read strictly, errors told as ours.

Requests go through the provider and not through `w3.eth`: header proofs need every field as it was sent,
errors need their code and data, and each question is one round trip.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tracehold.adapters.ethereum.answers import (
    Block,
    Outcome,
    block_of,
    hexed,
    number,
    outcome_of,
    unhexed,
)
from tracehold.adapters.ethereum.connection import TIMEOUT_S, Connection, Line, Provider, RpcError
from tracehold.core.errors import Unavailable

__all__ = ["TIMEOUT_S", "Client", "Provider", "RpcError"]


class Client:
    """Questions to a chain, for many tasks of one event loop: to the one address, or over a `line`."""

    def __init__(
        self,
        url: str = "",
        timeout_s: float = TIMEOUT_S,
        provider: Provider | None = None,
        *,
        line: Line | None = None,
    ) -> None:
        self.line: Line = line or Connection(url, timeout_s, provider)

    async def close(self) -> None:
        """Close the connections. The client may be used again afterwards."""
        await self.line.close()

    async def request(self, method: str, *params: object) -> Any:
        """The answer's result. Raises RpcError, and `Unavailable("CHAIN_DOWN")` where there is no answer."""
        return await self.line.request(method, *params)

    @property
    def place(self) -> str:
        """Host and port of the address in use."""
        return self.line.place

    async def ask(self, method: str, *params: object) -> Any:
        """As `request`, where no error of the chain's node means anything to us: it is down then."""
        try:
            return await self.request(method, *params)
        except RpcError as error:
            raise self.down(f"answers {method} with error {error.code}") from error

    def down(self, what: str, remedy: str = "") -> Unavailable:
        """CHAIN_DOWN with host and port: a path or password may hold a secret."""
        return self.line.down(what, remedy)

    @contextmanager
    def reading(self, method: str) -> Iterator[None]:
        """Within it, an answer that lacks or mangles a field is CHAIN_DOWN."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise self.down(f"answers {method} with something unreadable") from error

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

    async def seek(self, method: str, *params: object) -> Any:
        """As `ask`, where other addresses may know what one has not: null only if none has it."""
        try:
            return await self.line.seek(method, *params)
        except RpcError as error:
            raise self.down(f"answers {method} with error {error.code}") from error

    async def outcome(self, tx_hash: bytes, *, anywhere: bool = False) -> Outcome | None:
        """What a transaction did, or None where it is in no canonical block. `anywhere` asks every address
        for one that the first does not know.
        """
        method = "eth_getTransactionReceipt"
        found = await (self.seek if anywhere else self.ask)(method, hexed(tx_hash))
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
