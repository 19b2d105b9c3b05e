"""Somebody else sends from the anchoring account too: nonces that are taken, lost, or filled after all.

The contract compares and swaps the size, so that nothing is ever anchored twice, whatever becomes of nonces.
"""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.chain_scene import ACCOUNT, POLICY, Anchored, anchored, event_of
from tests.journey.scene import statement
from tracehold.adapters.memory.contract import Call, read_call, sign_call
from tracehold.core.errors import Broken
from tracehold.core.ids import Root
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.ports import AnchorState

SIGNED, FINAL = AnchorState.SIGNED, AnchorState.FINAL


def foreign(it: Anchored, nonce: int) -> Call:
    """A transaction that another program sends from the anchoring account; it takes the place of ours."""
    call = read_call(
        sign_call(ACCOUNT, nonce, 999 + int(it.creator.clock.time), 10**6, 10**6 + 1, Root(bytes(32))).raw
    )
    it.chain.pool = {key: other for key, other in it.chain.pool.items() if other.nonce != nonce}
    it.chain.pool[call.hash] = call
    return call


async def behind_a_gap(it: Anchored) -> None:
    """An anchor that was signed after a foreign transaction, which every pool then lost."""
    lost = foreign(it, 0)
    it.creator.clock.time += POLICY.seconds
    await it.step()
    (task,) = await it.tasks(SIGNED)
    assert task.transaction.nonce == 1
    del it.chain.pool[lost.hash]


async def test_an_anchor_behind_a_lost_transaction_is_signed_anew() -> None:
    """Its nonce would wait for ever; no fee helps."""
    async with anchored() as it:
        await behind_a_gap(it)
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3]
        assert len(it.chain.events()) == 1


async def test_an_anchor_that_was_given_up_may_be_mined_after_all() -> None:
    """Somebody fills the gap: the old bytes anchor, the new ones revert, and the event is taken over."""
    async with anchored() as it:
        await behind_a_gap(it)
        await it.step(POLICY.bump_after)
        (old,) = [call for call in it.chain.pool.values() if call.nonce == 1]
        (new,) = await it.tasks(SIGNED)
        assert new.transaction.nonce == 0
        await it.creator.upload(statement(1))
        foreign(it, 0)
        await it.finish()
        (first, second) = await it.tasks(FINAL)
        assert event_of(first).tx_hash == old.hash
        assert [(task.prev_size, task.size) for task in (first, second)] == [(0, 3), (3, 4)]
        await check_against_chain(it.creator.store, it.ledger, it.log, 1)


async def test_a_gap_that_an_earlier_anchor_of_ours_left_is_filled_by_it() -> None:
    """A reorganisation lost two anchors: the first is sent again, and the second keeps its bytes."""
    async with anchored() as it:
        it.creator.clock.time += POLICY.seconds
        await it.step()
        it.chain.mine()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.step()
        it.chain.mine()
        await it.step()
        it.chain.reorganise(2, lose=True)
        sent = it.ledger.send
        it.ledger.send = lambda transaction: asyncio.sleep(0)  # type: ignore[method-assign]
        await it.step(POLICY.bump_after * 2)
        assert [task.size for task in await it.tasks(SIGNED)] == [3, 9]
        it.ledger.send = sent  # type: ignore[method-assign]
        await it.finish()
        assert [(task.prev_size, task.size) for task in await it.tasks(FINAL)] == [(0, 3), (3, 9)]


async def test_a_gap_that_a_final_anchor_left_raises_the_alarm() -> None:
    """What was final is gone, and is looked at before anything is given up."""
    async with anchored() as it:
        await it.finish()
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.step()
        it.chain.reorganise(len(it.chain.blocks) - 1, lose=True)
        with pytest.raises(Broken, match="REORGED"):
            await it.step(POLICY.bump_after)
        it.restart()
        await it.finish()
        assert [(task.prev_size, task.size) for task in await it.tasks(FINAL)] == [(0, 3), (3, 9)]


async def test_the_chain_may_come_to_a_state_by_other_steps() -> None:
    """A dropped anchor and the one after it are mined, and the newer one that covers both reverts: the two
    are taken over, and no fork is seen where there is none.
    """
    async with anchored() as it:
        await it.creator.upload(statement(1))
        await it.creator.upload(statement(2))
        await it.step()
        (ours,) = await it.tasks(SIGNED)
        smaller = await it.creator.store.checkpoint(it.log, 4)
        assert smaller is not None
        for step in ((0, 4, smaller.root), (4, 5, ours.root)):
            nonce = it.chain.nonce(ACCOUNT)
            sent = sign_call(ACCOUNT, nonce, 999, *step)
            it.chain.pool = {sent.hash: read_call(sent.raw)}
            it.chain.mine()
        await it.finish()
        assert [(task.prev_size, task.size) for task in await it.tasks(FINAL)] == [(0, 4), (4, 5)]
        await check_log(it.creator.store, it.log)


STEPS = st.one_of(
    st.sampled_from(
        ["upload", "look", "look", "look", "mine", "mine", "evict", "foreign", "waiting", "restart"]
    ),
    st.tuples(st.integers(1, 8), st.booleans()),
)


async def look(it: Anchored) -> None:
    """One look; an alarm stops the node, and the operator starts it again."""
    try:
        await it.step()
    except Broken as alarm:
        if alarm.code != "REORGED":
            raise
        it.restart()


async def do(it: Anchored, step: object, number: int) -> None:
    """One step of the world."""
    match step:
        case "upload":
            await it.creator.upload(statement(number))
            it.creator.clock.time += POLICY.seconds
        case "look":
            await look(it)
        case "mine":
            it.chain.mine()
        case "evict":
            it.chain.pool.clear()
        case "foreign" | "waiting":
            it.creator.clock.time += 1
            foreign(it, it.chain.nonce(ACCOUNT) if step == "foreign" else it.chain.next_nonce(ACCOUNT))
        case "restart":
            it.restart()
        case (int(depth), bool(lose)):
            it.chain.reorganise(min(depth, len(it.chain.blocks) - 1), lose=lose)


@settings(max_examples=150)
@given(st.lists(STEPS, min_size=20, max_size=60))
def test_no_order_of_nonces_and_blocks_keeps_anchors_from_being_final(steps: list[object]) -> None:
    """Reorganisations of any depth, lost pools, foreign transactions: in the end every entry is in exactly
    one final anchor, and the chain says the same.
    """

    async def play() -> None:
        async with anchored() as it:
            for number, step in enumerate(steps):
                await do(it, step, number)
            for _ in range(60):
                it.creator.clock.time += POLICY.seconds
                await look(it)
                it.chain.mine()
            tasks = await it.tasks()
            assert {task.state for task in tasks} == {FINAL}
            sizes = [0, *(task.size for task in tasks)]
            assert [task.prev_size for task in tasks] == sizes[:-1]
            assert sizes[-1] == await it.creator.store.size(it.log)
            await check_against_chain(it.creator.store, it.ledger, it.log, 1)

    asyncio.run(play())
