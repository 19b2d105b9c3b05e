"""One anchor after the other, from a signature to finality, on a chain that behaves."""

import asyncio

import pytest

from tests.journey.chain_scene import ACCOUNT, POLICY, anchored
from tests.journey.scene import settle, statement
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.errors import Unavailable
from tracehold.core.receipt import parse_receipt
from tracehold.journey import anchor as module
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.ports import AnchorState
from tracehold.journey.receipts import Receipts
from tracehold.journey.states import State

SIGNED, MINED, FINAL, REORGED = AnchorState.SIGNED, AnchorState.MINED, AnchorState.FINAL, AnchorState.REORGED


async def test_nothing_is_anchored_before_it_is_due() -> None:
    """Neither enough records nor enough time."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds - 1
        await it.step(3)
        assert await it.tasks() == []


async def test_time_makes_an_anchor_due() -> None:
    """The oldest waiting record has waited long enough, however few they are."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        (task,) = await it.tasks()
        assert (task.prev_size, task.size, task.state) == (0, 3, SIGNED)


async def test_records_make_an_anchor_due() -> None:
    """So many records wait, however young they are."""
    async with anchored() as it:
        await it.creator.upload(statement(1), statement(2))
        await it.step()
        (task,) = await it.tasks()
        assert (task.prev_size, task.size) == (0, 5)


async def test_an_anchor_goes_from_signed_to_final_with_its_proof() -> None:
    """SIGNED until a block holds it, MINED until the chain calls it final, then FINAL with proof and gas."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step(2)
        assert [t.state for t in await it.tasks()] == [SIGNED]
        it.chain.mine()
        await it.step()
        (mined,) = await it.tasks(MINED)
        assert mined.anchor is not None
        assert mined.anchor.proof is None
        await it.step()
        assert await it.tasks(MINED) == [mined]
        it.chain.mine(2)
        await it.step()
        (final,) = await it.tasks(FINAL)
        assert final.anchor is not None
        assert final.anchor.proof is not None
        assert final.gas_used
        await check_against_chain(it.creator.store, it.ledger, it.log, 1)


async def test_the_next_anchor_starts_when_the_last_is_mined_and_not_before() -> None:
    """One transaction in flight (the ledger asserts it); two may wait for finality."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.step(3)
        assert len(await it.tasks()) == 1
        it.chain.mine()
        await it.step()
        assert [(t.prev_size, t.size, t.state) for t in await it.tasks()] == [(0, 3, MINED), (3, 9, SIGNED)]
        it.chain.mine()
        await it.step()
        assert [t.state for t in await it.tasks()] == [MINED, MINED]
        it.chain.mine(2)
        await it.step()
        assert [t.state for t in await it.tasks()] == [FINAL, FINAL]
        found = await check_log(it.creator.store, it.log)
        assert (found.anchors, found.anchored, found.final) == (2, 9, 9)


async def test_an_anchor_never_crosses_the_end_of_a_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    """With segments of 4 entries, each later one begins with a snapshot; anchors stop at each end,
    and every entry is covered once.
    """
    for name in ("seal", "anchor", "replay", "fsck", "snapshots"):
        monkeypatch.setattr(f"tracehold.journey.{name}.SEGMENT_ENTRIES", 4)
    async with anchored() as it:
        await it.creator.upload(*[statement(at) for at in range(8)])
        await it.finish(20)
        assert [(t.prev_size, t.size) for t in await it.tasks(FINAL)] == [(0, 4), (4, 8), (8, 12), (12, 14)]
        assert (await check_log(it.creator.store, it.log)).final == 14


