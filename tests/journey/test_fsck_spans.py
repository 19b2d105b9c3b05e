"""Checking what is kept of others' later segments: bases, spans that meet, snapshots."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.journey.holding_scene import Branch
from tests.journey.kept_scene import SEGMENT, Pieces, listed, own_log, pieces, short_segments
from tests.journey.scene import Clock, control, statement
from tests.ports.batches import task
from tracehold.adapters.memory.log import Kept, MemoryLog
from tracehold.core.control import Snapshot
from tracehold.core.errors import Broken
from tracehold.core.ids import Root
from tracehold.core.tiles import Coord
from tracehold.journey.fsck import check_log
from tracehold.journey.ports import AnchorState, Base, Dispute

Damage = Callable[[Kept], None]


@pytest.fixture(autouse=True)
def segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short ones."""
    short_segments(monkeypatch)


async def kept(made: Pieces) -> MemoryLog:
    """A store with the second segment on its base."""
    store = MemoryLog()
    await own_log(store)
    await store.begin(made.base())
    for batch in made.late:
        await store.append(batch)
    return store


async def test_a_span_on_its_base_is_found_whole() -> None:
    """Its records verify under keys that only the base enrols."""
    made = await pieces()
    store = await kept(made)
    seen: list[tuple[int, int]] = []
    found = await check_log(store, made.log, lambda done, of: seen.append((done, of)))
    assert (found.entries, found.checkpoints, found.disputed, found.erased) == (5, 2, 1, 0)
    assert seen == [(5, 5)]


async def test_spans_are_found_whole_before_and_after_they_meet() -> None:
    """The hole before the second segment is filled, batch by batch."""
    made = await pieces()
    store = await kept(made)
    for batch in made.early:
        await store.append(batch)
        assert (await check_log(store, made.log)).entries == batch.checkpoint.size + 5
    assert list(await store.spans(made.log)) == [(0, SEGMENT + 5)]
    assert (await check_log(store, made.log)).disputed == 3


async def test_a_base_without_entries_is_found_whole() -> None:
    """Part by part, as it comes; what nothing proves yet still has its fingerprints."""
    made, store = await pieces(), MemoryLog()
    await own_log(store)
    for part in made.parts():
        await store.begin(part)
        assert (await check_log(store, made.log)).entries == 0
    base = store._of(made.log).base
    base[100] = replace(base[100], raw=b"another")
    with pytest.raises(Broken, match="CORRUPT"):
        await check_log(store, made.log)


async def test_an_erased_control_record_is_listed_and_has_no_effect() -> None:
    """The snapshot still lists it; what rested on it is found wrong only where nobody disputes it."""
    made = await pieces()
    store = await kept(made)
    await store.erase(made.log, 101)
    await check_log(store, made.log)
    await store.erase(made.log, 100)
    with pytest.raises(Broken, match="UNKNOWN_PARTY"):
        await check_log(store, made.log)


def bit(log: Kept, at: Coord) -> None:
    """Turn a bit of a tile."""
    hashes = bytearray(log.tiles[at])
    hashes[3300 % len(hashes)] ^= 1
    log.tiles[at] = bytes(hashes)


def base_bytes(log: Kept) -> None:
    """Another record under the fingerprint."""
    log.base[100] = replace(log.base[100], raw=log.base[101].raw)


def base_record(log: Kept) -> None:
    """Another record with its own fingerprint."""
    log.base[100] = replace(log.base[101], index=100)


def base_lost(log: Kept) -> None:
    """A control record is gone, even one without effect."""
    del log.base[101]


def base_kind(log: Kept) -> None:
    """It is taken for a control record of another kind."""
    log.base[100] = replace(log.base[100], kind=log.base[0].kind)


def no_header(log: Kept) -> None:
    """The header is gone."""
    del log.base[0]


def leaf_tile(log: Kept) -> None:
    """One bit of the tile under the control records."""
    bit(log, Coord(0, 0))


def root_tile(log: Kept) -> None:
    """One bit of the tile that gives the root before the span."""
    bit(log, Coord(1, 0))


def lost_leaves(log: Kept) -> None:
    """The tile under the control records is gone."""
    del log.tiles[Coord(0, 0)]


def lost_root(log: Kept) -> None:
    """The tile that gives the root before the span is gone."""
    del log.tiles[Coord(1, 0)]


def undisputed(log: Kept) -> None:
    """What was found wrong is forgotten."""
    log.disputes.clear()


def no_checkpoint(log: Kept) -> None:
    """The newest checkpoint is gone."""
    del log.checkpoints[SEGMENT + 5]


