"""The operator's own node of the chain: what its node record says of it, and the follower that peers it."""

import asyncio

from tracehold.adapters.geth import ChainAdmin, line_to
from tracehold.config import Config
from tracehold.core.enode import Enode, parse_enode
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.chain_peers import ChainPeering, ChainPeers
from tracehold.journey.ports import Ledger
from tracehold.node.faults import Faults
from tracehold.wire.standing import BackendState

PATIENCE_S = 2.0
"""Seconds that a start waits for the chain's node to say who it is; it goes on without."""
PORT = "chain node"


def open_chain_node(config: Config) -> ChainAdmin | None:
    """The chain's node, not asked yet; None where the configuration names none. Raises BAD_CONFIG."""
    admin = config.chain_node.admin
    return ChainAdmin(line_to(admin, config.path.parent)) if admin else None


def chain_peers(config: Config, ledger: Ledger, own: LogId, faults: Faults) -> ChainPeers | None:
    """What peers the chain's node, not running yet; None where there is none to be asked."""
    node = open_chain_node(config)
    return ChainPeers(ledger, node, own, faults.member) if node else None


async def enode_of(config: Config) -> str:
    """The enode for the node record: the configured one, else what the chain's node says of itself; empty
    where nothing of it is configured, or it has no admin RPC. Raises CHAIN_DOWN where it does not answer.
    """
    if config.chain_node.enode:
        return str(parse_enode(config.chain_node.enode))
    node = open_chain_node(config)
    if node is None:
        return ""
    told = (await node.capability()).enode
    return str(_reached(config, told)) if told else ""


async def enode_at_start(config: Config) -> str:
    """The same for a node that starts: empty where the chain's node does not answer soon."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await enode_of(config)
    except (Unavailable, TimeoutError):
        return ""


def chain_node_state(config: Config, standing: ChainPeering | None) -> BackendState | None:
    """The status's line; None where nothing is configured."""
    if not config.chain_node.admin:
        return None
    if standing is None:
        detail = "it does not answer: its peers stay as they are"
        return BackendState(PORT, "unknown", stand_in=False, up=False, detail=detail)
    able = standing.capability
    detail = f"{able.software}; {able.detail}: its peers are the operator's business"
    if able.manages:
        detail = (
            f"{able.software}; {standing.peers} peers, "
            f"{standing.peered} of the {standing.wanted} that members named among them"
        )
    name = able.software.partition("/")[0].lower()
    return BackendState(PORT, name, stand_in=False, up=True, detail=detail)


def _reached(config: Config, enode: Enode) -> Enode:
    """Under the host at which other nodes reach this one, where the client knows only that of loopback."""
    host = (config.peers.public or config.peers.listen).rpartition(":")[0].strip("[]")
    if not host or not enode.is_local or enode.at(host).is_local:
        return enode
    return parse_enode(str(enode.at(host)))
