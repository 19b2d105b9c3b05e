"""Kept anchors (follower): the anchors of the logs of others that are kept here, on their way to FINAL.

They are found on the chain, so that receipts, evidence and states of a record are the same at every holder as
at its creator. An anchor that is final gets its proof at once, since chains forget. One that says another
root
than the entries that are kept is evidence of a fork.

What a crash means: nothing; each step is read from the store and the chain again. Of the anchors that are new
the oldest is stored first, so that none is missing below one that is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from tracehold.core.anchor import Anchor
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.follow import Trouble, growing, untold
from tracehold.journey.own_log import Now
from tracehold.journey.ports import AnchorState, AnchorTask, SignedTransaction
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep, States
from tracehold.journey.witness import Witnessing

_IN_BLOCK = {AnchorState.MINED, AnchorState.FINAL}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks at the chain, and between two looks whether final anchors still are."""

    poll: float = 1.0
    watch: float = 60.0


class KeptAnchors:
    """Follows the anchors of all kept logs. One task runs `run`."""

    def __init__(
        self, witnessing: Witnessing, states: States, pace: Pace, sleep: Sleep, fault: Fault
    ) -> None:
        """`states` and `fault` are told of anchors that moved, and of final ones that are canonical no
        more.
        """
        self._witnessing = witnessing
        self._store, self._ledger = witnessing.store, witnessing.ledger
        self._states = states
        self._pace = pace
        self._sleep = sleep
        self._now: Now = witnessing.now
        self._fault = fault
        self._numbers: dict[LogId, int] = {}
        self._whole: dict[LogId, list[int]] = {}  # starts of the spans in which no anchor is missing
        self._watched: float | None = None

    async def run(self, trouble: Trouble = untold) -> NoReturn:
        """Step for ever, until cancelled or something is Broken here. A chain that is down is asked again
        with
        growing waits.
        """
        waits = growing()
        while True:
            try:
                await self.step()
            except Unavailable as error:
                trouble(error)
                await self._sleep(next(waits))
            else:
                trouble(None)
                waits = growing()
                await self._sleep(self._pace.poll)

    async def step(self) -> None:
        """Bring the anchors of every kept log one step further. Harmless to repeat."""
        watch = self._watched is None or self._now() - self._watched >= self._pace.watch
        _, *others = await self._store.logs()  # the own log has a follower of its own
        for log in others:
            try:
                await self._step(log, watch=watch)
            except Broken as error:
                if error.code != "CORRUPT":
                    raise
                # A copy that is damaged here; the others go on.
                self._fault(error)
        if watch:
            self._watched = self._now()

    async def _step(self, log: LogId, *, watch: bool) -> None:
        for task in await self._store.anchors(log, {AnchorState.MINED}):
            await self._confirm(task)
        if watch:
            await self._watch(log)
        await self._adopt(log)

    def number_of(self, log: LogId) -> int:
        """The number of the creator's node in the contract; 0 before it was looked for."""
        return self._numbers.get(log, 0)

    async def _confirm(self, task: AnchorTask) -> None:
        anchor = task.anchor
        if anchor is None or not await self._ledger.is_canonical(anchor):
            # Its block was replaced; where it stands now, the next look at the chain's head shows.
            if task.undone is None:
                await self._store.drop_anchor(task.log, task.size)
                self._states.moved(task.log)
            else:
                await self._save(replace(task, state=AnchorState.REORGED, anchor=None))
        elif await self._ledger.is_final(anchor):
            proof = await self._ledger.proof(anchor)
            await self._save(replace(task, state=AnchorState.FINAL, anchor=replace(anchor, proof=proof)))

    async def _watch(self, log: LogId) -> None:
        """A final anchor that is canonical no more is told, and stands as REORGED until it is on the chain
        again.
        """
        for task in await self._store.anchors(log, {AnchorState.FINAL}, newest=1):
            if task.anchor is not None and not await self._ledger.is_canonical(task.anchor):
                await self._save(
                    replace(task, state=AnchorState.REORGED, anchor=None, undone=task.undone or task.anchor)
                )
                said = f"size {task.size} of log {log.hex()} was final in {task.anchor.block_hash.hex()}"
                self._fault(Broken("REORGED", said))
                await self._watch(log)

    async def _adopt(self, log: LogId) -> None:
        """Take over the anchors over what is kept that are not stored yet."""
        spans = await self._store.spans(log)
        whole = await self._is_whole(log, spans)
        due = [span for span in spans if not (whole and await self._stored(log, span[1]))]
        number = await self._number(log) if due else None
        if number is None or await self._witnessing.copies.forks(log):
            return
        head = await self._ledger.head(number)
        for start, stop in due:
            gaps = [] if whole else await self._gaps(log, start, stop)
            for top in (*gaps, _top(start, stop, head.size)):
                try:
                    await self._take_over(await self._missing(number, log, start, top))
                except Rejected:
                    return  # the chain shows another log; that was told with its evidence
        await self._now_whole(log, spans)

    async def _is_whole(self, log: LogId, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether no anchor is missing below one that is stored, as far as these spans were looked
        through.
        """
        if log not in self._whole and await self._store.bookmark(_mark(log)) == len(spans):
            self._whole[log] = [start for start, _ in spans]
        return self._whole.get(log) == [start for start, _ in spans]

    async def _now_whole(self, log: LogId, spans: Sequence[tuple[int, int]]) -> None:
        if await self._store.bookmark(_mark(log)) != len(spans):
            await self._store.save_bookmark(_mark(log), len(spans))
        self._whole[log] = [start for start, _ in spans]

    async def _gaps(self, log: LogId, start: int, stop: int) -> Sequence[int]:
        """Sizes in a span over which there are anchors, and under which one is missing: where spans
        joined.
        """
        tasks = await self._store.anchors(log, _IN_BLOCK)
        inside = [task for task in tasks if start < task.size <= stop]
        return sorted({task.prev_size for task in inside} - {task.size for task in inside} - {start})

    async def _missing(self, number: int, log: LogId, start: int, size: int) -> Sequence[Anchor]:
        """Anchors over (start, size] that are not stored as mined, the oldest first."""
        found: list[Anchor] = []
        while size > start and not await self._stored(log, size):
            anchor = await self._ledger.find_anchor(number, size)
            if anchor is None or anchor.log != log:
                raise Unavailable("CHAIN_DOWN", "the chain's head has no event yet")
            found.append(anchor)
            size = anchor.prev_size
        return found[::-1]

    async def _stored(self, log: LogId, size: int) -> bool:
        task = await self._store.anchor_covering(log, size - 1)
        return task is not None and task.size == size

    async def _take_over(self, anchors: Sequence[Anchor]) -> None:
        for anchor in anchors:
            await self._witnessing.compare_anchor(anchor)
            await self._make_room(anchor)
            undone = await self._store.anchors(anchor.log, {AnchorState.REORGED})
            known = next((task for task in undone if task.size == anchor.size), None)
            if known is None:
                step = (anchor.log, anchor.prev_size, anchor.size, anchor.root)
                known = AnchorTask(*step, SignedTransaction(b"", anchor.tx_hash, 0, 0), AnchorState.SIGNED)
            await self._save(replace(known, state=AnchorState.MINED, anchor=anchor))

    async def _make_room(self, anchor: Anchor) -> None:
        """Drop what the chain has no more, if it was replaced since this step looked."""
        for task in await self._store.anchors(anchor.log, {AnchorState.MINED}):
            if task.undone is None and task.prev_size < anchor.size and anchor.prev_size < task.size:
                await self._store.drop_anchor(anchor.log, task.size)

    async def _number(self, log: LogId) -> int | None:
        """The creator's number in the contract, whether it is active or not."""
        if log not in self._numbers:
            self._numbers = {member.log: member.number for member in await self._ledger.members()}
        return self._numbers.get(log)

    async def _save(self, task: AnchorTask) -> None:
        await self._store.save_anchor(task)
        self._states.moved(task.log)


def _mark(log: LogId) -> str:
    """The bookmark with the number of spans in which no anchor is missing."""
    return f"kept-anchors/{log.hex()}"


def _top(start: int, stop: int, head: int) -> int:
    """The largest size in (start, stop] that is known to be anchored: the chain's head, or where that is
    beyond
    the span, the last end of a segment in it. `start` where there is none: the creator has not shipped yet
    what
    is anchored next.
    """
    size = head if head <= stop else stop - stop % SEGMENT_ENTRIES
    return max(size, start)
