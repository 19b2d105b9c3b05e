"""What the record log in memory does not let a caller do."""

from dataclasses import replace

import pytest

from tests.ports.batches import A, entry, fill, task
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.ids import Root
from tracehold.core.tiles import Coord
from tracehold.journey.ports import (
    AnchorState,
    Batch,
)


async def breach(store: MemoryLog, batch: Batch) -> None:
    """Appending `batch` is a fault of the program."""
    with pytest.raises(AssertionError):
        await store.append(batch)


async def test_the_memory_log_stops_a_sealer_that_lies() -> None:
    """Other bytes under a fingerprint, a checkpoint over other entries, a rewritten tile, time that goes
    back.
    """
    store = MemoryLog()
    writer = await fill(store, A, 2, 2)
    good = writer.batch([entry(4)], time_ms=9)
    await breach(store, replace(good, entries=[replace(entry(4), raw=b"other")]))
    await breach(store, replace(good, entries=[]))
    await breach(store, replace(good, checkpoint=replace(good.checkpoint, root=Root(b"x" * 32))))
    await breach(store, replace(good, tiles=[(Coord(0, 0), b"x" * 160)]))
    await breach(store, replace(good, tiles=[]))
    await breach(store, replace(good, checkpoint=replace(good.checkpoint, time_ms=0)))
    await store.append(good)


async def test_the_memory_log_stops_an_anchorer_that_lies() -> None:
    """A final anchor dropped, changed or undone without its event; a second anchor of one size; overlaps."""
    store = MemoryLog()
    await fill(store, A, 2, 2)
    final = task(A, 0, 2, AnchorState.FINAL)
    await store.save_anchor(final)
    wrong = [
        replace(final, root=Root(b"x" * 32)),
        replace(final, state=AnchorState.SIGNED, anchor=None),
        replace(final, state=AnchorState.REORGED, anchor=None),
        task(A, 1, 4),
        replace(task(A, 2, 4, AnchorState.MINED), anchor=None),
        replace(task(A, 2, 4, AnchorState.MINED), state=AnchorState.FINAL),
    ]
    for each in wrong:
        with pytest.raises(AssertionError):
            await store.save_anchor(each)
    with pytest.raises(AssertionError):
        await store.drop_anchor(A, 2)
