"""The logs of others at this node: what keeps them, and what follows their anchors."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.config import Config
from tracehold.core.epcis import Mode
from tracehold.journey.assess import Assessor
from tracehold.journey.check import Checks, check_content
from tracehold.journey.doubts import Doubts
from tracehold.journey.follow import Bell
from tracehold.journey.holding import Holding
from tracehold.journey.judge import Judge
from tracehold.journey.kept_anchors import Intervals, KeptAnchors
from tracehold.journey.kept_logs import KeptLogs
from tracehold.journey.room import Room
from tracehold.journey.speakers import Speakers
from tracehold.journey.states import States
from tracehold.journey.underway import Underway
from tracehold.journey.witness import Witnessing
from tracehold.node.attachments import disk_of
from tracehold.node.faults import Faults

RESTORED = "restored"
"""A file of this name in the data folder marks it as an older copy of itself, until every holder was
asked.
"""


@dataclass(frozen=True, slots=True)
class Custody:
    """What a node does as a holder, and how that stands."""

    holding: Holding
    anchors: KeptAnchors
    logs: KeptLogs
    doubts: Doubts
    assessor: Assessor
    underway: Underway
    witnessing: Witnessing


def custody(
    config: Config,
    store: SqliteLog,
    ledger: EthereumLedger,
    states: States,
    bell: Bell,
    checks: Checks,
    faults: Faults,
) -> Custody:
    """Put together, not running yet. The bell is rung after every append; `checks` verify signatures off
    the event loop, and share what they parse.
    """
    doubts = Doubts(store, (config.node.data_dir / RESTORED).exists)
    witnessing = Witnessing(store, store.copies, ledger, time.time, faults.error, doubts)
    room = Room(disk_of(config), config.replication.quota_bytes)
    intervals = Intervals(poll=config.ledger.poll_s)
    anchors = KeptAnchors(witnessing, states, intervals, asyncio.sleep, faults.error)
    judge = Judge(checks.verify, partial(check_content, mode=Mode.TOLERANT, events=checks.events))
    underway = Underway(time.monotonic, silent_s=config.replication.suspect_s)
    return Custody(
        Holding(witnessing, room, judge=judge, appended=bell.ring, underway=underway),
        anchors,
        KeptLogs(store, store.copies, Speakers(store), anchors.number_of),
        doubts,
        Assessor(store, judge, bell.ring),
        underway,
        witnessing,
    )
