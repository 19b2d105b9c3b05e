"""Attacks on a copy whose segments were not kept in order: another past before an anchored segment."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.journey.scene import statement
from tests.journey.segments_scene import START, Long, long
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.errors import Unavailable
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import fingerprint
from tracehold.journey.fsck import check_log
from tracehold.journey.ports import NewEntry, Sent, Shipment


def another_past(made: Long, start: int, size: int, lie: int) -> Shipment:
    """Entries [start, size) under a checkpoint that the creator did sign; entry `lie` is another one."""
    raw = b"another past"
    entries = list(made.branch.entries[:size])
    entries[lie] = NewEntry(fingerprint(raw), raw, "")
    return signed(made, start, entries)


def signed(made: Long, start: int, entries: Sequence[NewEntry]) -> Shipment:
    """These entries from `start` on, under a checkpoint of the creator."""
    tree, own = CompactRange(), made.branch.own
    for entry in entries:
        tree.append(leaf_hash(entry.fingerprint))
    time_ms = made.branch.checkpoints[2].time_ms
    checkpoint = sign_checkpoint(
        own.log, tree.end, tree.root(), time_ms, time_ms, operator=own.identity.operator, key=own.identity.key
    )
    sent = [Sent(entry.raw, entry.fingerprint) for entry in entries[start:]]
    return Shipment(own.log, start, sent, checkpoint, 0)


async def test_another_past_before_an_anchored_segment_is_not_kept() -> None:
    """It is shipped into the hole: nothing of it is kept, and what the creator signed is the evidence."""
    made = await long(statement(1).raw)
    holder = made.holder
    await holder.take(made.branch, await made.first())
    lie = another_past(made, 0, 10, 5)
    assert (await holder.take(made.branch, lie)).refused == "FORK_SEEN"
    assert list(await holder.store.spans(made.branch.log)) == [(START, START + 2)]
    (fork,) = await holder.copies.forks(made.branch.log)
    assert (fork.size, fork.shown, fork.shown_by_chain) == (10, lie.checkpoint.note, False)
    assert fork.kept == made.branch.checkpoints[START + 2].note
    assert [fault.code for fault in holder.faults] == ["FORK_SEEN"]
    await check_log(holder.store, made.branch.log)


async def test_a_step_that_goes_back_is_refused() -> None:
    """A previous size beyond the checkpoint must not keep the state from being compared."""
    made = await long(statement(1).raw)
    await made.holder.take(made.branch, await made.first())
    lie = replace(another_past(made, 0, 10, 5), prev_size=11)
    assert (await made.holder.take(made.branch, lie)).refused == "BAD_REQUEST"
    assert list(await made.holder.store.spans(made.branch.log)) == [(START, START + 2)]


async def test_another_past_in_an_open_tile_goes_no_further() -> None:
    """Nobody can tell a state that ends inside a tile of which nothing is kept. With the tile's end it is
    found out, and nothing more is kept or acknowledged.
    """
    made = await long(statement(1).raw)
    await made.holder.take(made.branch, await made.first())
    assert (await made.holder.take(made.branch, another_past(made, 0, 1290, 1285))).size == 1290
    following = another_past(made, 1290, 1600, 1285)
    assert (await made.holder.take(made.branch, following)).refused == "LOG_BROKEN"
    assert list(await made.holder.store.spans(made.branch.log)) == [(0, 1290), (START, START + 2)]


async def test_a_base_that_another_past_was_kept_before_is_evidence() -> None:
    """The other way round: what was kept first is not of the tree that the chain has."""
    made = await long(statement(1).raw)
    holder, lie = made.holder, another_past(made, 0, 10, 5)
    assert (await holder.take(made.branch, lie)).size == 10
    assert (await holder.take(made.branch, await made.first())).refused == "FORK_SEEN"
    (fork,) = await holder.copies.forks(made.branch.log)
    assert (fork.size, fork.kept, fork.shown_by_chain) == (10, lie.checkpoint.note, True)
    assert list(await holder.store.spans(made.branch.log)) == [(0, 10)]
    await check_log(holder.store, made.branch.log)


async def test_a_chain_that_lags_accuses_nobody() -> None:
    """The anchor that a base rests on is not there yet: it is to be shipped again, and is no fault."""
    made = await long(statement(1).raw)
    blocks = list(made.holder.chain.blocks)
    del made.holder.chain.blocks[1:]
    with pytest.raises(Unavailable) as down:
        await made.holder.take(made.branch, await made.first())
    assert down.value.code == "CHAIN_DOWN"
    made.holder.chain.blocks[:] = blocks
    assert (await made.holder.take(made.branch, await made.first())).size == START + 2


async def test_what_was_signed_in_a_later_span_does_not_hold_up_an_earlier_one() -> None:
    """The witness stands in the open segment while the closed ones come: each state is acknowledged."""
    made = await long(statement(1).raw)
    await made.holder.take(made.branch, await made.first())
    for start, size in ((0, 2), (2, 3)):
        kept = await made.holder.take(made.branch, made.branch.shipment(start, size))
        await made.holder.check(made.branch, kept, size)
    await made.holder.check(
        made.branch,
        await made.holder.take(made.branch, made.branch.shipment(START + 2, prev_size=START)),
        START + 2,
        START,
    )
