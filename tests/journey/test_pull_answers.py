"""Questions while a lost creator's log is being fetched: what is answered is right, and what is missing is
named.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.journey.asking import UP, names, trace
from tests.journey.network import Network, Node, begun, made, network, replicate
from tests.journey.pull_scene import Sight, Table
from tests.journey.scene import PLENTY
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.ids import LogId
from tracehold.core.lineage import GapReason
from tracehold.journey.answers import TraceAnswer
from tracehold.journey.assess import Assessor
from tracehold.journey.fetching import Means
from tracehold.journey.health import Health
from tracehold.journey.holding import Holding
from tracehold.journey.judge import Judge
from tracehold.journey.pacing import Pace
from tracehold.journey.ports import Handed
from tracehold.journey.pull import Puller, Terms
from tracehold.journey.room import Room
from tracehold.journey.underway import Underway
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing

ITEMS = [f"urn:x:{name}" for name in ("grain", "flour", "dough", "bread", "toast")]
TRUTH = set(ITEMS[:-1])

Between = Callable[[], Awaitable[None]]


@dataclass
class Handing:
    """A source, and what is done before each of its answers."""

    line: MemoryLine
    between: Between

    @property
    def node(self) -> int:
        """Its number."""
        return self.line.node

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> Handed:
        """What it has."""
        await self.between()
        return await self.line.handing(log, start, stop, max_bytes)


async def lost_mill(net: Network) -> tuple[Node, Node, Node]:
    """The mill said one step after the other, each anchored alone; the keeper has all of it, and the mill is
    gone. The taker has nothing yet.
    """
    mill, keeper, taker = [await net.join() for _ in range(3)]
    await mill.say(begun(ITEMS[0], 1))
    await mill.finish()
    for at in range(1, len(ITEMS)):
        await mill.say(made([ITEMS[at - 1]], [ITEMS[at]], at + 1))
        await mill.finish()
    await replicate(mill, keeper)
    await keeper.index()
    await taker.index()
    mill.peer.down = True
    return mill, keeper, taker


def pulling(taker: Node, keeper: Node, mill: Node, between: Between) -> tuple[Puller, Assessor]:
    """What fetches at the taker, and what judges afterwards."""
    clock = taker.network.clock
    witnessing = Witnessing(taker.store, MemoryCopies(), taker.ledger, clock.now, lambda _: None)
    underway, judge = Underway(clock.now), Judge()
    holding = Holding(witnessing, Room(Disk(lambda: PLENTY)), judge=judge, underway=underway)
    table = Table(taker.network.peers, taker.number)
    table.lies[keeper.number] = lambda line: Handing(line, between)  # type: ignore[assignment,return-value]
    sight = Sight({mill.number: Health.LOST})
    sight.said[keeper.number] = {mill.log: ((0, 1 << 20),)}
    pace = Pace(0, clock.sleep, clock.now)
    means = Means(witnessing, holding, underway, pace, clock.sleep, clock.now)
    return Puller(means, table, sight, Terms(3, 1.0), clock.sleep, clock.now), Assessor(taker.store, judge)


def honest(answer: TraceAnswer) -> bool:
    """Nothing that is not so; and where something is missing, a gap that says that not all was searched."""
    found = set(names(answer))
    named = any(gap.reason is GapReason.NOT_COVERED for gap in answer.gaps)
    return found == TRUTH or (found < TRUTH and named)


async def test_a_trace_during_a_pull_is_whole_while_the_source_answers() -> None:
    """Whatever is here by now, judged or not: the rest comes from the source. Only that the mill is silent is
    a gap.
    """
    async with network() as net:
        mill, keeper, taker = await lost_mill(net)
        answers: list[TraceAnswer] = []

        async def ask() -> None:
            answers.append(await trace(taker, ITEMS[-1], UP))
            await assessor.once()
            await taker.index()
            answers.append(await trace(taker, ITEMS[-1], UP))

        puller, assessor = pulling(taker, keeper, mill, ask)
        assert await puller.step()
        assert await taker.store.size(mill.log) == await mill.store.size(mill.log)
        assert len(answers) >= 2 * len(ITEMS)
        assert {frozenset(names(answer)) for answer in answers} == {frozenset(TRUTH)}
        gaps = {gap.reason for answer in answers for gap in answer.gaps}
        assert gaps == {GapReason.HOLDER_DOWN}
        assert taker.faults == []


async def test_a_trace_during_a_pull_names_what_is_missing_when_the_source_is_gone() -> None:
    """At every step of it, before and after the new entries are judged and indexed: what is shown is true,
    and the entries that nobody searched are named.
    """
    async with network() as net:
        mill, keeper, taker = await lost_mill(net)
        answers: list[TraceAnswer] = []

        async def ask() -> None:
            keeper.peer.down = True
            answers.append(await trace(taker, ITEMS[-1], UP))
            await assessor.once()
            await taker.index()
            answers.append(await trace(taker, ITEMS[-1], UP))
            keeper.peer.down = False

        puller, assessor = pulling(taker, keeper, mill, ask)
        assert await puller.step()
        assert [answer for answer in answers if not honest(answer)] == []
        assert any(mill.log.hex() in gap.detail for gap in answers[0].gaps)
        keeper.peer.down = True
        await assessor.once()
        await taker.index()
        last = await trace(taker, ITEMS[-1], UP)
        assert set(names(last)) == TRUTH
        assert {gap.reason for gap in last.gaps} == {GapReason.HOLDER_DOWN}
