"""The proof of a mined transaction's receipt, for those who have no chain: captured
when final, because chains forget.

Everything is checked before it is kept: each header hashes to its block's hash and names the one below as
parent, and the receipts give the receiptsRoot of the first.
"""

from typing import Any

import rlp
from trie.hexary import HexaryTrie

from tracehold.adapters.ethereum.answers import hexed, number, unhexed
from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.adapters.ethereum.headers import header_rlp
from tracehold.core.receipt import AnchorProof

NO_METHOD = -32601


async def capture(client: Client, block_hash: bytes, tx_hash: bytes, depth: int) -> AnchorProof:
    """The proof of a transaction in a block with `depth` blocks on top, as many of them as there are.

    Raises `Unavailable("CHAIN_DOWN")` where the chain does not answer, or answers what does not fit together.
    """
    first = await client.block(block_hash)
    if first is None:
        raise client.down("no longer has the block of an anchor")
    with client.reading("eth_getBlockByHash"):
        headers = [header_rlp(first.fields)]
        hashes = first.fields["transactions"]
        tx_index = [unhexed(one) for one in hashes].index(tx_hash)
        root = unhexed(first.fields["receiptsRoot"])
    receipts = await _receipts(client, block_hash, hashes)
    with client.reading("eth_getBlockReceipts"):
        path = receipt_path(root, [receipt_rlp(receipt) for receipt in receipts], tx_index)
    below = first.hash
    for height in range(first.number + 1, first.number + depth + 1):
        block = await client.block(height)
        if block is None:
            break
        with client.reading("eth_getBlockByNumber"):
            if block.parent != below:
                raise ValueError("the block does not follow on the one below")
            headers.append(header_rlp(block.fields))
        below = block.hash
    return AnchorProof(tuple(headers), tx_index, path)


async def _receipts(client: Client, block_hash: bytes, hashes: list[str]) -> list[Any]:
    """All receipts of a block in order; one by one where the chain's node cannot give them at once."""
    try:
        found = await client.request("eth_getBlockReceipts", hexed(block_hash))
    except RpcError as error:
        if error.code != NO_METHOD:
            raise client.down(f"answers eth_getBlockReceipts with error {error.code}") from error
        found = [await client.ask("eth_getTransactionReceipt", one) for one in hashes]
    if not isinstance(found, list) or len(found) != len(hashes):
        raise client.down("does not give the receipts of a block")
    return found


def receipt_rlp(receipt: Any) -> bytes:
    """A receipt as the trie holds it: EIP-2718 type (none for legacy), then status, gas, bloom and logs.

    Raises KeyError, TypeError or ValueError where a field is missing or malformed.
    """
    logs = [
        [unhexed(log["address"]), [unhexed(topic) for topic in log["topics"]], unhexed(log["data"])]
        for log in receipt["logs"]
    ]
    # Before Byzantium (EIP-658) a state root stood where the status is.
    status = number(receipt["status"]) if receipt.get("status") is not None else unhexed(receipt["root"])
    fields = [status, number(receipt["cumulativeGasUsed"]), unhexed(receipt["logsBloom"]), logs]
    kind = number(receipt.get("type") or "0x0")
    encoded: bytes = rlp.encode(fields)
    return bytes([kind]) + encoded if kind else encoded


def receipt_path(root: bytes, receipts: list[bytes], index: int) -> tuple[bytes, ...]:
    """RLP of the trie nodes from the root to one receipt. Raises
    ValueError where the receipts do not give the root.
    """
    trie = HexaryTrie({})
    for position, receipt in enumerate(receipts):
        trie[rlp.encode(position)] = receipt
    if trie.root_hash != root:
        raise ValueError("the receipts do not give the block's receiptsRoot")
    nodes: Any = trie.get_proof(rlp.encode(index))  # type: ignore[no-untyped-call]  # trie types no methods
    return tuple(rlp.encode(node) for node in nodes)
