"""What a node thinks of the others: up, suspect, lost; storms; its own stalls. Time is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.scene import NODE_KEY, START, Clock, settle
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.memory.peers import MemoryPeer, MemoryPeers
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.leaf import Leaf
from tracehold.journey.liveness import DEADLINE_S, Health, Limits, Liveness
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Role

LIMITS = Limits(suspect_s=600, replace_s=3600, look_s=30)
OWN = 1
LOG = LogId(bytes([OWN]) * 32)


def neighbour(number: int) -> Neighbour:
    """A member, whose log is named by its number."""
    return Neighbour(
        number,
        LogId(bytes([number]) * 32),
        f"node{number}:1",
        Leaf(bytes([number]), b"", ""),
        frozenset(Role),
        number,
        f"https://holder{number}.example",
        bytes([number]) * 20,
        NODE_KEY.public,
    )


@dataclass
class Place:
    """A node among others that are all in memory; it looks at them."""

    clock: Clock = field(default_factory=Clock)
    listed: list[Neighbour] = field(default_factory=list)
    peers: dict[int, MemoryPeer] = field(default_factory=dict)
    own: LogId = LOG
    asleep: float = 0.0
    limits: Limits = LIMITS
    looks: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.liveness = self.start()

    def start(self) -> Liveness:
        """As a new process begins."""
        peers = MemoryPeers(self.peers, OWN)
        return Liveness(
            self, peers, LIMITS, sleep=self.clock.sleep, now=lambda: self.clock.time + self.asleep
        )

    def others(self) -> Sequence[Neighbour]:
        """See `liveness.Listed`."""
        return self.listed

    def join(self, *numbers: int) -> None:
        """They become members, and answer."""
        for number in numbers:
            self.listed.append(neighbour(number))
            self.peers[number] = MemoryPeer(number, MemoryLog(), MemoryGraph(), delay=self._seen(number))

    def down(self, *numbers: int) -> None:
        """They answer no more."""
        for number in numbers:
            self.peers[number].down = True

    def up(self, *numbers: int) -> None:
        """They answer again."""
        for number in numbers:
            self.peers[number].down = False

    async def round(self, count: float = 1) -> None:
        """So many intervals pass."""
        await self.clock.pass_by(count * LIMITS.look_s)
        await settle()

    def health(self) -> dict[int, Health]:
        """What is thought of each."""
        return {each.number: self.liveness.health(each.number) for each in self.listed}

    def _seen(self, number: int) -> Callable[[], Awaitable[None]]:
        async def asked() -> None:
            self.looks.append((self.clock.time - START, number))

        return asked


@asynccontextmanager
async def place(*numbers: int, limits: Limits = LIMITS) -> AsyncIterator[Place]:
    """A node that looks at these."""
    it = Place(limits=limits)
    it.join(*numbers)
    running = asyncio.ensure_future(it.liveness.run())
    await settle()
    try:
        yield it
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_looks_are_spread_over_the_interval_and_begin_behind_oneself() -> None:
    """One at a time, each member once: no herd on the same node, no burst."""
    async with place(2, 3, 4, 5, 6) as it:
        await it.round(0.99)
        assert it.looks == [(0.0, 2), (6.0, 3), (12.0, 4), (18.0, 5), (24.0, 6)]
        await it.round(10)
        assert len(it.looks) == 55
    async with place(2, 3) as it:
        it.own = LogId(bytes([2]) * 32)
        it.looks.clear()
        await it.round(1)
        assert [number for _, number in it.looks] == [3, 2]


async def test_silence_makes_suspect_then_lost_and_one_answer_makes_up() -> None:
    """Ten minutes, an hour, by the clock; the others are not touched by it."""
    async with place(2, 3, 4, 5) as it:
        await it.round(2)
        it.down(3)
        await it.clock.pass_by(LIMITS.suspect_s - 31)
        assert set(it.health().values()) == {Health.UP}
        await it.clock.pass_by(62)
        assert it.health() == {2: Health.UP, 3: Health.SUSPECT, 4: Health.UP, 5: Health.UP}
        await it.clock.pass_by(LIMITS.replace_s - LIMITS.suspect_s)
        assert it.liveness.health(3) is Health.LOST
        assert LIMITS.replace_s <= it.liveness.silent_s(3) <= LIMITS.replace_s + 62
        it.up(3)
        await it.round()
        assert (it.liveness.health(3), it.liveness.silent_s(3) < 30) == (Health.UP, True)


async def test_a_member_that_flaps_is_up() -> None:
    """It answers every tenth look: it is slow company, and nobody takes its place."""
    async with place(2, 3, 4, 5) as it:
        for _ in range(40):
            it.down(3)
            await it.round(9)
            it.up(3)
            await it.round(1)
            assert it.liveness.health(3) is Health.UP


async def test_a_start_resets_silence() -> None:
    """What a process before knew is forgotten: it may have been itself that was away."""
    async with place(2, 3, 4, 5) as it:
        it.down(3)
        await it.clock.pass_by(2 * LIMITS.replace_s)
        assert it.liveness.health(3) is Health.LOST
        again = it.start()
        assert (again.health(3), again.looked, again.silent_s(3)) == (Health.UP, False, 0.0)
        await again.look(3)
        assert again.health(3) is Health.UP


async def test_not_before_everybody_was_looked_at() -> None:
    """`looked` is the end of the first round; a newcomer is looked at first too."""
    async with place(2, 3, 4) as it:
        seen = [it.liveness.looked]
        await it.clock.pass_by(19)
        seen.append(it.liveness.looked)
        await it.round()
        seen.append(it.liveness.looked)
        it.join(5)
        seen.append(it.liveness.looked)
        await it.round(2)
        seen.append(it.liveness.looked)
        assert seen == [False, False, True, False, True]
    assert not Place().liveness.looked


async def test_over_a_third_silent_is_a_storm_and_a_third_is_none() -> None:
    """Of six others two may be silent; with a third one nobody is replaced."""
    async with place(2, 3, 4, 5, 6, 7) as it:
        await it.round(2)
        it.down(2, 3)
        await it.round(2)
        assert (it.liveness.storm, it.liveness.calm) == (False, True)
        it.down(4)
        await it.round(2)
        assert (it.liveness.storm, it.liveness.calm) == (True, False)


async def test_a_storm_ends_when_a_whole_round_went_well() -> None:
    """The last ones of a healed network are not lost because the first ones were looked at before them."""
    async with place(2, 3, 4, 5, 6, 7) as it:
        await it.round(2)
        it.down(2, 3, 4, 5, 6, 7)
        await it.clock.pass_by(2 * LIMITS.replace_s)
        assert set(it.health().values()) == {Health.LOST}
        it.up(2, 3, 4, 5, 6, 7)
        calm_while_lost = 0
        for _ in range(60):
            await it.clock.pass_by(1)
            lost = Health.LOST in it.health().values()
            calm_while_lost += it.liveness.calm and lost
        assert calm_while_lost == 0
        await it.round(1)
        assert it.liveness.calm


async def test_a_node_alone_is_in_a_storm() -> None:
    """All others silent, be it one: it is cut off itself."""
    async with place(2) as it:
        it.down(2)
        await it.round(1)
        assert it.liveness.storm
        await it.clock.pass_by(2 * LIMITS.replace_s)
        assert (it.liveness.health(2), it.liveness.calm) == (Health.LOST, False)


async def test_being_busy_is_an_answer() -> None:
    """TOO_MANY_CALLS says that somebody is there."""
    async with place(2, 3, 4, 5) as it:

        async def busy() -> None:
            raise Unavailable("TOO_MANY_CALLS", "busy")

        it.peers[3].delay = busy
        await it.clock.pass_by(2 * LIMITS.replace_s)
        assert (it.liveness.health(3), it.liveness.answers(3)) == (Health.UP, True)


async def test_a_member_that_hangs_is_silent_and_holds_up_no_other() -> None:
    """Attack: it takes the call and never answers. The look ends at its deadline."""
    async with place(2, 3, 4, 5) as it:
        hung = asyncio.Event()

        async def hangs() -> None:
            await hung.wait()

        it.peers[3].delay = hangs
        await it.clock.pass_by(7.5 + DEADLINE_S + 1)
        assert (it.liveness.answers(3), it.liveness.answers(2)) == (False, True)
        await it.clock.pass_by(LIMITS.replace_s + 60)
        assert it.health() == {2: Health.UP, 3: Health.LOST, 4: Health.UP, 5: Health.UP}


async def test_a_process_that_stood_still_blames_nobody() -> None:
    """The machine slept for two hours: everybody is up, and a round of looks comes first."""
    async with place(2, 3, 4, 5) as it:
        await it.round(2)
        it.down(3)
        await it.round(2)
        it.asleep += 2 * LIMITS.replace_s
        await it.clock.pass_by(8)
        assert set(it.health().values()) == {Health.UP}
        assert not it.liveness.calm
        await it.round(2)
        assert it.health() == dict.fromkeys((2, 3, 4, 5), Health.UP)
        await it.clock.pass_by(LIMITS.replace_s)
        assert it.liveness.health(3) is Health.LOST


async def test_others_may_hear_too() -> None:
    """An answer to a courier is as good as one to a look; of a stranger nothing is kept."""
    async with place(2, 3, 4, 5) as it:
        it.down(3)
        for _ in range(12):
            await it.clock.pass_by(LIMITS.suspect_s - 60)
            it.liveness.heard(3)
        assert it.liveness.health(3) is Health.UP
        it.liveness.heard(99)
        assert it.liveness.silent_s(99) >= 12 * (LIMITS.suspect_s - 60)


async def test_the_bell_rings_when_something_changed_and_not_otherwise() -> None:
    """Fallen silent, suspect, lost, back."""
    async with place(2, 3, 4, 5) as it:
        await it.round(2)
        ring = it.liveness.bell.next()
        await it.round(20)
        assert not ring.is_set()
        for seconds in (60, LIMITS.suspect_s, LIMITS.replace_s):
            it.down(3)
            ring = it.liveness.bell.next()
            await it.clock.pass_by(seconds)
            assert ring.is_set()
        it.up(3)
        ring = it.liveness.bell.next()
        await it.round()
        assert ring.is_set()


async def test_who_is_member_no_more_is_forgotten() -> None:
    """And begins anew when it comes back: nothing is held against it."""
    async with place(2, 3, 4, 5) as it:
        it.down(3)
        await it.clock.pass_by(2 * LIMITS.replace_s)
        gone = it.listed.pop(1)
        await it.round(2)
        assert it.liveness.health(3) is Health.LOST
        assert it.liveness.calm
        it.listed.append(gone)
        await it.round(2)
        assert it.liveness.health(3) is Health.UP


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sets(st.integers(2, 8)), min_size=1, max_size=4))
def test_whoever_answers_is_never_lost(silences: list[set[int]]) -> None:
    """Whatever falls silent for half an hour at a time: lost is only who was silent for the whole limit, and
    nobody may be replaced while over a third are silent.
    """

    async def scene() -> None:
        seldom = Limits(suspect_s=600, replace_s=3600, look_s=300)
        async with place(*range(2, 9), limits=seldom) as it:
            await it.clock.pass_by(600)
            silent = dict.fromkeys(range(2, 9), 0)
            for down in silences:
                it.up(*(set(silent) - down))
                it.down(*down)
                await it.clock.pass_by(1800)
                for number in silent:
                    silent[number] = silent[number] + 1800 if number in down else 0
                    lost = it.liveness.health(number) is Health.LOST
                    assert not lost or silent[number] >= LIMITS.replace_s
                    assert lost or silent[number] < LIMITS.replace_s + 1800
                assert it.liveness.calm == (3 * len(down) <= 7)

    asyncio.run(scene())
