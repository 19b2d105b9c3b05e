"""The block from which the places of an epoch are drawn: its first final one (docs/spec/audit.md)."""

from collections.abc import Awaitable, Callable

from tracehold.journey.ports.followed import Feed, Place

Final = Callable[[], Awaitable[int]]
"""Number of the newest final block that is known; -1 where none is."""


class Seeds:
    """Finds these blocks on the chain. What is final stays, so each is looked for once."""

    def __init__(self, feed: Feed, final: Final, epoch_s: int) -> None:
        self._feed = feed
        self._final = final
        self._epoch_s = epoch_s
        self._known: dict[int, Place] = {}

    async def of(self, epoch: int) -> Place | None:
        """The first final block with a time of at least epoch * epoch_s; None before there is one. Raises
        `Unavailable("CHAIN_DOWN")` and `Broken("WRONG_CHAIN")`.
        """
        if epoch not in self._known:
            found = await self._search(epoch * self._epoch_s)
            if found is None:
                return None
            self._known = {epoch: found}
        return self._known[epoch]

    async def _search(self, since: int) -> Place | None:
        """By halves: times of blocks never go back."""
        low, high = 0, await self._final()
        last = await self._feed.place(high) if high >= 0 else None
        if last is None or last.time < since:
            return None
        found = last
        while low < found.number:
            middle = (low + found.number) // 2
            place = await self._feed.place(middle)
            if place is None:
                return None  # the chain's node has not got it now
            if place.time >= since:
                found = place
            else:
                low = middle + 1
        return found
