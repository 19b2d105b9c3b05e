"""How the node stands now, for the status, the metrics and readiness."""

import asyncio
from collections.abc import Sequence

from tracehold import __version__
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.spans import prefix
from tracehold.journey.ports import Network
from tracehold.journey.segments import SegmentStanding
from tracehold.journey.states import frontier
from tracehold.journey.upkeep import MemberStanding, RepairStanding
from tracehold.node.blobs import blob_state
from tracehold.node.chain_node import chain_node_state
from tracehold.node.draining import drain_standing
from tracehold.node.own import contract_of
from tracehold.node.parts import Parts
from tracehold.node.record import ledger_account
from tracehold.node.replication import kept
from tracehold.node.retiring import is_retired, predecessor_of
from tracehold.wire.standing import BackendState, DirectoryStanding, Standing

PATIENCE_S = 2.0
"""Seconds that the chain, or the graph, gets to say how it stands; the status is answered without it then."""
DEVCHAIN = "tracehold-devchain"


async def standing(parts: Parts) -> Standing:
    """How the node stands. Raises what is Broken in the store; a
    chain or graph that is down is part of the answer.
    """
    own, config = parts.own, parts.config
    front = await frontier(parts.store, own.log, parts.holders)
    network, chain = await _chain(parts)
    indexed, graph = await _graph(parts)
    segments = tuple(await kept(parts))
    log = BackendState("log", "sqlite", stand_in=False, up=True)
    directory = await _in_directory(parts)
    return Standing(
        version=__version__,
        operator=config.node.operator,
        network=own.identity.network,
        log=own.log,
        node=parts.knowledge.node,
        sealed=own.size,
        anchored=front.anchored,
        final=front.final,
        indexed=indexed,
        waiting=parts.sealer.waiting,
        chain_id=network.chain_id if network else config.ledger.chain_id,
        contract=contract_of(config),
        account=ledger_account(config),
        quorum=network.quorum if network else parts.holders.quorum,
        backends=(
            *(log, chain, graph, await blob_state(config)),
            *_chain_node(parts),
            *_peers(parts, segments),
            *_directory(parts, directory),
        ),
        started_at=parts.started_at,
        disk_free_bytes=parts.free_bytes(),
        faults=parts.faults.lines,
        replicated=front.replicated,
        segments=segments,
        kept=tuple(await parts.custody.logs.all()),
        directory=directory,
        repairs=_repairs(parts),
        members=_members(parts),
        scrub=parts.scrubber.standing,
        retired=is_retired(config),
        predecessor=await predecessor_of(parts.store, own.log) or b"",
        draining=drain_standing(parts.leaving),
        follower=parts.chain.standing,
        chain=parts.guard.health,
    )


def _repairs(parts: Parts) -> tuple[RepairStanding, ...]:
    """Those of the own log, and those of others' logs here."""
    own = parts.replicator.repairs() if parts.replicator else ()
    return (*own, *(parts.puller.standing() if parts.puller else ()))


def _members(parts: Parts) -> tuple[MemberStanding, ...]:
    """The other members as they are heard; none where the node keeps to itself."""
    if parts.peering is None:
        return ()
    signs = parts.peering.liveness
    return tuple(
        MemberStanding(
            each.number,
            each.operator,
            signs.health(each.number),
            signs.silent_s(each.number),
            signs.draining(each.number),
        )
        for each in parts.peering.neighbours.others()
    )


def _chain_node(parts: Parts) -> Sequence[BackendState]:
    """The operator's own node of the chain; nothing where none is configured."""
    found = chain_node_state(parts.config, parts.chain_peers.standing if parts.chain_peers else None)
    return (found,) if found else ()


def _peers(parts: Parts, segments: Sequence[SegmentStanding]) -> Sequence[BackendState]:
    """The other nodes, as the newest segment's holders answer; nothing where the node keeps to itself."""
    if parts.peering is None:
        return ()
    holders = segments[-1].holders if segments else ()
    up = sum(holder.up for holder in holders)
    detail = f"{up} of {len(holders)} holders of the newest segment answer"
    enough = up >= parts.holders.quorum
    if not enough:
        detail += f"; anchors wait for {parts.holders.quorum}"
    return (BackendState("peers", "grpc", stand_in=False, up=enough, detail=detail),)


def _directory(parts: Parts, found: DirectoryStanding | None) -> Sequence[BackendState]:
    """The directory, as this node takes part in it; nothing where the node keeps to itself."""
    if parts.peering is None:
        return ()
    if parts.ring is None:
        off = f"{parts.config.keys.network.name} is missing: all members are asked"
        return (BackendState("directory", "off", stand_in=False, up=True, detail=off),)
    contacts, upto = len(parts.ring.seat.table.contacts()), parts.config.directory.ask_all_upto
    members = len(parts.peering.neighbours.leaves)
    detail = f"{contacts} contacts of {members - 1} other members; "
    if found:
        detail += (
            f"{found.records:,} records kept for all, {found.offered:,} keys offered, {found.due:,} due; "
        )
    detail += "all are asked" if members <= upto else "those whom it names are asked"
    return (BackendState("directory", "kademlia", stand_in=False, up=contacts > 0, detail=detail),)


async def _in_directory(parts: Parts) -> DirectoryStanding | None:
    """The directory in numbers; None where it takes no part, or its file cannot be read."""
    if parts.ring is None:
        return None
    seat, offers = parts.ring.seat, parts.ring.offers
    try:
        counts = await seat.shelf.size(), await offers.size(), await offers.waiting(seat.now_ms)
    except Unavailable:
        return None
    return DirectoryStanding(len(seat.table.contacts()), *counts)


async def _chain(parts: Parts) -> tuple[Network | None, BackendState]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            network = await parts.ledger.network()
            software = await parts.ledger.software()
            finality = await parts.ledger.finality()
    except (TraceholdError, TimeoutError) as error:
        detail = error.message if isinstance(error, TraceholdError) else "does not answer"
        return None, BackendState("ledger", "chain", stand_in=False, up=False, detail=detail)
    stand_in = software.startswith(DEVCHAIN)
    detail = f"{software}; finality {finality}; quorum {network.quorum}"
    if stand_in:
        detail += "; one process on one machine: it proves nothing to strangers"
    if network.quorum == 0:
        detail += "; records are not replicated"
    return network, BackendState(
        "ledger", "devchain" if stand_in else "ethereum", stand_in, up=True, detail=detail
    )


async def _graph(parts: Parts) -> tuple[int, BackendState]:
    store = parts.config.graph.store
    stand_in = store == "sqlite"
    try:
        async with asyncio.timeout(PATIENCE_S):
            coverage = await parts.graph.coverage()
    except (TraceholdError, TimeoutError) as error:
        detail = error.message if isinstance(error, TraceholdError) else "does not answer"
        return 0, BackendState("graph", store, stand_in, up=False, detail=detail)
    return prefix(coverage.get(parts.own.log, ())), BackendState("graph", store, stand_in, up=True)
