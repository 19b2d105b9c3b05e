"""Superseding at a running node: what `tracehold supersede` asked for is carried out here, by the steps of
`journey.pointing`.
"""

import asyncio
from typing import TYPE_CHECKING, NoReturn

from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.pointing import Pointer, Pointing, Stage, failure
from tracehold.node.own import data_folder
from tracehold.node.pointerfiles import PointerFiles

if TYPE_CHECKING:
    from tracehold.node.parts import Parts

NOTICE_S = 0.5
"""Seconds between two looks for what is asked."""


async def pointing(parts: "Parts") -> NoReturn:
    """Carry out every pointer that is asked for, for ever. Raises what is Broken."""
    files = PointerFiles(data_folder(parts.config))
    trouble = parts.faults.trouble("supersede")
    for pointer in await asyncio.to_thread(files.every):
        if pointer.stage is Stage.FAILED:
            parts.faults.error(failure(pointer))

    async def save(pointer: Pointer) -> None:
        await asyncio.to_thread(files.save, pointer)
        if pointer.stage is Stage.FAILED:
            parts.faults.error(failure(pointer))

    looks = max(1, round(parts.config.ledger.replace_after_s / NOTICE_S))
    steps = Pointing(parts.anchorer.link, parts.anchorer.turn, parts.gate.submit, save, looks)
    while True:
        held: TraceholdError | None = None
        for pointer in await asyncio.to_thread(files.open):
            try:
                await steps.step(pointer)
            except (Unavailable, Rejected) as error:
                held = error
        trouble(held)
        await asyncio.sleep(NOTICE_S)
