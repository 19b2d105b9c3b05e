"""A node that joins a network that runs: from the first peer to its newest block."""

import asyncio
import time
from collections.abc import Iterable

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.ethereum.settings import Settings
from tracehold.core.enode import Enode, parse_enode
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import NetworkId
from tracehold.journey.chain_peers import enode_of
from tracehold.journey.ports import Member
from tracehold.lab.programs import Clock
from tracehold.lab.services.clique import Network
from tracehold.lab.services.genesis import period_of
from tracehold.lab.services.geth import GethNode

PEER_S = 60.0
LOOK_S = 0.5
FRESH_S, FRESH_PERIODS = 15, 10


def given(texts: Iterable[str]) -> tuple[Enode, ...]:
    """The enodes that these are. Raises BAD_URI."""
    return tuple(map(parse_enode, texts))


async def registered(rpc: str, contract: bytes) -> tuple[Enode, ...]:
    """The enodes of all active members, from the node records that the contract keeps. What a member
    published and cannot be used is passed over: it is nobody else's trouble. Raises CHAIN_DOWN, WRONG_CHAIN.
    """
    ledger = EthereumLedger(Settings(rpc=rpc, contract=contract))
    try:
        network, members = await ledger.network(), await ledger.members()
    finally:
        await ledger.close()
    return enodes_of(members, network.network_id)


def enodes_of(members: Iterable[Member], network: NetworkId) -> tuple[Enode, ...]:
    """The enodes that the node records of active members name, each node once. A record that is not of the
    member whose entry it stands in, or names no enode that can be used, is passed over.
    """
    found: dict[str, Enode] = {}
    for member in members:
        try:
            enode = enode_of(member, network) if member.active else None
        except Rejected:
            continue
        if enode is not None:
            found.setdefault(enode.node, enode)
    return tuple(found.values())


def meet(node: GethNode, enodes: Iterable[Enode]) -> int:
    """Tell the node to keep a connection to each of these but itself; how many they are."""
    own = parse_enode(node.enode()).node
    others = [enode for enode in enodes if enode.node != own]
    for enode in others:
        node.connect(str(enode))
    return len(others)


def follow(network: Network, node: GethNode, seconds: float, clock: Clock = time) -> int:
    """Return once the node has a peer and its newest block is one of now; that block's number.

    Raises CHAIN_DOWN where no peer takes it, or it is not there after so many seconds: it goes on by itself.
    """
    end = clock.monotonic() + min(seconds, PEER_S)
    while not node.peers():
        if clock.monotonic() > end:
            raise Unavailable(
                "CHAIN_DOWN",
                "no peer was reached",
                remedy="Compare the genesis with the members', and NETRESTRICT in node.env on both sides; "
                "ask whether their port is open to this machine. Then repeat this command.",
            )
        clock.sleep(LOOK_S)
    network.tell(f"{node.name} has {len(node.peers())} peers; it fetches the blocks")
    end = clock.monotonic() + seconds
    while not _fresh(node):
        if clock.monotonic() > end:
            raise Unavailable(
                "CHAIN_DOWN",
                f"after {seconds:.0f} s it is at block {node.head()}, which is not of now",
                remedy="It goes on fetching: repeat this command. Where the number stays the same, the chain "
                "stands still, or its genesis is another one.",
            )
        clock.sleep(LOOK_S)
    return node.head()


def _fresh(node: GethNode) -> bool:
    newest = int(node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    limit = FRESH_S + FRESH_PERIODS * period_of(node.genesis)
    return time.time() - newest < limit and node.ask("eth_syncing") is False


def registry(node: GethNode, contract: bytes) -> tuple[Enode, ...]:
    """As `registered`, asked of the node itself once it follows. Raises CHAIN_DOWN, WRONG_CHAIN."""
    return asyncio.run(registered(node.url, contract))
