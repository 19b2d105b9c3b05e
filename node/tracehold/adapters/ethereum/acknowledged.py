"""The acknowledgements that a mined anchor was made with, read from its transaction for its proof.

The contract checked them, and what is read here is checked again before it is kept: each must be a signature
over this anchor and the root before it, by an account of the node that the contract's event names.
"""

from contextlib import aclosing
from dataclasses import replace
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from tracehold.adapters.ethereum import abi, acks
from tracehold.adapters.ethereum.answers import hexed, unhexed
from tracehold.adapters.ethereum.client import RpcError
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.core.anchor import MAX_ACKS, Anchor, AnchorProof
from tracehold.core.anchorproof import prove
from tracehold.core.errors import Rejected

_Acks = tuple[tuple[int, bytes], ...]


async def with_acks(
    contract: AnchorsContract, anchor: Anchor, proof: AnchorProof, domain: acks.Domain, first_block: int
) -> AnchorProof:
    """The proof with the acknowledgements of its transaction. Without them where there were none, and where
    the chain's node has forgotten the transaction or the anchor before: the proof stands all the same.

    Raises `Unavailable("CHAIN_DOWN")` where the chain does not answer, or answers what does not fit together.
    """
    given = await _given(contract, anchor, proof.tx_index)
    before = await _root_before(contract, anchor, first_block) if given else None
    if before is None:
        return proof
    sizes = (anchor.prev_size, before, anchor.size, anchor.root)
    digest = acks.Ack(anchor.node, anchor.log, *sizes).digest(domain)
    found = replace(proof, acks=given, prev_root=before)
    try:
        prove(anchor, found)
        accounts = [(node, acks.signer(digest, signature)) for node, signature in given]
    except Rejected as error:
        raise contract.client.down("shows acknowledgements that do not fit their anchor") from error
    for node, account in accounts:
        # The contract remembers the accounts that a node had before, so a later replacement changes nothing.
        if await contract.call("nodeOf", hexed(account)) != (node,):
            raise contract.client.down("shows an acknowledgement that is not of its node")
    return found


async def _given(contract: AnchorsContract, anchor: Anchor, tx_index: int) -> _Acks:
    """What the transaction handed in; nothing where it called another contract, which called this one."""
    method = "eth_getTransactionByBlockHashAndIndex"
    try:
        told = await contract.client.request(method, hexed(anchor.block_hash), hexed(tx_index))
    except RpcError:
        return ()  # pruned, or a chain's node that cannot say it
    with contract.client.reading(method):
        if told is None or told["to"] is None or unhexed(told["to"]) != contract.address:
            return ()
        call = unhexed(told["input"])
        return _acks_of(call, anchor)


def _acks_of(call: bytes, anchor: Anchor) -> _Acks:
    """The acknowledgements in a call of `anchor`. Raises ValueError where it is a call of something else."""
    entry = abi.artifact().functions["anchor"]
    if call[:4] != keccak(abi.signature(entry).encode())[:4]:
        raise ValueError("no call of anchor")
    try:
        values: Any = decode(abi.types(entry["inputs"]), call[4:])
    except DecodingError as error:
        raise ValueError("data of another form") from error
    *said, given = values
    if said != [anchor.prev_size, anchor.size, anchor.root]:
        raise ValueError("the call of another anchor")
    return tuple((node, r + vs) for node, r, vs in given) if len(given) <= MAX_ACKS else ()


async def _root_before(contract: AnchorsContract, anchor: Anchor, first_block: int) -> bytes | None:
    """The root that was anchored before, zero before the first anchor; None where its event is forgotten."""
    if not anchor.prev_size:
        return bytes(32)
    async with aclosing(contract.anchored(anchor.node, first_block, anchor.block_number)) as logs:
        async for log in logs:
            with contract.client.reading("eth_getLogs"):
                event = abi.decode_event("Anchored", log.topics, log.data)
            if event["size"] == anchor.prev_size:
                return bytes(event["root"])
            if event["size"] < anchor.prev_size:
                break
    return None
