"""Audits of a node: what it says that it keeps, what it shows, whom it asks, and the file of what came of
it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.sqlite_audits import SqliteTranscripts
from tracehold.journey.audit_day import Sources
from tracehold.journey.audit_seed import Seeds
from tracehold.journey.auditor import Auditor, Terms
from tracehold.journey.challenged import Challenged, Damaged
from tracehold.journey.custodian import Custodian
from tracehold.journey.ports.audits import Transcripts
from tracehold.journey.ports.possession import Showing
from tracehold.node.directory import Follower, Given
from tracehold.node.own import data_folder
from tracehold.node.peering import Peering

AUDITS_FILE = "audits.sqlite"


@dataclass(frozen=True, slots=True)
class Possession:
    """What audits come to in a node: the file, what answers other members, and what follows."""

    transcripts: Transcripts
    showing: Showing
    followers: Mapping[str, Follower]


@asynccontextmanager
async def open_possession(
    given: Given, ledger: EthereumLedger, peering: Peering | None, damaged: Damaged
) -> AsyncIterator[Possession | None]:
    """The parts, put together; None where the node keeps to itself, or takes no part in audits. `damaged` is
    told of records here that cannot be shown. The file is closed at the end. Raises SCHEMA_NEWER and
    STORE_FAILED for it.
    """
    config, store, sealer = given.config, given.store, given.sealer
    if peering is None or not config.audit.samples:
        yield None
        return
    with closing(SqliteTranscripts(data_folder(config) / AUDITS_FILE)) as transcripts:
        settings = config.audit
        custodian = Custodian(
            store,
            store.copies,
            sealer,
            transcripts,
            now=time.time,
            random_bytes=os.urandom,
            epoch_s=settings.epoch_s,
        )
        seeds = Seeds(ledger.feed, store.followed.final, settings.epoch_s)
        auditor = Auditor(
            Sources(store, store.copies, transcripts, ledger, store.followed, seeds),
            peering.peers,
            sealer.own.log,
            lambda: sealer.own.identity,
            terms=Terms(settings.samples, settings.window_s, settings.epoch_s, settings.keep_epochs),
            now=time.time,
            audited=given.faults.audited,
        )
        showing = Challenged(store, transcripts, lambda: sealer.own.identity, sealer.own.log, damaged)
        trouble = given.faults.trouble
        followers: dict[str, Follower] = {
            "custodian": lambda: custodian.run(asyncio.sleep, trouble("custodian")),
            "auditor": lambda: auditor.run(asyncio.sleep, trouble("auditor")),
        }
        yield Possession(transcripts, showing, followers)
