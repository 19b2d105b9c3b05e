"""The own log on the chain: what anchors it, put together."""

import asyncio
import time
from functools import partial

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.config import Config
from tracehold.journey.anchor import Anchorer, Policy
from tracehold.journey.onchain import Link, nobody
from tracehold.journey.ports import RecordLog
from tracehold.journey.replicate import Replicator
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.node.faults import Faults
from tracehold.node.retiring import is_retired


def link(
    config: Config,
    store: RecordLog,
    ledger: EthereumLedger,
    states: States,
    sealer: Sealer,
    replicator: Replicator | None,
) -> Link:
    """What the own log and the chain have to do with each other."""
    acknowledge = replicator.acknowledge if replicator else nobody
    retired = partial(is_retired, config)
    return Link(store, ledger, states, sealer.own.log, acknowledge, lambda: sealer.own.roster, retired)


def anchoring(config: Config, link: Link, sealer: Sealer, faults: Faults) -> Anchorer:
    """What anchors, not running yet."""
    return Anchorer(
        link,
        _policy(config),
        now=time.time,
        sleep=asyncio.sleep,
        trouble=faults.trouble("anchor"),
        fault=faults.error,
        clock=sealer.clock,
    )


def _policy(config: Config) -> Policy:
    looks = max(1, round(config.ledger.replace_after_s / config.ledger.poll_s))
    return Policy(config.anchor.records, config.anchor.seconds, config.ledger.poll_s, looks)
