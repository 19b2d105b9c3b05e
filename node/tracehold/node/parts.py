"""Every part of a node, made from its configuration and put together once."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.sqlite_log.log import SqliteLog
from tracehold.api.metrics import Metrics
from tracehold.config import Config
from tracehold.core.epcis import Mode
from tracehold.journey.anchor import Anchorer
from tracehold.journey.attaching import Attaching
from tracehold.journey.chain_peers import ChainPeers
from tracehold.journey.chainguard import ChainGuard
from tracehold.journey.chainwatch import ChainWatch
from tracehold.journey.check import Checks
from tracehold.journey.delegate import Delegation
from tracehold.journey.erase import Eraser
from tracehold.journey.follow import Bell
from tracehold.journey.holders import Holders
from tracehold.journey.index import Indexer
from tracehold.journey.knowledge import Knowledge, everybody
from tracehold.journey.leaving import Leaving
from tracehold.journey.own_log import OwnLog
from tracehold.journey.parsed import Parsed
from tracehold.journey.ports import Graph, RecordLog
from tracehold.journey.pull import Puller
from tracehold.journey.receipts import Receipts
from tracehold.journey.replicate import Replicator
from tracehold.journey.scrub import Scrubber
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Uploads
from tracehold.node.anchoring import anchoring, link
from tracehold.node.attachments import disk_of, open_attachments
from tracehold.node.auditing import Possession, open_possession
from tracehold.node.chain_node import chain_peers
from tracehold.node.clocks import micros, ticks
from tracehold.node.custody import Custody, custody
from tracehold.node.directory import Given, Ring, open_directory
from tracehold.node.draining import leaving
from tracehold.node.faults import Faults
from tracehold.node.following import following, guarding, remind
from tracehold.node.gate import Gate, staying
from tracehold.node.number import number_of
from tracehold.node.own import contract_of, open_ledger, open_own, open_store
from tracehold.node.peering import Peering, open_peering
from tracehold.node.pulling import pulling
from tracehold.node.quality import Doubts, open_quality
from tracehold.node.replication import replication
from tracehold.node.retiring import unretired
from tracehold.node.scrubbing import scrubbing
from tracehold.node.verifying import threaded


@dataclass(frozen=True, slots=True)
class Parts:
    """A node that is put together and does not run yet."""

    config: Config
    started_at: float
    metrics: Metrics
    faults: Faults
    store: SqliteLog
    graph: Graph
    ledger: EthereumLedger
    bell: Bell
    sealer: Sealer
    states: States
    holders: Holders
    receipts: Receipts
    gate: Gate
    anchorer: Anchorer
    indexer: Indexer
    eraser: Eraser
    attaching: Attaching
    knowledge: Knowledge
    peering: Peering | None
    """None where the node keeps to itself ([peers] listen is empty)."""
    replicator: Replicator | None
    """None there too."""
    leaving: Leaving | None
    """What hands over before the node goes; None there too."""
    ring: Ring | None
    """The directory. None there too, and where there is no network key."""
    custody: Custody
    chain: ChainWatch
    guard: ChainGuard
    chain_peers: ChainPeers | None
    """What peers the chain's node; None where [chain_node] admin is empty."""
    puller: Puller | None
    """What fetches of others' logs what nobody ships; None as for `replicator`."""
    scrubber: Scrubber
    doubts: Doubts
    possession: Possession | None
    """Audits; None where the node takes no part in them."""

    @property
    def own(self) -> OwnLog:
        """The node's own log as it is on disk."""
        return self.sealer.own

    def free_bytes(self) -> int:
        """Bytes free on the disk of the log."""
        return shutil.disk_usage(self.config.node.data_dir).free


