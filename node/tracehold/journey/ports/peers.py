"""Peers: the other nodes of the network."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.spans import Spans
from tracehold.journey.ports.kept import Base


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a peer handed over, with the parts of its evidence file (docs/spec/evidence.md).

    The asker verifies them on the ledger of its own choice and derives every
    fact itself: nothing here is believed.
    """

    log: LogId
    index: int
    evidence: Evidence

    @property
    def raw(self) -> bytes:
        """The record's bytes."""
        return self.evidence.record


@dataclass(frozen=True, slots=True)
class Expansion:
    """A peer's answer from local knowledge: records by log and index and, per log, which entries it looked
    at. `more` is set where the answer was cut off behind the last of the records.
    """

    records: Sequence[Found]
    coverage: Mapping[LogId, Spans]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """An entry on its way between nodes: its record's bytes, or only the fingerprint where it was redacted
    (`raw` is empty then). Where there are bytes, the receiver computes the fingerprint itself.
    """

    raw: bytes
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of a log from index `start` on without a gap, and where the peer's copy of it ends."""

    start: int
    entries: Sequence[Sent]
    size: int


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a peer says of itself: the entries that it keeps of each log, searched or not, and whether it
    leaves: then it hands over what it keeps, and takes nothing new.
    """

    coverage: Mapping[LogId, Spans]
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """Entries of a log up to the state of a checkpoint of it; none, and no checkpoint, where the peer has no
    such.
    """

    entries: Entries
    checkpoint: Checkpoint | None


@dataclass(frozen=True, slots=True)
class BasePart:
    """A part of what a copy rests on that begins at a later segment, and whether more of it follows."""

    base: Base
    more: bool


@dataclass(frozen=True, slots=True)
class Shipment:
    """Entries of the sender's own log for a holder: from `start` on without a gap up to the size of the
    checkpoint, or none. The holder acknowledges the state of the checkpoint as the step from the anchored
    `prev_size`.

    `base` comes where the copy begins at the start of a later segment (protocol section 3): with no entries
    while more of it follows, and with the first ones at last.
    """

    log: LogId
    start: int
    entries: Sequence[Sent]
    checkpoint: Checkpoint
    prev_size: int
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A holder's answer: where its copy ends, and (64 bytes) its acknowledgement where all was there.

    Without one the sender goes on at `size`. `refused` is the stable code of a fault that the holder sees in
    the log, its creator or its own means (ROOT_MISMATCH, FORK_SEEN, NOT_A_MEMBER, QUOTA, DISK_LOW, ...).
    `pulling`: it fetches what it lacks from other holders; the sender waits and asks again.
    """

    size: int
    acknowledgement: bytes = b""
    refused: str = ""
    pulling: bool = False


class Peer(Protocol):
    """One other node. Calls are answered from its local knowledge only.

    Each raises `Unavailable`, and nothing else: TOO_MANY_CALLS where the peer is there and puts the call off
    (it answered this node enough for now: ask later, or another), PEER_DOWN for whatever else is wrong.
    """

    @property
    def node(self) -> int:
        """Its number in the contract."""
        ...

    async def hello(self) -> Greeting:
        """What it keeps, and whether it leaves; asked anew each time."""
        ...

    async def expand(
        self,
        items: Collection[str],
        event_ids: Collection[str] = (),
        transformations: Collection[str] = (),
        *,
        fingerprints: Collection[Fingerprint] = (),
    ) -> Expansion:
        """Records that touch these items (events in any role, and master data), event ids or transformations;
        and those of any kind with these fingerprints, as far as nothing about them is disputed there.

        A peer hands over what members may read: what it holds. Who asks the asker is checked by the asker.
        An answer that had to be cut off promises no coverage.
        """
        ...

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """Entries [start, stop) of a log as far as the peer keeps them; fewer where `max_bytes` of records is
        reached (at least one entry if any). None of a log that it does not keep.
        """
        ...

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """Entries from `start` on up to the newest checkpoint within `stop` that adds at most `max_bytes` of
        records, or where none does up to the first one; and that checkpoint, not verified here.
        """
        ...

    async def base(self, log: LogId, start: int, part: int) -> BasePart | None:
        """Part number `part`, from 0 on, of what a copy of the log rests on that begins at `start`, a later
        segment's first entry. None where the peer cannot give it; nothing is verified here.
        """
        ...

    async def replicate(self, shipment: Shipment) -> Kept:
        """Let the peer keep entries of this node's own log. Harmless to repeat. Once per log at a time."""
        ...

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The largest checkpoint of a log that the peer keeps, or the one of exactly this size; None where it
        keeps no such. Not verified here.
        """
        ...


class Peers(Protocol):
    """The other nodes of the network. Never raises for a single
    peer that is down: that is the peer's own error.
    """

    async def holders(self, items: Collection[str], among: Collection[LogId] | None = None) -> Sequence[Peer]:
        """Peers that may hold records about these items: all members, or those with the logs `among`."""
        ...

    async def node(self, number: int) -> Peer | None:
        """The peer with this number in the contract; None where no active member with an endpoint has it."""
        ...
