"""`Anchored` events of the contract as anchors."""

from contextlib import aclosing
from typing import Any

from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.answers import Log
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.core.ids import LogId, Root
from tracehold.core.receipt import Anchor
from tracehold.journey.ports.ledger import ANCHORS, Mined


class AnchoredReader:
    """Reads a contract's events. What a node's log is never changes, and is asked once."""

    def __init__(self, contract: AnchorsContract) -> None:
        self._contract = contract
        self._client = contract.client
        self._logs: dict[int, LogId] = {}

    def forget(self) -> None:
        """Ask anew: an enrolment was undone with its block."""
        self._logs = {}

    def is_one(self, log: Log) -> bool:
        """Whether a log of a transaction is such an event of this contract."""
        return log.address == self._contract.address and log.topics[:1] == (abi.topic("Anchored"),)

    def event(self, log: Log) -> dict[str, Any]:
        """Its fields by name."""
        with self._client.reading("eth_getLogs"):
            return abi.decode_event("Anchored", log.topics, log.data)

    async def mined(self, transaction: bytes, chain_id: int) -> Mined | None:
        """What became of a transaction, by its receipt, if its block is the canonical one of its height."""
        outcome = await self._client.outcome(transaction, anywhere=True)
        block = await self._client.block(outcome.block_number) if outcome else None
        if outcome is None or block is None or block.hash != outcome.block_hash:
            return None
        log = next(filter(self.is_one, outcome.logs), None)
        anchor = await self.anchor(log, block.time, chain_id) if log else None
        return Mined(block.number, block.hash, outcome.succeeded, outcome.gas_used, anchor)

    async def in_block(self, log: Log, chain_id: int) -> Anchor | None:
        """The anchor, with the time of its block; None where the block is gone."""
        block = await self._client.block(log.block_hash)
        return None if block is None else await self.anchor(log, block.time, chain_id)

    async def anchor(self, log: Log, time: int, chain_id: int) -> Anchor:
        """The anchor in a block of that time."""
        event = self.event(log)
        return Anchor(
            chain_id=chain_id,
            contract=self._contract.address,
            node=event["node"],
            log=await self._log(event["node"]),
            prev_size=event["prevSize"],
            size=event["size"],
            root=Root(event["root"]),
            block_number=log.block_number,
            block_hash=log.block_hash,
            block_time=time,
            tx_hash=log.tx_hash,
            log_index=log.index,
        )

    async def exactly(self, node: int, size: int, first: int, last: int, chain_id: int) -> Anchor | None:
        """The node's anchor of exactly this size in blocks first to last."""
        async with aclosing(self._contract.anchored(node, first, last)) as logs:
            async for log in logs:
                found: int = self.event(log)["size"]
                if found == size:
                    return await self.in_block(log, chain_id)
                if found < size:
                    break
        return None

    async def after(self, node: int, size: int, first: int, last: int, chain_id: int) -> list[Anchor]:
        """The node's first anchors past a size in blocks first to last, oldest first, `ANCHORS` at most."""
        found: list[Anchor] = []
        async for log in self._contract.following(node, first, last):
            if self.event(log)["size"] <= size:
                continue
            anchor = await self.in_block(log, chain_id)
            if anchor is None or len(found) == ANCHORS:
                break
            found.append(anchor)
        return found

    async def _log(self, node: int) -> LogId:
        if node not in self._logs:
            ((*_, log, _),) = await self._contract.call("nodeAt", node)
            self._logs[node] = LogId(log)
        return self._logs[node]
