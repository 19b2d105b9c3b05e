"""Contacts (follower): how a node comes into the ring, and stays in it.

Seeds are kept for ever and tried again: a node that starts before all others, or loses everybody for a
while, finds back by itself; and so do the halves of a network that was cut in two.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NoReturn

from tracehold.core.dht.keys import KEY_BYTES, Key
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.placement import dht_id
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import NEAR, Seat
from tracehold.journey.lookup import Lookups
from tracehold.journey.own_log import RandomBytes
from tracehold.journey.ports.directory import Offers
from tracehold.journey.states import Sleep

ALONE_S = 10.0
"""Seconds between attempts to find anybody."""

LOOK_S = 60.0
"""Seconds between looks at the table."""

REFRESHES = 60
"""Looks from one refresh of the table to the next: an hour."""


class Contacts:
    """One per node."""

    def __init__(
        self,
        seat: Seat,
        lookups: Lookups,
        dialogue: Dialogue,
        offers: Offers,
        seeds: Callable[[], Sequence[LogId]],
        sleep: Sleep,
        random_bytes: RandomBytes,
    ) -> None:
        """`seeds` are members to begin with, beside those that were contacts at the last stop."""
        self._seat = seat
        self._lookups = lookups
        self._dialogue = dialogue
        self._offers = offers
        self._seeds = seeds
        self._sleep = sleep
        self._random_bytes = random_bytes

    async def run(self) -> NoReturn:
        """Join, and keep the table filled, for ever."""
        looks = 0
        while True:
            if not self._seat.table.contacts():
                looks = 0
                if not await self.join():
                    await self._sleep(ALONE_S)
                    continue
            elif looks % REFRESHES == 0 and looks:
                await self.refresh()
            else:
                await self.look_beyond()
            await self._keep()
            looks += 1
            await self._sleep(LOOK_S)

    async def join(self) -> bool:
        """Find the own place, by the seeds, and contacts in all parts of the ring. False where nobody
        answers.
        """
        seeds = list(dict.fromkeys([*await self._kept(), *self._seeds()]))
        found = await self._lookups.nearest(self._own, NEAR, seeds, patient=True)
        if not found.logs:
            return False
        await self.refresh()
        return True

    async def look_beyond(self) -> None:
        """Ask a seed that is no contact who is near this node. Where it names others than this node knows,
        the network was cut in two, or has grown.
        """
        strangers = sorted(set(self._seeds()) - set(self._seat.table.contacts()) - {self._seat.own})
        if not strangers:
            return
        stranger = strangers[int.from_bytes(self._random_bytes(8), "big") % len(strangers)]
        try:
            near = await self._dialogue.find_node(stranger, self._own)
        except Unavailable:
            return
        new = set(near) - set(self._seat.table.contacts())
        if new:
            await self._lookups.nearest(self._own, NEAR, sorted(new))

    @property
    def _own(self) -> Key:
        return Key(dht_id(self._seat.own))

    async def refresh(self) -> None:
        """Look up a place in each part of the ring (Kademlia, section 2.3)."""
        own = int.from_bytes(self._own, "big")
        far = [each for each in self._seat.table.ranges() if not each[0] <= own <= each[1]]
        places = [own, *(self._place(first, last) for first, last in far)]
        keys = [Key(place.to_bytes(KEY_BYTES, "big")) for place in places]
        await asyncio.gather(*(self._lookups.nearest(key, NEAR) for key in keys))

    def _place(self, first: int, last: int) -> int:
        """Some place of this part."""
        random = int.from_bytes(self._random_bytes(KEY_BYTES + 8), "big")
        return first + random % (min(last, (1 << (8 * KEY_BYTES)) - 1) - first + 1)

    async def _kept(self) -> Sequence[LogId]:
        try:
            return await self._offers.contacts()
        except Unavailable:
            return ()

    async def _keep(self) -> None:
        try:
            await self._offers.save_contacts(self._seat.table.contacts())
        except Unavailable:
            pass  # they are for the next start only, and kept again in a minute
