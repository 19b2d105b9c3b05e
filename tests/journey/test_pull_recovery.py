"""A pull under faults: whatever fails, before or after it happened, what is there in the end is the creator's
log, and what was kept before is not fetched again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.journey.pull_scene import SEGMENT, Node, Village, grown, short_segments, village
from tests.recovery.faults import BUSY, DOWN, FAILED, Fault, Faulty
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.health import Health
from tracehold.journey.pull import LASTING_S

END = SEGMENT + 120


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


@dataclass(frozen=True)
class Row:
    """One fault: at which port and call, and which time it is called."""

    port: str
    method: str
    error: TraceholdError
    after: bool
    calls: int = 0

    def __str__(self) -> str:
        when = "done, reply lost" if self.after else "failed"
        return f"{self.port}.{self.method} {self.error.code} {when} at {self.calls}"


def rows() -> Sequence[Row]:
    """The table: each write, and each read that the way depends on."""
    table = []
    for after in (False, True):
        for error in (BUSY, FAILED):
            table += [Row("store", "append", error, after, calls) for calls in (0, 1, 4)]
            table += [Row("store", "begin", error, after, calls) for calls in (0, 1)]
    for method in ("spans", "tiles", "checkpoint"):
        table += [Row("store", method, BUSY, False, calls) for calls in (0, 2, 5)]
    for method in ("members", "head", "anchors", "find_anchor"):
        table.append(Row("ledger", method, DOWN, False))
    return [*table, Row("store", "controls", BUSY, False)]


async def faulty() -> tuple[Village, Node, dict[str, Faulty]]:
    """Of a lost creator's log the second segment is at one holder only; the ports of the one that shall take
    it may fail.
    """
    made = await village(3, target=2)
    grown(made.branch, END)
    await made.anchor(80, SEGMENT, *range(SEGMENT + 14, END, 20), END)
    await made.ship(2, END)
    await made.ship(4, SEGMENT)
    made.lose(1)
    node = made.nodes[3]
    node.sight.healths[4] = Health.SUSPECT
    ports = {"store": Faulty(node.holder.store), "ledger": Faulty(node.holder.ledger)}
    node.restart(ports["store"], ports["ledger"])
    return made, node, ports


@pytest.mark.parametrize("again", ["same process", "restarted"])
@pytest.mark.parametrize("row", rows(), ids=str)
async def test_every_call_may_fail_before_or_after(row: Row, again: str) -> None:
    """The pull goes on where the disk stands, and ends with the creator's log."""
    made, node, ports = await faulty()
    ports[row.port].arm(Fault(row.method, row.error, row.after, row.calls))
    stopped = False
    await made.look()
    try:
        await node.puller.step()
    except Broken:
        stopped = True
    except Unavailable:
        pass  # the chain or the disk did not tell what is to be done
    assert not ports[row.port].faults, "it was never called"
    assert stopped == (row.error is FAILED)
    if again == "restarted":
        node.restart()
    await made.clock.pass_by(LASTING_S)
    await made.pull(3)
    assert await made.root(3) == made.branch.checkpoints[END].root
    assert await made.has(3, SEGMENT, END)


async def test_what_is_kept_is_not_fetched_again() -> None:
    """A crash after each append: what is asked for begins behind what the disk has."""
    made, node, _ = await faulty()
    asked: list[int] = []

    class Watched:
        def __init__(self, line: object) -> None:
            self.line = line

        def __getattr__(self, name: str) -> object:
            return getattr(self.line, name)

        async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> object:
            asked.append(start)
            return await self.line.handing(log, start, stop, max_bytes)  # type: ignore[attr-defined]

    node.table.lies[2] = Watched  # type: ignore[assignment]
    while (size := max(await made.size(3), SEGMENT)) < END:
        asked.clear()
        store = Faulty(node.holder.store)
        store.arm(Fault("append", FAILED, True))
        node.restart(store)
        await made.look()
        with pytest.raises(TraceholdError):
            await node.puller.step()
        assert min(asked) == size
        assert await made.size(3) > size
    assert await made.has(3, SEGMENT, END)
