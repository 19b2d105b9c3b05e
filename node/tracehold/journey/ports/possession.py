"""Possession: what members show each other of what they keep (docs/spec/audit.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.audit import Answered, Asked
from tracehold.core.ids import LogId
from tracehold.journey.ports.peers import Found


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """Transcripts in the order in which they were made; `after` is what to ask on with, 0 where there are no
    more.
    """

    transcripts: Sequence[bytes]
    after: int = 0


class Possessor(Protocol):
    """One other node, asked for what it keeps. Nothing that it says is believed.

    Each call raises `Unavailable`, and nothing else: TOO_MANY_CALLS where the peer is there and puts the call
    off, PEER_DOWN for whatever else is wrong.
    """

    @property
    def node(self) -> int:
        """Its number in the contract."""
        ...

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """Its custody record of this epoch of `epoch_s` seconds; None where it sealed none."""
        ...

    async def challenge(self, asked: Asked) -> Answered:
        """What it has at the first of the places that are asked for: at least one, and no others. Harmless to
        repeat.
        """
        ...

    async def transcripts(self, holder: LogId, epoch_from: int) -> Sequence[bytes]:
        """Its own transcripts of the member with the log `holder`, from this epoch on; the first ones where
        they are many.
        """
        ...


class Possessors(Protocol):
    """The other nodes of the network, asked for what they keep."""

    async def of(self, number: int) -> Possessor | None:
        """The member with this number in the contract; None where no active one with an endpoint has it."""
        ...


class Showing(Protocol):
    """This node, asked by a member for what it keeps. Any number of calls at once.

    Each raises what is `Rejected` of the request, STORE_BUSY and other `Unavailable` of what it needs.
    """

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """This node's custody record of the epoch; None where it sealed none."""
        ...

    async def challenge(self, auditor: LogId, asked: Asked) -> Answered:
        """What is here at the first of the places; `auditor` is the log of the member that asks."""
        ...

    async def transcripts(self, holder: LogId, epoch_from: int, after: int) -> TranscriptPage:
        """This node's own transcripts of a member, behind `after`, of 4 MiB at most or one."""
        ...
