"""What this node fetches of the logs of others by itself, put together."""

import asyncio
import time

from tracehold.config import Config
from tracehold.journey.fetching import Means
from tracehold.journey.pacing import Pace
from tracehold.journey.pull import Puller, Terms
from tracehold.journey.seal import Sealer
from tracehold.node.custody import Custody
from tracehold.node.faults import Faults
from tracehold.node.peering import Peering
from tracehold.node.wishfile import WishFile


def pulling(
    config: Config,
    custody: Custody,
    peering: Peering | None,
    faults: Faults,
    sealer: Sealer,
) -> Puller | None:
    """Not running yet; None where the node keeps to itself. It yields to what waits
    for the sealer.
    """
    if peering is None:
        return None
    settings = config.replication
    pace = Pace(settings.repair_bytes_per_s, asyncio.sleep, time.monotonic, lambda: sealer.waiting > 0)
    means = Means(
        custody.witnessing, custody.holding, custody.underway, pace, asyncio.sleep, time.time, faults.pulled
    )
    wishes = WishFile(config.node.data_dir)
    terms = Terms(
        settings.target, settings.look_s, faults.trouble("pull"), faults.error, lambda: wishes.there
    )
    return Puller(means, peering.peers, peering.liveness, terms, asyncio.sleep, time.monotonic)
