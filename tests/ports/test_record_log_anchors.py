"""What every record log promises about checkpoints and anchors, on every back-end."""

from dataclasses import replace

import pytest

from tests.ports.batches import A, B, fill, size_of, task
from tracehold.journey.ports import (
    AnchorState,
    RecordLog,
)


async def test_checkpoints_by_size_by_index_and_newest(store: RecordLog) -> None:
    """One per batch; the covering one is the first past an index."""
    await fill(store, A, 2, 3, 1)
    assert size_of(await store.checkpoint(A)) == 6
    assert size_of(await store.checkpoint(A, 5)) == 5
    assert await store.checkpoint(A, 4) is None
    assert [size_of(await store.checkpoint_covering(A, at)) for at in range(6)] == [2, 2, 5, 5, 5, 6]
    assert await store.checkpoint_covering(A, 6) is None


@pytest.mark.parametrize(
    ("after", "upto", "max_bytes", "size"),
    [
        (0, 6, 1000, 6),
        (0, 5, 1000, 5),
        (0, 4, 1000, 2),
        (2, 6, 30, 5),
        (2, 6, 29, 5),
        (2, 6, 40, 6),
        (0, 6, 1, 2),
    ],
)
async def test_the_next_anchor_takes_the_newest_checkpoint_that_fits(
    store: RecordLog, after: int, upto: int, max_bytes: int, size: int
) -> None:
    """Within a segment and a byte limit; the first one where none fits the limit."""
    await fill(store, A, 2, 3, 1)
    assert size_of(await store.checkpoint_within(A, after, upto, max_bytes)) == size


async def test_no_checkpoint_within_an_empty_range(store: RecordLog) -> None:
    """Nothing past the newest, nothing before the first."""
    await fill(store, A, 2, 3)
    assert await store.checkpoint_within(A, 5, 100, 1000) is None
    assert await store.checkpoint_within(A, 2, 4, 1000) is None


async def test_anchors_come_back_whole_and_by_state(store: RecordLog) -> None:
    """Signed, mined, final with proof; the newest of a state alone."""
    await fill(store, A, 2, 2, 2)
    tasks = [
        task(A, 0, 2, AnchorState.FINAL),
        task(A, 2, 4, AnchorState.MINED),
        task(A, 4, 6),
    ]
    for each in reversed(tasks):
        await store.save_anchor(each)
        await store.save_anchor(each)
    assert list(await store.anchors(A, set(AnchorState))) == tasks
    assert list(await store.anchors(A, {AnchorState.MINED, AnchorState.FINAL}, newest=1)) == [tasks[1]]
    assert list(await store.anchors(B, set(AnchorState))) == []
    assert await store.anchor_covering(A, 1) == tasks[0]
    assert await store.anchor_covering(A, 2) == tasks[1]
    assert await store.anchor_covering(A, 4) is None


async def test_an_undone_anchor_is_kept_beside_its_task(store: RecordLog) -> None:
    """REORGED keeps the event that had been final, and covers nothing."""
    await fill(store, A, 2)
    final = task(A, 0, 2, AnchorState.FINAL)
    await store.save_anchor(final)
    undone = replace(final, state=AnchorState.REORGED, anchor=None, undone=final.anchor)
    await store.save_anchor(undone)
    assert list(await store.anchors(A, {AnchorState.REORGED})) == [undone]
    assert await store.anchor_covering(A, 0) is None


async def test_a_task_that_failed_is_dropped(store: RecordLog) -> None:
    """Dropping forgets it; dropping nothing is harmless."""
    await fill(store, A, 2)
    await store.save_anchor(task(A, 0, 2))
    await store.drop_anchor(A, 2)
    await store.drop_anchor(A, 2)
    assert list(await store.anchors(A, set(AnchorState))) == []
