"""Rotation: a node takes another node key, ledger account or certificate while it runs.

What is to come is durable before anything is done about it (`Successor`), and each step is done only if it is
not done yet. So a crash anywhere is healed by doing the same again:

    1  the log       the old node key names the new one (only where the node key changes); from the checkpoint
                     of this entry on the new one signs
    2  the anchors   all that the old key signed is anchored and final, and nothing is on its way; nothing
                     beyond is begun
    3  the contract  the present account replaces account, key and record in one transaction
    4  the node      sends and serves with what is new
    5  the files     once the contract's word is final, what is new takes the place of what is old

    crash after   log   contract   the next start
    nothing       old   old        begins anew
    1, 2          new   old        opens the log with the key in force there, anchors what the old one signed
    3, 4          new   new        is nobody's account at first: sees that, and goes on at 4
    5, in part    new   new        takes each file from where it is, and moves the rest

So the key in force at the block of every anchor is the one that signed its checkpoint. A block that is
replaced before it was final takes the node back to 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.control import Rotate
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.keys import SigningKey
from tracehold.journey.anchor import Anchorer
from tracehold.journey.onchain import signed_within
from tracehold.journey.own_log import Now, RandomBytes, control_record
from tracehold.journey.ports import AnchorState, Member, RecordLog
from tracehold.journey.seal import Sealer

_UNSETTLED = frozenset({AnchorState.SIGNED, AnchorState.MINED, AnchorState.REORGED})


@dataclass(frozen=True, slots=True)
class Successor:
    """What the node is to be known by, what is kept of the present included: node key, ledger account, and
    its signed node record with the certificate.
    """

    node_key: SigningKey
    account: bytes
    record: bytes

    def is_known(self, member: Member) -> bool:
        """Whether the contract knows the node so."""
        said = (member.node_key, member.account, member.record)
        return said == (self.node_key.public.raw, self.account, self.record)


class Contract(Protocol):
    """The contract, as the node changes itself there. Both may raise `Unavailable("CHAIN_DOWN")`."""

    async def myself(self, *, final: bool) -> Member | None:
        """This node by its log, at the latest or at the newest final block."""
        ...

    async def replace(self, present: Member, successor: Successor) -> None:
        """Replace what the node is known by, sent from its present account; returns when that is in a block.
        Raises `Rejected("LEDGER_REFUSED")`.
        """
        ...


class Switch(Protocol):
    """What is new, in the node and on its disk. Repeats are harmless."""

    async def use(self) -> None:
        """Send and serve with what is new."""
        ...

    async def keep(self) -> None:
        """Let what is new take the place of what is old; durable on return."""
        ...


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation on its way. `ready` raises what holds up sealing."""

    successor: Successor
    sealer: Sealer
    anchorer: Anchorer
    store: RecordLog
    contract: Contract
    switch: Switch
    ready: Callable[[], None]
    now: Now
    random_bytes: RandomBytes

    async def step(self) -> bool:
        """Do the next thing; True when all is done. Harmless to repeat, and after a crash anywhere.

        Raises `Rejected` (the log or the contract refuses, NOT_A_MEMBER) and `Unavailable`.
        """
        if self.sealer.own.roster.node_key != self.successor.node_key.public:
            await self._name()
        present = await self.contract.myself(final=False)
        if present is None:
            raise Rejected("NOT_A_MEMBER", "the contract knows no node of this log")
        if not self.successor.is_known(present):
            await self._tell(present)
            return False
        await self.switch.use()
        self._release()
        settled = await self.contract.myself(final=True)
        if settled is None or not self.successor.is_known(settled):
            return False
        await self.switch.keep()
        return True

    async def _name(self) -> None:
        self.ready()
        identity, key = self.sealer.own.identity, self.successor.node_key
        record = control_record(identity, Rotate(key.public), self.now(), self.random_bytes)
        await self.sealer.rotate(record, key)

    async def _tell(self, present: Member) -> None:
        last = self.sealer.own.roster.signs_up_to(present.node_key)
        if last is not None and await signed_within(self.store, self._log, await self._final(), last):
            return  # the anchorer goes on up to there, and no further
        self.anchorer.held = True
        if await self.store.anchors(self._log, _UNSETTLED, newest=1):
            return
        async with self.anchorer.turn:
            # A step that was under way may have begun one.
            if not await self.store.anchors(self._log, _UNSETTLED, newest=1):
                await self.contract.replace(present, self.successor)

    def _release(self) -> None:
        if self.anchorer.held:
            self.anchorer.rejoin()
        self.anchorer.held = False

    async def _final(self) -> int:
        newest = await self.store.anchors(self._log, {AnchorState.FINAL}, newest=1)
        return newest[-1].size if newest else 0

    @property
    def _log(self) -> LogId:
        return self.sealer.own.log
