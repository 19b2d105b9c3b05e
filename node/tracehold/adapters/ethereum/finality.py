"""When a block is final: a policy per chain, given or found out.

`tag`: the chain's `finalized` block. `depth:N`: N blocks on top. `instant`: at once, on chains that never
reorganise. `auto` looks at the chain, by what its header says of its consensus.
"""

from dataclasses import dataclass, field
from typing import Literal

import rlp

from tracehold.adapters.ethereum.answers import Block, block_of, number, unhexed
from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.core.errors import Rejected

MAX_DEPTH = 1000
"""So that the headers on top of an anchor fit into one proof."""
UNKNOWN_DEPTH = 12
"""For chains that tell nothing of their consensus: Ethereum's custom when it was proof of work."""
VANITY, SEAL, ADDRESS = 32, 65, 20
"""Parts of a Clique header's extraData (EIP-225)."""
EPOCH = 30_000
"""Blocks after which a Clique header lists the signers again (EIP-225)."""


@dataclass(frozen=True, slots=True)
class Finality:
    """A policy. `depth` is the number of blocks on top for `depth`, else 0; `how` says how it was found out,
    `sealers` how many a Clique chain had then, 0 on others.
    """

    kind: Literal["tag", "depth"]
    depth: int = 0
    how: str = field(default="configured", compare=False)
    sealers: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if self.kind == "tag":
            return "tag"
        return f"depth:{self.depth}" if self.depth else "instant"

    async def height(self, client: Client) -> int:
        """Number of the newest final block, -1 where none is final yet. Raises CHAIN_DOWN."""
        if self.kind == "depth":
            return max(-1, await client.height() - self.depth)
        final = await finalized(client)
        return -1 if final is None else final.number


def parse(text: str) -> Finality | None:
    """The policy of a configuration, None for `auto`. Raises `Rejected("BAD_CONFIG")`."""
    kind, _, depth = text.partition(":")
    if kind == "depth" and depth.isascii() and depth.isdigit() and int(depth) <= MAX_DEPTH:
        return Finality("depth", int(depth))
    if text in {"tag", "instant", "auto"}:
        return {"tag": Finality("tag"), "instant": Finality("depth", 0), "auto": None}[text]
    raise Rejected(
        "BAD_CONFIG",
        f"finality is tag, depth:N up to {MAX_DEPTH}, instant or auto, not {text!r}",
        path="ledger.finality",
    )


async def finalized(client: Client) -> Block | None:
    """The block of the `finalized` tag. Chains without one answer null, or an error of their own."""
    method = "eth_getBlockByNumber"
    try:
        found = await client.request(method, "finalized", False)
    except RpcError:
        return None
    with client.reading(method):
        return None if found is None else block_of(found)


async def detect(client: Client) -> Finality:
    """The policy that fits the chain.

    A chain with the tag, or of proof of stake (difficulty 0) before its first final block: the tag. Clique
    (EIP-225): floor(signers/2) + 1 blocks, after which more than half of the signers built on it. BFT
    chains, whose extraData is an RLP list: 1, a margin over their rule of none. Else 12.
    """
    if await finalized(client) is not None:
        return Finality("tag", how="the chain has the finalized tag")
    head = await client.block("latest")
    if head is None:
        raise client.down("has no block")
    with client.reading("eth_getBlockByNumber"):
        extra, difficulty = unhexed(head.fields["extraData"]), number(head.fields["difficulty"])
    if difficulty == 0:
        return Finality("tag", how="proof of stake, before its first final block")
    if _is_list(extra):
        return Finality("depth", 1, "a BFT chain")
    if difficulty in {1, 2} and len(extra) >= VANITY + SEAL and (sealers := await _clique_signers(client)):
        return _clique(sealers)
    return Finality("depth", UNKNOWN_DEPTH, "the chain tells nothing of its consensus")


async def refreshed(policy: Finality, client: Client) -> Finality:
    """The same, unless it hangs on how many sealers a Clique chain has, and that has changed: votes add and
    drop them. Where the chain's node does not say, it is never less deep than before. Raises CHAIN_DOWN.
    """
    return _clique(await _clique_signers(client, policy.sealers)) if policy.sealers else policy


def _clique(sealers: int) -> Finality:
    return Finality("depth", sealers // 2 + 1, f"Clique with {sealers} sealers", sealers)


async def _clique_signers(client: Client, known: int = 0) -> int:
    """How many signers a Clique chain has: as it says itself, else as its headers list, and not less than
    were `known`. 0 where none lists any.
    """
    try:
        told = await client.request("clique_getSigners")
    except RpcError:
        told = None
    return len(told) if isinstance(told, list) and told else max(known, await _listed(client))


async def _listed(client: Client) -> int:
    """Signers in the header of the newest epoch, which tells of no vote since; of the genesis where that
    lists none, for a chain may have epochs of another length.
    """
    height = await client.height()
    for epoch in (height - height % EPOCH, 0):
        block = await client.block(epoch)
        if block is None:
            raise client.down(f"has no block {epoch}")
        with client.reading("eth_getBlockByNumber"):
            listed = (len(unhexed(block.fields["extraData"])) - VANITY - SEAL) // ADDRESS
        if listed > 0:
            return listed
    return 0


def _is_list(extra: bytes) -> bool:
    try:
        return isinstance(rlp.decode(extra), list)
    except rlp.DecodingError:
        return False
