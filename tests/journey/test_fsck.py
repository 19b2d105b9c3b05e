"""Checking a whole log finds whatever is wrong with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.journey.chain_scene import Anchored, anchored, event_of
from tests.journey.scene import FARM_KEY, NETWORK, OPERATOR, SALTS, START, statement
from tracehold.adapters.memory.log import Kept, MemoryLog
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.errors import Broken
from tracehold.core.record import event_header, fingerprint, sign
from tracehold.core.tiles import Coord
from tracehold.journey.fsck import Found, check_against_chain, check_log
from tracehold.journey.ports import AnchorState

Damage = Callable[[Kept], None]


async def filled() -> "tuple[Anchored, Kept]":
    """A log of several checkpoints and tiles, anchored twice, and what the store holds of it."""
    context = anchored()
    it = await context.__aenter__()
    await it.creator.upload(*[statement(at) for at in range(300)], receipts=False)
    await it.finish()
    await it.creator.upload(*[statement(at) for at in range(5)], receipts=False)
    await it.finish()
    await it.creator.crash()
    assert isinstance(it.creator.store, MemoryLog)
    return it, it.creator.store._of(it.log)


async def test_a_whole_log_is_found_whole() -> None:
    """The counts, and progress to the end."""
    it, _ = await filled()
    seen: list[tuple[int, int]] = []
    found = await check_log(it.creator.store, it.log, lambda done, of: seen.append((done, of)))
    total = (await it.creator.store.read(it.log, 307, 308))[0].bytes_total
    assert found == Found(308, total, 4, 2, 308, 308)
    assert seen[-1] == (308, 308)
    await check_against_chain(it.creator.store, it.ledger, it.log, 1)


def byte(raw: bytes, at: int = -1) -> bytes:
    """The bytes with one bit turned."""
    changed = bytearray(raw)
    changed[at] ^= 1
    return bytes(changed)


def of_entry(at: int, **changes: object) -> Damage:
    """Change fields of an entry."""

    def damage(log: Kept) -> None:
        log.entries[at] = replace(log.entries[at], **changes)  # type: ignore[arg-type]

    return damage


def raw_byte(log: Kept) -> None:
    """One byte of one record."""
    log.entries[200] = replace(log.entries[200], raw=byte(log.entries[200].raw))


def swap(log: Kept) -> None:
    """Two neighbours change places."""
    log.entries[10], log.entries[11] = log.entries[11], log.entries[10]


def forge(log: Kept) -> None:
    """Other bytes under their own right fingerprint, signed by nobody who may."""
    header = event_header(FARM_KEY.public, OPERATOR, NETWORK, int(START), SALTS(16))
    raw = sign(header, b"{}", FARM_KEY)
    log.entries[50] = replace(log.entries[50], raw=raw, fingerprint=fingerprint(raw))


def lose(log: Kept) -> None:
    """The newest entry is gone."""
    log.entries.pop()


def grow(log: Kept) -> None:
    """An entry that no checkpoint covers."""
    last = log.entries[-1]
    log.entries.append(replace(last, index=last.index + 1, bytes_total=last.bytes_total + len(last.raw)))


def tile_byte(log: Kept) -> None:
    """One byte of a full tile."""
    log.tiles[Coord(0, 0)] = byte(log.tiles[Coord(0, 0)], 900)


def upper_tile(log: Kept) -> None:
    """A tile of the second level is lost."""
    del log.tiles[Coord(1, 0)]


def other_checkpoint(log: Kept) -> None:
    """A checkpoint in the middle signed by another key."""
    old = log.checkpoints[303]
    log.checkpoints[303] = sign_checkpoint(
        old.log, 303, old.root, old.time_ms, old.time_ms, operator=OPERATOR, key=FARM_KEY
    )


def checkpoint_root(log: Kept) -> None:
    """A checkpoint over other entries."""
    log.checkpoints[3] = replace(log.checkpoints[3], root=log.checkpoints[2].root)


def anchor_gap(log: Kept) -> None:
    """The first anchor is gone."""
    del log.anchors[303]


def anchor_proof(log: Kept) -> None:
    """A final anchor without its proof."""
    task = log.anchors[303]
    log.anchors[303] = replace(task, anchor=replace(event_of(task), proof=None))


def anchor_root(log: Kept) -> None:
    """An anchor of another root than the log's."""
    log.anchors[303] = replace(log.anchors[303], root=log.checkpoints[3].root)


DAMAGES: list[Damage] = [
    raw_byte, swap, forge, lose, grow, tile_byte, upper_tile, other_checkpoint, checkpoint_root,
    anchor_gap, anchor_proof, anchor_root,
    of_entry(7, bytes_total=1), of_entry(7, kind="text/plain"), of_entry(7, index=9),
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_whatever_is_wrong_is_found(damage: Damage) -> None:
    """Each kind of damage on disk is CORRUPT."""
    it, log = await filled()
    damage(log)
    with pytest.raises(Broken, match="CORRUPT"):
        await check_log(it.creator.store, it.log)


async def test_a_chain_that_went_another_way_is_found() -> None:
    """REORGED for a final block that is gone, LOG_FORKED for a head that is not ours."""
    it, log = await filled()
    it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
    with pytest.raises(Broken, match="REORGED"):
        await check_against_chain(it.creator.store, it.ledger, it.log, 1)
    log.anchors.clear()
    sent = await it.ledger.prepare_anchor(0, 200, log.checkpoints[3].root, ())
    await it.ledger.send(sent)
    it.chain.mine()
    with pytest.raises(Broken, match="LOG_FORKED"):
        await check_against_chain(it.creator.store, it.ledger, it.log, 1)
    assert await it.creator.store.anchors(it.log, {AnchorState.FINAL}) == []
