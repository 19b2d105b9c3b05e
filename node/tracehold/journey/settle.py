"""Settling: what happens to one anchor between its signature and its finality. See `anchor` for the
states.
"""

from dataclasses import replace

from tracehold.core.errors import Broken, Rejected
from tracehold.journey.onchain import Link, mined
from tracehold.journey.ports import AnchorState, AnchorTask, SignedTransaction


class Settling:
    """Brings anchor tasks of one log further. Belongs to the anchorer's task; every method may be repeated
    after a crash.
    """

    def __init__(self, link: Link, bump_after: int) -> None:
        self._link = link
        self._bump_after = bump_after
        self._looks: dict[
            bytes, int
        ] = {}  # by transaction hash; forgotten at a restart, which only delays a bump

    async def advance(self, task: AnchorTask, node: int) -> None:
        """One look at the chain for a task that is not FINAL."""
        if task.state is AnchorState.MINED:
            await self._confirm(task)
            return
        found = await self._link.ledger.find(task.transaction)
        if found is None:
            await self._push(task, node)
        elif found.succeeded and found.anchor is not None:
            await self._save(mined(task, found.anchor, found.gas_used))
        else:
            await self._replace(task, node)

    async def check_final(self) -> None:
        """Whether the newest final anchors are still canonical.

        Those that are not become REORGED, their events are kept as `undone`, and `Broken("REORGED")` is
        raised: nothing final is undone in silence. After a restart, which is the operator's decision, the
        same bytes are sent again.
        """
        undone: list[str] = []
        while newest := await self._link.store.anchors(self._link.log, {AnchorState.FINAL}, newest=1):
            task = newest[-1]
            if task.anchor is None or await self._link.ledger.is_canonical(task.anchor):
                break
            found = await self._link.ledger.find(task.transaction)
            now = found.block_hash.hex() if found else "in no block"
            undone.append(f"size {task.size}: was final in {task.anchor.block_hash.hex()}, now {now}")
            await self._save(replace(task, state=AnchorState.REORGED, anchor=None, undone=task.anchor))
        if undone:
            raise Broken("REORGED", "; ".join(undone))

    async def _confirm(self, task: AnchorTask) -> None:
        anchor = task.anchor
        if anchor is None or not await self._link.ledger.is_canonical(anchor):
            await self._take_back(task)
        elif await self._link.ledger.is_final(anchor):
            # The proof and FINAL in one write: a final anchor without proof could never get one, since chains
            # forget.
            proof = await self._link.ledger.proof(anchor)
            await self._save(replace(task, state=AnchorState.FINAL, anchor=replace(anchor, proof=proof)))

    async def _take_back(self, task: AnchorTask) -> None:
        # The block was replaced. The next look finds the transaction in another block, or sends the same
        # bytes again.
        state = AnchorState.SIGNED if task.undone is None else AnchorState.REORGED
        await self._save(replace(task, state=state, anchor=None))

    async def _push(self, task: AnchorTask, node: int) -> None:
        sent = task.transaction
        if not sent.raw or await self._link.ledger.spent(sent):
            await self._replace(task, node)
            return
        looks = self._looks[sent.hash] = self._looks.get(sent.hash, 0) + 1
        if looks % self._bump_after == 0:
            task = await self._bump(task)
        await self._link.ledger.send(task.transaction)

    async def _bump(self, task: AnchorTask) -> AnchorTask:
        try:
            dearer = await self._prepare(task, task.transaction)
        except Rejected:
            return task  # most likely mined a moment ago; the next look sees it
        # Stored before it is sent. If the cheaper one is mined after all, its event is found by size.
        self._looks.pop(task.transaction.hash, None)
        bumped = replace(task, transaction=dearer)
        await self._save(bumped)
        return bumped

    async def _replace(self, task: AnchorTask, node: int) -> None:
        # This transaction reverted, or can never be mined. Another one of ours may have anchored the same
        # size.
        anchor = await self._link.ledger.find_anchor(node, task.size)
        if anchor is not None:
            await self._save(mined(task, anchor))
        elif task.undone is None:
            await self._link.store.drop_anchor(self._link.log, task.size)
        else:
            # What was final is anchored again at the same size, beside the record of what was undone.
            again = await self._prepare(task)
            await self._save(replace(task, transaction=again))
            await self._link.ledger.send(again)

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
