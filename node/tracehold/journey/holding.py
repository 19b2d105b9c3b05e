"""Holding: keep the log of another creator as it is shipped, and acknowledge under signature what is durable
(protocol section 3).

A shipment is refused only for its creator's own faults, by these rules in order:

    1  the caller        an active creator, and the log its own
    2  the log           was never seen in two states
    3  the place         where the copy ends; else it is only told where that is
    4  the time          not before the last checkpoint, and not ahead of everybody's clock
    5  the room          disk, and what one creator may fill
    6  the entries       fold to the checkpoint's root, and have the form of a log
    7  the checkpoint    signed under the log's node key that is in force there
    8  the state         lies on the log that is kept, and on all that was signed before

What is wrong with single records is kept beside them (`judge`) and refuses nothing: one odd record must never
stop a log.

What this node fetches itself (`pull`) is kept by the same rules, but for the caller, which may be anybody,
and is not acknowledged.

What a crash means:
    before the append    nothing happened
    after the append     the sender is told where the copy ends and ships nothing twice
    after the pledge     a promise that nobody heard; the same question gets the same signature
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NoReturn

from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.assess import Lateness
from tracehold.journey.base import proved
from tracehold.journey.clock import too_late
from tracehold.journey.follow import unrung
from tracehold.journey.judge import Arrived, Judge, arriving
from tracehold.journey.keeping import (
    Keeping,
    begun,
    check_between,
    contradicted,
    on_base,
    redactions,
    resumed,
)
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Base, Kept, Shipment
from tracehold.journey.room import Filling, Room, taken, taken_by_base
from tracehold.journey.shipments import Creator, check_bounds, check_caller
from tracehold.journey.underway import Underway
from tracehold.journey.witness import Witnessing

REMEMBERED = 8
"""Spans of one log whose control records are not read again for each question."""


class Holding:
    """Keeps the logs of others. One per node; a log is written by one shipment at a time."""

    def __init__(
        self,
        witnessing: Witnessing,
        room: Room,
        *,
        judge: Judge | None = None,
        appended: Callable[[], None] = unrung,
        underway: Underway | None = None,
    ) -> None:
        """`appended` is called after each append, for those who follow. `underway`: what is fetched now."""
        self._witnessing = witnessing
        self._store = witnessing.store
        self._ledger = witnessing.ledger
        self._late = Lateness(witnessing.ledger)
        self._now = witnessing.now
        self._filling = Filling(witnessing.store, room)
        self._judge = judge or Judge()
        self._appended = appended
        self._underway = underway or Underway(witnessing.now)
        self._turns: dict[LogId, asyncio.Lock] = {}
        self._last: dict[LogId, dict[int, Keeping]] = {}  # by start of the span, those used last behind

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The largest checkpoint of a log that is kept here, or the one of exactly this size."""
        return await self._store.checkpoint(log, size)

    async def replicate(self, caller: Neighbour, shipment: Shipment) -> Kept:
        """Keep what is new of the caller's log, and acknowledge the state of the shipment's checkpoint where
        all of it is kept. Harmless to repeat: the same state gets the same signature.

        Raises what it is refused for: `Rejected` NOT_A_MEMBER, FORK_SEEN, BAD_SIGNATURE, PROOF_INVALID,
        MALFORMED_PROOF, BAD_REQUEST, QUOTA, ROOT_MISMATCH, LOG_BROKEN; `Unavailable` CLOCK_JUMPED, DISK_LOW,
        CHAIN_DOWN (where only the chain could tell), and what the store raises.
        """
        check_caller(caller, shipment)
        self._underway.heard(shipment.log)
        async with self._turns.setdefault(shipment.log, asyncio.Lock()):
            await self._witnessing.check(shipment.log)
            return await self._take(caller, shipment)

    async def keep(self, creator: Creator, fetched: Shipment | Base, *, anchored: bool = False) -> int:
        """Keep what was fetched of this creator's log from anybody, a part of a base or a range (the first
        with a part of its base); where the copy ends then. `anchored`: the entries lead to a root that the
        chain has, and are judged later. Raises as `replicate`, but for the caller.
        """
        async with self._turns.setdefault(fetched.log, asyncio.Lock()):
            await self._witnessing.check(fetched.log)
            if isinstance(fetched, Base):
                await self._begin(creator, fetched)
                return fetched.start
            keeping = await self._grown(creator, fetched, deferred=anchored)
            return keeping.end if keeping else 0

    async def _take(self, caller: Neighbour, shipment: Shipment) -> Kept:
        keeping = await self._grown(caller, shipment, deferred=await self._late(caller, shipment))
        if keeping is None:
            return self._short(shipment, shipment.base.start if shipment.base else 0)
        return await self._answer(caller, keeping, shipment)

    def _short(self, shipment: Shipment, end: int) -> Kept:
        """No acknowledgement, since the copy ends before what was asked for."""
        log, size = shipment.log, shipment.checkpoint.size
        return Kept(end, pulling=self._underway.asked(log, end, size))

    async def _grown(self, creator: Creator, shipment: Shipment, *, deferred: bool) -> Keeping | None:
        """The copy with what is new of the shipment; None where there is none, or its base only."""
        keeping = await self._at(shipment)
        arrived: Sequence[Arrived] = ()
        if keeping is None and shipment.start == 0 and shipment.entries:
            arrived = await arriving(shipment.entries)
            keeping = begun(shipment.log, arrived[0], creator.operator)
        if shipment.base and (keeping is None or keeping.end < shipment.base.start):
            await self._begin(creator, shipment.base)
            if not shipment.entries:
                return None
            keeping = await on_base(self._store, shipment.log, shipment.base.start)
        if keeping is not None and shipment.entries and shipment.start == keeping.end:
            await self._admit(shipment)
            arrived = arrived or await arriving(shipment.entries)
            keeping = await self._append(keeping, shipment, arrived, deferred=deferred)
        return keeping

    async def _at(self, shipment: Shipment) -> Keeping | None:
        """The copy that the shipment continues or asks for: the last one that begins at or before it."""
        log = shipment.log
        first = min(shipment.start, shipment.checkpoint.size - 1)
        spans = [span for span in await self._store.spans(log) if span[0] <= first]
        if not spans:
            return None
        start, end = spans[-1]
        known = self._last.get(log, {}).pop(start, None)
        if known is None or known.end != end:
            known = await resumed(self._store, log, start, end)
        self._remember(known)
        return known

    def _remember(self, keeping: Keeping) -> None:
        last = self._last.setdefault(keeping.log, {})
        last[keeping.start] = keeping
        if len(last) > REMEMBERED:
            del last[next(iter(last))]

    async def _begin(self, creator: Creator, base: Base) -> None:
        await self._filling.check(base.log, taken_by_base(base))
        anchor = await self._ledger.find_anchor(creator.number, base.start)
        if anchor is None:
            await self._lacking(creator, base.start)
        kept = await proved(self._store, base, anchor.root, creator.operator)
        if await contradicted(self._store, base.log, kept.tiles):
            ends = [stop for _, stop in await self._store.spans(base.log) if stop <= base.start]
            await self._witnessing.refuse_base(base.log, max(ends, default=0), anchor)
        await self._store.begin(kept)
        self._filling.begun(base.log)

    async def _lacking(self, creator: Creator, size: int) -> NoReturn:
        """Whether the creator says what is not so, or the chain that is asked here lags behind."""
        head = await self._ledger.head(creator.number)
        if head.size < size:
            raise Unavailable("CHAIN_DOWN", f"the chain here has anchors up to {head.size} only")
        raise Rejected("ROOT_MISMATCH", f"the chain has no anchor of size {size} of this log")

    async def _admit(self, shipment: Shipment) -> None:
        """Rules 4 and 5, and the bounds of one shipment."""
        check_bounds(shipment)
        await self._check_time(shipment.checkpoint)
        await self._filling.check(shipment.log, taken(len(sent.raw) for sent in shipment.entries))

    async def _append(
        self, keeping: Keeping, shipment: Shipment, arrived: Sequence[Arrived], *, deferred: bool
    ) -> Keeping:
        redacted = await redactions(self._store, keeping, arrived)
        how = shipment.checkpoint, self._judge, redacted
        batch, grown = await keeping.extended(arrived, *how, deferred=deferred)
        check_checkpoint(shipment.checkpoint, grown.signer(grown.end))
        if await contradicted(self._store, shipment.log, batch.tiles):
            await self._witnessing.refuse(shipment.checkpoint)
        # Forgotten until it is known what became of the append: then it is read again from the store.
        self._last.get(shipment.log, {}).pop(keeping.start, None)
        try:
            await self._store.append(batch)
        except Rejected as error:
            if error.code == "HEAD_MOVED" and (moved := await self._at(shipment)) is not None:
                # A sender hung up during an append, which came to its end all the same.
                return moved
            if error.code != "CONFLICT":
                raise
            raise Rejected("LOG_BROKEN", "a record stands twice in the log") from error
        self._remember(grown)
        self._appended()
        return grown

    async def _answer(self, caller: Neighbour, keeping: Keeping, shipment: Shipment) -> Kept:
        """Rules 7 and 8. Where the copy ends, and the acknowledgement where it goes as far as the
        checkpoint.
        """
        checkpoint, prev_size = shipment.checkpoint, shipment.prev_size
        if checkpoint.size > keeping.end:
            return self._short(shipment, keeping.end)
        if min(checkpoint.size - 1, prev_size) < keeping.start:
            raise Rejected(
                "BAD_REQUEST", f"the copy begins at {keeping.start}, and cannot tell of what was before"
            )
        check_checkpoint(checkpoint, keeping.signer(checkpoint.size))
        await self._witnessing.compare(checkpoint)
        await self._keep(checkpoint)
        signed = await self._witnessing.acknowledge(caller.number, checkpoint, prev_size)
        return Kept(keeping.end, signed)

    async def _keep(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint of a size that the copy had gone past: an anchor may be of that size, and whoever
        makes its receipts needs the checkpoint.
        """
        if await self._store.checkpoint(checkpoint.log, checkpoint.size) is None:
            await check_between(self._store, checkpoint)
            await self._store.keep_checkpoint(checkpoint)

    async def _check_time(self, new: Checkpoint) -> None:
        await check_between(self._store, new)
        # The chain is asked only where this node's clock finds the time strange, and either may be behind.
        # Its newest block counts: the creator may have anchored nothing for long.
        strange = too_late(new.time_ms, int(self._now()))
        if strange and too_late(new.time_ms, await self._ledger.time()):
            raise Unavailable(
                "CLOCK_JUMPED", "the time of the checkpoint is ahead of the chain's and of ours"
            )
