"""The recovery table: each write, failed before and failed after; what goes on, what stops, and what holds
once healed.

A row names the write, the error it answers with, whether the node must stop, and how many entries are on disk
when two records were uploaded while it failed (3 were there before).
"""

from dataclasses import dataclass

import pytest

from tests.journey.chain_scene import POLICY
from tests.journey.scene import MILL, event, settle, statement
from tests.recovery.faults import BUSY, DOWN, FAILED, GRAPH, Fault
from tests.recovery.plant import Plant
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.journey.delegate import Delegated
from tracehold.journey.fsck import check_log
from tracehold.journey.upload import Item


@dataclass(frozen=True)
class Row:
    """One fault and what is expected of the node."""

    port: str
    method: str
    error: TraceholdError
    after: bool
    skip: int
    fatal: bool
    entries: int

    def __str__(self) -> str:
        when = "stored, reply lost" if self.after else "failed"
        return f"{self.method}#{self.skip} {self.error.code} {when}"


def rows() -> list[Row]:
    """The table."""
    table = []
    for after in (False, True):
        table += [
            # records and checkpoint: one transaction
            Row("store", "append", BUSY, after, 0, False, 5 if after else 3),
            Row("store", "append", FAILED, after, 0, True, 5 if after else 3),
            # graph: relations, and the times since which they are known
            Row("graph", "add", GRAPH, after, 0, False, 5),
            Row("graph", "add", FAILED, after, 0, True, 5),
            Row("graph", "set_known", GRAPH, after, 0, False, 5),
            Row("graph", "set_known", FAILED, after, 0, True, 5),
            # ledger
            Row("ledger", "prepare_anchor", DOWN, after, 0, False, 5),
            Row("ledger", "send", DOWN, after, 0, False, 5),
        ]
        # anchor tasks: 0 is the save of SIGNED, 1 of MINED, 2 of FINAL
        for skip in (0, 1, 2):
            table.append(Row("store", "save_anchor", BUSY, after, skip, False, 5))
            table.append(Row("store", "save_anchor", FAILED, after, skip, True, 5))
    return table


@pytest.mark.parametrize("row", rows(), ids=str)
async def test_every_write_may_fail_before_or_after(row: Row) -> None:
    """Expected progress, fatal or not; then healed and restarted, the same uploads again, and the whole log
    checked.
    """
    plant = await Plant.build()
    await settle()
    records: list[Item] = [statement(1), Delegated(MILL, event(2))]
    getattr(plant, row.port).arm(Fault(row.method, row.error, row.after, row.skip))
    first = await plant.upload(*records)
    stopped = await run_on(plant)
    assert stopped is row.fatal
    assert await plant.disk.size(plant.log) == row.entries
    if row.method == "append":
        assert first is row.error
    else:
        assert not isinstance(first, TraceholdError)
    await plant.heal()
    again = await plant.upload(*records)
    assert not isinstance(again, TraceholdError)
    assert all(outcome.index is not None for outcome in again)
    assert await plant.disk.size(plant.log) == 5
    await plant.heal()
    await plant.check()
    await plant.crash()


async def run_on(plant: Plant) -> bool:
    """Looks, blocks and time while the fault is there; whether anything stopped for good."""
    for _ in range(8):
        await plant.clock.pass_by(POLICY.seconds)
        if isinstance(await plant.look(), Broken):
            return True
        plant.chain.mine()
    ended = [task for task in (plant.creator.sealing, plant.following) if task.done()]
    for task in ended:
        assert isinstance(task.exception(), Broken)
    return bool(ended)


async def test_a_failed_append_answers_everyone_and_the_next_upload_goes_on() -> None:
    """Unavailable is for those who waited, not for those who come later; the log is read again before the
    next seal.
    """
    plant = await Plant.build()
    plant.store.arm(Fault("append", BUSY, after=True))
    record = statement(1)
    assert isinstance(await plant.upload(record), Unavailable)
    again = await plant.upload(record, statement(2))
    assert isinstance(again, list)
    assert [outcome.index for outcome in again] == [3, 4]
    await plant.heal()
    await plant.check()
    await plant.crash()


async def test_after_a_broken_append_every_later_caller_gets_the_error() -> None:
    """The sealer ends; nobody waits for ever."""
    plant = await Plant.build()
    plant.store.arm(Fault("append", FAILED, after=False))
    assert await plant.upload(statement(1)) is FAILED
    assert await plant.upload(statement(2)) is FAILED
    await plant.heal()
    assert (await check_log(plant.disk, plant.log)).entries == 3
    await plant.crash()
