"""Members that leave in order, in virtual time: whatever else happens, nobody goes before others have all
that it keeps, and it is gone soon where nothing stands against it.
"""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.journey.leaving_scene import Wishes
from tests.journey.pull_scene import SEGMENT, short_segments
from tests.network.town import Node, Streets, Town
from tests.network.virtual import run
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.spans import Spans, common
from tracehold.journey.handover import Handover
from tracehold.journey.leaving import Closing, Leaving, Stage, Wish
from tracehold.journey.ports import Member

ENTRIES = SEGMENT + 100
"""Of each log: two segments."""
LOOK_S = 5.0


class Leaver:
    """A node of the town whose operator wishes it to go; the contract takes a minute to be final."""

    def __init__(self, node: Node) -> None:
        self.node, self.town = node, node.town
        self.wishes = Wishes(Wish(1.0, leave=True))
        self.errors: list[str] = []
        self.revoked_at = float("inf")
        node.leaving = True
        handover = Handover(
            node.holders, node.store, node.copies, node.ledger, Streets(node), node.liveness, self.town.target
        )
        self.leaving = Leaving(handover, self.wishes, self, asyncio.Lock())
        node.holding = Closing(node.holding, self.leaving.check_copies)  # type: ignore[assignment]
        self.task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while self.stage is not Stage.GONE:
            try:
                await self.leaving.step()
            except (Unavailable, Rejected) as error:
                self.errors.append(error.code)
            except AssertionError as error:
                self.errors.append(f"left too early: {error}")
                return
            await asyncio.sleep(LOOK_S)
        await self.town.kill(self.node.number, forever=True)

    @property
    def stage(self) -> Stage | None:
        """How far it is."""
        return self.leaving.progress.stage if self.leaving.progress else None

    async def final(self) -> list[Member]:
        """See `journey.leaving.Contract`."""
        late = self.town.clock.now() - self.revoked_at < 60
        members = self.town.chain.members
        return [self.node.member if late and e.number == self.node.number else e for e in members]

    async def revoke(self, node: int) -> None:
        """See `journey.leaving.Contract`. Everything that it keeps is kept by enough of those that stay."""
        stay = [each for each in self.town.nodes.values() if not each.leaving]
        for log in await self.node.store.logs():
            for start, stop in await self.node.spans(log):
                for span in _parts(start, stop):
                    have = [each for each in stay if common(await each.spans(log), (span,)) == (span,)]
                    assert len(have) >= min(self.town.target, len(stay)), (self.node.number, span)
        self.revoked_at = self.town.clock.now()
        self.town.leave(node)


def _parts(start: int, stop: int) -> list[tuple[int, int]]:
    """These entries, by segment."""
    ends = [start, *(at for at in range(0, stop, SEGMENT) if at > start), stop]
    return list(pairwise(ends))


async def town_of(size: int, *, target: int = 3, quorum: int = 1) -> Town:
    """Nodes with logs of their own, which are anchored and kept."""
    town = Town(target=target, quorum=quorum)
    await town.join(*range(1, size + 1), creates=ENTRIES, pulls=True)
    town.watch()
    await asyncio.sleep(600)
    for node in town.nodes.values():
        assert await node.anchored() == ENTRIES
    return town


async def copies(town: Town, creator: Node, size: int) -> list[int]:
    """How many of those that are left have each segment of a log."""
    ends = [(at, min(at + SEGMENT, size)) for at in range(0, size, SEGMENT)]
    left = [node for node in town.nodes.values() if node.number not in town.down]
    there: list[Spans] = [tuple(await node.spans(creator.log)) for node in left]
    return [sum(common(spans, (span,)) == (span,) for spans in there) for span in ends]


async def until(so: Callable[[], bool], seconds: float) -> None:
    """Return when it is so."""
    for _ in range(int(seconds)):
        if so():
            return
        await asyncio.sleep(1)
    raise AssertionError("not in time")


async def whole(town: Town) -> None:
    """Every log, those of nodes that left too, is kept as often as is wanted by those that are left."""
    for node in town.nodes.values():
        size = await node.anchored() if node.number not in town.down else ENTRIES
        found = await copies(town, node, size)
        assert min(found) >= town.target, (node.number, found)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a few entries."""
    short_segments(monkeypatch)


@pytest.mark.parametrize("leaving", [(2,), (2, 3), (2, 3, 4)])
def test_some_of_seven_leave_at_once_while_the_others_grow(leaving: tuple[int, ...]) -> None:
    """Within a few minutes, with nothing lost, and all segments at target without them."""

    async def scene() -> None:
        town = await town_of(7)
        leavers = [Leaver(town.nodes[number]) for number in leaving]
        growing = asyncio.ensure_future(_grow(town, (1, 5)))
        await until(lambda: all(each.stage is Stage.GONE for each in leavers), 900)
        growing.cancel()
        await asyncio.sleep(300)
        await whole(town)
        assert all(each.errors == [] for each in leavers)
        assert all(node.faults == [] for node in town.nodes.values())
        await town.end()

    run(scene())


async def _grow(town: Town, numbers: tuple[int, ...]) -> None:
    for size in range(ENTRIES + 5, ENTRIES + 100_000, 5):
        for number in numbers:
            await town.nodes[number].grow(size)
        await asyncio.sleep(7)


def test_nobody_goes_while_the_network_is_cut() -> None:
    """The node that leaves is alone on its side, for longer than a member takes to be lost; and it goes when
    the network is one again.
    """

    async def scene() -> None:
        town = await town_of(6)
        town.cut([2])
        leaver = Leaver(town.nodes[2])
        await asyncio.sleep(3 * town.limits.replace_s)
        assert leaver.stage is Stage.ASKED
        town.cut([])
        await until(lambda: leaver.stage is Stage.GONE, 900)
        await asyncio.sleep(300)
        await whole(town)
        await town.end()

    run(scene())


def test_who_has_to_take_it_over_is_killed_meanwhile() -> None:
    """And with its disk: the node stays until another one has everything."""

    async def scene() -> None:
        town = await town_of(6)
        leaver = Leaver(town.nodes[2])
        await asyncio.sleep(15)
        takers = [each.node for each in town.nodes[1].moves] or [6]
        gone = next((number for number in takers if number != 2), 6)
        await town.kill(gone, forever=True)
        await until(lambda: leaver.stage is Stage.GONE, 3 * town.limits.replace_s)
        await asyncio.sleep(2 * town.limits.replace_s)
        await whole(town)
        await town.end()

    run(scene())


def test_all_but_two_would_leave() -> None:
    """With a quorum of one two are enough to go on: the last of those that wish to go is told that it is
    needed, and nothing is lost.
    """

    async def scene() -> None:
        town = await town_of(4, target=2)
        leavers = [Leaver(town.nodes[number]) for number in (2, 3, 4)]
        await asyncio.sleep(300)
        assert [each.stage for each in leavers] == [None] * 3
        assert {code for each in leavers for code in each.errors} == {"STILL_NEEDED"}
        leavers[2].wishes.wish, town.nodes[4].leaving = None, False
        await until(lambda: [each.stage for each in leavers[:2]] == [Stage.GONE] * 2, 900)
        leavers[2].task.cancel()
        await asyncio.sleep(300)
        await whole(town)
        await town.end()

    run(scene())
