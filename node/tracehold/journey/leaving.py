"""Leaving in order: a node hands over what it keeps before it goes (protocol section 3: "a holder that leaves
deactivates itself on chain before it deletes").

    asked      uploads are refused; the own log is anchored to its end; others are told, and take the copies
    closed     others have all of it: nothing new is taken of their logs either, and all is compared once more
    handed     that holds, and what was acknowledged here is anchored: the node may be stopped, but the
               contract still counts on it
    revoked    where that was wished: by itself, on the chain. What it signs counts no more from here on
    gone       that block is final: the folder may be deleted

What a crash means: what was wished, and that the revocation was begun, is on disk (`Wish`); all else is
found out anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.handover import Found, Handover
from tracehold.journey.keeper import Keeper
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import AnchorState, Kept, Member, Shipment

_UNSETTLED = {AnchorState.SIGNED, AnchorState.REORGED}
_NOTHING = Found(0, (), 0, calm=True)


class Stage(StrEnum):
    """How far a node is with leaving."""

    ASKED = "asked"
    HANDED = "handed"
    REVOKED = "revoked"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for, at `since` (seconds since the epoch): to hand over and, with `leave`, to
    be
    revoked then. `begun`: the revocation was begun, and cannot be taken back.
    """

    since: float
    leave: bool = False
    begun: bool = False


class Wishes(Protocol):
    """The operator's wish, on disk."""

    def read(self) -> Wish | None:
        """What is wished now; None where the node stays."""
        ...

    def begin(self) -> bool:
        """From now on it cannot be taken back; durable on return. False where it was taken back already."""
        ...

    def undo(self) -> None:
        """It can be taken back again: the contract refused. Durable on return."""
        ...


class Contract(Protocol):
    """What a node does to the contract with its own account."""

    async def final(self) -> Sequence[Member]:
        """The members at the newest final block."""
        ...

    async def revoke(self, node: int) -> None:
        """Revoke this node for good; returns when that is in a block. Raises `Rejected("LEDGER_REFUSED")`."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is with the wish of `since`, and what is left."""

    since: float
    stage: Stage
    found: Found


@dataclass(frozen=True, slots=True)
class Closing:
    """What keeps the logs of others, and takes nothing new of them once all is handed over; what it has it
    goes on acknowledging.
    """

    keeper: Keeper
    check: Callable[[], None]
    """Raises when nothing new is taken."""

    async def replicate(self, caller: Neighbour, shipment: Shipment) -> Kept:
        """See `Keeper.replicate`. Raises DRAINING, too."""
        if shipment.entries or shipment.base:
            self.check()
        return await self.keeper.replicate(caller, shipment)

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """See `Keeper.checkpoint`."""
        return await self.keeper.checkpoint(log, size)


class Leaving:
    """One per node. One task steps; everybody may look."""

    def __init__(self, handover: Handover, wishes: Wishes, contract: Contract, turn: asyncio.Lock) -> None:
        """`turn` is the anchorer's, who sends with the same account."""
        self._handover = handover
        self._wishes = wishes
        self._contract = contract
        self._turn = turn
        self.progress: Progress | None = None
        """Of the last step; None while the node stays."""
        self.closed = False
        """Whether nothing new is taken of the logs of others."""

    @property
    def log(self) -> LogId:
        """The node's own."""
        return self._handover.log

    def is_wished(self) -> bool:
        """Whether the node is to leave; read from the disk each time."""
        return self._wishes.read() is not None

    def check_uploads(self) -> None:
        """Returns while uploads are taken; raises `Unavailable("DRAINING")` once the node is to leave."""
        if not self.is_wished():
            return
        if self.progress is not None and self.progress.stage in {Stage.REVOKED, Stage.GONE}:
            raise Unavailable(
                "DRAINING", "this node has left the network: it is revoked", remedy="Send to another node."
            )
        raise Unavailable("DRAINING", "this node is about to leave the network")

    def check_copies(self) -> None:
        """Returns while entries of others are taken; raises `Unavailable("DRAINING")` once all is handed
        over.
        """
        if self.closed:
            raise Unavailable("DRAINING", "what this node kept is handed over")

    async def step(self) -> Progress | None:
        """Look how far it is, and do the next thing. Harmless to repeat, and after a crash anywhere.

        Raises `Rejected` (STILL_NEEDED, NOT_A_MEMBER, LEDGER_REFUSED) and `Unavailable`.
        """
        wish = self._wishes.read()
        # There are more of them from then on.
        self._handover.holders.leaving = wish is not None
        if wish is None:
            self.progress, self.closed = None, False
            return None
        members = await self._handover.ledger.members()
        own = self._own(members)
        if not own.active:
            self.progress = await self._gone(wish)
            return self.progress
        was_closed = self.closed
        found = await self._handover.look(members, own)
        self.closed = found.copied or wish.begun
        handed = found.nothing and was_closed
        self.progress = Progress(wish.since, Stage.HANDED if handed else Stage.ASKED, found)
        if handed and wish.leave:
            await self._revoke(own)
        return self.progress

    async def _gone(self, wish: Wish) -> Progress:
        """Of a node that is revoked. Nobody asks it, nor answers it any more: what others lack is lacking for
        good, wherever it was not found handed over before.
        """
        self.closed = True
        handed = self.progress is not None and self.progress.stage is not Stage.ASKED
        if not wish.begun and not handed:
            raise Rejected(
                "NOT_A_MEMBER",
                "this node was revoked before all was handed over",
                remedy="Keep its folder: it may have the only copy of what others lack.",
            )
        if not wish.begun:
            self._wishes.begin()  # the next start knows, too, that all was handed over
        gone = not self._own(await self._contract.final()).active
        return Progress(wish.since, Stage.GONE if gone else Stage.REVOKED, _NOTHING)

    def _own(self, members: Sequence[Member]) -> Member:
        own = next((each for each in members if each.log == self.log), None)
        if own is None:
            raise Rejected("NOT_A_MEMBER", "the contract knows no node of this log")
        return own

    async def _revoke(self, own: Member) -> None:
        """Between two transactions of the anchorer: those of one account follow each other."""
        async with self._turn:
            if await self._handover.store.anchors(self.log, _UNSETTLED, newest=1):
                return
            if not self._wishes.begin():
                return
            try:
                await self._contract.revoke(own.number)
            except Rejected:
                self._wishes.undo()
                raise