@asynccontextmanager
async def assembled(config: Config, log: FilteringBoundLogger) -> AsyncIterator[Parts]:
    """All parts, closed in reverse. Raises BAD_CONFIG, STORE_BUSY, what is Broken; at first CHAIN_DOWN."""
    started_at, bell, faults = time.time(), Bell(), Faults(log, (metrics := Metrics()).fault)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(config))
        ledger = await stack.enter_async_context(open_ledger(config, faults.error))
        await store.in_force(contract_of(config))
        await remind(ledger, store.followed, contract_of(config))
        own = await open_own(config, store, ledger)
        peering = await stack.enter_async_context(open_peering(config, own, ledger, faults))
        threads = stack.enter_context(ThreadPoolExecutor(_cores(), thread_name_prefix="verify"))
        sealer = Sealer(store, own, time.time, ticks=ticks, bell=bell, sealed=metrics.sealed)
        doubts = await stack.enter_async_context(open_quality(config, store, bell.ring))
        sealer.permit, events = unretired(config), Parsed()
        attaching = await stack.enter_async_context(open_attachments(config, store, lambda: sealer.own))
        given = Given(config, store, sealer, bell, faults, metrics.directory, events)
        ring = await stack.enter_async_context(open_directory(given, peering))
        holders = await Holders.open(store, store.copies, own.log, config.replication.target)
        states = States(store, bell.ring, holders)
        replicator = replication(config, store, holders, ledger, peering, states, faults)
        checks = Checks(Mode(config.node.mode), threaded(threads, _cores()), events=events)
        uploads = _uploads(config, store, sealer, states, checks, doubts)
        anchorer = anchoring(config, link(config, store, ledger, states, sealer, replicator), sealer, faults)
        leaver = leaving(config, store, ledger, holders, anchorer, peering)
        holding = custody(config, store, ledger, states, bell, checks, faults)
        scrubber = scrubbing(config, store, doubts.graph, peering, bell, faults)
        yield Parts(
            config=config,
            started_at=started_at,
            metrics=metrics,
            faults=faults,
            store=store,
            graph=doubts.graph,
            ledger=ledger,
            bell=bell,
            sealer=sealer,
            states=states,
            holders=holders,
            receipts=Receipts(store),
            gate=Gate(uploads, leaver.check_uploads if leaver else staying, sealer.permit),
            anchorer=anchorer,
            leaving=leaver,
            indexer=Indexer(store, doubts.quality.watched, dispute=faults.disputed, events=events),
            eraser=Eraser(store, doubts.quality.watched, originals=attaching.originals),
            attaching=attaching,
            peering=peering,
            replicator=replicator,
            ring=ring,
            custody=holding,
            chain=following(ledger, store.followed, holding, peering, faults, log),
            guard=guarding(config, ledger, anchorer, faults),
            chain_peers=chain_peers(config, ledger, own.log, faults),
            puller=pulling(config, holding, peering, faults, sealer),
            scrubber=scrubber,
            doubts=doubts,
            possession=await stack.enter_async_context(
                open_possession(given, ledger, peering, scrubber.damaged)
            ),
            knowledge=await _knowledge(peering, ring, faults, scrubber, (store, doubts.graph, ledger)),
        )


async def _knowledge(
    peering: Peering | None,
    ring: Ring | None,
    faults: Faults,
    scrubber: Scrubber,
    stores: tuple[SqliteLog, Graph, EthereumLedger],
) -> Knowledge:
    log, graph, ledger = stores
    return Knowledge(
        log,
        graph,
        peers=peering.peers if peering else None,
        ledger=ledger,
        node=await number_of(log, ledger),
        micros=micros,
        fault=faults.record,
        damaged=scrubber.damaged,
        run=asyncio.to_thread,
        whom=ring.locating.whom if ring else everybody,
        followed=log.followed,
        earlier=ledger.earlier,
    )


def _uploads(
    config: Config, store: RecordLog, sealer: Sealer, states: States, checks: Checks, doubts: Doubts
) -> Uploads:
    uploads = Uploads(
        store,
        sealer,
        states,
        checks,
        Delegation(sealer.own.identity, time.time, os.urandom),
        sleep=asyncio.sleep,
        disk=disk_of(config),
    )
    uploads.policy = doubts.refusing(config, checks.events)
    return uploads


def _cores() -> int:
    return max(1, os.cpu_count() or 1)
