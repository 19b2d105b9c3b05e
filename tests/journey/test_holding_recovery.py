"""A holder under faults: whatever fails, before or after it happened, and in whatever order shipments come,
the
copy that is there in the end is the creator's log, and nothing was acknowledged that is not kept.
"""

import asyncio
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.holding_scene import Branch, Holder, Scene, scene
from tests.journey.scene import Clock, damaged, statement
from tests.recovery.faults import BUSY, DOWN, FAILED, Fault, Faulty
from tracehold.core.errors import TraceholdError
from tracehold.journey.ports import Kept, Shipment


@dataclass(frozen=True)
class Row:
    """One fault: at which port and call, and how many entries are kept when it happened."""

    port: str
    method: str
    error: TraceholdError
    after: bool
    entries: int

    def __str__(self) -> str:
        when = "done, reply lost" if self.after else "failed"
        return f"{self.port}.{self.method} {self.error.code} {when}"


def rows() -> list[Row]:
    """The table: each write of a shipment of two entries that follow three."""
    table = []
    for after in (False, True):
        for error in (BUSY, FAILED):
            table.append(Row("store", "append", error, after, 5 if after else 3))
            table.append(Row("copies", "pledge", error, after, 5))
        table.append(Row("ledger", "acknowledge", DOWN, after, 5))
    return [
        *table,
        Row("store", "spans", BUSY, False, 3),
        Row("store", "tiles", BUSY, False, 3),
        Row("copies", "witness", BUSY, False, 5),
        Row("copies", "forks", BUSY, False, 3),
    ]


async def faulty() -> tuple[Scene, dict[str, Faulty]]:
    """Three entries are kept, two more are sealed, and every port of the holder may fail."""
    made = await scene()
    ports = {
        "store": Faulty(made.holder.store),
        "copies": Faulty(made.holder.copies),
        "ledger": Faulty(made.holder.ledger),
    }
    await made.holder.take(made.branch, made.branch.shipment(0))
    made.branch.seal(statement(1).raw, damaged(statement(2)).raw)
    made.holder.restart(**ports)
    return made, ports


@pytest.mark.parametrize("again", ["same process", "restarted"])
@pytest.mark.parametrize("row", rows(), ids=str)
async def test_every_write_may_fail_before_or_after(row: Row, again: str) -> None:
    """The sender gets no acknowledgement; sent again, it gets the right one, and everything is kept once."""
    made, ports = await faulty()
    shipment = made.branch.shipment(3)
    ports[row.port].arm(Fault(row.method, row.error, row.after))
    with pytest.raises(TraceholdError):
        await made.holder.take(made.branch, shipment)
    assert not ports[row.port].faults
    assert await made.holder.store.size(made.branch.log) == row.entries
    if again == "restarted":
        made.holder.restart()
    await made.holder.check(made.branch, await made.holder.take(made.branch, shipment), 5)
    await whole(made.branch, made.holder)


async def test_a_sender_that_hangs_up_does_no_harm() -> None:
    """The call is cancelled at every point where it waits; the next shipment goes on from what is stored."""
    for turns in range(8):
        made = await scene()
        await made.holder.take(made.branch, made.branch.shipment(0))
        made.branch.seal(*(statement(number).raw for number in range(150)))
        call = asyncio.ensure_future(made.holder.take(made.branch, made.branch.shipment(3)))
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        kept = await made.holder.take(made.branch, made.branch.shipment(3))
        await made.holder.check(made.branch, kept, 153)
        await whole(made.branch, made.holder)


SIZES = [2, 3, 4, 6, 7, 30, 31]
"""Checkpoints of the log that the property ships."""
CUTS = st.tuples(st.integers(0, 31), st.sampled_from(SIZES), st.integers(0, 31))


async def long_branch() -> Branch:
    """A log with a checkpoint at each of these sizes, and disputed records in it."""
    branch = await Branch.begun(Clock())
    for before, size in itertools.pairwise(SIZES[1:]):
        branch.seal(*(RECORDS[at] for at in range(before, size)))
    return branch


RECORDS = [damaged(statement(at)).raw if at % 5 == 0 else statement(at).raw for at in range(SIZES[-1])]


@given(st.lists(st.lists(CUTS, min_size=1, max_size=3), max_size=6), st.sets(st.integers(0, 5)))
@settings(max_examples=40, deadline=None)
def test_any_interleaving_of_shipments_leads_to_the_same_copy(
    rounds: list[list[tuple[int, int, int]]], restarts: set[int]
) -> None:
    """Cut, doubled, out of order, several at once, with restarts in between: what is acknowledged is right
    each time, and when the sender goes on where it is told, the copy is the log.
    """
    asyncio.run(play(rounds, restarts))


async def play(rounds: list[list[tuple[int, int, int]]], restarts: set[int]) -> None:
    """Ship what the rounds say, those of one round at once; then go on until all is acknowledged."""
    made = await scene()
    branch = made.branch = await long_branch()
    for number, cuts in enumerate(rounds):
        good = [(start, size, min(prev, size)) for start, size, prev in cuts if known(min(prev, size))]
        shipments = [branch.shipment(*cut) for cut in good]
        answers = await asyncio.gather(*(made.holder.take(branch, each) for each in shipments))
        for shipment, kept in zip(shipments, answers, strict=True):
            await right(made, shipment, kept)
        if number in restarts:
            made.holder.restart()
    kept = Kept(0)
    while not kept.acknowledgement:
        kept = await made.holder.take(branch, branch.shipment(kept.size))
    await whole(branch, made.holder)


def known(size: int) -> bool:
    """Whether an anchor may be of this size."""
    return size in {0, *SIZES}


async def right(made: Scene, shipment: Shipment, kept: Kept) -> None:
    """What is signed is kept; what is refused is refused for its cut."""
    assert kept.refused in {"", "BAD_REQUEST", "LOG_BROKEN"}
    if kept.acknowledgement:
        assert shipment.checkpoint.size <= kept.size
        await made.holder.check(made.branch, kept, shipment.checkpoint.size, shipment.prev_size)


async def whole(branch: Branch, holder: Holder) -> None:
    """The copy is the log: bytes, kinds, tiles, checkpoint, and the disputes that one shipment would find."""
    again = await Holder.started(holder.clock, holder.chain, 3)
    assert (await again.take(branch, branch.shipment(0))).refused == ""
    for read in ("spans", "controls", "checkpoint"):
        assert await getattr(holder.store, read)(branch.log) == await getattr(again.store, read)(branch.log)
    mine, theirs = holder.store._of(branch.log), again.store._of(branch.log)
    assert (mine.entries, mine.tiles, mine.disputes) == (theirs.entries, theirs.tiles, theirs.disputes)
