"""This node's part of the directory: what it is asked, and what it lets be kept (docs/spec/directory.md).

Everything is answered from local knowledge. Who calls is known: the listener matched its certificate to a
member.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tracehold.core.allowance import Allowance
from tracehold.core.dht.keys import KEY_BYTES, Key
from tracehold.core.dht.provider import Provider, check_provider, parse_provider
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.counted import Counters, Uncounted
from tracehold.journey.own_log import Now
from tracehold.journey.ports.directory import Register, Shelf, Table, Told

NEAR = 20
"""Members in one answer."""

MAX_ADDED = 100
"""Provider records in one message: some ten milliseconds of signatures."""

CALLS_PER_S, CALLS_AT_ONCE = 200.0, 2_000.0
"""Questions of one member."""

RECORDS_PER_S, RECORDS_AT_ONCE = 500.0, 20_000.0
"""Provider records of one member."""

_TURN = 25  # signatures that are checked before others get a turn


@dataclass(frozen=True, slots=True)
class Seat:
    """This node on the ring: its log, the members, its contacts, what it keeps for all, the time (seconds
    since 1970), and who counts what happens.
    """

    own: LogId
    register: Register
    table: Table
    shelf: Shelf
    now: Now
    counters: Counters = field(default_factory=Uncounted)

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self.now() * 1000)

    def check(self, provider: Provider) -> None:
        """Returns if the record is one that a member signed, and in its time.

        Raises STRANGER where its holder is no member that is known here, BAD_REQUEST, BAD_SIGNATURE.
        """
        network, node_key = self.register.network(), self.register.node_key(provider.holder)
        if network is None or node_key is None:
            raise Rejected("STRANGER", "the holder is no member that can be reached")
        check_provider(provider, network, node_key, self.now_ms)


class Directory:
    """One per node. Calls may run at once."""

    def __init__(self, seat: Seat, ticks: Now) -> None:
        """`ticks` is a clock that does not jump, in seconds."""
        self._seat = seat
        self._ticks = ticks
        self._calls = Allowance(CALLS_PER_S, CALLS_AT_ONCE)
        self._records = Allowance(RECORDS_PER_S, RECORDS_AT_ONCE)

    async def find_node(self, caller: LogId, key: Key) -> Sequence[LogId]:
        """Members near a key, the caller left out. Raises BAD_REQUEST, TOO_MANY_CALLS."""
        self._admit(caller, key)
        return self._near(caller, key)

    async def get_providers(self, caller: LogId, key: Key) -> Told:
        """What is kept under a key, and members near it. Raises BAD_REQUEST, TOO_MANY_CALLS, STORE_BUSY."""
        self._admit(caller, key)
        kept = await self._seat.shelf.get(key, self._seat.now_ms)
        return Told([each.raw for each in kept.providers], kept.full, self._near(caller, key))

    async def add_providers(self, caller: LogId, records: Sequence[bytes]) -> Collection[int]:
        """Keep records of the caller; the positions of those for which there is no room. All or nothing is
        looked at: one that is false refuses the message.

        Raises BAD_REQUEST, BAD_SIGNATURE, STRANGER, TOO_MANY_CALLS, STORE_BUSY.
        """
        if len(records) > MAX_ADDED:
            raise Rejected("BAD_REQUEST", f"a message has at most {MAX_ADDED} provider records")
        self._records.take(caller, max(1, len(records)), self._ticks())
        providers = []
        for number, raw in enumerate(records, start=1):
            providers.append(self._own_word(caller, raw))
            if number % _TURN == 0:
                await asyncio.sleep(0)
        self._seat.table.asked(caller)
        return await self._seat.shelf.put(providers, self._seat.now_ms)

    def _own_word(self, caller: LogId, raw: bytes) -> Provider:
        provider = parse_provider(raw)
        if provider.holder != caller:
            raise Rejected("BAD_REQUEST", "provider records are taken from their holder alone")
        self._seat.check(provider)
        return provider

    def _admit(self, caller: LogId, key: Key) -> None:
        self._calls.take(caller, 1, self._ticks())
        if len(key) != KEY_BYTES:
            raise Rejected("BAD_REQUEST", f"a key has {KEY_BYTES} bytes, not {len(key)}")
        self._seat.table.asked(caller)

    def _near(self, caller: LogId, key: Key) -> Sequence[LogId]:
        near = self._seat.table.nearest(key, NEAR + 1)
        return [log for log in near if log != caller][:NEAR]
