"""What the record log in memory does not let a caller do."""

from dataclasses import replace

import pytest

from tests.ports.batches import A, B, entry, fill, task
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.ids import LogId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import Kind
from tracehold.core.tiles import Coord
from tracehold.journey.ports import AnchorState, Base, Batch, Dispute

C = LogId(b"\xcc" * 32)


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


async def test_the_memory_log_stops_a_holder_that_lies() -> None:
    """Disputes about the own log, twice about one entry, about entries of other batches; a base of the own
    log, in the middle of a segment, of records that lie behind it, of events, out of order.
    """
    store = MemoryLog()
    own = await fill(store, A, 2)
    writer = await fill(store, B, 2)
    said = Dispute(2, "UNKNOWN_PARTY", 1)
    await breach(store, replace(own.batch([entry(2)]), disputes=[said]))
    batch = writer.batch([entry(2)])
    for disputes in ([said, said], [replace(said, index=1)], [replace(said, index=3)]):
        await breach(store, replace(batch, disputes=disputes))
    await store.append(replace(batch, disputes=[said]))
    control = entry(9, kind=Kind.ENROL)
    good = Base(C, SEGMENT_ENTRIES, (), [(9, control), (11, entry(11, kind=Kind.ENROL))])
    wrong = [
        replace(good, log=A),
        replace(good, start=SEGMENT_ENTRIES + 1),
        replace(good, controls=[(SEGMENT_ENTRIES, control)]),
        replace(good, controls=[(9, entry(9))]),
        replace(good, controls=good.controls[::-1]),
        replace(good, tiles=[(Coord(0, 0), bytes(32 * 257))]),
    ]
    for each in wrong:
        with pytest.raises(AssertionError):
            await store.begin(each)
    await store.begin(good)
