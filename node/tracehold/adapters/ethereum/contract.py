"""The anchoring contract at an address: calls, logs by pages, and what a revert means."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import Log, hexed, log_of, unhexed
from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.core.errors import Broken, Rejected

FIRST_PAGE = 50_000
"""Blocks per log query at first; halved when the chain's node refuses (Besu allows 5,000, others less)."""
MAX_PREDECESSORS = 16
"""Contracts before this one that are looked at."""


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

    async def logs(self, events: Sequence[str], first: int, last: int) -> list[Log]:
        """Logs of any of these events in blocks first to last, oldest first."""
        topics = [[hexed(abi.topic(event)) for event in events]]
        found: list[Log] = []
        while first <= last:
            stop = min(last, first + self._page - 1)
            if (page := await self._query(topics, first, stop)) is not None:
                found += page
                first = stop + 1
        return found

    @property
    def page(self) -> int:
        """Blocks in a query, as the chain's node let them be so far."""
        return self._page

    async def between(
        self, events: Sequence[str], first: int, last: int, of: Sequence[bytes] = ()
    ) -> list[Log] | None:
        """Logs of any of these events in blocks first to last, of this contract or of these in its place,
        oldest first, by one query; None where that was refused, and `page` is less now.
        """
        topics = [[hexed(abi.topic(event)) for event in events]]
        return await self._query(topics, first, last, of)

    async def logs_in(self, events: Sequence[str], block: bytes, of: Sequence[bytes] = ()) -> list[Log]:
        """The same in the block with this hash. CHAIN_DOWN where it is gone."""
        topics = [[hexed(abi.topic(event)) for event in events]]
        wanted = {"address": self._addresses(of), "topics": topics, "blockHash": hexed(block)}
        found = await self.client.ask("eth_getLogs", wanted)
        with self.client.reading("eth_getLogs"):
            return sorted(map(log_of, found), key=lambda log: log.index)

    def _addresses(self, of: Sequence[bytes]) -> str | list[str]:
        return [hexed(each) for each in of] if of else hexed(self.address)

    async def predecessor(self) -> bytes:
        """The contract that this one took over from; empty where it names none, as one of an earlier release
        does.
        """
        try:
            (before,) = await self.call("predecessor")
        except Broken as error:
            if error.message != self.missing().message:
                raise  # the address is of another chain: that says nothing of this contract
            return b""
        address = unhexed(before)
        return address if any(address) else b""

    async def predecessors(self) -> Sequence[bytes]:
        """The contracts that this one took over from, newest first."""
        found: list[bytes] = []
        at = self
        while len(found) < MAX_PREDECESSORS:
            address = await at.predecessor()
            if not address or address in {self.address, *found}:
                break
            found.append(address)
            at = AnchorsContract(self.client, address)
        return found

    async def anchored(self, node: int, first: int, last: int) -> AsyncGenerator[Log, None]:
        """A node's `Anchored` logs in blocks first to last, newest first, asked for page by page."""
        topics = [hexed(abi.topic("Anchored")), hexed(node.to_bytes(32))]
        while first <= last:
            start = max(first, last - self._page + 1)
            if (page := await self._query(topics, start, last)) is not None:
                for log in reversed(page):
                    yield log
                last = start - 1

    async def following(self, node: int, first: int, last: int) -> AsyncGenerator[Log, None]:
        """The same, oldest first."""
        topics = [hexed(abi.topic("Anchored")), hexed(node.to_bytes(32))]
        while first <= last:
            stop = min(last, first + self._page - 1)
            if (page := await self._query(topics, first, stop)) is not None:
                for log in page:
                    yield log
                first = stop + 1

    async def _query(
        self, topics: Sequence[object], first: int, last: int, of: Sequence[bytes] = ()
    ) -> list[Log] | None:
        """One query; None where the chain's node refuses it, after which pages are half as long."""
        blocks = {"fromBlock": hexed(first), "toBlock": hexed(last)}
        wanted = {"address": self._addresses(of), "topics": topics, **blocks}
        try:
            found = await self.client.request("eth_getLogs", wanted)
        except RpcError as error:
            if first == last:
                raise self.client.down(f"answers eth_getLogs with error {error.code}") from error
            self._page = (last - first + 1) // 2
            return None
        if last - first + 1 == self._page:
            # A refusal may have had another reason: a limit is found again soon, and costs a question.
            self._page = min(FIRST_PAGE, self._page + self._page // 4 + 1)
        with self.client.reading("eth_getLogs"):
            return sorted(map(log_of, found), key=lambda log: (log.block_number, log.index))

    def missing(self) -> Broken:
        """The error where the address holds no contract of ours."""
        return Broken("WRONG_CHAIN", f"there is no anchoring contract at {hexed(self.address)} on this chain")


def refusal(reverted: bytes) -> Rejected:
    """The contract's refusal as ours, naming its error and arguments."""
    text = abi.decode_error(reverted)
    if text == "NotCreator()":
        return Rejected("NOT_A_MEMBER", "the contract says NotCreator: this account is no active creator")
    remedy = "Give the key of the contract's admin: --admin-key FILE." if text == "NotAdmin()" else ""
    return Rejected(
        "LEDGER_REFUSED", f"the contract says {text or 'nothing it has a name for'}", remedy=remedy
    )
