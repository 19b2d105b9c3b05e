"""The directory's outside: messages to members, the table of contacts, and what is kept on disk.

Members are named by their log ids here; which of them are active, with which key, is read from the contract.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import Provider
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import PublicKey


class Register(Protocol):
    """The members as the contract has them: those that are active and can be reached. In memory."""

    def network(self) -> NetworkId | None:
        """The network's id; None while the contract was not read."""
        ...

    def node_key(self, log: LogId) -> PublicKey | None:
        """The present node key of the member with this log; None where there is no such member."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What a member says of a key: bytes of provider records, whether it keeps as many as it may, and members
    that are near the key. Nothing of it is checked.
    """

    records: Sequence[bytes]
    full: bool
    near: Sequence[LogId]


class Talk(Protocol):
    """Messages to members. Any number may run at once; each ends by itself, sooner or later.

    Raises `Unavailable`: PEER_DOWN where the member does not answer or answers what cannot be read; another
    code where it answers that it will not now. Nothing else.
    """

    async def find_node(self, to: LogId, key: Key) -> Sequence[LogId]:
        """Members near a key, as `to` knows them."""
        ...

    async def get_providers(self, to: LogId, key: Key) -> Told:
        """What `to` keeps under a key, and members near it."""
        ...

    async def add_providers(self, to: LogId, records: Sequence[bytes]) -> Collection[int]:
        """Let `to` keep up to 100 records of this node; the positions of those that it refuses. Harmless to
        repeat.
        """
        ...


class Table(Protocol):
    """The contacts of this node, more of the near ones than of the far ones. In memory; never waits.

    This node itself is not among them.
    """

    def nearest(self, key: Key, count: int) -> Sequence[LogId]:
        """Up to `count` contacts, exactly those nearest to the key, the nearest first. Members only."""
        ...

    def answered(self, log: LogId) -> None:
        """The member answered, just now."""
        ...

    def asked(self, log: LogId) -> None:
        """The member asked something. It gets less patience than one that answered."""
        ...

    def silent(self, log: LogId) -> bool:
        """The member did not answer. The second time in a row it is a contact no more: then true."""
        ...

    def drop(self, log: LogId) -> None:
        """The member is a contact no more."""
        ...

    def contacts(self) -> Sequence[LogId]:
        """All of them."""
        ...

    def ranges(self) -> Sequence[tuple[int, int]]:
        """The parts [first, last] into which the ring is divided, by the ids in them as numbers."""
        ...


@dataclass(frozen=True, slots=True)
class ShelfLimits:
    """How many provider records are kept: of one key, of one holder, and in all."""

    of_key: int = 64
    of_holder: int = 200_000
    total: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Shelved:
    """The records under a key that have not expired, one a holder, by holder; and whether no more fit."""

    providers: Sequence[Provider]
    full: bool


class Shelf(Protocol):
    """Provider records that this node keeps for the network: of each holder and key the newest issued.

    Nothing is verified here. Every method may raise `Unavailable("STORE_BUSY")`. Calls may run at once.
    """

    async def put(self, providers: Sequence[Provider], now_ms: int) -> Collection[int]:
        """Keep the records; the positions of those for which there is no room. Durable on return, but a crash
        may lose those of the last seconds; harmless to repeat. One that is not newer than the one kept
        changes nothing and counts as kept. What has expired at `now_ms` takes no room of its key.
        """
        ...

    async def get(self, key: Key, now_ms: int) -> Shelved:
        """What is kept under the key."""
        ...

    async def expire(self, now_ms: int, most: int) -> int:
        """Forget up to `most` records that have expired; how many were. Some milliseconds for a thousand."""
        ...

    async def size(self) -> int:
        """How many records are kept, expired ones included until they are forgotten."""
        ...


@dataclass(frozen=True, slots=True)
class Offered:
    """What the entries [start, stop) of a log add, all in one segment: how many of these records there are
    under which keys.
    """

    log: LogId
    start: int
    stop: int
    counts: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that this node announces, with how many records it holds under it."""

    key: Key
    count: int


class Offers(Protocol):
    """What this node announces, and when next. Derived from the logs kept here: may be dropped and made
    again.

    Every method may raise `Unavailable("STORE_BUSY")`. Reads may run at once with each other and with one
    writer. Writes are durable on return, but a crash may undo the last of them, which is done again then.
    """

    async def coverage(self) -> Mapping[tuple[LogId, int], int]:
        """Per (log, segment), up to which entry it was looked through."""
        ...

    async def add(self, step: Offered) -> None:
        """Add the step's counts and move the coverage to its end; a key that is new is due at once.

        Harmless to repeat: a step that is covered is passed over. One that leaves a gap, or overlaps, is a
        mistake of the caller and raises `ValueError`.
        """
        ...

    async def drop(self, log: LogId, segment: int) -> None:
        """Take back what a segment added; it is kept here no more. Harmless to repeat."""
        ...

    async def due(self, now_ms: int, after: Key | None, last: Key, most: int) -> Sequence[Offer]:
        """Up to `most` of those that are due at `now_ms`, by key, behind `after` and up to `last`."""
        ...

    async def announced(self, keys: Collection[Key], due_ms: int) -> None:
        """These were announced, and are due again then."""
        ...

    async def size(self) -> int:
        """How many keys there are."""
        ...

    async def waiting(self, now_ms: int) -> int:
        """How many of them are due at `now_ms`."""
        ...

    async def save_contacts(self, contacts: Collection[LogId]) -> None:
        """Keep these members in place of those kept before, for the next start."""
        ...

    async def contacts(self) -> Sequence[LogId]:
        """Those kept last."""
        ...
