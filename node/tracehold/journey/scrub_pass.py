"""One pass after the other over everything that is kept. Durable: where it is (a crash repeats a few tiles),
when it began, and when the last whole one ended.
"""

from collections.abc import AsyncIterator, Callable

from tracehold.journey.damaged import Place
from tracehold.journey.ports import RecordLog
from tracehold.journey.walk import entries, places

SAVED_EVERY = 64
"""Tiles of leaves after which it is made durable how far the pass is."""

_AT, _BEGUN, _ENDED = "scrub/at", "scrub/begun", "scrub/ended"


class Pass:
    """The pass of now. `begun` and `ended`, of the last whole one, in seconds since the epoch; `done` of
    `entries` were read.
    """

    def __init__(self, store: RecordLog, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._at = Place(0, 0)
        self._steps = 0
        self._coming: AsyncIterator[Place] | None = None
        self.begun = self.ended = 0.0
        self.done = self.entries = 0
        self.hurry = False
        """Whether it was asked for, and goes at full speed."""

    @property
    def runs(self) -> bool:
        """Whether one is on its way."""
        return self.begun > self.ended

    async def load(self) -> None:
        """Go on where the last process was."""
        self.begun, self.ended = [await self._store.bookmark(name) / 1000 for name in (_BEGUN, _ENDED)]
        self._at = Place.of(await self._store.bookmark(_AT))
        if self.runs:
            self.entries, self.done = await entries(self._store), await entries(self._store, self._at)

    async def begin(self, *, hurry: bool) -> None:
        """Begin from the first entry on, whether one is on its way or not. Durable on return."""
        begun = self._now()
        if self.ended >= begun:
            # It ended under a wrong clock, and this one would end before it begins.
            self.ended = begun - 1.0
            await self._store.save_bookmark(_ENDED, int(self.ended * 1000))
        await self._store.save_bookmark(_AT, 0)
        await self._store.save_bookmark(_BEGUN, int(begun * 1000))
        self.begun, self.hurry, self._coming, self._steps = begun, hurry, None, 0
        self._at, self.done, self.entries = Place(0, 0), 0, await entries(self._store)

    async def next(self) -> Place | None:
        """The next place to look at; None at the end of the pass, which is durable then."""
        self._coming = self._coming or places(self._store, self._at)
        place = await anext(self._coming, None)
        if place is None:
            await self._end()
        elif self._steps % SAVED_EVERY == 0:
            await self._store.save_bookmark(_AT, place.packed())
        self._steps += 1
        return place

    async def _end(self) -> None:
        ended = max(self._now(), self.begun)
        await self._store.save_bookmark(_ENDED, int(ended * 1000))
        self.ended, self.hurry, self._coming = ended, False, None
