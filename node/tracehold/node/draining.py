"""Leaving of a running node: what `tracehold drain` asked for is carried out here, by the steps of
`journey.leaving`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.sqlite_log.log import SqliteLog
from tracehold.config import Config
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.anchor import Anchorer
from tracehold.journey.drain import by_log
from tracehold.journey.handover import Handover
from tracehold.journey.holders import Holders
from tracehold.journey.leaving import Leaving, Progress, Stage
from tracehold.journey.ports import Member
from tracehold.journey.upkeep import DrainStanding
from tracehold.node.accounts import secret_in_force
from tracehold.node.own import contract_of, data_folder, sending
from tracehold.node.peering import Peering
from tracehold.node.wishfile import WishFile

if TYPE_CHECKING:
    from tracehold.node.parts import Parts

NOTICE_S = 1.0
"""Seconds between two looks for a wish."""
LOOK_S = 5.0
"""Seconds between two looks at what others keep, while one stands; less where members are looked at more
often.
"""


def leaving(
    config: Config,
    store: SqliteLog,
    ledger: EthereumLedger,
    holders: Holders,
    anchorer: Anchorer,
    peering: Peering | None,
) -> Leaving | None:
    """Put together, not running yet; None where the node keeps to itself."""
    if peering is None:
        return None
    target = config.replication.target
    handover = Handover(holders, store, store.copies, ledger, peering.peers, peering.liveness, target)
    wishes = WishFile(data_folder(config))
    return Leaving(handover, wishes, _OnChain(config, ledger), anchorer.turn)


async def draining(parts: "Parts", leaver: Leaving) -> NoReturn:
    """Carry out every wish to leave, for ever. Raises what is Broken."""
    trouble = parts.faults.trouble("drain")
    wishes = WishFile(data_folder(parts.config))
    pause = min(LOOK_S, parts.config.replication.look_s)
    while True:
        held: TraceholdError | None = None
        try:
            await leaver.step()
        except (Unavailable, Rejected) as error:
            held = error
        trouble(held)
        wish = wishes.read()
        if wish is not None:
            told = {"since": wish.since, **_told(leaver.progress, held)}
            await asyncio.to_thread(wishes.tell, told)
        await asyncio.sleep(pause if wish else NOTICE_S)


def drain_standing(leaver: Leaving | None) -> DrainStanding | None:
    """How far the node is with leaving; None where it stays."""
    if leaver is None or (at := leaver.progress) is None:
        return None
    own = [each for each in at.found.left if each.log == leaver.log]
    entries = max(at.found.entries, sum(each.entries for each in own))
    left = len(at.found.left) - len(own)
    revoked = at.stage in {Stage.REVOKED, Stage.GONE}
    return DrainStanding(at.since, left, at.found.segments, entries, at.stage is not Stage.ASKED, revoked)


def _told(progress: Progress | None, held: TraceholdError | None) -> Mapping[str, Any]:
    """For the command that waits: what is left by log, for whom it waits, and what holds it up."""
    error = {"code": held.code, "message": held.message, "remedy": held.remedy} if held else None
    if progress is None:
        return {"stage": str(Stage.ASKED), "error": error}
    found = progress.found
    return {
        "stage": str(progress.stage),
        "leftEntries": found.entries,
        "leftSegments": {log.hex(): count for log, count in by_log(found.left).items()},
        "segments": found.segments,
        "waitsFor": sorted({node for each in found.left for node in each.silent}),
        "openLogs": [log.hex() for log in found.open],
        "calm": found.calm,
        "error": error,
    }


@dataclass(frozen=True, slots=True)
class _OnChain:
    """`journey.leaving.Contract`, with the node's own account."""

    config: Config
    ledger: EthereumLedger

    async def final(self) -> Sequence[Member]:
        """As the ledger has them."""
        return await self.ledger.members(final=True)

    async def revoke(self, node: int) -> None:
        """Sent again until it is in a block."""
        known = next((member for member in await self.ledger.members() if member.number == node), None)
        secret = secret_in_force(self.config, known)
        async with sending(self.config, secret, self.ledger.nonces) as account:
            await account.revoke_node(contract_of(self.config), node)
