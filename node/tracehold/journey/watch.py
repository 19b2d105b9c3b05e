"""Watching: how the states of a log's records change, in order, from a cursor on.

Nothing is kept for a watcher here: what it was told stands in its cursor (`changes`), and whoever hands in an
old one is told everything since, at least once and in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace

from tracehold.core.access import Reader
from tracehold.core.ids import Fingerprint, LogId
from tracehold.journey.changes import (
    MARK_BYTES,
    UNMARKED,
    Change,
    Standing,
    Told,
    bad_cursor,
    decode_cursor,
    encode_cursor,
    fall,
    rise,
)
from tracehold.journey.follow import Bell
from tracehold.journey.found import Findings, Found
from tracehold.journey.holders import Holders
from tracehold.journey.ports import AnchorState, RecordLog
from tracehold.journey.states import Sleep, frontier
from tracehold.journey.watched import Everything, Issuers, Named, OfParty, TheseRecords

HEARTBEAT_S = 15.0
"""Seconds after which a watcher hears that there is nothing to tell."""
CHANGES = 100
"""Records whose changed findings are read at once."""


@dataclass(frozen=True, slots=True)
class News:
    """What a watcher hears; without a change, that there is none. `named`: the records that it asked for,
    None
    where it asked for all.
    """

    log: LogId
    cursor: str
    change: Change | None = None
    named: Sequence[Fingerprint] | None = None
    found: "FoundOf | None" = None


@dataclass(frozen=True, slots=True)
class FoundOf:
    """What is found of one record of the log now, in place of what was told of it before."""

    fingerprint: Fingerprint
    index: int
    found: Found


Tell = Callable[[News], Awaitable[None]]
"""Hands one piece of news over, and returns when the watcher takes the next."""


class Watching:
    """Watchers of one log. `bell` rings when the log has grown or its anchors or copies have moved."""

    def __init__(
        self,
        store: RecordLog,
        log: LogId,
        bell: Bell,
        sleep: Sleep,
        holders: Holders | None = None,
        findings: Findings | None = None,
    ) -> None:
        """`holders` are those of the log, where it is the own one; `findings` tell what is doubtful."""
        self._store = store
        self._holders = holders
        self._findings = findings
        self._log = log
        self._bell = bell
        self._sleep = sleep
        self._issuers = Issuers(store, log)

    def these(self, fingerprints: Collection[Fingerprint]) -> Named:
        """These records only; those that are not kept yet are waited for."""
        return TheseRecords(self._store, self._log, fingerprints)

    def of_party(self, party: str) -> Named:
        """The records that speak for this party only."""
        return OfParty(self._issuers, party)

    async def begin(self, cursor: str, *, from_now: bool = False) -> Told:
        """What a new watcher was told before. BAD_REQUEST for a cursor of another log, or ahead of this one
        (its
        folder was restored from a copy); and what the store raises.
        """
        told = decode_cursor(self._log, cursor)
        now = await self._standing(told)
        if told.sealed > now.sealed:
            raise bad_cursor("is ahead of the log")
        if from_now:
            mark = await self._mark(now.final)
            found = await self._findings.newest() if self._findings else 0
            return Told(now.sealed, now.anchored, now.final, mark, now.replicated, found)
        return told

    async def watch(
        self, told: Told, tell: Tell, wanted: Named | None = None, reader: Reader | None = None
    ) -> None:
        """Tell everything since `told`, for ever: until cancelled; findings too where a `reader` is given, as
        far as they may read. Raises what the stores and `tell` raise.
        """
        named = wanted or Everything()
        await tell(self._news(told))
        timer = asyncio.ensure_future(self._sleep(HEARTBEAT_S))
        try:
            while True:
                # Taken before the look: what happens after the look rings this very bell.
                ring = asyncio.ensure_future(self._bell.next().wait())
                try:
                    before, told = told, await self._catch_up(told, tell, named)
                    if reader is not None and self._findings is not None:
                        told = await self._doubt(told, tell, named, reader, self._findings)
                    if timer.done():
                        await tell(self._news(told))
                        timer = asyncio.ensure_future(self._sleep(HEARTBEAT_S))
                    if told == before:
                        await asyncio.wait({ring, timer}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    ring.cancel()
        finally:
            timer.cancel()

    async def _catch_up(self, told: Told, tell: Tell, named: Named) -> Told:
        """Tell all that is new; what was told then."""
        now = await self._standing(told)
        for differing in (fall, rise):
            while change := differing(told, now, named.most):
                told = await self._marked(change.told, told)
                found = await named.within(change.first, change.stop)
                if found is None or found:
                    await tell(self._news(told, change, found))
        return told

    async def _doubt(self, told: Told, tell: Tell, named: Named, reader: Reader, findings: Findings) -> Told:
        """Tell what is found now of the records of this log whose findings changed; what was told then."""
        while changes := await findings.changes(told.found, CHANGES):
            places = await self._store.find([name for _, name in changes])
            found = await findings.of(reader, list(places))
            for at, name in changes:
                told = replace(told, found=at)
                place = places.get(name)
                if place is None or place.log != self._log:
                    continue
                picked = await named.within(place.index, place.index + 1)
                if picked is None or name in picked:
                    of = FoundOf(name, place.index, found.get(name, Found()))
                    await tell(News(self._log, encode_cursor(self._log, told), found=of))
        return told

    async def _marked(self, told: Told, before: Told) -> Told:
        if told.final == before.final:
            return told
        return replace(told, mark=await self._mark(told.final))

    def _news(
        self, told: Told, change: Change | None = None, named: Sequence[Fingerprint] | None = None
    ) -> News:
        return News(self._log, encode_cursor(self._log, told), change, named)

    async def _standing(self, told: Told) -> Standing:
        # The anchors first: what they cover was sealed before, so the size that is read next covers it too.
        front = await frontier(self._store, self._log, self._holders)
        sealed = await self._store.size(self._log)
        # Nothing above an anchor that fell stands, whatever is still stored of it.
        anchored = min([front.anchored, *(start for start, _ in front.undone)])
        final = min(front.final, anchored)
        replicated = min(front.replicated, anchored) if front.undone else front.replicated
        return Standing(sealed, anchored, final, await self._kept(told, final), replicated)

    async def _kept(self, told: Told, final: int) -> int:
        """How much of what was told final has been so all the time: less where an anchor fell, also where it
        was replaced since.
        """
        kept = min(told.final, final)
        if kept == told.final and told.mark == await self._mark(kept):
            return kept
        while kept:
            covering = await self._store.first_anchor(self._log, kept - 1)
            if covering is not None and covering.undone is None:
                break
            kept = covering.prev_size if covering is not None else 0
        return kept

    async def _mark(self, final: int) -> bytes:
        """What tells the anchor of entry `final` - 1 apart from one that takes its place."""
        if not final:
            return UNMARKED
        covering = await self._store.first_anchor(self._log, final - 1)
        if covering is None or covering.anchor is None or covering.state is not AnchorState.FINAL:
            return UNMARKED
        return covering.anchor.block_hash[:MARK_BYTES]
