"""Retirement at a running node: the contract is told, too, by the steps of `journey.ending`. A folder from
before its log ended on the chain learns of it here.
"""

import asyncio
from typing import TYPE_CHECKING, NoReturn

from tracehold.config import Config
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.ending import Ending
from tracehold.journey.ports.followed import LogRetired
from tracehold.node.accounts import secret_in_force
from tracehold.node.gate import Gate
from tracehold.node.number import number_of
from tracehold.node.own import contract_of, data_folder, sending
from tracehold.node.pointerfiles import PointerFiles
from tracehold.node.retiring import is_lost, is_retired, retire

if TYPE_CHECKING:
    from tracehold.node.parts import Parts

LOOK_S = 1.0
"""Seconds between two looks."""
AGAIN_S = 60.0
"""Seconds between two looks once the log has ended: its block may be replaced."""


async def ending(parts: "Parts") -> NoReturn:
    """Look for ever whether the log is to end on the chain. Raises what is Broken."""
    trouble, steps = parts.faults.trouble("retire"), _steps(parts)
    while True:
        held: TraceholdError | None = None
        ended = False
        try:
            await _learn(parts)
            ended = await steps.step()
        except (Unavailable, Rejected) as error:
            held = error
        trouble(held)
        await asyncio.sleep(AGAIN_S if ended else LOOK_S)


def _steps(parts: "Parts") -> Ending:
    config, gate, anchorer = parts.config, parts.gate, parts.anchorer
    pointers = PointerFiles(data_folder(config))

    async def tell(size: int) -> None:
        secret = secret_in_force(config, await parts.ledger.myself())
        async with sending(config, secret, parts.ledger.nonces) as account:
            await account.retire(contract_of(config), size)
        anchorer.rejoin()

    return Ending(
        anchorer.link,
        anchorer.turn,
        lambda: due(config, pointers, gate),
        lambda: gate.is_open,
        lambda: lost(config, gate),
        tell,
        parts.ledger.outlook.waiting,
    )


def due(config: Config, pointers: PointerFiles, gate: Gate) -> bool:
    """Whether the log is to end on the chain: it is retired, and no pointer waits. The contract takes none
    afterwards, so those that were asked for go first, as far as the log can be anchored at all.
    """
    return is_retired(config) and (lost(config, gate) or not pointers.open())


def lost(config: Config, gate: Gate) -> bool:
    """Whether the log can never be whole again, by the operator's word alone: a holder that is silent, or the
    chain's node, may be back in a minute, and what the contract ended stays ended. The word counts while
    entries are missing; where a holder had them after all, the rest is anchored first.
    """
    return is_lost(config) and gate.lacks_entries


async def _learn(parts: "Parts") -> None:
    """Retire the log on disk where it ended on the chain: only its own account can end it there."""
    if is_retired(parts.config):
        return
    ended = [change.what for change in await parts.store.followed.retired()]
    if ended:
        number = await number_of(parts.store, parts.ledger)
        if any(isinstance(what, LogRetired) and what.node == number for what in ended):
            await asyncio.to_thread(retire, parts.config)
