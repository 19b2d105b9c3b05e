"""Checking the logs of others: spans, what they rest on, disputed and erased records."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.journey.holding_scene import Branch, Holder, scene
from tests.journey.scene import FARM_KEY, MILL, MILL_KEY, OPERATOR, control, damaged, statement
from tests.ports.batches import task
from tracehold.adapters.memory.log import Kept, MemoryLog
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Enrol
from tracehold.core.errors import Broken
from tracehold.core.ids import Root
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import fingerprint
from tracehold.core.tiles import Coord
from tracehold.journey.fsck import Found, check_log
from tracehold.journey.ports import AnchorState, Dispute

Damage = Callable[[Kept], None]


async def kept() -> tuple[Holder, Branch, Kept]:
    """A log of two shipments as a holder keeps it. Disputed: 4 a signature, 6 bytes that are no record, 7 a
    control record that its signer may not say. Erased: 3 and 6.
    """
    made = await scene()
    branch, holder = made.branch, made.holder
    branch.seal(statement(1).raw, damaged(statement(2)).raw, statement(3).raw)
    await holder.take(branch, branch.shipment(0))
    enrol = control(Enrol(MILL, MILL_KEY.public), key=FARM_KEY)
    branch.seal(b"no record", enrol.raw, *[statement(at).raw for at in range(300)])
    await holder.take(branch, branch.shipment(6))
    for at in (3, 6):
        await holder.store.erase(branch.log, at)
    return holder, branch, holder.store._of(branch.log)


async def test_a_kept_log_is_found_whole() -> None:
    """With what was found wrong in it when it came, and what was erased since."""
    holder, branch, log = await kept()
    assert sorted(log.disputes) == [4, 6, 7]
    found = await check_log(holder.store, branch.log)
    total = sum(len(entry.raw) for entry in log.entries)
    assert found == Found(308, total, 2, 0, 0, 0, disputed=3, erased=2)
    assert (await check_log(holder.store, (await holder.store.logs())[0])).entries == 2


def entry_(at: int, **changes: object) -> Damage:
    """Change fields of an entry."""

    def damage(log: Kept) -> None:
        log.entries[at] = replace(log.entries[at], **changes)  # type: ignore[arg-type]

    damage.__name__ = f"entry {at} {sorted(changes)}"
    return damage


def undisputed(at: int) -> Damage:
    """Forget what was found wrong."""

    def damage(log: Kept) -> None:
        del log.disputes[at]

    damage.__name__ = f"undisputed {at}"
    return damage


def disputed_byte(log: Kept) -> None:
    """One bit of a record that is disputed anyway."""
    raw = bytearray(log.entries[4].raw)
    raw[40] ^= 1
    log.entries[4] = replace(log.entries[4], raw=bytes(raw))


def lost(log: Kept) -> None:
    """An entry in the middle is gone."""
    del log.entries[100]


def shorter(log: Kept) -> None:
    """The last entry is gone."""
    log.entries.pop()


def tile(log: Kept) -> None:
    """One bit of a leaf hash."""
    hashes = bytearray(log.tiles[Coord(0, 0)])
    hashes[300] ^= 1
    log.tiles[Coord(0, 0)] = bytes(hashes)


def other_key(log: Kept) -> None:
    """A checkpoint signed by somebody else."""
    old = log.checkpoints[6]
    log.checkpoints[6] = sign_checkpoint(
        old.log, 6, old.root, old.time_ms, old.time_ms, operator=OPERATOR, key=FARM_KEY
    )


def early(log: Kept) -> None:
    """Time went back."""
    log.checkpoints[6] = replace(log.checkpoints[6], time_ms=log.checkpoints[308].time_ms + 1)


DAMAGES: list[Damage] = [
    disputed_byte, lost, shorter, tile, other_key, early,
    undisputed(4), undisputed(7),
    entry_(3, fingerprint=fingerprint(b"another")), entry_(3, bytes_total=1), entry_(5, raw=b"another"),
    entry_(7, kind="text/plain"), entry_(0, raw=b""),
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_what_is_wrong_with_a_kept_log_is_found(damage: Damage) -> None:
    """Each is CORRUPT, also where a record is disputed or erased."""
    holder, branch, log = await kept()
    damage(log)
    with pytest.raises(Broken, match="CORRUPT"):
        await check_log(holder.store, branch.log)


async def test_a_dispute_about_the_own_log_is_found() -> None:
    """Nobody finds anything wrong with what was checked before it was sealed."""
    holder, _, _ = await kept()
    own = (await holder.store.logs())[0]
    holder.store._of(own).disputes[1] = Dispute(1, "UNKNOWN_PARTY", 1)
    with pytest.raises(Broken, match="own log is disputed"):
        await check_log(holder.store, own)


async def test_a_record_that_was_redacted_before_it_came_is_whole() -> None:
    """It counts no bytes, and its neighbours do."""
    made = await scene()
    branch, holder = made.branch, made.holder
    branch.seal(statement(1).raw, statement(2).raw, statement(3).raw)
    shipment = branch.shipment(0)
    sent = list(shipment.entries)
    sent[4] = replace(sent[4], raw=b"")
    await holder.take(branch, replace(shipment, entries=sent))
    assert (await check_log(holder.store, branch.log)).erased == 1


@pytest.mark.parametrize(
    ("anchors", "final"),
    [
        ([], 0),
        ([(0, 6)], 6),
        ([(6, 308)], 308),
        ([(0, 6), (6, 308)], 308),
        ([(0, 5)], 5),
        ([(0, 5), (7, 12)], 12),
    ],
)
async def test_anchors_of_a_kept_log_may_have_gaps(anchors: Sequence[tuple[int, int]], final: int) -> None:
    """A holder takes over those that lie within what it keeps; of a size without checkpoint too."""
    holder, branch, _ = await kept()
    await anchor(holder.store, branch, anchors)
    found = await check_log(holder.store, branch.log)
    assert (found.anchors, found.final) == (len(anchors), final)


@pytest.mark.parametrize("anchors", [[(300, 309)], [(0, 6), (5, 308)]], ids=["past the end", "overlapping"])
async def test_wrong_anchors_of_a_kept_log_are_found(anchors: Sequence[tuple[int, int]]) -> None:
    """Outside of what is kept, or twice over one entry."""
    holder, branch, _ = await kept()
    await anchor(holder.store, branch, anchors)
    with pytest.raises(Broken, match="CORRUPT"):
        await check_log(holder.store, branch.log)


@pytest.mark.parametrize("size", [5, 6], ids=["no checkpoint", "checkpoint"])
async def test_an_anchor_of_another_root_is_found(size: int) -> None:
    """By the checkpoint of its size, or by the tree."""
    holder, branch, log = await kept()
    await anchor(holder.store, branch, [(0, size)])
    log.anchors[size] = replace(log.anchors[size], root=Root(bytes(32)))
    with pytest.raises(Broken, match="another root"):
        await check_log(holder.store, branch.log)


async def anchor(store: MemoryLog, branch: Branch, ranges: Sequence[tuple[int, int]]) -> None:
    """Put final anchors of these ranges where they would be stored."""
    tree = CompactRange()
    roots = [tree.root()]
    for entry in branch.entries:
        tree.append(leaf_hash(entry.fingerprint))
        roots.append(tree.root())
    for prev_size, size in ranges:
        root = roots[min(size, branch.size)]
        made = replace(task(branch.log, prev_size, size, AnchorState.FINAL), root=root)
        store._of(branch.log).anchors[size] = made
