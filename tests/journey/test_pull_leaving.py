"""A pull of a node that is told to leave meanwhile, and sources that were no good before."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tests.journey.pull_scene import SEGMENT, Village, grown, short_segments, village
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.ports import Handed, Peer

END = 2 * SEGMENT
TAKER = 4


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


@dataclass
class Told:
    """Before it answers, `hook` is called; where it says so, it does not answer."""

    line: MemoryLine
    hook: Any
    starts: list[int] = field(default_factory=list)

    @property
    def node(self) -> int:
        """Its number."""
        return self.line.node

    def __getattr__(self, name: str) -> Any:
        return getattr(self.line, name)

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """What it has, or nothing."""
        if self.hook(self.node, start):
            raise Unavailable("PEER_DOWN", "too slow")
        return await self.line.handing(log, start, stop, max_bytes)


async def lost(hook: Any) -> Village:
    """Two nodes keep all of a lost creator's log, anchored in steps; a third one takes it."""
    made = await village(3, target=3)
    grown(made.branch, END)
    await made.anchor(50, 100, 200, SEGMENT, 360, END)
    for number in (2, 3):
        await made.ship(number, END)
        made.nodes[TAKER].table.lies[number] = lambda line: cast("Peer", Told(line, hook))
    made.lose(1)
    await made.look()
    return made


async def test_a_pull_ends_when_the_node_is_to_leave() -> None:
    """What it would keep from then on nobody would count: nothing more is written; when it stays, it goes
    on.
    """

    def wished(_: int, start: int) -> bool:
        made.nodes[TAKER].leaving = start >= 100
        return False

    made = await lost(wished)
    await made.nodes[TAKER].puller.step()
    assert await made.size(TAKER) == 100
    made.nodes[TAKER].table.lies.clear()
    assert not await made.nodes[TAKER].puller.step()
    made.nodes[TAKER].leaving = False
    await made.clock.pass_by(60)
    await made.pull(TAKER)
    assert await made.has(TAKER, 0, END)


async def test_security_who_did_not_answer_is_asked_last_of_that_log() -> None:
    """Attack: say to keep all, and let whoever asks wait, for each segment anew. The second segment is asked
    of
    the other one at once.
    """
    asked: list[tuple[int, int]] = []

    def slow(node: int, start: int) -> bool:
        asked.append((node, start))
        return node == asked[0][0]

    made = await lost(slow)
    await made.pull(TAKER)
    assert await made.has(TAKER, 0, END)
    assert len({node for node, _ in asked}) == 2
    assert [node for node, _ in asked].count(asked[0][0]) == 1
