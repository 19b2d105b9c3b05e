"""How a chain stands: as one of its nodes sees it, and node by node."""

from datetime import UTC, datetime
from typing import Any

from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.adapters.ethereum.finality import detect
from tracehold.core.errors import Unavailable
from tracehold.lab.services.clique import Network
from tracehold.lab.services.genesis import period_of
from tracehold.lab.services.geth import GethNode

STALL_S = 30.0
"""Without a new block for so long a chain is said to stand still, unless its blocks take longer anyway."""
PERIODS = 5


async def of_folder(network: Network, now: float, stall_s: float = STALL_S) -> dict[str, Any]:
    """All nodes of a folder, and the chain as the one with the newest block sees it; None where none is up.
    `now` is in seconds since 1970.
    """
    up = network.up()
    period = period_of(network.nodes[0].genesis)
    chain = None
    if up:
        newest = max(up, key=GethNode.head)
        chain = await seen_from(newest.url, now, max(stall_s, PERIODS * period))
        chain["period"] = period
    sealers = network.sealers()
    return {"chain": chain, "nodes": [_node(node, sealers, up=node in up) for node in network.nodes]}


async def seen_from(url: str, now: float, stall_s: float = STALL_S) -> dict[str, Any]:
    """The chain as the node at this address sees it. What the node does not tell is None: only Clique has
    sealers with a list, and not every node counts its peers. Raises CHAIN_DOWN.
    """
    client = Client(url)
    try:
        return await _seen(client, now, stall_s) | await _consensus(client)
    finally:
        await client.close()


async def _seen(client: Client, now: float, stall_s: float) -> dict[str, Any]:
    head, first = await client.block("latest"), await client.block(0)
    if head is None or first is None:
        raise client.down("has no block")
    policy = await detect(client)
    peers = await _told(client, "net_peerCount")
    age = max(0.0, now - head.time)
    return {
        "chainId": await client.chain_id(),
        "genesis": f"0x{first.hash.hex()}",
        "head": head.number,
        "hash": f"0x{head.hash.hex()}",
        "time": datetime.fromtimestamp(head.time, UTC).isoformat().replace("+00:00", "Z"),
        "ageSeconds": round(age, 1),
        "stalled": age > stall_s,
        "finality": str(policy),
        "final": await policy.height(client),
        "peers": int(peers, 16) if isinstance(peers, str) else None,
        "software": await _told(client, "web3_clientVersion"),
    }


async def _consensus(client: Client) -> dict[str, Any]:
    """Of Clique (EIP-225): who may seal, how many of the last 64 blocks each sealed, and the votes that are
    open.
    """
    snapshot = await _told(client, "clique_getSnapshot")
    status = await _told(client, "clique_status")
    if not isinstance(snapshot, dict):
        return {"sealers": None, "needed": None, "votes": None}
    with client.reading("clique_getSnapshot"):
        signers = sorted(snapshot["signers"])
        active = (status or {}).get("sealerActivity") or {}
        votes = [
            {"address": address, "authorize": each["authorize"], "votes": each["votes"]}
            for address, each in sorted((snapshot.get("tally") or {}).items())
        ]
    return {
        "sealers": [{"address": each, "recent": active.get(each, 0)} for each in signers],
        "needed": majority(len(signers)),
        "votes": votes,
    }


def majority(sealers: int) -> int:
    """How many of so many sealers must seal for a chain to go on, and must vote for a change (EIP-225)."""
    return sealers // 2 + 1


async def _told(client: Client, method: str) -> Any:
    try:
        return await client.request(method)
    except RpcError:
        return None


def _node(node: GethNode, sealers: frozenset[str], *, up: bool) -> dict[str, Any]:
    account = node.member.account.lower()
    return {
        "name": node.name,
        "up": up,
        "pid": node.slot.pid,
        "rpc": node.url,
        "ipc": str(node.ipc),
        "account": account,
        "sealer": account in sealers,
        **(_live(node) if up else {"head": None, "peers": None, "enode": None}),
    }


def _live(node: GethNode) -> dict[str, Any]:
    try:
        return {"head": node.head(), "peers": len(node.peers()), "enode": node.enode()}
    except Unavailable:  # it went down just now
        return {"head": None, "peers": None, "enode": None}
