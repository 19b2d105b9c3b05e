"""What a caller of the record log owes it. Each breach is an
AssertionError: a fault of this program, not of its input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracehold.core.checkpoint import Checkpoint, parse_note
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import CONTROL_KINDS, fingerprint
from tracehold.core.tiles import Coord, node_reader, tiles_after
from tracehold.journey.ports import AnchorState, AnchorTask, Base, Batch, Dispute


def check_batch(
    batch: Batch, tiles: Mapping[Coord, bytes], checkpoints: Mapping[int, Checkpoint], *, own: bool
) -> None:
    """The batch continues the log whose tiles these are, and its
    tiles and checkpoint are those of the longer log.
    """
    assert batch.entries, "an empty batch"
    for entry in batch.entries:
        assert not entry.raw or fingerprint(entry.raw) == entry.fingerprint, (
            "a fingerprint that is not its record's"
        )
    places = range(batch.first, batch.first + len(batch.entries))
    disputed = [dispute.index for dispute in batch.disputes]
    assert len(set(disputed)) == len(disputed), "two disputes about one entry"
    assert all(at in places for at in disputed), "a dispute about an entry that is not in the batch"
    assert not (own and (disputed or batch.unjudged)), "the own log is not judged"
    kinds = {at: batch.entries[at - batch.first].kind for at in disputed} if batch.unjudged else {}
    assert set(kinds.values()) <= CONTROL_KINDS, "a dispute about what is still to be judged"
    leaves = [leaf_hash(entry.fingerprint) for entry in batch.entries]
    _check_checkpoint(batch, leaves, tiles, checkpoints)
    _check_tiles(batch, leaves, tiles)


def check_judged(
    start: int, stop: int, disputes: Sequence[Dispute], spans: Sequence[tuple[int, int]]
) -> None:
    """What was judged is kept, and the disputes are about it."""
    assert any(low <= start < stop <= high for low, high in spans), "judged, but not kept"
    indices = [dispute.index for dispute in disputes]
    assert len(set(indices)) == len(indices), "two disputes about one entry"
    assert all(start <= at < stop for at in indices), "a dispute about an entry that was not judged"


def _check_checkpoint(
    batch: Batch,
    leaves: Sequence[bytes],
    tiles: Mapping[Coord, bytes],
    checkpoints: Mapping[int, Checkpoint],
) -> None:
    new = batch.checkpoint
    tree = CompactRange.of(0, batch.first, node_reader(tiles.__getitem__, batch.first))
    for leaf in leaves:
        tree.append(leaf)
    assert (new.log, new.size) == (batch.log, tree.end), "a checkpoint of another log or size"
    assert new.root == tree.root(), "a checkpoint over other entries"
    assert parse_note(new.note).root == new.root, "a note over other entries"
    assert new.size not in checkpoints, "a second checkpoint of one size"
    _check_time(new, checkpoints)


def _check_time(new: Checkpoint, checkpoints: Mapping[int, Checkpoint]) -> None:
    for size, old in checkpoints.items():
        early, late = (old, new) if size < new.size else (new, old)
        assert early.time_ms <= late.time_ms, "checkpoint time went back"


def check_kept_checkpoint(
    new: Checkpoint,
    spans: Sequence[tuple[int, int]],
    tiles: Mapping[Coord, bytes],
    checkpoints: Mapping[int, Checkpoint],
) -> None:
    """The checkpoint is one of the entries that are kept, and between the others."""
    assert any(start < new.size <= stop for start, stop in spans), "a checkpoint over what is not kept"
    tree = CompactRange.of(0, new.size, node_reader(tiles.__getitem__, new.size))
    assert new.root == tree.root(), "a checkpoint over other entries"
    if new.size not in checkpoints:
        _check_time(new, checkpoints)


def _check_tiles(batch: Batch, leaves: Sequence[bytes], tiles: Mapping[Coord, bytes]) -> None:
    for at, hashes in batch.tiles:
        # Where a hole is filled, the tile of a base or of a later span is longer already.
        old = tiles.get(at, b"")
        assert hashes.startswith(old) or old.startswith(hashes), f"tile {at} was rewritten"
    expected = tiles_after(batch.first, leaves, tiles.__getitem__)
    assert dict(batch.tiles) == dict(expected), "tiles that are not the tree's"


def check_base(base: Base, own: LogId) -> None:
    """The base is one of a foreign log, of control records before a segment's start."""
    assert base.log != own, "the own log has no base"
    assert base.start % SEGMENT_ENTRIES == 0, "a span begins at a segment's start"
    assert all(len(hashes) <= TILE_WIDTH * 32 for _, hashes in base.tiles), "a tile that is too long"
    indices = [index for index, _ in base.controls]
    assert indices == sorted(set(indices)), "control records out of order"
    assert all(index < base.start for index in indices), "a control record behind the base"
    assert all(new.kind in CONTROL_KINDS for _, new in base.controls), "a base holds control records only"


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
