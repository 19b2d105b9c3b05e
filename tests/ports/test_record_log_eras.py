"""Anchors on one contract after another, on every back-end: what is in force, and what counts still."""

from dataclasses import replace

from tests.ports.batches import A, B, fill, task
from tracehold.journey.ports import AnchorState, AnchorTask, RecordLog
from tracehold.journey.states import State, frontier

FIRST, SECOND, THIRD = b"1" * 20, b"2" * 20, b"3" * 20
SIGNED, MINED, FINAL = AnchorState.SIGNED, AnchorState.MINED, AnchorState.FINAL


def on(contract: bytes, prev_size: int, size: int, state: AnchorState = FINAL) -> AnchorTask:
    """An anchor of A on this contract."""
    made = task(A, prev_size, size, state)
    return replace(made, anchor=replace(made.anchor, contract=contract)) if made.anchor else made


async def moved(store: RecordLog) -> list[AnchorTask]:
    """A log of six entries, four of them final on the first contract, that went over to the second one."""
    await fill(store, A, 2, 2, 2)
    await store.in_force(FIRST)
    before = [on(FIRST, 0, 2), on(FIRST, 2, 4)]
    for each in [*before, on(FIRST, 4, 6, MINED)]:
        await store.save_anchor(each)
    await store.in_force(SECOND)
    return before


async def test_another_contract_begins_without_anchors(store: RecordLog) -> None:
    """None is in force; those that were final count still, one that was not does not."""
    before = await moved(store)
    assert list(await store.anchors(A, set(AnchorState))) == []
    assert await store.anchor_covering(A, 1) is None
    assert list(await store.earlier_anchors(A)) == before
    assert list(await store.earlier_anchors(A, newest=1)) == before[1:]
    assert [await store.first_anchor(A, at) for at in (1, 2, 4)] == [*before, None]
    assert (await frontier(store, A)).final == (await frontier(store, A)).anchored == 4
    assert list(await store.earlier_anchors(B)) == []


async def test_an_entry_was_known_by_its_first_anchor(store: RecordLog) -> None:
    """The new contract has one anchor over all; what was final before keeps the anchor that it had."""
    before = await moved(store)
    again = on(SECOND, 0, 6, MINED)
    await store.save_anchor(again)
    assert [await store.first_anchor(A, at) for at in (0, 3, 5)] == [*before, again]
    assert await store.anchor_covering(A, 0) == again
    front = await frontier(store, A)
    assert [front.state(at) for at in (3, 4, 5)] == [State.FINAL, State.ANCHORED, State.ANCHORED]
    await store.save_anchor(on(SECOND, 0, 6))
    assert (await frontier(store, A)).final == 6


async def test_what_falls_on_the_new_contract_stands_on_the_old_one(store: RecordLog) -> None:
    """A block with the new anchor is undone: only what no earlier anchor binds is REORGED."""
    await moved(store)
    final = on(SECOND, 0, 6)
    await store.save_anchor(final)
    await store.save_anchor(replace(final, state=AnchorState.REORGED, anchor=None, undone=final.anchor))
    front = await frontier(store, A)
    assert [front.state(at) for at in (0, 3, 4)] == [State.FINAL, State.FINAL, State.REORGED]


async def test_sizes_of_two_contracts_are_apart(store: RecordLog) -> None:
    """A task of a size is saved, changed and dropped on the contract in force alone."""
    before = await moved(store)
    await store.save_anchor(on(SECOND, 0, 4, SIGNED))
    await store.drop_anchor(A, 4)
    assert list(await store.earlier_anchors(A)) == before
    assert list(await store.anchors(A, set(AnchorState))) == []


async def test_of_three_contracts_the_oldest_tells(store: RecordLog) -> None:
    """What the second one says of what the first one has is left out; to be told again changes nothing."""
    before = await moved(store)
    for each in (on(SECOND, 0, 2), on(SECOND, 2, 6)):
        await store.save_anchor(each)
    for _ in range(2):
        await store.in_force(THIRD)
    assert list(await store.earlier_anchors(A)) == [*before, on(SECOND, 2, 6)]
    assert await store.first_anchor(A, 3) == before[1]
    assert await store.first_anchor(A, 5) == on(SECOND, 2, 6)


async def test_anchors_of_before_are_of_the_contract_that_their_blocks_name(store: RecordLog) -> None:
    """A folder of a release that knew one contract moves on with its first start."""
    await fill(store, A, 2, 2)
    await store.save_anchor(on(FIRST, 0, 2))
    await store.save_anchor(task(A, 2, 4))
    await store.in_force(SECOND)
    assert list(await store.anchors(A, set(AnchorState))) == []
    assert list(await store.earlier_anchors(A)) == [on(FIRST, 0, 2)]


async def test_anchors_of_before_stay_where_the_contract_is_the_same(store: RecordLog) -> None:
    """Nothing is put aside."""
    await fill(store, A, 2, 2)
    await store.save_anchor(on(FIRST, 0, 2))
    await store.in_force(FIRST)
    assert list(await store.anchors(A, {FINAL})) == [on(FIRST, 0, 2)]
    assert list(await store.earlier_anchors(A)) == []
