"""Whom a pull asks, how fast it goes, and what stops it."""

import asyncio
from dataclasses import dataclass

import pytest

from tests.journey.holding_scene import Branch
from tests.journey.pull_scene import SEGMENT, Village, grown, short_segments, village
from tests.journey.scene import settle
from tests.recovery.faults import FAILED, Fault, Faulty
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.journey.health import Health
from tracehold.journey.pacing import LOOK_S, YIELD_S, Pace
from tracehold.journey.ports import Handed, Member, Role
from tracehold.journey.pull import LASTING_S, PAUSE_S

END = SEGMENT - 6
ANCHORS = (*range(50, END, 50), END)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


@dataclass
class Counted:
    """A source that counts what it is asked for, and falls silent after so many answers."""

    line: MemoryLine
    asked: list[int]
    answers: int = 1 << 30

    @property
    def node(self) -> int:
        """Its number."""
        return self.line.node

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> Handed:
        """What it has."""
        if len(self.asked) >= self.answers:
            self.line.to.down = True
        self.asked.append(start)
        return await self.line.handing(log, start, stop, max_bytes)


async def lost(holders: int = 3, *at: int) -> Village:
    """A lost creator's log is at these nodes, or at node 2; all else lack it."""
    made = await village(holders)
    grown(made.branch, END)
    await made.anchor(*ANCHORS)
    for number in at or (2,):
        await made.ship(number, END)
    made.lose(1)
    await made.look()
    return made


async def test_all_sources_down_is_waited_out() -> None:
    """It is asked again with growing waits, and goes on when one is back."""
    made = await lost(3, 2, 3)
    for number in (2, 3):
        made.nodes[4].table.peers[number].down = True
    node = made.nodes[4]
    for _ in range(4):
        await node.puller.step()
        await made.clock.pass_by(60)
    assert await made.size(4) == 0
    assert node.faults == []
    assert node.told == []
    made.nodes[4].table.peers[3].down = False
    await node.puller.step()
    assert await made.has(4, 0, END)


async def test_trouble_is_told_until_the_log_comes_on() -> None:
    """At every look, also while it is tried again; and no more once the copy is whole."""
    made = await lost(2)
    node = made.nodes[3]
    node.table.peers[2].down = True
    running = asyncio.ensure_future(node.puller.run())
    for _ in range(30):
        await made.clock.pass_by(10)
        await settle()
    codes = [error and error.code for error in node.troubles]
    assert codes[0] is None
    assert set(codes[1:]) == {"PEER_DOWN"}
    node.table.peers[2].down = False
    for _ in range(10):
        await made.clock.pass_by(10)
        await settle()
        await made.look()
    assert node.troubles[-1] is None
    assert await made.has(3, 0, END)
    running.cancel()


async def test_a_source_that_falls_silent_is_followed_by_the_next() -> None:
    """Behind what is kept: no more is fetched twice than what leads to one anchor."""
    made = await lost(3, 2, 3)
    node, asked = made.nodes[4], {2: list[int](), 3: list[int]()}
    view = await node.puller.view()
    assert view is not None
    first, second = [each.number for each in view.keepers(made.chain.members[0], 0)]
    node.table.lies[first] = lambda line: Counted(line, asked[first], 2)  # type: ignore[assignment,return-value]
    node.table.lies[second] = lambda line: Counted(line, asked[second])  # type: ignore[assignment,return-value]
    await node.puller.step()
    assert await made.has(4, 0, END)
    assert asked == {first: [0, 50, 100], second: [100, 150, 200]}
    assert [repair.from_node for _, repair in node.told][-1] == second


async def test_two_nodes_that_take_one_place_do_no_harm() -> None:
    """Each sees the other one as silent: the segment has a copy more."""
    made = await lost(4)
    for number in (3, 4, 5):
        sight = made.nodes[number].sight
        sight.healths |= {each: Health.SUSPECT for each in (3, 4, 5) if each != number}
    await asyncio.gather(*(made.nodes[number].puller.step() for number in (3, 4, 5)))
    for number in (3, 4, 5):
        assert await made.root(number) == made.branch.checkpoints[END].root


async def test_who_leaves_is_asked_and_counts_for_nothing() -> None:
    """Its copies are taken by others in time; it takes nothing itself."""
    made = await lost(4, 2, 3, 4)
    for node in made.nodes.values():
        node.sight.leaving = {2, 3, 4}
    made.nodes[5].leaving = True
    assert not await made.nodes[5].puller.step()
    made.nodes[5].leaving = False
    await made.nodes[5].puller.step()
    assert await made.has(5, 0, END)


@pytest.mark.parametrize("means", ["quota", "disk"])
async def test_quota_and_disk_hold(means: str) -> None:
    """What they forbid is not kept, whoever hands it over, and not asked for again and again."""
    made = await lost()
    node = made.nodes[3]
    if means == "quota":
        node.holder.quota = 120 * 256
    else:
        node.holder.free = lambda: 0 if node.holder.store.appends > 3 else 1 << 40
    node.restart()
    asked: list[int] = []
    node.table.lies[2] = lambda line: Counted(line, asked)  # type: ignore[assignment,return-value]
    await node.puller.step()
    size, count = await made.size(3), len(asked)
    assert 0 < size < END
    await made.clock.pass_by(LASTING_S / 2)
    await node.puller.step()
    assert len(asked) == count
    assert node.faults == []
    node.holder.quota, node.holder.free = 0, lambda: 1 << 40
    node.restart()
    await node.puller.step()
    assert await made.has(3, 0, END)


