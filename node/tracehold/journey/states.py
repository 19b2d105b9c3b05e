"""How far a record has come, and waiting until it has come further.

SEALED survives a crash of the creator, REPLICATED the loss of its disk, FINAL binds the
creator before everyone. A state follows from a record's position and the anchors of its
log alone, so it is never stored for a record.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracehold.core.ids import Fingerprint, LogId
from tracehold.journey.holders import CopyCount, Holders
from tracehold.journey.ports import AnchorState, RecordLog

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class State(StrEnum):
    """From least to most. REORGED stands aside: the record was final and its block is canonical no more."""

    SEALED = "sealed"
    REPLICATED = "replicated"
    ANCHORED = "anchored"
    FINAL = "final"
    REORGED = "reorged"


_RANK = {State.REORGED: 0, State.SEALED: 0, State.REPLICATED: 1, State.ANCHORED: 2, State.FINAL: 3}


def reaches(state: State, wanted: State) -> bool:
    """Whether `state` is `wanted` or further. Anchored implies replicated."""
    return _RANK[state] >= _RANK[wanted]


@dataclass(frozen=True, slots=True)
class Frontier:
    """How far the anchors of one log reach: entries below `anchored` are in a block, below `final` final.
    Those below `replicated` are kept by as many other operators as the contract asks for.

    `undone` are the ranges that were final and wait to be so again.
    """

    anchored: int = 0
    final: int = 0
    undone: tuple[tuple[int, int], ...] = ()
    replicated: int = 0

    def state(self, index: int) -> State:
        """The state of entry `index`."""
        if any(start <= index < stop for start, stop in self.undone):
            return State.REORGED
        if index < self.final:
            return State.FINAL
        if index < self.anchored:
            return State.ANCHORED
        return State.REPLICATED if index < self.replicated else State.SEALED


@dataclass(frozen=True, slots=True)
class StateOf:
    """A record's state and where it stands. `copies` are counted in the own log only."""

    state: State
    log: LogId
    index: int
    copies: CopyCount | None = None


async def frontier(store: RecordLog, log: LogId, holders: Holders | None = None) -> Frontier:
    """The frontier of a log, from its stored anchors, which follow each other without gaps or overlaps; of
    the own log also from what its holders acknowledged. What was final on an earlier contract is so still.
    """
    before = await final_before(store, log)
    final = await store.anchors(log, {AnchorState.FINAL}, newest=1)
    ahead = await store.anchors(log, {AnchorState.MINED, AnchorState.REORGED})
    mined = [task.size for task in ahead if task.state is AnchorState.MINED]
    fell = [(task.prev_size, task.size) for task in ahead if task.state is AnchorState.REORGED]
    undone = tuple((max(start, before), stop) for start, stop in fell if stop > before)
    reached = max(before, final[-1].size if final else 0)
    anchored = max([reached, *mined])
    replicated = holders.replicated(anchored) if holders is not None and holders.log == log else 0
    return Frontier(anchored, reached, undone, replicated)


async def final_before(store: RecordLog, log: LogId) -> int:
    """How far a log is final on the contracts before the one in force."""
    before = await store.earlier_anchors(log, newest=1)
    return before[-1].size if before else 0


class States:
    """States of records, and a bell that rings when the anchors of a log or its copies have moved.

    One object per node. `moved` is called after the save by whoever saved an anchor or an acknowledgement.
    """

    def __init__(
        self,
        store: RecordLog,
        heard: Callable[[], None] = lambda: None,
        holders: Holders | None = None,
    ) -> None:
        """`heard` is called at every move: followers of the anchors wake by it. `holders` are those of the
        own log.
        """
        self._store = store
        self._holders = holders
        self._heard = heard
        self._moved: dict[LogId, asyncio.Event] = {}

    async def of(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, StateOf]:
        """The states of those fingerprints that are kept here; the
        rest is left out. Raises what the store raises.
        """
        places = await self._store.find(fingerprints)
        logs = {place.log for place in places.values()}
        fronts = {log: await frontier(self._store, log, self._holders) for log in logs}
        return {
            key: StateOf(
                fronts[place.log].state(place.index),
                place.log,
                place.index,
                self.copies(place.log, place.index),
            )
            for key, place in places.items()
        }

    def copies(self, log: LogId, index: int) -> CopyCount | None:
        """The copies of an entry of the own log; None of other logs, whose creators count theirs."""
        if self._holders is None or self._holders.log != log:
            return None
        return self._holders.count(index)

    def moved(self, log: LogId) -> None:
        """Wake everyone who waits for this log."""
        self._moved.pop(log, asyncio.Event()).set()
        self._heard()

    async def reached(self, log: LogId, index: int, wanted: State) -> None:
        """Wait until entry `index` is `wanted` or further; for ever if it never is."""
        while True:
            # Taken before the look: what moves after the look rings this very bell.
            bell = self._moved.setdefault(log, asyncio.Event())
            if reaches((await frontier(self._store, log, self._holders)).state(index), wanted):
                return
            await bell.wait()


async def within(task: asyncio.Future[Any], patience: float | None, sleep: Sleep) -> bool:
    """Whether `task` ends before `patience` seconds are over; without patience, wait
    for it however long. The task is not cancelled.
    """
    if patience is None:
        await asyncio.shield(task)
        return True
    timer = asyncio.ensure_future(sleep(patience))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
    if not task.done():
        return False
    task.result()
    return True
