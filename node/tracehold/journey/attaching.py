"""Attaching: content comes first, the record that names it second.

A party brings content; it is kept for that party, unsettled and staged, until a record of the party in the
own log names it, and for a day at most. Then it stays as long as that record does (`Originals`). Whoever may
read a record that names it gets it, and before that its party alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from tracehold.core.blocks import Blocks
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint
from tracehold.journey.check import SLICE
from tracehold.journey.follow import Trouble, patiently
from tracehold.journey.originals import Originals, Whose, owner
from tracehold.journey.ports import Arriving, Entry, Staged
from tracehold.journey.staging import Staging
from tracehold.journey.states import Sleep

LOOK_S = 30.0
"""Seconds between two looks for records that name what is staged."""


@dataclass(frozen=True, slots=True)
class Received:
    """Content that was kept. `fresh`: it was not here for this party before."""

    blocks: Blocks
    fresh: bool


@dataclass(slots=True)
class Attaching:
    """Takes content for parties, and settles it. One per node. `now_ms`: milliseconds since 1970."""

    originals: Originals
    staging: Staging
    now_ms: Callable[[], int]
    _read: dict[Whose, int] = field(default_factory=dict)

    async def receive(
        self,
        party: str,
        pieces: AsyncIterator[bytes],
        size: int | None = None,
        name: Fingerprint | None = None,
    ) -> Received:
        """Keep the content for the party; durable on return. Where it announces a size or a fingerprint, it
        has those.

        Raises ATTACHMENT_TOO_LARGE, ATTACHMENT_MISMATCH, DISK_LOW, BUSY, TOO_MANY_CALLS, and what `pieces`
        and the store raise; nothing is kept then.
        """
        whom = owner(self.originals.own().log, party)
        with self.staging.arrival(whom, size or 0) as arrival:
            self.originals.room(size or 0)
            async with self.originals.blobs.receive(whom) as arriving:
                async for piece in pieces:
                    if size is not None and arrival.size + len(piece) > size:
                        raise _other("more bytes came than were announced")
                    arrival.take(len(piece))
                    self.originals.room(len(piece))
                    await arriving.write(piece)
                if size is not None and arrival.size != size:
                    raise _other("fewer bytes came than were announced")
                blocks = await arriving.end()
                if name is not None and blocks.fingerprint != name:
                    raise _other("the bytes have another fingerprint than was announced")
                fresh = await self._keep((whom, blocks.fingerprint), arriving, blocks)
        return Received(blocks, fresh)

    async def _keep(self, whose: Whose, arriving: Arriving, blocks: Blocks) -> bool:
        originals, before = self.originals, self.staging.find(whose)
        async with originals.alone(whose):
            fresh, since = True, before.since if before else originals.own().size
            with suppress(Broken):  # damaged: it is put right now
                fresh = await originals.blobs.blocks(*whose) is None
            try:
                await arriving.keep(since)
                if fresh or before is not None:
                    await self.staging.add(Staged(*whose, blocks.size, since, self.now_ms()))
            except BaseException:
                # Nobody was told that it is here; where the log names it already, it stays.
                await asyncio.shield(originals.settle(whose))
                raise
            return fresh

    async def run(self, sleep: Sleep, trouble: Trouble) -> NoReturn:
        """Follow the own log for ever; to be called when it is whole."""
        while True:
            await patiently(self.tend, sleep, trouble)
            await sleep(LOOK_S)

    async def tend(self) -> None:
        """Settle what a record names by now, and erase what waited too long. Harmless to repeat. Raises what
        the store and the folder raise.
        """
        staged = {(each.owner, each.name): each for each in self.staging.all()}
        self._read = {whose: self._read.get(whose, each.since) for whose, each in staged.items()}
        if not staged:
            return
        start, own = min(self._read.values()), self.originals.own().log
        while entries := await self.originals.log.read(own, start, start + SLICE):
            start = entries[-1].index + 1
            for whose in staged.keys() & self._named(entries):
                await self._settle(whose)
            await asyncio.sleep(0)
        self._read = dict.fromkeys(staged, start)
        for whose, each in staged.items():
            if each.at_ms + self.staging.bounds.grace_ms < self.now_ms():
                await self._settle(whose)

    def _named(self, entries: Sequence[Entry]) -> set[Whose]:
        named: set[Whose] = set()
        for entry in entries:
            with suppress(Rejected):  # damaged: whoever names something is asked again before it is erased
                named |= self.originals.kept_for_entry(entry)
        return named

    async def _settle(self, whose: Whose) -> None:
        """Keep it for good where the log names it; else no longer."""
        async with self.originals.alone(whose):
            if self.staging.find(whose) is None:
                return
            await self.originals.decide(whose, still=False)
            await self.staging.drop(whose)


def _other(message: str) -> Rejected:
    return Rejected("ATTACHMENT_MISMATCH", message)
