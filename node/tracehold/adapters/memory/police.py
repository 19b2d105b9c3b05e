"""What a caller of the record log owes it. Each breach is an
AssertionError: a fault of this program, not of its input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracehold.core.checkpoint import Checkpoint, parse_note
from tracehold.core.limits import TILE_WIDTH
from tracehold.core.merkle import leaf_hash, root_of
from tracehold.core.record import fingerprint
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.ports import AnchorState, AnchorTask, Batch


def check_batch(
    batch: Batch,
    before: Sequence[bytes],
    tiles: Mapping[Coord, bytes],
    checkpoints: Mapping[int, Checkpoint],
) -> None:
    """The batch continues the log (`before`: its fingerprints), and its
    tiles and checkpoint are those of the longer log.
    """
    assert batch.entries, "an empty batch"
    for entry in batch.entries:
        assert fingerprint(entry.raw) == entry.fingerprint, "a fingerprint that is not its record's"
    leaves = [leaf_hash(each) for each in (*before, *(entry.fingerprint for entry in batch.entries))]
    _check_checkpoint(batch, leaves, checkpoints)
    _check_tiles(batch, leaves, tiles)


def _check_checkpoint(batch: Batch, leaves: Sequence[bytes], checkpoints: Mapping[int, Checkpoint]) -> None:
    new = batch.checkpoint
    assert (new.log, new.size) == (batch.log, len(leaves)), "a checkpoint of another log or size"
    assert new.root == root_of(leaves), "a checkpoint over other entries"
    assert parse_note(new.note).root == new.root, "a note over other entries"
    assert new.size not in checkpoints, "a second checkpoint of one size"
    assert all(new.time_ms >= old.time_ms for old in checkpoints.values()), "checkpoint time went back"


def _check_tiles(batch: Batch, leaves: Sequence[bytes], tiles: Mapping[Coord, bytes]) -> None:
    for at, hashes in batch.tiles:
        old = tiles.get(at, b"")
        assert hashes.startswith(old), f"tile {at} was rewritten"
        assert len(old) < TILE_WIDTH * 32, f"full tile {at} was written again"
    expected = tiles_after(batch.first, leaves[batch.first :], tiles.__getitem__)
    assert dict(batch.tiles) == dict(expected), "tiles that are not the tree's"


def check_anchor(task: AnchorTask, anchors: Mapping[int, AnchorTask]) -> None:
    """The task extends what is anchored, changes nothing that is final, and has what its state promises."""
    old = anchors.get(task.size)
    if old is not None:
        _check_change(old, task)
    others = [other for size, other in anchors.items() if size != task.size]
    assert all(other.size <= task.prev_size or task.size <= other.prev_size for other in others), (
        "anchors overlap"
    )
    assert task.prev_size < task.size, "an anchor that adds nothing"
    mined = task.state in {AnchorState.MINED, AnchorState.FINAL}
    assert (task.anchor is not None) == mined, "a mined anchor has its event, others have not"
    if task.anchor is not None:
        event = (task.anchor.log, task.anchor.prev_size, task.anchor.size, task.anchor.root)
        assert event == (task.log, task.prev_size, task.size, task.root), "the event of another anchor"
        assert (task.anchor.proof is not None) == (task.state is AnchorState.FINAL), (
            "final with proof, else without"
        )


def _check_change(old: AnchorTask, new: AnchorTask) -> None:
    same = (old.prev_size, old.root) == (new.prev_size, new.root)
    assert same, "a second anchor of one size"
    if old.state is AnchorState.FINAL and new.state is AnchorState.FINAL:
        assert replace(old, gas_used=new.gas_used) == new, "a final anchor was changed"
    elif old.state is AnchorState.FINAL:
        assert new.state is AnchorState.REORGED, "a final anchor was undone without a word"
        assert new.undone == (old.undone or old.anchor), "the undone anchor was not kept"
    elif old.undone is not None:
        assert new.undone == old.undone, "the undone anchor was forgotten"
