"""What the anchors cost, as the chain says."""

from dataclasses import dataclass
from typing import Any

from tracehold.core.anchorproof import ANCHORED_TOPIC


@dataclass(frozen=True, slots=True)
class Cost:
    """Gas of all anchors so far, of all logs, and how many records they cover."""

    anchors: int
    gas: int
    records: int

    @property
    def per_record(self) -> float:
        """Gas for one record; 0 where there is none."""
        return self.gas / self.records if self.records else 0.0


def anchors(rpc: str, contract: str) -> Cost:
    """The cost of every `Anchored` event of the contract. Raises CHAIN_DOWN."""
    from tracehold_client.jsonrpc import JsonRpc

    chain = JsonRpc(rpc)
    wanted = {
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": contract,
        "topics": ["0x" + ANCHORED_TOPIC.hex()],
    }
    events: list[Any] = chain.call("eth_getLogs", wanted)
    hashes = {event["transactionHash"] for event in events}
    used = [int(chain.call("eth_getTransactionReceipt", each)["gasUsed"], 16) for each in hashes]
    sizes: dict[str, int] = {}
    for event in events:
        node, size = event["topics"][1], int(event["data"][2 + 64 : 2 + 128], 16)
        sizes[node] = max(size, sizes.get(node, 0))
    return Cost(len(events), sum(used), sum(sizes.values()))
