"""Whom to ask about items: everybody while the network is small, else those that the directory names."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tracehold.core.dht.keys import NetworkKey, asked_name, item_key
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.lookup import Lookups

ALL_UPTO = 64
"""Members up to which all are asked, so that an answer can be complete (protocol section 7)."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Members to be asked, by their logs; None for everybody. `whole` where the directory named all it knows:
    no key was full, and every lookup came to its end.
    """

    logs: frozenset[LogId] | None
    whole: bool = True


EVERYBODY = Whom(None)


class Locating:
    """One per node."""

    def __init__(
        self, lookups: Lookups, network_key: NetworkKey, members: Callable[[], int], all_upto: int = ALL_UPTO
    ) -> None:
        """`members` is how many there are now. Raises BAD_KEY for a network key of wrong length."""
        item_key(network_key, "")
        self._lookups = lookups
        self._network_key = network_key
        self._members = members
        self._all_upto = all_upto

    async def whom(self, items: Collection[str]) -> Whom:
        """Who may hold records about these canonical items. Everybody, where one of them has no key."""
        names = {asked_name(item) for item in items}
        if self._members() <= self._all_upto or None in names:
            return EVERYBODY
        keys = {item_key(self._network_key, name) for name in names if name is not None}
        try:
            found = await asyncio.gather(*(self._lookups.holders(key) for key in sorted(keys)))
        except Unavailable:
            # The own shelf cannot be read; the members can be asked all the same.
            return EVERYBODY
        logs = frozenset(each.holder for holders in found for each in holders.providers)
        return Whom(logs, all(holders.ended and not holders.full for holders in found))
