"""Places where the disk is damaged and nobody could mend it yet, durable in bookmarks: how many there are,
and one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.journey.ports import RecordLog

MOST = 1_000
"""Places that are remembered; others are found again by the next pass."""

_COUNT = "scrub/left"
_NUMBER_BITS = 40


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One tile of leaves of one log: the log by its place among those that are kept, the tile by its
    number.
    """

    log: int
    number: int

    def packed(self) -> int:
        """As a bookmark keeps it."""
        return self.log << _NUMBER_BITS | self.number

    @classmethod
    def of(cls, packed: int) -> "Place":
        """The place that was packed."""
        return cls(packed >> _NUMBER_BITS, packed & (1 << _NUMBER_BITS) - 1)


class DamagedPlaces:
    """The list. One per store, used by one task."""

    def __init__(self, store: RecordLog) -> None:
        self._store = store
        self._places: list[Place] = []

    async def load(self) -> Sequence[Place]:
        """Read the list."""
        count = await self._store.bookmark(_COUNT)
        packed = [await self._store.bookmark(_slot(number)) for number in range(count)]
        self._places = [Place.of(each) for each in packed]
        return self._places

    async def add(self, place: Place) -> None:
        """Remember a place. Durable on return; harmless to repeat."""
        if place in self._places or len(self._places) >= MOST:
            return
        # First the slot: a crash in between leaves a list without it.
        await self._store.save_bookmark(_slot(len(self._places)), place.packed())
        await self._store.save_bookmark(_COUNT, len(self._places) + 1)
        self._places.append(place)

    async def remove(self, place: Place) -> None:
        """Forget a place. Durable on return; harmless to repeat."""
        if place not in self._places:
            return
        # The last one takes its slot: a crash in between leaves that one twice.
        at, last = self._places.index(place), self._places[-1]
        await self._store.save_bookmark(_slot(at), last.packed())
        await self._store.save_bookmark(_COUNT, len(self._places) - 1)
        self._places[at] = last
        self._places.pop()


def _slot(number: int) -> str:
    return f"{_COUNT}/{number}"
