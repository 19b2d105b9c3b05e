"""Several addresses of one chain: one is in use, the others stand by.

No address is asked before `admit` found the right chain behind it, nor again after a silence: another chain
may stand there then. One of a wrong chain is told and passed over; WRONG_CHAIN is raised where no other
could answer. A request that one address left without answer goes to the next: whatever is sent twice does no
harm (`Ledger.send`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.connection import RpcError
from tracehold.adapters.ethereum.settings import Settings
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.journey.ports import Endpoint

LAG = 8
"""Blocks that an address may be behind another one and still be used."""

Admit = Callable[[Client], Awaitable[None]]
"""Returns if the right chain answers there; raises `Broken("WRONG_CHAIN")`, CHAIN_DOWN."""


@dataclass(slots=True, eq=False)
class _Seat:
    """One address. `held`: why it was not admitted, or was left."""

    client: Client
    admitted: bool = False
    height: int = -1
    held: TraceholdError | None = None

    def leave(self, error: TraceholdError) -> None:
        self.admitted, self.held = False, error


class Endpoints:
    """A `Line` over several. The first one is preferred; `survey` goes back to it."""

    def __init__(
        self, clients: Sequence[Client], admit: Admit, told: Callable[[TraceholdError], None]
    ) -> None:
        """`told` hears of an address of a wrong chain that is passed over."""
        self._seats = [_Seat(client) for client in clients]
        self._used = self._seats[0]
        self._admit = admit
        self._told = told
        self._choosing = asyncio.Lock()

    @property
    def place(self) -> str:
        """Of the address in use."""
        return self._used.client.place

    async def close(self) -> None:
        """Close all connections."""
        for seat in self._seats:
            seat.admitted = False
            await seat.client.close()

    async def ready(self) -> None:
        """Returns where an address is in use that was admitted. Raises CHAIN_DOWN, WRONG_CHAIN."""
        await self._seat(())

    async def request(self, method: str, *params: object) -> Any:
        """By the address in use, else the next. What one has pruned is asked of the others."""
        silent: list[_Seat] = []
        while True:
            seat = await self._seat(silent)
            try:
                return await seat.client.request(method, *params)
            except Unavailable as error:
                seat.leave(error)
                silent.append(seat)
                if len(silent) == len(self._seats):
                    raise
            except RpcError as error:
                if not error.pruned:
                    raise
                found = await self._others(seat, method, params)
                if found is None:
                    raise
                return found

    async def seek(self, method: str, *params: object) -> Any:
        """The address in use first, then the others, until one knows."""
        found = await self.request(method, *params)
        return await self._others(self._used, method, params) if found is None else found

    def down(self, what: str, remedy: str = "") -> Unavailable:
        """CHAIN_DOWN with host and port of the address in use."""
        return self._used.client.down(what, remedy)

    async def survey(self) -> Sequence[Endpoint]:
        """Look at every address and go over to the best: the first that is at most `LAG` blocks behind.

        Raises as `ready`, where none can be used.
        """
        await asyncio.gather(*(self._visit(seat) for seat in self._seats))
        async with self._choosing:
            self._used = self._best(())
        return self.standing()

    def standing(self) -> tuple[Endpoint, ...]:
        """How each address was found at the last look, in the configured order."""
        return tuple(
            Endpoint(
                seat.client.place,
                in_use=seat is self._used and seat.admitted,
                up=seat.admitted,
                height=max(seat.height, 0),
                detail="" if seat.held is None else str(seat.held),
            )
            for seat in self._seats
        )

    # -- which one

    async def _seat(self, silent: Collection[_Seat]) -> _Seat:
        if self._used.admitted and self._used not in silent:
            return self._used
        async with self._choosing:
            if not self._used.admitted or self._used in silent:
                self._used = await self._choose(silent)
            return self._used

    async def _choose(self, silent: Collection[_Seat]) -> _Seat:
        newest = max(seat.height for seat in self._seats)
        # Those that were left come last: each may cost the whole timeout.
        for seat in sorted(self._seats, key=lambda seat: seat.held is not None):
            if seat not in silent:
                await self._visit(seat)
                if seat.admitted and seat.height >= newest - LAG:
                    return seat
        return self._best(silent)

    def _best(self, silent: Collection[_Seat]) -> _Seat:
        ready = [seat for seat in self._seats if seat.admitted and seat not in silent]
        if not ready:
            raise self._refused()
        newest = max(seat.height for seat in ready)
        return next(seat for seat in ready if seat.height >= newest - LAG)

    async def _visit(self, seat: _Seat) -> None:
        try:
            await self._admit(seat.client)
            seat.height = await seat.client.height()
        except Unavailable as error:
            seat.leave(error)
        except Broken as error:
            seat.leave(error)
            if len(self._seats) > 1:
                self._told(error)
        else:
            seat.admitted, seat.held = True, None

    def _refused(self) -> TraceholdError:
        """Silence before a wrong chain: whoever is silent may be of the right one."""
        held = [seat.held for seat in self._seats if seat.held is not None]
        return min(held, key=lambda error: isinstance(error, Broken))

    async def _others(self, but: _Seat, method: str, params: Sequence[object]) -> Any:
        for seat in self._seats:
            if seat is but:
                continue
            if seat.held is None and not seat.admitted:
                # A command asks before any survey: nobody has looked at this address yet.
                await self._visit(seat)
            if not seat.admitted:
                continue
            try:
                found = await seat.client.request(method, *params)
            except (Unavailable, RpcError):
                continue
            if found is not None:
                return found
        return None


def clients_of(settings: Settings, given: Client | Sequence[Client]) -> Sequence[Client]:
    """Those that were given, else one for each address in the settings."""
    if isinstance(given, Client):
        return (given,)
    urls = (settings.rpc, *settings.fallback_rpcs)
    return given or [Client(url, settings.timeout_s) for url in urls]