def far_anchor(log: Kept) -> None:
    """An anchor of entries that are not kept."""
    entry = log.base[0]
    made = task(entry.log, SEGMENT - 9, SEGMENT, AnchorState.FINAL)
    log.anchors[SEGMENT] = made


DAMAGES: list[Damage] = [
    base_bytes, base_record, base_lost, base_kind, no_header, leaf_tile, root_tile, lost_leaves, lost_root,
    undisputed, no_checkpoint, far_anchor,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_what_is_wrong_with_a_base_or_its_span_is_found(damage: Damage) -> None:
    """Each is CORRUPT."""
    made = await pieces()
    store = await kept(made)
    damage(store._of(made.log))
    with pytest.raises(Broken, match="CORRUPT"):
        await check_log(store, made.log)


async def test_a_control_record_of_a_base_is_found_by_its_fingerprint() -> None:
    """Else it could not be shown with the records that rest on it."""
    made = await pieces()
    store = await kept(made)
    del store._positions[made.branch.entries[100].fingerprint]
    with pytest.raises(Broken, match="not found"):
        await check_log(store, made.log)


async def test_an_anchor_of_a_span_is_compared_with_its_tree() -> None:
    """Where no checkpoint of its size is kept."""
    made = await pieces()
    store = await kept(made)
    anchors = store._of(made.log).anchors
    tree = made.late[0].checkpoint.root
    anchors[SEGMENT + 3] = replace(task(made.log, SEGMENT, SEGMENT + 3, AnchorState.FINAL), root=tree)
    assert (await check_log(store, made.log)).final == SEGMENT + 3
    anchors[SEGMENT + 4] = replace(task(made.log, SEGMENT + 3, SEGMENT + 4), root=Root(bytes(32)))
    with pytest.raises(Broken, match="another root"):
        await check_log(store, made.log)


def right(branch: Branch) -> bytes:
    """The snapshot that belongs here."""
    return control(listed(branch)).raw


def short(branch: Branch) -> bytes:
    """A snapshot that leaves one out."""
    right = listed(branch)
    return control(Snapshot(right.controls - 1, right.root, 1)).raw


def other(branch: Branch) -> bytes:
    """A snapshot of others."""
    return control(Snapshot(listed(branch).controls, Root(bytes(32)), 1)).raw


def event(_: Branch) -> bytes:
    """No snapshot at all."""
    return statement(5).raw


@pytest.mark.parametrize("wrong", [short, other, event], ids=lambda wrong: wrong.__name__)
async def test_a_segment_begins_with_a_snapshot_of_what_came_before(
    wrong: Callable[[Branch], bytes],
) -> None:
    """CORRUPT, even where that was disputed."""
    made = await pieces(wrong)
    store = await kept(made)
    with pytest.raises(Broken, match=f"{SEGMENT}"):
        await check_log(store, made.log)
    store._of(made.log).disputes[SEGMENT] = Dispute(SEGMENT, "BAD_CONTROL", 1)
    with pytest.raises(Broken, match="no snapshot"):
        await check_log(store, made.log)


async def test_a_snapshot_in_between_lists_right_or_is_disputed() -> None:
    """As one a day of a creator that counts wrong."""
    made = await pieces()
    branch = made.branch
    branch.seal(short(branch))
    batch = branch.batches[-1]
    for disputes in ((), (Dispute(batch.first, "BAD_CONTROL", 1),)):
        store = await kept(made)
        await store.append(replace(batch, disputes=disputes))
        if disputes:
            assert (await check_log(store, made.log)).disputed == 2
        else:
            with pytest.raises(Broken, match="BAD_CONTROL"):
                await check_log(store, made.log)


@pytest.mark.parametrize(
    "wrong", [None, short, other, event], ids=lambda wrong: getattr(wrong, "__name__", "right")
)
async def test_the_snapshots_of_an_own_log_list_right(wrong: Callable[[Branch], bytes] | None) -> None:
    """At each segment's start, by the same rule."""
    branch = await Branch.begun(Clock())
    branch.seal(*[statement(at).raw for at in range(branch.size, SEGMENT)])
    branch.seal((wrong or right)(branch), statement(1).raw)
    store = await branch.disk()
    if wrong is None:
        assert (await check_log(store, branch.log)).entries == SEGMENT + 2
        return
    with pytest.raises(Broken, match=f"entry {SEGMENT}"):
        await check_log(store, branch.log)


async def test_a_span_that_was_begun_further_on_changes_nothing() -> None:
    """It has no entries and no control records yet."""
    made = await pieces()
    store = await kept(made)
    await store.begin(Base(made.log, SEGMENT * 3, (), ()))
    assert (await check_log(store, made.log)).entries == 5
