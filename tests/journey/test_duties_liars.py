"""Members that say they keep what they do not, or cannot hand over: nothing else waits for it, and what they
say costs the others no more than it must.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from tests.journey.pull_scene import SEGMENT, Sight, Village, grown, short_segments, village
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.spans import Span, Spans
from tracehold.journey import duties as due
from tracehold.journey.health import Health
from tracehold.journey.ports import Handed, Peer, Role

END = 2 * SEGMENT
LOOKS = 12

LOOKS_OF_AN_HOUR = 35
"""After an hour one more takes what the nearest should have taken: here the liar."""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


async def lost(count: int, target: int = 3) -> Village:
    """Two of so many nodes keep both segments of a lost creator's log."""
    made = await village(count, target)
    grown(made.branch, END)
    await made.anchor(50, 150, SEGMENT, 360, 460, END)
    for number in (2, 3):
        await made.ship(number, END)
    made.lose(1)
    return made


async def copies(made: Village, start: int, stop: int) -> int:
    """Nodes that keep these entries."""
    return sum([await made.has(number, start, stop) for number in made.nodes if await kept(made, number)])


async def kept(made: Village, number: int) -> bool:
    """Whether a node keeps anything of the log."""
    return made.log in await made.nodes[number].holder.store.logs()


async def test_security_a_segment_that_does_not_exist_holds_up_no_other() -> None:
    """A member says it keeps the segment behind the head: those that exist are taken all the same."""
    made = await lost(5)
    for _ in range(LOOKS_OF_AN_HOUR):
        for number in (4, 5):
            await made.look()
            for node in made.nodes.values():
                node.sight.said[6] = {made.log: ((END, END + SEGMENT),)}
            await made.nodes[number].puller.step()
        await made.clock.pass_by(120)
    assert await copies(made, 0, SEGMENT) >= 3
    assert await copies(made, SEGMENT, END) >= 3


@dataclass
class Damaged:
    """It lost the first segment, and says it keeps it."""

    line: MemoryLine

    @property
    def node(self) -> int:
        """Its number."""
        return self.line.node

    def __getattr__(self, name: str) -> Any:
        return getattr(self.line, name)

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """Nothing of the first segment."""
        if start < SEGMENT:
            raise Unavailable("PEER_DOWN", "damaged")
        return await self.line.handing(log, start, stop, max_bytes)


async def test_a_segment_that_nobody_hands_over_holds_up_no_other() -> None:
    """The only copy of the first segment is damaged: the second one comes to as many nodes as it shall."""
    made = await lost(5, target=4)
    for _ in range(LOOKS):
        for number in (4, 5, 6):
            await made.look()
            for node in made.nodes.values():
                node.sight.said[2] = {made.log: ((0, END),)}
                node.sight.said[3] = {made.log: ((SEGMENT, END),)}
                node.table.lies[2] = lambda line: cast("Peer", Damaged(line))
            await made.nodes[number].puller.step()
        await made.clock.pass_by(120)
    assert await copies(made, SEGMENT, END) >= 4
    assert await copies(made, 0, SEGMENT) == 2


class Counting(tuple[Span, ...]):
    """Spans that count how many of them were looked at."""

    read = 0

    def __iter__(self) -> Any:
        for at in range(len(self)):
            yield self[at]

    def __getitem__(self, at: Any) -> Any:
        Counting.read += 1
        return super().__getitem__(at)


@dataclass
class Claims(Sight):
    """What members say, as they say it."""

    claims: Mapping[int, Mapping[LogId, Spans]] = field(default_factory=dict)

    def kept(self, node: int) -> Mapping[LogId, Spans]:
        """What it was made to say."""
        return self.claims.get(node, {})


async def looked(made: Village, claims: Mapping[int, Mapping[LogId, Spans]], segments: int) -> due.View:
    """What node 4 knows of a lost creator's log of so many segments."""
    view = await made.nodes[4].puller.view()
    assert view is not None
    sight = Claims({1: Health.LOST}, claims=claims)
    return replace(view, outlook=sight, heads={made.log: segments * SEGMENT})


async def test_security_many_spans_are_not_read_for_each_segment() -> None:
    """A member that names 10,000 runs costs each segment a few steps, not 10,000."""
    made = await lost(4)
    segments = 100
    honest: Spans = ((0, segments * SEGMENT),)
    many = Counting((2 * at, 2 * at + 1) for at in range(10_000))
    view = await looked(made, {2: {made.log: honest}, 5: {made.log: many}}, segments)
    Counting.read = 0
    assert await due.duties(view)
    assert await due.lacking(view)
    assert 0 < Counting.read < segments * 200


async def test_security_an_endless_log_is_looked_at_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """A creator anchors whatever size it likes, and a member says it keeps all of it."""
    made = await lost(4)
    monkeypatch.setattr(due, "MOST_SEGMENTS", 50)
    endless = 1 << 60
    view = await looked(made, {2: {made.log: ((0, endless * SEGMENT),)}}, endless)
    assert len(await due.lacking(view)) == 50


@pytest.mark.parametrize(
    ("roles", "creator"), [(frozenset(Role), True), (frozenset(), True), (frozenset({Role.HOLDER}), False)]
)
async def test_security_who_never_was_a_creator_has_no_log(roles: frozenset[Role], creator: bool) -> None:
    """A member says it keeps entries of one that never had the role and never anchored: no duty."""
    made = await lost(4)
    view = await looked(made, {2: {made.log: ((0, 100),)}}, 0)
    first, *others = view.members
    view = replace(view, target=4, members=[replace(first, roles=roles), *others], spans={})
    assert bool(await due.duties(view)) == creator


async def test_what_is_anchored_comes_first() -> None:
    """What only members' word stands for is fetched last, however few copies there are, and by itself."""
    made = await lost(4)
    claims = {n: {made.log: ((0, SEGMENT + 50),)} for n in (2, 3)} | {5: {made.log: ((0, SEGMENT + 200),)}}
    view = replace(await looked(made, claims, 0), target=4, spans={made.log: ((0, 100),)})
    view = replace(view, heads={made.log: SEGMENT + 50})
    found = {(each.segment, each.stop, each.anchored) for each in await due.duties(view)}
    assert found == {(0, SEGMENT, SEGMENT), (1, SEGMENT + 50, SEGMENT + 50)}
    view = replace(view, spans={made.log: ((SEGMENT, SEGMENT + 50),)})
    assert [(each.segment, each.stop) for each in await due.duties(view)] == [
        (0, SEGMENT),
        (1, SEGMENT + 200),
    ]
