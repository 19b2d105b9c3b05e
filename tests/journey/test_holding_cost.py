"""What a question and a shipment cost a holder, whatever the log is like."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.journey.holding_scene import scene
from tests.journey.scene import FARM, FARM_KEY, control, statement
from tests.journey.segments_scene import START, long
from tracehold.core.control import Enrol
from tracehold.core.roster import Roster
from tracehold.journey import keeping
from tracehold.journey.ports import Batch


async def test_questions_to_two_spans_in_turn_read_no_control_record_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attack: a question of some bytes would cost the reading and checking of all control records."""
    made = await long(statement(1).raw)
    branch, holder = made.branch, made.holder
    await holder.take(branch, await made.first())
    await holder.take(branch, branch.shipment(0, 2))
    count, resumed = 0, keeping.resumed

    async def counted(*said: Any) -> Any:
        nonlocal count
        count += 1
        return await resumed(*said)

    monkeypatch.setattr("tracehold.journey.holding.resumed", counted)
    for _ in range(10):
        late = replace(branch.shipment(START + 2), prev_size=START)
        await holder.check(branch, await holder.take(branch, late), START + 2, START)
        early = replace(branch.shipment(2, 2), prev_size=0)
        await holder.check(branch, await holder.take(branch, early), 2)
    assert count <= 2


async def test_only_control_records_cost_a_copy_of_the_roster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of many control records would hold up everybody with each record that it ships."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    count, copied = 0, Roster.copy

    def counted(roster: Roster) -> Roster:
        nonlocal count
        count += 1
        return copied(roster)

    made.branch.seal(statement(1).raw)
    plain = made.branch.shipment(3)
    made.branch.seal(control(Enrol(FARM, FARM_KEY.public)).raw)
    monkeypatch.setattr(Roster, "copy", counted)
    await made.holder.check(made.branch, await made.holder.take(made.branch, plain), 4)
    assert count == 0
    await made.holder.take(made.branch, made.branch.shipment(4))
    assert count == 1


async def test_a_sender_that_hung_up_during_an_append_is_told_where_the_copy_ends() -> None:
    """The append came to its end after the call: the same shipment again is acknowledged, and no refusal."""
    made = await scene()
    store, held, begun = made.holder.store, asyncio.Event(), asyncio.Event()
    append, writing = store.append, list[asyncio.Task[None]]()

    async def slow(batch: Batch) -> None:
        if writing:  # the store writes one after the other
            held.set()
            await writing[0]
            return await append(batch)

        async def late() -> None:
            await held.wait()
            await append(batch)

        writing.append(asyncio.ensure_future(late()))
        begun.set()
        return await asyncio.shield(writing[0])

    store.append = slow  # type: ignore[method-assign]
    first = asyncio.ensure_future(made.holder.take(made.branch, made.branch.shipment(0)))
    await begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await made.holder.check(made.branch, await made.holder.take(made.branch, made.branch.shipment(0)), 3)
