"""Peers: the other nodes of the network."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.ids import LogId


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a peer handed over, with its evidence file (docs/spec/evidence.md).

    The asker verifies that file on the ledger of its own choice and derives every
    fact itself: nothing here is believed.
    """

    log: LogId
    index: int
    raw: bytes
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Expansion:
    """A peer's answer from local knowledge: records and, per log, how many entries it looked at."""

    records: Sequence[Found]
    coverage: Mapping[LogId, int]


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
        """
        ...


class Peers(Protocol):
    """The other nodes of the network. Never raises for a single
    peer that is down: that is the peer's own error.
    """

    async def holders(self, items: Collection[str]) -> Sequence[Peer]:
        """Peers that may hold records about these items (all members, for now)."""
        ...
