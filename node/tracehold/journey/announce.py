"""Announce (follower): "I hold records under this key", told to the members nearest to it.

By sweep: along the ring, one lookup for each region of it, and one message to a member for a hundred keys.
What
was announced is due again before it expires, at a time of its own, so that the work is spread over the day;
where a sweep stands is kept with the offers, so a restart goes on where it was.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core.dht.keys import KEY_BYTES, Key, distance
from tracehold.core.dht.provider import Provider, sign_provider
from tracehold.core.dht.region import Region, Seen, region_of, region_of_two
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import SigningKey
from tracehold.core.placement import dht_id
from tracehold.journey.counted import Counted
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import MAX_ADDED, NEAR, Seat
from tracehold.journey.follow import Bell, Trouble, patiently, untold
from tracehold.journey.lookup import Lookups
from tracehold.journey.own_log import RandomBytes
from tracehold.journey.ports.directory import Offer, Offers
from tracehold.journey.states import Sleep

REPLICAS = 12
"""Members that keep a record. With half of all members gone at once, all of these are in one case of 4,000
(with 8 in one of 250), and then until the holder announces again.
"""

REGION_KEYS = 5_000
"""Keys of one step."""

HOUR_MS = 3_600_000
AGAIN_MS = 18 * HOUR_MS, 22 * HOUR_MS
"""When a key is due again: between these, well before it expires."""

SOON_MS = 4 * HOUR_MS
"""What is due within this goes along with its region, so that regions stay together."""

POOR_MS = 600_000
"""When a key is due again of which fewer members heard than should."""

POLL_S = 30.0
"""Between two looks, where nobody rings."""

GATHER_S = 1.0
"""After a ring: more will come, and go along."""

_LAST = Key(b"\xff" * KEY_BYTES)


@dataclass(slots=True)
class _Placing:
    """The way of one record to its replicas."""

    record: Provider
    order: Iterator[LogId]
    wanted: int
    heard: int = 0
    silent: int = 0

    def next(self) -> list[LogId]:
        """Members to be asked now: as many as are missing."""
        missing = max(0, self.wanted - self.heard)
        return [log for log, _ in zip(self.order, range(missing), strict=False)]


class Announcer:
    """One per node."""

    def __init__(
        self,
        seat: Seat,
        signer: SigningKey,
        lookups: Lookups,
        dialogue: Dialogue,
        offers: Offers,
        random_bytes: RandomBytes,
        per_s: float = 200.0,
    ) -> None:
        """`signer` is the node key. At most `per_s` keys are announced each second."""
        self._seat = seat
        self._signer = signer
        self._lookups = lookups
        self._dialogue = dialogue
        self._offers = offers
        self._random_bytes = random_bytes
        self._per_s = per_s
        self._after: Key | None = None

    async def run(self, bell: Bell, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever. `bell` is rung when there may be new offers."""
        while True:
            ring = bell.next()
            done = await patiently(self.once, sleep, trouble)
            if done:
                await sleep(done / self._per_s)
                continue
            await _either(ring, sleep)
            await sleep(GATHER_S)

    async def once(self) -> int:
        """Announce the next region of what is due; how many keys. 0 where nothing is due, or nobody there.

        Raises `Unavailable("STORE_BUSY")`.
        """
        batch, found = await self._next()
        if not batch:
            return 0
        candidates = [*found, self._seat.own]
        placings = await self._place(batch, candidates)
        good = [each for each in placings if each.heard >= each.wanted or not each.silent]
        poor = [each for each in placings if each.heard < each.wanted and each.silent]
        await self._offers.announced([each.record.key for each in good], self._again())
        await self._offers.announced([each.record.key for each in poor], self._seat.now_ms + POOR_MS)
        self._after = batch[-1].key
        self._seat.counters.count(Counted.ANNOUNCED, len(batch))
        return len(batch)

    async def _next(self) -> tuple[Sequence[Offer], Sequence[LogId]]:
        """The offers of the next region, and the members near it."""
        first = await self._first()
        if first is None or self._seat.register.network() is None:
            return (), ()
        region, found = await self._region(first.key)
        if not found:
            return (), ()
        soon = self._seat.now_ms + SOON_MS
        return [first, *await self._offers.due(soon, first.key, region.last, REGION_KEYS - 1)], found

    async def _first(self) -> Offer | None:
        """The next that is due; behind the last of the ring follows the first."""
        for after in (self._after, None):
            due = await self._offers.due(self._seat.now_ms, after, _LAST, 1)
            if due:
                return due[0]
        return None

    async def _region(self, key: Key) -> tuple[Region, Sequence[LogId]]:
        """The region around a key, and the members that keep records of it, by one lookup or two."""
        seen, found = await self._look(key)
        region = region_of(seen, REPLICAS)
        if region is not None or not found:
            return region or Region(key, 0), found
        beside, more = await self._look(seen.sibling)
        return region_of_two(seen, beside, REPLICAS), list(dict.fromkeys([*found, *more]))

    async def _look(self, key: Key) -> tuple[Seen, Sequence[LogId]]:
        found = await self._lookups.nearest(key, NEAR, patient=True)
        # Members answer with the nearest they know: where they name fewer than fit, there are no others.
        met = [dht_id(log) for log in found.met[:NEAR]]
        alive = [dht_id(log) for log in found.logs]
        return Seen(key, met, alive, whole=len(met) < NEAR), found.logs

    async def _place(self, batch: Sequence[Offer], candidates: Sequence[LogId]) -> Sequence[_Placing]:
        """Ask the nearest of each key, and where one does not take it the next nearest, until enough did."""
        ids = {log: dht_id(log) for log in candidates}
        placings = []
        for offer in batch:
            order = sorted(candidates, key=lambda log: distance(ids[log], offer.key))
            placings.append(_Placing(self._signed(offer), iter(order), min(REPLICAS, len(order))))
            if len(placings) % MAX_ADDED == 0:
                await asyncio.sleep(0)  # signatures: others get a turn
        down: set[LogId] = set()
        while asked := _asked(placings):
            await asyncio.gather(*(self._send(to, each, down) for to, each in asked.items()))
        return placings

    async def _send(self, to: LogId, placings: Sequence[_Placing], down: set[LogId]) -> None:
        for start in range(0, len(placings), MAX_ADDED):
            part = placings[start : start + MAX_ADDED]
            try:
                if to in down:
                    raise Unavailable("PEER_DOWN", "it did not answer before")
                refused = await self._add(to, [each.record for each in part])
            except Unavailable:
                down.add(to)
                for each in part:
                    each.silent += 1
            else:
                self._seat.counters.count(Counted.REFUSED, len(refused))
                # Who has no room is not gone round: what is kept further away is found by fewer.
                for each in part:
                    each.heard += 1

    async def _add(self, to: LogId, records: Sequence[Provider]) -> Collection[int]:
        if to == self._seat.own:
            return await self._seat.shelf.put(records, self._seat.now_ms)
        return await self._dialogue.add_providers(to, records)

    def _signed(self, offer: Offer) -> Provider:
        network = self._seat.register.network()
        if network is None:
            raise AssertionError("it was known when this sweep began")
        return sign_provider(offer.key, self._seat.own, offer.count, self._seat.now_ms, network, self._signer)

    def _again(self) -> int:
        first, last = AGAIN_MS
        random = int.from_bytes(self._random_bytes(8), "big")
        return self._seat.now_ms + first + random % (last - first)


def _asked(placings: Sequence[_Placing]) -> dict[LogId, list[_Placing]]:
    """Who is asked next, for which records."""
    asked: defaultdict[LogId, list[_Placing]] = defaultdict(list)
    for each in placings:
        for log in each.next():
            asked[log].append(each)
    return asked


async def _either(ring: asyncio.Event, sleep: Sleep) -> None:
    """Until it rings, or for a while."""
    tasks = [asyncio.ensure_future(ring.wait()), asyncio.ensure_future(sleep(POLL_S))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
