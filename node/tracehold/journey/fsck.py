"""Checking a whole stored log from entry 0 to its newest checkpoint and anchor
(`tracehold doctor`, and after every injected fault).

Everything is computed again from the record bytes: fingerprints, who may speak at each position, signatures,
snapshots, the tree, its tiles, each checkpoint, each anchor. Of a foreign log the spans that are kept, and
what they rest on; its records may be disputed, and any may be erased. Nothing is repaired.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracehold.core.errors import Broken
from tracehold.core.ids import LogId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports import AnchorState, AnchorTask, Ledger, RecordLog
from tracehold.journey.replay import Replay, corrupt
from tracehold.journey.tree import root_at

STEP = 256
"""Entries looked at between two turns for other tasks; a tile's width, so that each step ends a tile."""

Progress = Callable[[int, int], None]
"""Told (entries checked, entries in all)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was checked and found right. `entries` are those of spans; `anchored` and `final` are sizes."""

    entries: int
    bytes: int
    checkpoints: int
    anchors: int
    anchored: int
    final: int
    disputed: int = 0
    erased: int = 0


def _silent(_: int, __: int) -> None:
    pass


async def check_log(store: RecordLog, log: LogId, progress: Progress = _silent) -> Found:
    """Check one log, own or foreign. Raises `Broken("CORRUPT")` naming the first entry, tile, checkpoint
    or anchor that is wrong; what the store raises.
    """
    own = list(await store.logs())[:1] == [log]
    spans = await store.spans(log)
    size = sum(stop - start for start, stop in spans)
    if (own and list(spans) not in ([], [(0, size)])) or await store.size(log) != (
        spans[-1][1] if spans else 0
    ):
        raise corrupt(f"the log does not have the spans that it should: {list(spans)}")
    replay, done = Replay(store, log, own=own), 0
    for start, stop in spans:
        await replay.enter(start)
        while (at := replay.tree.end) < stop:
            await replay.step(min(stop, at + STEP))
            done += replay.tree.end - at
            progress(done, size)
            await asyncio.sleep(0)
        replay.leave()
    await replay.finish()
    anchors, anchored, final = await _check_anchors(store, log, None if own else spans)
    counts = replay.bytes, replay.checkpoints, anchors, anchored, final, replay.disputed, replay.erased
    return Found(size, *counts)


async def check_against_chain(store: RecordLog, ledger: Ledger, log: LogId, node: int) -> None:
    """Every final anchor is canonical, and the chain's head is one of ours. Raises
    `Broken` (REORGED, LOG_FORKED), `Unavailable`.
    """
    for task in [*await store.earlier_anchors(log), *await store.anchors(log, {AnchorState.FINAL})]:
        if task.anchor is None or not await ledger.is_canonical(task.anchor):
            raise Broken("REORGED", f"the final anchor of size {task.size} is canonical no more")
    head = await ledger.head(node)
    checkpoint = await store.checkpoint(log, head.size)
    if head.size and (checkpoint is None or checkpoint.root != head.root):
        raise Broken("LOG_FORKED", f"the chain's head of size {head.size} is no checkpoint of this log")


async def _check_anchors(
    store: RecordLog, log: LogId, spans: Sequence[tuple[int, int]] | None
) -> tuple[int, int, int]:
    """How many there are, up to which size they are mined, and final. `spans` are those of a foreign log."""
    for task in await store.earlier_anchors(log):
        if await _root(store, task, spans) != task.root:
            raise corrupt(f"the anchor of size {task.size} on an earlier contract has another root")
    reached = anchored = final = 0
    tasks = await store.anchors(log, set(AnchorState))
    for task in tasks:
        if not _follows(task, reached, spans) or await _root(store, task, spans) != task.root:
            raise corrupt(f"the anchor of size {task.size} does not follow {reached}, or has another root")
        if (task.size - 1) // SEGMENT_ENTRIES != task.prev_size // SEGMENT_ENTRIES:
            raise corrupt(f"the anchor of size {task.size} crosses a segment's end")
        mined = task.state in {AnchorState.MINED, AnchorState.FINAL}
        proved = task.anchor is not None and task.anchor.proof is not None
        if mined != (task.anchor is not None) or proved != (task.state is AnchorState.FINAL):
            raise corrupt(f"the anchor of size {task.size} does not have what its state promises")
        reached = task.size
        anchored = reached if mined else anchored
        final = reached if proved else final
    return len(tasks), anchored, final


def _follows(task: AnchorTask, reached: int, spans: Sequence[tuple[int, int]] | None) -> bool:
    if spans is None:
        return task.prev_size == reached
    # Of a foreign log a holder takes over the anchors that lie within what it keeps.
    kept = any(start <= task.prev_size and task.size <= stop for start, stop in spans)
    return kept and reached <= task.prev_size


async def _root(store: RecordLog, task: AnchorTask, spans: Sequence[tuple[int, int]] | None) -> Root | None:
    checkpoint = await store.checkpoint(task.log, task.size)
    if checkpoint is not None:
        return checkpoint.root
    return None if spans is None else await root_at(store, task.log, task.size)