async def test_a_backlog_is_anchored_in_steps_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An anchor covers at most so many bytes, or one checkpoint."""
    monkeypatch.setattr(module, "MAX_ANCHOR_BYTES", 2000)
    async with anchored() as it:
        for at in range(6):
            await it.creator.upload(statement(at))
        await it.finish(20)
        tasks = await it.tasks(FINAL)
        assert len(tasks) > 2
        assert tasks[-1].size == 9
        entries = await it.creator.store.read(it.log, 0, 9)
        totals = [0, *(entry.bytes_total for entry in entries)]
        assert all(totals[t.size] - totals[t.prev_size] <= 2000 for t in tasks)


async def test_uploads_are_told_when_they_are_anchored_and_final() -> None:
    """A waiting upload wakes at its state, with the receipt that fits it."""
    async with anchored() as it:
        records = [statement(1), statement(2)]
        upload = it.creator.upload
        to_anchored = asyncio.ensure_future(upload(*records, wait_for=State.ANCHORED))
        to_final = asyncio.ensure_future(upload(*records, wait_for=State.FINAL))
        await settle()
        await it.step()
        it.chain.mine()
        await it.step()
        await settle()
        assert to_anchored.done()
        assert not to_final.done()
        assert [outcome.state for outcome in to_anchored.result()] == [State.ANCHORED] * 2
        it.chain.mine(2)
        await it.step()
        outcomes = await to_final
        assert [outcome.state for outcome in outcomes] == [State.FINAL] * 2
        receipt = parse_receipt(outcomes[0].receipt or b"")
        assert receipt.anchor is not None
        assert receipt.anchor.size == receipt.size == 5


async def test_the_final_receipt_is_the_same_whenever_it_is_made() -> None:
    """Proof against the covering anchor: later entries and anchors change nothing."""
    async with anchored() as it:
        (first,) = await it.creator.upload(statement(1))
        await it.finish()
        assert first.fingerprint is not None
        early = await Receipts(it.creator.store).receipt(first.fingerprint)
        await it.creator.upload(*[statement(at) for at in range(300)])
        await it.finish()
        assert await Receipts(it.creator.store).receipt(first.fingerprint) == early
        assert early != first.receipt


async def test_a_chain_that_is_down_delays_anchors_and_nothing_else() -> None:
    """Uploads go on to SEALED; the follower asks again with growing waits and finishes once the chain is
    back.
    """
    async with anchored() as it:
        troubles: list[str] = []
        it.anchorer = module.Anchorer(
            it.anchorer._link,
            POLICY,
            now=it.creator.clock.now,
            sleep=it.creator.clock.sleep,
            trouble=lambda error: troubles.append(error.code if error else "fine"),
        )
        it.ledger.down = True
        running = asyncio.ensure_future(it.anchorer.run())
        await it.creator.clock.pass_by(60)
        (outcome,) = await it.creator.upload(statement(1))
        assert outcome.state is State.SEALED
        assert set(troubles) == {"CHAIN_DOWN"}
        assert len(troubles) < 12
        it.ledger.down = False
        for _ in range(40):
            await it.creator.clock.pass_by(2)
            it.chain.mine()
        running.cancel()
        assert troubles[-1] == "fine"
        assert [task.size for task in await it.tasks(FINAL)] == [4]


async def test_the_chain_is_left_alone_while_nothing_waits() -> None:
    """An idle log costs one look a minute at its newest final anchor, and no transaction."""

    class Counting(MemoryLedger):
        calls = 0

        def _reach(self) -> None:
            Counting.calls += 1
            super()._reach()

    async with anchored() as it:
        it.ledger = Counting(it.chain, ACCOUNT)
        it.restart()
        await it.finish()
        before, sent = Counting.calls, it.ledger.sent
        for _ in range(50):
            it.creator.clock.time += 1
            await it.step()
        assert Counting.calls - before <= 2
        assert it.ledger.sent == sent


async def test_unavailable_midway_repeats_the_same_step() -> None:
    """Down between the save and the send: the stored bytes are sent, and nothing new is signed."""
    async with anchored() as it:
        await it.step()
        it.creator.clock.time += POLICY.seconds
        send = it.ledger.send

        async def unreachable(transaction: object) -> None:
            raise Unavailable("CHAIN_DOWN", "gone")

        it.ledger.send = unreachable  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await it.step()
        (stored,) = await it.tasks(SIGNED)
        it.ledger.send = send  # type: ignore[method-assign]
        await it.step()
        it.chain.mine()
        await it.step()
        assert it.chain.events()[0].tx_hash == stored.transaction.hash
        assert len(it.chain.prepared) == 1
