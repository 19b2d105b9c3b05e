"""The node among others: who they are, the lines to them, and the listener on which it answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracehold.adapters.keyfiles import certificate_der, read_secret
from tracehold.adapters.peers import GrpcPeers, OwnPair
from tracehold.api.call import Calls
from tracehold.api.peer_server import PeerServer, PeerSettings
from tracehold.api.peers import PeerService, Presence, staying
from tracehold.api.rations import Limits
from tracehold.api.served import serve
from tracehold.config import Config
from tracehold.core.errors import Rejected
from tracehold.core.keys import PublicKey
from tracehold.core.leaf import Leaf, parse_leaf
from tracehold.journey import health
from tracehold.journey.keeper import Keeper
from tracehold.journey.leaving import Closing
from tracehold.journey.liveness import Liveness
from tracehold.journey.neighbours import Neighbours
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import Ledger
from tracehold.node.chain_node import enode_at_start
from tracehold.node.faults import Faults
from tracehold.node.record import node_record
from tracehold.v1 import peer_pb2

if TYPE_CHECKING:
    from tracehold.node.parts import Parts

FIRST_LOOK_S = 5.0
"""Seconds that a start waits to learn who the members are; it goes on without them."""


@dataclass(slots=True)
class Peering:
    """What asking and answering share."""

    neighbours: Neighbours
    peers: GrpcPeers
    pair: OwnPair
    record: bytes
    """This node's own record. A rotation that is under way replaces it."""
    liveness: Liveness
    """What it thinks of the others; `run` runs it."""


@asynccontextmanager
async def open_peering(
    config: Config, own: OwnLog, ledger: Ledger, faults: Faults
) -> AsyncIterator[Peering | None]:
    """The members as the ledger has them now, and no line open yet; None where the configuration says so. The
    lines are closed at the end.

    Raises BAD_CONFIG for a certificate that no member would take, and what is Broken in the ledger.
    """
    if not config.peers.listen:
        yield None
        return
    pair = own_pair(config.keys.tls_certificate, config.keys.tls_key, own)
    neighbours = Neighbours(ledger, own.log, faults.member, faults.trouble("neighbours"))
    try:
        async with asyncio.timeout(FIRST_LOOK_S):
            await neighbours.refresh()
    except TimeoutError:
        pass  # it is read again while the node runs
    peers = GrpcPeers(neighbours, pair, config.peers.timeout_s)
    async with aclosing(peers):
        record = node_record(config, own, await enode_at_start(config))
        yield Peering(neighbours, peers, pair, record, _liveness(config, neighbours, peers))


def _liveness(config: Config, neighbours: Neighbours, peers: GrpcPeers) -> Liveness:
    settings = config.replication
    limits = health.Limits(settings.suspect_s, settings.replace_s, settings.look_s)
    return Liveness(neighbours, peers, limits, sleep=asyncio.sleep, now=time.monotonic)


def peer_server(parts: "Parts", calls: Calls) -> PeerServer | None:
    """The listener for other nodes, not listening yet; None where the node keeps to itself."""
    peering, settings = parts.peering, parts.config.peers
    if peering is None:
        return None
    service = PeerService(
        parts.store,
        parts.graph,
        peering.neighbours,
        Presence(lambda: peering.record, parts.leaving.is_wished if parts.leaving else staying),
        parts.faults.record,
        _keeper(parts),
        parts.ring.directory if parts.ring else None,
    )
    service.audits.showing = parts.possession.showing if parts.possession else None
    return PeerServer(
        PeerSettings(
            settings.listen,
            peering.pair.certificate,
            peering.pair.key,
            settings.max_concurrent,
            Limits(bytes_per_s=parts.config.replication.repair_bytes_per_s),
        ),
        peering.neighbours,
        calls,
        serve([peer_pb2.DESCRIPTOR], {"tracehold.v1.PeerService": service}),
    )


def _keeper(parts: "Parts") -> Keeper:
    holding, leaving = parts.custody.holding, parts.leaving
    return Closing(holding, leaving.check_copies) if leaving else holding


def own_pair(certificate: Path, key: Path, own: OwnLog) -> OwnPair:
    """The node's own pair: of the file only the leaf, which is what the others pin. It may still be named for
    a node key that was replaced a moment ago. Raises BAD_CONFIG.
    """
    *former, present = own.roster.node_keys()
    der = certificate_der(certificate)
    try:
        leaf = next((leaf for named in former if (leaf := _leaf(der, named))), None)
        return OwnPair((leaf or parse_leaf(der, present)).pem, read_secret(key))
    except Rejected as refusal:
        if refusal.code == "BAD_CONFIG":
            raise
        raise Rejected(
            "BAD_CONFIG",
            f"other nodes would not take the certificate: {refusal.message}",
            path="keys.tls_certificate",
            remedy="Use the pair that tracehold init makes for this node key, or empty [peers] listen.",
        ) from refusal


def _leaf(der: bytes, node_key: PublicKey) -> Leaf | None:
    try:
        return parse_leaf(der, node_key)
    except Rejected:
        return None
