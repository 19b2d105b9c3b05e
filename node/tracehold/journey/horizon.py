"""How far the logs of the other members are anchored: what an answer must have searched to be whole.

The ledger is asked once for many questions. A reading that is a little old is used while a newer one is
fetched, so that a slow chain slows down no answer; one that is too old is waited for.
"""

import asyncio
from collections.abc import Callable, Mapping

from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.journey.ports import Ledger

FRESH_US = 1_000_000
"""Age up to which a reading is as good as new, in microseconds."""

USABLE_US = 30_000_000
"""Age up to which it is used while the next one is fetched."""

Ends = Mapping[LogId, int]
"""Anchored entries by log."""


class Horizon:
    """One per node, shared by all questions."""

    def __init__(self, ledger: Ledger, node: int, micros: Callable[[], int]) -> None:
        """`node` is this node's own number, whose log is known here
        anyway. A clock that stands at 0 keeps nothing.
        """
        self._ledger = ledger
        self._node = node
        self._micros = micros
        self._ends: Ends | None = None
        self._read_at = 0
        self._reading: asyncio.Task[None] | None = None

    async def ends(self) -> Ends | None:
        """Anchored ends of the other members' logs; None where the ledger cannot say."""
        age = self._micros() - self._read_at if self._read_at else USABLE_US
        if age >= FRESH_US and self._reading is None:
            self._reading = asyncio.ensure_future(self._read())
        if age >= USABLE_US and self._reading is not None:
            # Shielded: a question that is given up does not end the reading of the others.
            await asyncio.shield(self._reading)
        return self._ends

    async def _read(self) -> None:
        try:
            others = [member for member in await self._ledger.members() if member.number != self._node]
            self._ends = {each.log: (await self._ledger.head(each.number)).size for each in others}
        except TraceholdError:
            # Down, or not the chain it should be: that stops the node elsewhere, and here it tells nothing.
            self._ends = None
        finally:
            self._read_at = self._micros()
            self._reading = None
