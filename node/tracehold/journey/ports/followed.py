"""What the contract's events say, block by block, and what a node keeps of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.journey.ports.ledger import Role

NEAR = 256
"""Blocks below the newest one that was taken over of which every place is kept."""

APART = 1024
"""Of older ones the place of each block whose number is a multiple of this is kept: a reorganisation that
went deeper than `NEAR` is undone from there.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A block by its hash, which alone says which one is meant. `time` is in seconds since 1970."""

    number: int
    hash: bytes
    parent: bytes
    time: int


@dataclass(frozen=True, slots=True)
class OperatorEnrolled:
    """A new operator, for a party."""

    operator: int
    party: str


@dataclass(frozen=True, slots=True)
class NodeEnrolled:
    """A new node of an operator, active from here on."""

    node: int
    operator: int
    account: bytes
    node_key: bytes
    log: LogId
    roles: frozenset[Role]
    record: bytes


@dataclass(frozen=True, slots=True)
class NodeReplaced:
    """A node changed its account, key or node record; what did not change stands there again."""

    node: int
    account: bytes
    node_key: bytes
    record: bytes


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """What a node may do from here on."""

    node: int
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class NodeRevoked:
    """A node is active no more."""

    node: int


@dataclass(frozen=True, slots=True)
class Anchored:
    """A node's log was anchored. `ackers` are the nodes that acknowledged it."""

    node: int
    prev_size: int
    size: int
    root: Root
    ackers: tuple[int, ...]
    tx_hash: bytes


@dataclass(frozen=True, slots=True)
class Superseded:
    """A record of a node's log was said to be replaced; whether it is, readers judge by the replacement."""

    node: int
    fingerprint: Fingerprint
    replacement: Fingerprint


@dataclass(frozen=True, slots=True)
class LogRetired:
    """A node's log ended with this head; the root is 32 zero bytes where it was never anchored."""

    node: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Archived:
    """Where a segment of a node's log is archived; a later one for the same segment takes its place."""

    node: int
    segment: int
    manifest: bytes


OfMembers = OperatorEnrolled | NodeEnrolled | NodeReplaced | RolesChanged | NodeRevoked
What = OfMembers | Anchored | Superseded | LogRetired | Archived
MEMBERS = get_args(OfMembers)
"""Those from which the members follow."""


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the contract in a block, at its index among the block's logs."""

    number: int
    hash: bytes
    time: int
    index: int
    what: What


@dataclass(frozen=True, slots=True)
class Page:
    """What happened in the blocks after `since` (None: from the beginning) up to and with `upto`, all of one
    branch: every event in order. `places` are those of these blocks that are known, ascending, the last one
    `upto`; each block with an event is among them. `height` and `final` are the numbers of the chain's newest
    and newest final block at that time; `final` is -1 where there is none.

    Where nothing happened since, `upto` is `since`, and there are no places.
    """

    since: Place | None
    upto: Place
    places: Sequence[Place]
    changes: Sequence[Change]
    height: int
    final: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """A `Superseded` event, with the block that holds it; `time` in seconds since 1970."""

    node: int
    fingerprint: Fingerprint
    replacement: Fingerprint
    number: int
    hash: bytes
    time: int


class Feed(Protocol):
    """The contract's events, from the chain. Every method may raise `Unavailable("CHAIN_DOWN")` and
    `Broken("WRONG_CHAIN")`.
    """

    async def changes(self, since: Place | None) -> Page | None:
        """The next page after a block, bounded in the work that it is to read; None where the block is not
        on the chain: it was replaced, or the chain's node does not know it (yet).
        """
        ...

    async def place(self, number: int) -> Place | None:
        """The block at a height; None where the chain does not reach it."""
        ...


class Followed(Protocol):
    """What a node took over of the chain: events up to a bookmark, which is a block's hash. In the same file
    as the logs.

    All reads may run at once with each other and with one writer, and each sees the state after whole pages
    only. Every method may raise what `RecordLog` raises: `Broken("STORE_FAILED")`,
    `Unavailable("STORE_BUSY")`.
    """

    async def begin(self, contract: bytes) -> None:
        """Follow this contract (chain and address, as bytes that tell it from every other). What is kept of
        another one is forgotten. Durable on return; harmless to repeat.
        """
        ...

    async def contract(self) -> bytes:
        """The contract that is followed; empty before `begin`."""
        ...

    async def newest(self) -> Place | None:
        """The bookmark: the last block that was taken over; None before the first."""
        ...

    async def final(self) -> int:
        """The largest number of a final block that a page told; -1 at first. `undo` lowers it to where it
        went.
        """
        ...

    async def places(self) -> Sequence[Place]:
        """Blocks that were taken over, ascending: the last `NEAR` as far as pages told them, and of older
        ones those whose number is a multiple of `APART`.
        """
        ...

    async def take(self, page: Page) -> None:
        """Take a page over and move the bookmark, in one transaction; durable on return.

        Compare-and-swap on `page.since`: raises `Rejected("HEAD_MOVED")` where it is not the bookmark, and
        nothing is written.
        """
        ...

    async def undo(self, to: Place | None) -> Sequence[Change]:
        """Forget every event after this block, and put the bookmark there; None forgets all. The events that
        were forgotten, in order. One transaction, durable on return; harmless to repeat.
        """
        ...

    async def members(self) -> Sequence[Change]:
        """All changes of members, in order."""
        ...

    async def anchored(self, node: int, after: int = 0, count: int = 1) -> Sequence[Change]:
        """A node's first `Anchored` events past a size, by size."""
        ...

    async def heads(self) -> Sequence[Change]:
        """The newest `Anchored` event of each node, by node."""
        ...

    async def pointers(self, records: Collection[Fingerprint]) -> Mapping[Fingerprint, Sequence[Pointer]]:
        """What these records are said to be superseded by, in order; the rest is left out."""
        ...

    async def retired(self) -> Sequence[Change]:
        """The `LogRetired` events, in order."""
        ...
