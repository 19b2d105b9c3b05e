"""The anchoring contract at an address: calls, logs by pages, and what a revert means."""

from collections.abc import AsyncIterator
from typing import Any

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import Log, hexed, log_of
from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.core.errors import Broken, Rejected

FIRST_PAGE = 50_000
"""Blocks per log query at first; halved when the chain's node refuses (Besu allows 5,000, others less)."""


class AnchorsContract:
    """One deployed `Anchors`."""

    def __init__(self, client: Client, address: bytes) -> None:
        self.client = client
        self.address = address
        self._page = FIRST_PAGE

    async def call(self, function: str, *arguments: Any, block: str = "latest") -> tuple[Any, ...]:
        """A view call's results. Raises `Broken("WRONG_CHAIN")` where no such contract answers."""
        message = {"to": hexed(self.address), "data": hexed(abi.encode_call(function, *arguments))}
        try:
            found = await self.client.request("eth_call", message, block)
        except RpcError as error:
            if error.revert() is None:
                raise self.client.down(f"answers eth_call with error {error.code}") from error
            raise self.missing() from error
        try:
            return abi.decode_result(function, bytes.fromhex(found.removeprefix("0x")))
        except (AttributeError, TypeError, ValueError) as error:
            raise self.missing() from error

    async def estimate(self, sender: bytes, data: bytes) -> int:
        """Gas of a transaction at the latest block; the dry run of it.

        Raises `Rejected("LEDGER_REFUSED")` naming the contract's error, `Rejected("NOT_A_MEMBER")` where the
        contract says that the sender is no creator.
        """
        message = {"from": hexed(sender), "to": hexed(self.address), "data": hexed(data)}
        try:
            found = await self.client.request("eth_estimateGas", message)
        except RpcError as error:
            reverted = error.revert()
            if reverted is None:
                raise self.client.down(f"answers eth_estimateGas with error {error.code}") from error
            raise refusal(reverted) from error
        with self.client.reading("eth_estimateGas"):
            return int(found, 16)

    async def logs(self, event: str, first: int, last: int, *indexed: int | None) -> list[Log]:
        """Logs of an event in blocks first to last, oldest first; `indexed` fixes indexed numbers."""
        found: list[Log] = []
        while first <= last:
            stop = min(last, first + self._page - 1)
            page = await self._logs(event, first, stop, indexed)
            if page is None:
                self._page = max(1, self._page // 2)
                continue
            found += page
            first = stop + 1
        return found

    async def pages_back(self, event: str, first: int, last: int, *indexed: int) -> AsyncIterator[list[Log]]:
        """Pages of the same logs from the newest page to the oldest; within a page oldest first."""
        while first <= last:
            start = max(first, last - self._page + 1)
            page = await self._logs(event, start, last, indexed)
            if page is None:
                self._page = max(1, self._page // 2)
                continue
            yield page
            last = start - 1

    async def _logs(
        self, event: str, first: int, last: int, indexed: tuple[int | None, ...]
    ) -> list[Log] | None:
        """One query; None where the chain's node refuses it and fewer blocks may help."""
        topics = [hexed(abi.topic(event)), *(None if n is None else hexed(n.to_bytes(32)) for n in indexed)]
        wanted = {
            "address": hexed(self.address),
            "fromBlock": hexed(first),
            "toBlock": hexed(last),
            "topics": topics,
        }
        try:
            found = await self.client.request("eth_getLogs", wanted)
        except RpcError as error:
            if first < last:
                return None
            raise self.client.down(f"answers eth_getLogs with error {error.code}") from error
        with self.client.reading("eth_getLogs"):
            return [log_of(answer) for answer in found]

    def missing(self) -> Broken:
        """The error where the address holds no contract of ours."""
        return Broken("WRONG_CHAIN", f"there is no anchoring contract at {hexed(self.address)} on this chain")


def refusal(reverted: bytes) -> Rejected:
    """The contract's refusal as ours, naming its error and arguments."""
    text = abi.decode_error(reverted)
    if text == "NotCreator()":
        return Rejected("NOT_A_MEMBER", "the contract says NotCreator: this account is no active creator")
    return Rejected("LEDGER_REFUSED", f"the contract says {text or 'nothing it has a name for'}")
