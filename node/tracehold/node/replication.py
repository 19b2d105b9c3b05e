"""The own log at nodes of other operators: what has it kept there, and how it is kept."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tracehold.config import Config
from tracehold.core.errors import TraceholdError
from tracehold.journey.cargo import newest_anchored
from tracehold.journey.follow import Trouble
from tracehold.journey.holders import Holders
from tracehold.journey.ports import Ledger, RecordLog
from tracehold.journey.replicate import Hearers, Patience, Replicator
from tracehold.journey.segments import SegmentStanding, standings
from tracehold.journey.states import States
from tracehold.node.faults import Faults
from tracehold.node.peering import Peering
from tracehold.node.retiring import is_retired

if TYPE_CHECKING:
    from tracehold.node.parts import Parts


def replication(
    config: Config,
    store: RecordLog,
    holders: Holders,
    ledger: Ledger,
    peering: Peering | None,
    states: States,
    faults: Faults,
) -> Replicator | None:
    """What has the own log kept by others, not running yet; None where the node keeps to itself."""
    if peering is None:
        return None
    settings = config.replication
    patience = Patience(
        settings.patience_s, asyncio.sleep, time.monotonic, settings.repair_bytes_per_s, time.time
    )
    hearers = Hearers(_heard(config, faults), faults.error, lambda: states.moved(holders.log), faults.moved)
    return Replicator(store, holders, ledger, peering.peers, patience, hearers, peering.liveness)


def _heard(config: Config, faults: Faults) -> Callable[[str], Trouble]:
    """Of a log that ended on the chain the holders take care themselves: that they take no more is none."""

    def trouble(part: str) -> Trouble:
        tell = faults.trouble(part)

        def told(error: TraceholdError | None) -> None:
            ended = error is not None and error.code == "NOT_A_MEMBER" and is_retired(config)
            tell(None if ended else error)

        return told

    return trouble


async def kept(parts: "Parts") -> Sequence[SegmentStanding]:
    """How the segments of the own log are kept."""
    if parts.replicator is not None:
        return await parts.replicator.standing()
    return standings(parts.holders, parts.own.size, await newest_anchored(parts.store, parts.own.log))
