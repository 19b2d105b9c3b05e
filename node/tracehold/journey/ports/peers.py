"""Peers: the other nodes of the network."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.evidence import Evidence
from tracehold.core.ids import LogId


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
    """A peer's answer from local knowledge: records by log and index and, per log, how many entries it looked
    at. `more` is set where the answer was cut off behind the last of the records.
    """

    records: Sequence[Found]
    coverage: Mapping[LogId, int]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """Records of a log from index `start` on without a gap, and how many entries of it the peer keeps."""

    start: int
    statements: Sequence[bytes]
    size: int


class Peer(Protocol):
    """One other node. Calls are answered from its local knowledge only.
    Raises `Unavailable("PEER_DOWN")` and nothing else.
    """

    @property
    def node(self) -> int:
        """Its number in the contract."""
        ...

    async def expand(
        self, items: Collection[str], event_ids: Collection[str] = (), transformations: Collection[str] = ()
    ) -> Expansion:
        """Records that touch these items (events in any role, and master data), event ids or transformations.

        A peer hands over what members may read: what it holds. Who asks the asker is checked by the asker.
        An answer that had to be cut off promises no coverage.
        """
        ...

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """Entries [start, stop) of a log as far as the peer keeps them; fewer where `max_bytes` of records is
        reached (at least one entry if any). None of a log that it does not keep.
        """
        ...


class Peers(Protocol):
    """The other nodes of the network. Never raises for a single
    peer that is down: that is the peer's own error.
    """

    async def holders(self, items: Collection[str]) -> Sequence[Peer]:
        """Peers that may hold records about these items (all members, for now)."""
        ...
