"""Anchoring: the follower that binds the own log to the chain, one transaction at a time.

    (nothing) --prepare, save--> SIGNED --in a block--> MINED --final, proof kept--> FINAL
                                   ^                      |                           |
                                   +-- block replaced ----+        block replaced --> REORGED (the node stops)

Signed bytes are durable before they are sent, and the same bytes are sent until a block holds them. What a
crash means: before the save, nothing was sent and the nonce is free; after it, the next start goes on from
what is stored, whether the bytes went out or not. The contract compares and swaps the previous size, so
nothing that is sent twice anchors twice.

One task runs this; it owns the account's nonces and is the only writer of the own log's anchor tasks.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.limits import MAX_ANCHOR_BYTES, SEGMENT_ENTRIES
from tracehold.journey.clock import SealingClock
from tracehold.journey.follow import Trouble, patiently, untold
from tracehold.journey.onchain import Link, check_head, compared, creates, signed_within, taken_over
from tracehold.journey.own_log import Now
from tracehold.journey.ports import Acknowledgement, AnchorState, AnchorTask, Member
from tracehold.journey.settle import Fault, Settling
from tracehold.journey.states import Sleep, within


@dataclass(frozen=True, slots=True)
class Policy:
    """When to anchor, and how patiently.

    `records` waiting records, or the oldest waiting for `seconds`, make an anchor due. Every `poll` seconds
    the follower looks; after `bump_after` looks without a block it raises the fee; every `watch` seconds it
    looks whether the newest final anchor still is.
    """

    records: int = 10_000
    seconds: float = 10.0
    poll: float = 0.5
    bump_after: int = 60
    watch: float = 60.0


@dataclass(slots=True)
class _Next:
    """The anchor that is prepared next, and the question for its acknowledgements while it is open. It stays
    the same until it is signed, so that holders that are slow or were revoked meanwhile are asked for one
    state.
    """

    prev_size: int
    head: Checkpoint
    asking: "asyncio.Task[Sequence[Acknowledgement]] | None" = None
    lacking: TraceholdError | None = None

    def drop(self) -> None:
        """Ask no more."""
        if self.asking is not None:
            self.asking.cancel()
            self.asking = None


class Anchorer:
    """Brings the own log to the chain and follows every anchor until it is final."""

    def __init__(
        self,
        link: Link,
        policy: Policy,
        *,
        now: Now,
        sleep: Sleep,
        trouble: Trouble = untold,
        fault: Fault = untold,
        clock: SealingClock | None = None,
    ) -> None:
        """`clock` is the sealer's; it is told what time it is on the chain."""
        self._link = link
        self._policy = policy
        self._now = now
        self._sleep = sleep
        self._trouble = trouble
        self._member: Member | None = None
        self._watched: float | None = None
        self._next: _Next | None = None
        self._settling = Settling(link, policy.bump_after, clock or SealingClock(now, now), fault)
        self.held = False
        """While set no anchor is begun; those on their way go on."""
        self.turn = asyncio.Lock()
        """Held in every step; whoever else sends with this account takes it."""

    @property
    def link(self) -> Link:
        """The own log and its chain."""
        return self._link

    @property
    def ended(self) -> bool:
        """Whether the contract takes no more of the own log, which is retired and anchored as a whole."""
        return self._member is not None and not creates(self._member)

    def rejoin(self) -> None:
        """The contract may know this node by something else now: look before the next anchor."""
        self._member = None

    async def run(self) -> NoReturn:
        """Step for ever, until cancelled or something is Broken. A chain that is down,
        or refuses, is asked again with growing waits.
        """
        try:
            while True:
                await patiently(self.step, self._sleep, self._held_up, passing=(Unavailable, Rejected))
                await self._sleep(self._policy.poll)
        finally:
            self._forget_next()

    def _held_up(self, error: TraceholdError | None) -> None:
        # Too few copies hold up the next anchor, and none that is on its way.
        self._trouble(error or (self._next.lacking if self._next else None))

    async def check(self) -> None:
        """Whether the chain's head is on the own log; to be asked before sealing
        starts, so that a restored backup cannot fork it.

        Raises `Broken` (LOG_FORKED, WRONG_CHAIN), `Unavailable` where the chain
        cannot say, `Rejected("NOT_A_MEMBER")`.
        """
        await compared(self._link)

    async def step(self) -> None:
        """Bring every anchor one step further, and begin the next where it is due.
        Harmless to repeat, and after a crash anywhere.
        """
        async with self.turn:
            await self._step()

    async def _step(self) -> None:
        # First what is in a block: it becomes final also where this node is a member no more.
        for task in await self._link.store.anchors(self._link.log, {AnchorState.MINED}):
            await self._settling.confirm(task)
        member = await self._join()
        waiting = {AnchorState.SIGNED, AnchorState.REORGED}
        for task in await self._link.store.anchors(self._link.log, waiting):
            if not await self._settling.advance(task, member.number):
                break
        await self._watch()
        if not (self.held or self.ended):
            await self._begin(member)

    async def _join(self) -> Member:
        # Once per start: what the chain has and this disk has not (a lost reply, a restored folder) is taken
        # over before anything new is prepared.
        if self._member is None:
            self._member = await taken_over(self._link)
        return self._member

    async def _watch(self) -> None:
        if self._watched is None or self._now() - self._watched >= self._policy.watch:
            await self._settling.check_final()
            self._watched = self._now()

    async def _begin(self, member: Member) -> None:
        # One transaction in flight: the next may start when the one before is in a block.
        if await self._link.store.anchors(
            self._link.log, {AnchorState.SIGNED, AnchorState.REORGED}, newest=1
        ):
            return
        anchored = await self._anchored()
        if not await self._due(anchored):
            return
        head = await self._link.ledger.head(member.number)
        await check_head(self._link, head)
        if head.size != anchored:
            # The chain went back (the next look at the MINED one sees it), or has more than this disk knows.
            self._member = None
            return
        last = self._link.signed_up_to(member)
        if last is not None and not await signed_within(self._link.store, self._link.log, anchored, last):
            # The key that signs from here on is not the contract's yet (`rotate`), or is by now.
            self._member = None
            return
        await self._anchor(head.size, last)

    async def _anchored(self) -> int:
        newest = await self._link.store.anchors(
            self._link.log, {AnchorState.MINED, AnchorState.FINAL}, newest=1
        )
        return newest[-1].size if newest else 0

    async def _due(self, anchored: int) -> bool:
        waiting = await self._link.store.size(self._link.log) - anchored
        if waiting <= 0:
            return False
        oldest = await self._link.store.checkpoint_covering(self._link.log, anchored)
        age = self._now() - oldest.time_ms / 1000 if oldest else 0.0
        return waiting >= self._policy.records or age >= self._policy.seconds

    async def _anchor(self, prev_size: int, last: int | None) -> None:
        following = await self._following(prev_size, last)
        acks = await self._acknowledged(following)
        if acks is None:
            return
        head = following.head
        transaction = await self._link.ledger.prepare_anchor(prev_size, head.size, head.root, acks)
        task = AnchorTask(self._link.log, prev_size, head.size, head.root, transaction, AnchorState.SIGNED)
        await self._link.save(task)
        self._forget_next()
        await self._settling.send(transaction)

    async def _following(self, prev_size: int, last: int | None) -> _Next:
        if self._next and self._next.prev_size == prev_size:
            return self._next
        self._forget_next()
        # An anchor never crosses a segment's end, nor `last`; the sealer makes a checkpoint at both.
        end = (prev_size // SEGMENT_ENTRIES + 1) * SEGMENT_ENTRIES
        end = min(end, end if last is None else last)
        head = await self._link.store.checkpoint_within(self._link.log, prev_size, end, MAX_ANCHOR_BYTES)
        if head is None:
            raise Broken("CORRUPT", f"no checkpoint of the own log in ({prev_size}, {end}]")
        self._next = _Next(prev_size, head)
        return self._next

    async def _acknowledged(self, following: _Next) -> Sequence[Acknowledgement] | None:
        """What was acknowledged; None while it is waited for, which holds up nothing else."""
        if following.asking is None:
            asked = self._link.acknowledge(following.prev_size, following.head)
            following.asking = asyncio.ensure_future(asked)
        asking = following.asking
        try:
            if not await within(asking, self._policy.poll, self._sleep):
                return None
            following.lacking = None
            return asking.result()
        except Unavailable as error:
            if error.code != "TOO_FEW_COPIES":
                raise
            following.lacking = error
            return None
        finally:
            if asking.done():
                following.asking = None

    def _forget_next(self) -> None:
        if self._next is not None:
            self._next.drop()
        self._next = None
