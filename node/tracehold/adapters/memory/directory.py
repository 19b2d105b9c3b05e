"""The directory's shelf and offers in memory, for tests and simulations."""

import heapq
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import Provider
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports.directory import Offer, Offered, ShelfLimits, Shelved


class MemoryShelf:
    """The `Shelf` port."""

    def __init__(self, limits: ShelfLimits | None = None) -> None:
        self._limits = limits or ShelfLimits()
        self._kept: dict[Key, dict[LogId, Provider]] = {}
        self._ends: list[tuple[int, Key, LogId]] = []
        self._of_holder: Counter[LogId] = Counter()

    async def put(self, providers: Sequence[Provider], now_ms: int) -> Collection[int]:
        """See `ports.Shelf.put`."""
        return [at for at, each in enumerate(providers) if not self._put(each, now_ms)]

    async def get(self, key: Key, now_ms: int) -> Shelved:
        """See `ports.Shelf.get`."""
        kept = sorted(self._kept.get(key, {}).values(), key=lambda each: each.holder)
        good = [each for each in kept if each.expires_ms > now_ms]
        return Shelved(good, len(good) >= self._limits.of_key)

    async def expire(self, now_ms: int, most: int) -> int:
        """See `ports.Shelf.expire`."""
        done = 0
        while done < most and self._ends and self._ends[0][0] <= now_ms:
            end, key, holder = heapq.heappop(self._ends)
            kept = self._kept.get(key, {}).get(holder)
            # A newer one took its place since, with an end of its own.
            if kept is not None and kept.expires_ms == end:
                self._forget(kept)
                done += 1
        return done

    async def size(self) -> int:
        """See `ports.Shelf.size`."""
        return self._of_holder.total()

    def _put(self, provider: Provider, now_ms: int) -> bool:
        of_key = self._kept.get(provider.key, {})
        known = of_key.get(provider.holder)
        if known is not None and known.issued_ms >= provider.issued_ms:
            return True
        if known is None and not self._room(provider, now_ms):
            return False
        self._kept.setdefault(provider.key, {})[provider.holder] = provider
        self._of_holder[provider.holder] += known is None
        heapq.heappush(self._ends, (provider.expires_ms, provider.key, provider.holder))
        return True

    def _room(self, provider: Provider, now_ms: int) -> bool:
        for each in list(self._kept.get(provider.key, {}).values()):
            if each.expires_ms <= now_ms:
                self._forget(each)
        return (
            len(self._kept.get(provider.key, ())) < self._limits.of_key
            and self._of_holder[provider.holder] < self._limits.of_holder
            and self._of_holder.total() < self._limits.total
        )

    def _forget(self, provider: Provider) -> None:
        del self._kept[provider.key][provider.holder]
        if not self._kept[provider.key]:
            del self._kept[provider.key]
        self._of_holder[provider.holder] -= 1


class MemoryOffers:
    """The `Offers` port."""

    def __init__(self) -> None:
        self._coverage: dict[tuple[LogId, int], int] = {}
        self._counts: dict[Key, Counter[tuple[LogId, int]]] = {}
        self._due: dict[Key, int] = {}
        self._contacts: list[LogId] = []

    async def coverage(self) -> Mapping[tuple[LogId, int], int]:
        """See `ports.Offers.coverage`."""
        return dict(self._coverage)

    async def add(self, step: Offered) -> None:
        """See `ports.Offers.add`."""
        place = step.log, step.start // SEGMENT_ENTRIES
        covered = self._coverage.get(place, place[1] * SEGMENT_ENTRIES)
        if step.stop <= covered:
            return
        if step.start != covered or step.stop > (place[1] + 1) * SEGMENT_ENTRIES:
            raise ValueError(f"a step from {step.start} to {step.stop} does not go on at {covered}")
        self._coverage[place] = step.stop
        for key, count in step.counts.items():
            self._counts.setdefault(key, Counter())[place] += count
            self._due.setdefault(key, 0)

    async def drop(self, log: LogId, segment: int) -> None:
        """See `ports.Offers.drop`."""
        self._coverage.pop((log, segment), None)
        for key, counts in list(self._counts.items()):
            counts.pop((log, segment), None)
            if not counts:
                del self._counts[key], self._due[key]

    async def due(self, now_ms: int, after: Key | None, last: Key, most: int) -> Sequence[Offer]:
        """See `ports.Offers.due`."""
        behind = b"" if after is None else after
        keys = sorted(key for key, due_ms in self._due.items() if due_ms <= now_ms and behind < key <= last)
        return [Offer(key, self._counts[key].total()) for key in keys[:most]]

    async def waiting(self, now_ms: int) -> int:
        """See `ports.Offers.waiting`."""
        return sum(due_ms <= now_ms for due_ms in self._due.values())

    async def announced(self, keys: Collection[Key], due_ms: int) -> None:
        """See `ports.Offers.announced`."""
        self._due.update((key, due_ms) for key in keys if key in self._due)

    async def size(self) -> int:
        """See `ports.Offers.size`."""
        return len(self._due)

    async def save_contacts(self, contacts: Collection[LogId]) -> None:
        """See `ports.Offers.save_contacts`."""
        self._contacts = list(contacts)

    async def contacts(self) -> Sequence[LogId]:
        """See `ports.Offers.contacts`."""
        return list(self._contacts)
