"""Settling: what happens to one anchor between its signature
and its finality. See `anchor` for the states.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.receipt import Anchor
from tracehold.journey.clock import SealingClock, too_late
from tracehold.journey.onchain import Link, mined
from tracehold.journey.ports import AnchorState, AnchorTask, SignedTransaction

Fault = Callable[[TraceholdError], None]
"""Told once of what the operator should see, though nothing is held up by it."""

_DROPPABLE = frozenset({AnchorState.SIGNED, AnchorState.MINED})


class Settling:
    """Brings anchor tasks of one log further. Belongs to the anchorer's
    task; every method may be repeated after a crash.
    """

    def __init__(self, link: Link, bump_after: int, clock: SealingClock, fault: Fault) -> None:
        self._link = link
        self._bump_after = bump_after
        self._clock = clock
        self._fault = fault
        self._sent: dict[bytes, float] = {}  # by transaction hash: ticks when this process first sent it
        self._looks: dict[
            bytes, int
        ] = {}  # by transaction hash; forgotten at a restart, which only delays a bump

    async def advance(self, task: AnchorTask, node: int) -> bool:
        """One look at the chain for a task that is SIGNED or REORGED. False if it was
        dropped, with those after it.
        """
        found = await self._link.ledger.find(task.transaction)
        if found is None:
            return await self._push(task, node)
        if found.succeeded and found.anchor is not None:
            self._clock.mined(found.anchor.block_time, self._sent.get(task.transaction.hash))
            await self._mined(mined(task, found.anchor, found.gas_used))
            return True
        return await self._replace(task, node)

    async def send(self, transaction: SignedTransaction) -> None:
        """Hand over what is stored, and remember when that was first done."""
        self._sent.setdefault(transaction.hash, self._clock.ticks())
        await self._link.ledger.send(transaction)

    async def check_final(self) -> None:
        """Whether the newest final anchors are still canonical.

        Those that are not become REORGED, their events are kept as `undone`, and
        `Broken("REORGED")` is raised: nothing final is undone in silence. After a restart, which is
        the operator's decision, the same bytes are sent again.
        """
        undone: list[str] = []
        try:
            while (task := await self._undone()) is not None:
                undone.append(await self._fate(task))
                await self._undo(task)
        except (Unavailable, Broken) as error:
            # What is stored as undone, also by a save that told an error, would never be told: the next look
            # begins after it.
            if not undone:
                raise
            raise Broken("REORGED", "; ".join(undone)) from error
        if undone:
            raise Broken("REORGED", "; ".join(undone))

    async def _undone(self) -> AnchorTask | None:
        """The newest final anchor, if its block is not canonical any more."""
        for task in await self._link.store.anchors(self._link.log, {AnchorState.FINAL}, newest=1):
            if task.anchor is not None and not await self._link.ledger.is_canonical(task.anchor):
                return task
        return None

    async def _fate(self, task: AnchorTask) -> str:
        found = await self._link.ledger.find(task.transaction)
        was = task.anchor.block_hash.hex() if task.anchor else ""
        now = found.block_hash.hex() if found else "in no block"
        return f"size {task.size}: was final in {was}, now {now}"

    async def _undo(self, task: AnchorTask) -> None:
        # The first one stays where a size is undone again: it is what receipts were made of
        # longest. The later hashes are in the alarm.
        first = task.undone or task.anchor
        await self._save(replace(task, state=AnchorState.REORGED, anchor=None, undone=first))

    async def _mined(self, task: AnchorTask) -> None:
        await self._save(task)
        head = await self._link.store.checkpoint(task.log, task.size)
        if head is not None and task.anchor is not None and too_late(head.time_ms, task.anchor.block_time):
            said = (
                f"no verifier takes the anchor of size {task.size}: its checkpoint is of {head.time_ms} ms, "
            )
            self._fault(Unavailable("CLOCK_JUMPED", f"{said}its block of {task.anchor.block_time} s"))

    async def confirm(self, task: AnchorTask) -> None:
        """One look at the chain for a task that is MINED."""
        anchor = task.anchor
        if anchor is None or not await self._canonical(task, anchor):
            await self._take_back(task)
        elif await self._link.ledger.is_final(anchor):
            # The proof and FINAL in one write: a final anchor without proof could
            # never get one, since chains forget.
            proof = await self._link.ledger.proof(anchor)
            await self._save(replace(task, state=AnchorState.FINAL, anchor=replace(anchor, proof=proof)))

    async def _canonical(self, task: AnchorTask, anchor: Anchor) -> bool:
        try:
            return await self._link.ledger.is_canonical(anchor)
        except Unavailable:
            # Its node is behind, or lost its newest blocks. That one may make the next block only when it has
            # a transaction, and takes these bytes; to the other they are nothing new.
            if task.transaction.raw:
                with suppress(Unavailable):
                    await self.send(task.transaction)
            raise

    async def _take_back(self, task: AnchorTask) -> None:
        # The block was replaced. The next look finds the transaction in another
        # block, or sends the same bytes again.
        state = AnchorState.SIGNED if task.undone is None else AnchorState.REORGED
        await self._save(replace(task, state=state, anchor=None))

    async def _push(self, task: AnchorTask, node: int) -> bool:
        sent = task.transaction
        if not sent.raw or await self._link.ledger.spent(sent):
            return await self._replace(task, node)
        looks = self._looks[sent.hash] = self._looks.get(sent.hash, 0) + 1
        if looks % self._bump_after == 0:
            if await self._stuck(task):
                # It may still be mined one day. The contract then takes one of the
                # two, and its event is found.
                return await self._replace(task, node)
            task = await self._bump(task)
        await self.send(task.transaction)
        return True

    async def _stuck(self, task: AnchorTask) -> bool:
        """Whether a gap before its nonce is one that nothing of ours will fill."""
        if not await self._link.ledger.stuck(task.transaction):
            return False
        # An earlier one of ours that a reorganisation threw out fills the gap when it is sent again, also one
        # that was final. Any other gap is somebody else's, who sent from this account: no fee closes it.
        await self.check_final()
        waiting = await self._link.store.anchors(self._link.log, {AnchorState.SIGNED, AnchorState.REORGED})
        return all(other.size >= task.size for other in waiting)

    async def _bump(self, task: AnchorTask) -> AnchorTask:
        try:
            dearer = await self._prepare(task, task.transaction)
        except (Rejected, Unavailable) as error:
            if error.code == "FEE_CAP":
                self._fault(error)
            return task  # most likely mined a moment ago, or too few copies; the next look sees it
        # Stored before it is sent. If the cheaper one is mined after all, its event is found by size.
        self._looks.pop(task.transaction.hash, None)
        bumped = replace(task, transaction=dearer)
        await self._save(bumped)
        return bumped

    async def _replace(self, task: AnchorTask, node: int) -> bool:
        # This transaction reverted, or can never be mined. Another one of ours may
        # have anchored the same size.
        anchor = await self._link.ledger.find_anchor(node, task.size)
        if task.undone is None and (anchor is None or _steps_otherwise(anchor, task)):
            await self._drop(task)
            return False
        if anchor is not None:
            await self._mined(mined(task, anchor))
        else:
            # What was final is anchored again at the same size, beside the record of what was undone.
            again = await self._prepare(task)
            await self._save(replace(task, transaction=again))
            await self.send(again)
        return True

    async def _drop(self, task: AnchorTask) -> None:
        # Those after it go first: on the chain they would follow an anchor that is not stored any more. What
        # is mined nevertheless is adopted from the head down.
        for later in reversed(await self._link.store.anchors(self._link.log, _DROPPABLE)):
            if later.size >= task.size and later.undone is None:
                await self._link.store.drop_anchor(self._link.log, later.size)

    async def _prepare(
        self, task: AnchorTask, replaces: SignedTransaction | None = None
    ) -> SignedTransaction:
        head = await self._link.store.checkpoint(task.log, task.size)
        acks = await self._link.acknowledge(task.prev_size, head) if head else ()
        return await self._link.ledger.prepare_anchor(task.prev_size, task.size, task.root, acks, replaces)

    async def _save(self, task: AnchorTask) -> None:
        await self._link.save(task)
        if task.state is not AnchorState.SIGNED:
            self._looks.pop(task.transaction.hash, None)
            self._sent.pop(task.transaction.hash, None)


def _steps_otherwise(anchor: Anchor, task: AnchorTask) -> bool:
    """Whether the chain came to the same state of the log by
    other steps than this one, which were dropped.
    """
    return anchor.root == task.root and anchor.prev_size != task.prev_size
