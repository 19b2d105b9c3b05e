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
from tracehold.journey.follow import Trouble, untold
from tracehold.journey.missing import Missing, top_of
from tracehold.journey.own_log import Now
from tracehold.journey.ports import AnchorState, AnchorTask, SignedTransaction
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep, States
from tracehold.journey.witness import Witnessing


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between two looks at the chain, and between two looks whether final anchors still are."""

    poll: float = 1.0
    watch: float = 60.0


MAX_PAUSE = 31
"""Looks that pass by a log at most of which the chain did not tell."""


@dataclass(slots=True)
class _Pause:
    """Why a log is not looked at, for how many looks still, and of how many."""

    error: Unavailable
    left: int
    length: int


class KeptAnchors:
    """Follows the anchors of all kept logs. One task runs `run`."""

    def __init__(
        self, witnessing: Witnessing, states: States, intervals: Intervals, sleep: Sleep, fault: Fault
    ) -> None:
        """`states` and `fault` are told of anchors that moved, and of final ones that are canonical no
        more.
        """
        self._witnessing = witnessing
        self._store, self._ledger = witnessing.store, witnessing.ledger
        self._states = states
        self._intervals = intervals
        self._sleep = sleep
        self._now: Now = witnessing.now
        self._fault = fault
        self._numbers: dict[LogId, int] = {}
        self._missing = Missing(witnessing.store)
        self._watched: float | None = None
        self._pauses: dict[LogId, _Pause] = {}

    async def run(self, trouble: Trouble = untold) -> NoReturn:
        """Step for ever, until cancelled or something is Broken here."""
        while True:
            try:
                await self.step()
            except Unavailable as error:
                trouble(error)
            else:
                # One that is not looked at now is in trouble all the same.
                trouble(next((pause.error for pause in self._pauses.values()), None))
            await self._sleep(self._intervals.poll)

    async def step(self) -> None:
        """Bring the anchors of every kept log one step further. Harmless to repeat.

        One of which the chain does not tell holds up none of the others, and is asked for with growing waits.
        Raises `Unavailable` for the first of those that were looked at, when all were.
        """
        watch = self._watched is None or self._now() - self._watched >= self._intervals.watch
        _, *others = await self._store.logs()  # the own log has a follower of its own
        failed = [error for log in others if (error := await self._look(log, watch=watch))]
        if watch:
            self._watched = self._now()
        if failed:
            raise failed[0]

    async def _look(self, log: LogId, *, watch: bool) -> Unavailable | None:
        pause = self._pauses.get(log)
        if pause is not None and pause.left:
            pause.left -= 1
            return None
        try:
            await self._step(log, watch=watch)
        except Unavailable as error:
            length = min(2 * pause.length + 1, MAX_PAUSE) if pause else 0
            self._pauses[log] = _Pause(error, length, length)
            return error
        except Broken as error:
            if error.code != "CORRUPT":
                raise
            # A copy that is damaged here; the others go on.
            self._fault(error)
        self._pauses.pop(log, None)
        return None

    async def _step(self, log: LogId, *, watch: bool) -> None:
        for task in await self._store.anchors(log, {AnchorState.MINED}):
            await self._confirm(task)
        if watch:
            await self._watch(log)
        await self._adopt(log)

    def number_of(self, log: LogId) -> int:
        """The number of the creator's node in the contract; 0 before it was looked for."""
        return self._numbers.get(log, 0)

    def forget(self) -> None:
        """Ask for the numbers anew: an enrolment was undone with its block, and may have another one."""
        self._numbers = {}

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
        whole = await self._missing.is_whole(log, spans)
        due = [span for span in spans if not (whole and await self._missing.stored(log, span[1]))]
        number = await self._number(log) if due else None
        if number is None or await self._witnessing.copies.forks(log):
            return
        head = await self._ledger.head(number)
        for start, stop in due:
            gaps = [] if whole else await self._missing.gaps(log, start, stop)
            for top in (*gaps, top_of(start, stop, head.size)):
                try:
                    await self._fetch(number, log, start, top)
                except Rejected:
                    return  # the chain shows another log; that was told with its evidence
        await self._missing.now_whole(log, spans)

    async def _fetch(self, number: int, log: LogId, start: int, top: int) -> None:
        """Take over the anchors over (start, top] that are missing below `top`, the oldest first, run by
        run: so none is missing below one that is stored, and what was away for long costs each one once.
        """
        if top <= start or await self._missing.stored(log, top):
            return
        size, block = await self._missing.below(log, start, top)
        while size < top:
            run = [each for each in await self._ledger.anchors(number, size, block) if each.size <= top]
            steps = [each.prev_size for each in run[1:]]
            if not run or run[0].log != log or steps != [each.size for each in run[:-1]]:
                raise Unavailable("CHAIN_DOWN", "the chain's head has no event yet")
            await self._take_over(run)
            size, block = run[-1].size, run[-1].block_number

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
