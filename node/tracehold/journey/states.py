"""How far a record has come, and waiting until it has come further.

SEALED survives a crash of the creator, REPLICATED the loss of its disk, FINAL binds the
creator before everyone. A state follows from a record's position and the anchors of its
log alone, so it is never stored for a record.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracehold.core.ids import Fingerprint, LogId
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

    `undone` are the ranges that were final and wait to be so again.
    """

    anchored: int = 0
    final: int = 0
    undone: tuple[tuple[int, int], ...] = ()

    def state(self, index: int) -> State:
        """The state of entry `index`."""
        if any(start <= index < stop for start, stop in self.undone):
            return State.REORGED
        if index < self.final:
            return State.FINAL
        return State.ANCHORED if index < self.anchored else State.SEALED


@dataclass(frozen=True, slots=True)
class StateOf:
    """A record's state and where it stands."""

    state: State
    log: LogId
    index: int


async def frontier(store: RecordLog, log: LogId) -> Frontier:
    """The frontier of a log, from its stored anchors; they follow each other without gaps or overlaps."""
    final = await store.anchors(log, {AnchorState.FINAL}, newest=1)
    ahead = await store.anchors(log, {AnchorState.MINED, AnchorState.REORGED})
    mined = [task.size for task in ahead if task.state is AnchorState.MINED]
    undone = tuple((task.prev_size, task.size) for task in ahead if task.state is AnchorState.REORGED)
    reached = final[-1].size if final else 0
    return Frontier(max([reached, *mined]), reached, undone)


class States:
    """States of records, and a bell that rings when the anchors of a log have moved.

    One object per node. `moved` is called by whoever saved an anchor (the anchorer), after the save.
    """

    def __init__(self, store: RecordLog, heard: Callable[[], None] = lambda: None) -> None:
        """`heard` is called at every move: followers of the anchors wake by it."""
        self._store = store
        self._heard = heard
        self._moved: dict[LogId, asyncio.Event] = {}

    async def of(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, StateOf]:
        """The states of those fingerprints that are kept here; the
        rest is left out. Raises what the store raises.
        """
        places = await self._store.find(fingerprints)
        logs = {place.log for place in places.values()}
        fronts = {log: await frontier(self._store, log) for log in logs}
        return {
            key: StateOf(fronts[place.log].state(place.index), place.log, place.index)
            for key, place in places.items()
        }

    def moved(self, log: LogId) -> None:
        """Wake everyone who waits for this log."""
        self._moved.pop(log, asyncio.Event()).set()
        self._heard()

    async def reached(self, log: LogId, index: int, wanted: State) -> None:
        """Wait until entry `index` is `wanted` or further; for ever if it never is."""
        while True:
            # Taken before the look: what moves after the look rings this very bell.
            bell = self._moved.setdefault(log, asyncio.Event())
            if reaches((await frontier(self._store, log)).state(index), wanted):
                return
            await bell.wait()


async def within(task: asyncio.Future[None], patience: float | None, sleep: Sleep) -> bool:
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
