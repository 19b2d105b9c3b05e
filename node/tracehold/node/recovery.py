"""What a start does before anything is sealed: the own log is compared with the chain, and with what its
holders
keep of it, and gets back what this disk lost.
"""

import asyncio

from tracehold.journey.own_head import Asking, OwnHead
from tracehold.node.custody import RESTORED
from tracehold.node.own import check_network, data_folder
from tracehold.node.parts import Parts
from tracehold.node.retiring import is_retired

PATIENCE_S = 3.0
"""Seconds that a normal start waits for holders that do not answer."""


class Recovery:
    """The comparison that opens the gate; asked again until it passes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._asked = False

    async def compare(self) -> None:
        """Returns if the contract is that of the log's network, and no more of the log is known anywhere than
        is here.

        Raises `Broken` (WRONG_CHAIN, LOG_FORKED), `Unavailable` (CHAIN_DOWN, STARTING),
        `Rejected("NOT_A_MEMBER")`, and what the store raises.
        """
        await check_network(self._parts.own, self._parts.ledger)
        if not self._asked:
            await self._ask()
            self._asked = True
        await self._parts.anchorer.check()

    async def _ask(self) -> None:
        parts = self._parts
        if parts.peering is None:
            return  # nobody keeps this log
        retired = is_retired(parts.config)
        if retired and await self._left():
            return  # nobody answers it any more, and nothing is sealed
        await parts.peering.neighbours.refresh()
        mark = data_folder(parts.config) / RESTORED
        # Marked before anything comes back: after a crash in between, the size tells nothing any more.
        asking = Asking(parts.peering.peers, PATIENCE_S, asyncio.sleep, parts.faults.error, mark.touch)
        head = OwnHead(parts.store, parts.ledger, parts.holders, asking)
        try:
            await head.recover(parts.own, restored=mark.exists(), retired=retired)
        finally:
            if await parts.store.size(parts.own.log) > parts.own.size:
                mark.touch()  # what came back shows it: the folder is an older copy
                await parts.sealer.reread()
                parts.bell.ring()
        if mark.exists():
            await self._doubt()
        mark.unlink(missing_ok=True)

    async def _left(self) -> bool:
        member = await self._parts.ledger.myself()
        return member is None or not member.active

    async def _doubt(self) -> None:
        """An older copy may have forgotten what it signed for others: for all members that there are now."""
        parts = self._parts
        members = {member.log for member in await parts.ledger.members()}
        await parts.custody.doubts.note(sorted({*members, *await parts.store.logs()} - {parts.own.log}))
