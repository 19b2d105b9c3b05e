"""Retirement at a running node: the contract is told, too, by the steps of `journey.ending`."""

import asyncio
from typing import TYPE_CHECKING

from tracehold.adapters.keyfiles import read_ledger_key
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.ending import Ending
from tracehold.node.own import contract_of, data_folder, sending, succession
from tracehold.node.pointerfiles import PointerFiles
from tracehold.node.retiring import is_retired

if TYPE_CHECKING:
    from tracehold.node.parts import Parts

LOOK_S = 1.0
"""Seconds between two looks."""


async def ending(parts: "Parts") -> None:
    """Return when the log has ended on the chain; look for ever where it is not retired. Raises what is
    Broken.
    """
    config, trouble = parts.config, parts.faults.trouble("retire")

    async def retire(size: int) -> None:
        async with sending(config, read_ledger_key(succession(config).files().ledger)) as account:
            await account.retire(contract_of(config), size)

    pointers = PointerFiles(data_folder(config))

    def retired() -> bool:
        # Afterwards the contract takes no pointer of this log: those that were asked for go first.
        return is_retired(config) and not pointers.open()

    anchorer = parts.anchorer
    waiting = parts.ledger.outlook.waiting
    steps = Ending(anchorer.link, anchorer.turn, retired, lambda: parts.gate.is_open, retire, waiting)
    while True:
        held: TraceholdError | None = None
        try:
            if await steps.step():
                return
        except (Unavailable, Rejected) as error:
            held = error
        trouble(held)
        await asyncio.sleep(LOOK_S)