async def test_the_rate_is_kept() -> None:
    """So many bytes of records a second, over the whole pull."""
    made = await lost()
    node = made.nodes[3]
    node.restart(rate=1_000)
    began = made.clock.now()
    pulling = asyncio.ensure_future(node.puller.step())
    while not pulling.done():
        await settle()
        await made.clock.pass_by(0.1)
    weight = sum(len(entry.raw) for entry in made.branch.entries)
    assert made.clock.now() - began == pytest.approx(weight / 1_000, rel=0.2)


async def test_uploads_go_first_and_never_stop_a_pull() -> None:
    """Each step waits while uploads do, and no longer than a moment."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    waiting = [True, True, False]
    await Pace(0, sleep, lambda: 0.0, lambda: waiting.pop(0)).spend(100)
    assert waits == [LOOK_S, LOOK_S]
    waits.clear()
    await Pace(0, sleep, lambda: 0.0, lambda: True).spend(100)
    assert sum(waits) == pytest.approx(YIELD_S, abs=LOOK_S)


async def test_it_runs_and_begins_by_itself() -> None:
    """At its looks, and as soon as a courier asks for what is far from here. Ends by cancellation."""
    made = await village(2)
    grown(made.branch, END)
    await made.anchor(*ANCHORS)
    await made.ship(2, END)
    await made.look()
    node = made.nodes[3]
    running = asyncio.ensure_future(node.puller.run())
    await settle()
    assert await made.size(3) == 0
    # By the bell: no more time passes than between two looks at least.
    await node.holder.take(made.branch, made.branch.shipment(END))
    for _ in range(40):
        await settle()
        await made.clock.pass_by(PAUSE_S / 10)
    assert await made.has(3, 0, END)
    grown(made.branch, END + 6)
    await made.anchor(END + 6)
    await made.ship(2, END + 6)
    await made.look()
    made.lose(1)
    for _ in range(10):
        await made.clock.pass_by(10)
        await settle()
    assert await made.has(3, 0, END + 6)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_broken_disk_ends_it() -> None:
    """As it ends the node: nothing is kept where nothing can be."""
    made = await lost()
    node = made.nodes[3]
    store = Faulty(node.holder.store)
    store.arm(Fault("append", FAILED, after=False))
    node.restart(store)
    with pytest.raises(Broken, match="STORE_FAILED"):
        await node.puller.run()


async def test_a_damaged_copy_stops_no_other() -> None:
    """It is told as a fault, and left for a while."""
    made = await lost(2)
    await made.ship(3, 100)
    made.lose(1)
    node = made.nodes[3]
    tiles = node.holder.store._kept[made.log].tiles
    at = min(tiles)
    tiles[at] = bytes(32) + tiles[at][32:]
    node.restart()
    await node.puller.step()
    assert [getattr(error, "code", "") for error in node.faults] == ["CORRUPT"]
    assert await made.size(3) == 100


@pytest.mark.parametrize("anchored", [True, False])
async def test_two_logs_at_once_and_each_once(anchored: bool) -> None:
    """Of four lost creators; what is left comes at the next looks. What is not anchored takes one of the two
    places only.
    """
    made = await village(2, target=2)
    running: list[LogId] = []
    most = 0
    branches = []
    for number in range(50, 54):
        key, operator = Ed25519Key.from_seed(bytes([number]) * 32), f"https://creator{number}.example"
        branch = await Branch.begun(made.clock, key, operator)
        branches.append(branch)
        account = bytes([number]) * 20
        caller = branch.neighbour(number=number, operator_number=number, account=account)
        made.chain.members.append(
            Member(number, number, operator, account, key.public.raw, branch.log, frozenset(Role), True, b"")
        )
        grown(branch, 100)
        start = 0
        for size in sorted(branch.checkpoints)[1:]:
            await made.nodes[2].holder.take(branch, branch.shipment(start, size), caller)
            start = size
        if anchored:
            ledger = MemoryLedger(made.chain, account)
            await ledger.send(await ledger.prepare_anchor(0, 100, branch.checkpoints[100].root, ()))
            made.chain.mine()
    await made.look()
    made.lose(1, *range(50, 54))

    class Slow(Counted):
        async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> Handed:
            """What it has, after a while."""
            nonlocal most
            running.append(log)
            assert running.count(log) == 1
            most = max(most, len(running))
            for _ in range(20):
                await asyncio.sleep(0)
            running.remove(log)
            return await self.line.handing(log, start, stop, max_bytes)

    node = made.nodes[3]
    node.table.lies[2] = lambda line: Slow(line, [])  # type: ignore[assignment,return-value]
    await node.puller.step()
    assert most == (2 if anchored else 1)
    await made.pull(3)
    for branch in branches:
        assert await node.holder.store.size(branch.log) == 100
