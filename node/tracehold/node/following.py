"""The node's follower of the chain, and what the ledger's adapter need not read again at a start."""

import time
from collections.abc import Callable, Sequence

from structlog.typing import FilteringBoundLogger

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.config import Config
from tracehold.core import cbor
from tracehold.journey.anchor import Anchorer
from tracehold.journey.chainguard import ChainGuard, Limits
from tracehold.journey.chainwatch import ChainStanding, ChainWatch, Listeners
from tracehold.journey.heads import Heads
from tracehold.journey.ports.followed import MEMBERS, Change, Followed
from tracehold.node.custody import Custody
from tracehold.node.faults import Faults
from tracehold.node.peering import Peering

TOLD_S = 5.0
"""Seconds between two lines of a catch-up."""
FAR = 100
"""Blocks behind from which a catch-up is told."""


async def remind(ledger: EthereumLedger, followed: Followed, contract: bytes) -> None:
    """Tell the ledger the members as they were followed up to the newest final block that is kept, so that a
    start does not read the contract's events from the beginning. It looks itself whether that block stands.
    """
    of = await followed.contract()
    final = await followed.final()
    places = [place for place in await followed.places() if place.number <= final]
    if of and cbor.decode(of)[1] == contract and places:
        upto = places[-1]
        known = [change for change in await followed.members() if change.number <= upto.number]
        ledger.feed.known(upto, known)


def following(
    ledger: EthereumLedger,
    followed: Followed,
    custody: Custody,
    peering: Peering | None,
    faults: Faults,
    log: FilteringBoundLogger,
) -> ChainWatch:
    """Put together, not running yet. New members are looked for at once where the node has neighbours."""

    def heard(changes: Sequence[Change]) -> None:
        if peering and any(isinstance(change.what, MEMBERS) for change in changes):
            peering.neighbours.knock()

    def reread() -> None:
        ledger.feed.forget()
        custody.anchors.forget()

    listeners = Listeners(Heads(custody.witnessing).look, heard, _progress(log), reread)
    return ChainWatch(ledger.feed, ledger.network, followed, listeners, faults.error)


def guarding(config: Config, ledger: EthereumLedger, anchorer: Anchorer, faults: Faults) -> ChainGuard:
    """Put together, not running yet."""
    told = config.ledger
    limits = Limits(told.survey_s, told.stall_s, told.low_funds_anchors)
    return ChainGuard(ledger.outlook, limits, time.monotonic, faults.error, lambda: not anchorer.ended)


def _progress(log: FilteringBoundLogger) -> Callable[[ChainStanding], None]:
    """Tells of a catch-up now and then, and of its end."""
    told: list[float] = []

    def progress(standing: ChainStanding) -> None:
        if standing.behind >= FAR and (not told or time.monotonic() - told[-1] >= TOLD_S):
            told[:] = [time.monotonic()]
            log.info("follows_chain", block=standing.block, of=standing.height)
        elif standing.behind == 0 and told:
            told.clear()
            log.info("followed_chain", block=standing.block)

    return progress
