"""Offering (follower): what this node has to announce, derived from the logs that it keeps.

How far it has come stands with what was derived, so that file may be lost: it is made again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NoReturn

from tracehold.core.dht.keys import Key, NetworkKey, announceable, item_key, keys_of, segment_key
from tracehold.core.epcis import parse_masterdata
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.lineage import fact_of, found_under
from tracehold.core.record import Kind, parse
from tracehold.core.spans import without
from tracehold.journey.follow import Bell, Trouble, patiently, untold
from tracehold.journey.parsed import Events, tolerant
from tracehold.journey.ports import Entry, RecordLog
from tracehold.journey.ports.directory import Offered, Offers
from tracehold.journey.states import Sleep

STEP = 1_000
"""Entries of one step at most."""


class Offering:
    """Brings the offers up to date with the logs. One runs per node."""

    def __init__(
        self,
        log: RecordLog,
        offers: Offers,
        network_key: NetworkKey,
        ring: Callable[[], None] = lambda: None,
        events: Events = tolerant,
    ) -> None:
        """`ring` tells that there may be something new to announce. Raises BAD_KEY for a key of wrong
        length.
        """
        item_key(network_key, "")
        self._log = log
        self._offers = offers
        self._network_key = network_key
        self._ring = ring
        self._events = events

    async def run(self, bell: Bell, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever. `bell` is rung after every append."""
        while True:
            ring = bell.next()
            if not await patiently(self.once, sleep, trouble):
                await ring.wait()

    async def once(self) -> int:
        """Look through what is new, at most one step of each segment; how many entries that were.

        Raises `Unavailable` and what is Broken in the store.
        """
        done = 0
        kept = {log: await self._log.spans(log) for log in await self._log.logs()}
        coverage = await self._still_kept(kept)
        for log, spans in kept.items():
            # What is not judged yet is not announced, and what stands behind it waits too.
            for start, stop in _segments(without(spans, await self._log.unjudged(log))):
                segment = start // SEGMENT_ENTRIES
                at = coverage.get((log, segment), segment * SEGMENT_ENTRIES)
                if start <= at < stop:
                    done += await self._step(log, at, min(stop, at + STEP))
        if done:
            self._ring()
        return done

    async def _still_kept(
        self, kept: Mapping[LogId, Sequence[tuple[int, int]]]
    ) -> dict[tuple[LogId, int], int]:
        """How far each segment was looked through; what is not kept here any more is taken back first, and
        looked through anew as far as it is. So it goes after a log was restored from a backup, or is gone.
        """
        ends = {(log, start // SEGMENT_ENTRIES): stop for log in kept for start, stop in _segments(kept[log])}
        coverage = dict(await self._offers.coverage())
        for (log, segment), upto in list(coverage.items()):
            if upto > ends.get((log, segment), 0):
                await self._offers.drop(log, segment)
                del coverage[log, segment]
        return coverage

    async def _step(self, log: LogId, start: int, stop: int) -> int:
        entries = await self._log.read(log, start, stop)
        if not entries:
            return 0
        counts: Counter[Key] = Counter({segment_key(log, start // SEGMENT_ENTRIES): len(entries)})
        disputed = {each.index for each in await self._log.disputes(log, start, start + len(entries))}
        for entry in entries:
            if entry.index not in disputed:
                counts.update(self._keys(entry))
        await self._offers.add(Offered(log, start, start + len(entries), counts))
        return len(entries)

    def _keys(self, entry: Entry) -> Sequence[Key]:
        """Those of one record; none of one that is for few, erased, or odd."""
        if entry.erased or entry.kind not in (Kind.EVENT, Kind.MASTERDATA):
            return ()
        try:
            return sorted(keys_of(self._network_key, items_of(entry.raw, self._events)))
        except Rejected:
            return ()


def items_of(raw: bytes, events: Events = tolerant) -> frozenset[str]:
    """The names by which a record may be found by everybody: none where its audience is narrower than the
    network. Raises `Rejected` where the bytes do not hold.
    """
    record = parse(raw)
    if not announceable(record.header.audience):
        return frozenset()
    if record.header.kind == Kind.MASTERDATA:
        return frozenset({parse_masterdata(record.payload).id.canonical})
    event = events(record.payload)
    return found_under(fact_of(event, record.fingerprint, record.header.iss))


def _segments(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans, cut where segments end."""
    for start, stop in spans:
        for at in range(start, stop, SEGMENT_ENTRIES):
            yield at, min(stop, at + SEGMENT_ENTRIES)
