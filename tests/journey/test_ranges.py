"""Ranges of a log from one node: what becomes of a node that puts questions off."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.journey.holding_scene import scene
from tests.journey.scene import statement
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.giving import handing
from tracehold.journey.ports import Handed, RecordLog
from tracehold.journey.ranges import PAUSES_S, Ranges


@dataclass
class Busy:
    """Puts so many questions off before it answers each but the first."""

    store: RecordLog
    times: int
    code: str = "TOO_MANY_CALLS"
    node: int = 2
    asked: int = 0

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int) -> Handed:
        """See `Peer.handing`."""
        self.asked += 1
        if (self.asked - 1) % (self.times + 1):
            raise Unavailable(self.code, "later")
        return await handing(self.store, log, start, stop, max_bytes)


@dataclass
class Slept:
    """Seconds that were waited for; but for the limit of an answer they pass at once."""

    pauses: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """See `Sleep`."""
        if seconds > max(PAUSES_S):
            await asyncio.Event().wait()
        self.pauses.append(seconds)


async def ranges(times: int, code: str = "TOO_MANY_CALLS") -> tuple[Any, Slept, Busy, Ranges]:
    """A log of two ranges, at a node that puts questions off."""
    branch = (await scene()).branch
    branch.seal(statement(1).raw)
    store, slept = await branch.disk(), Slept()
    peer = Busy(store, times, code)
    return branch, slept, peer, Ranges(peer, branch.log, slept.sleep)  # type: ignore[arg-type]


async def test_a_node_that_puts_a_question_off_is_asked_again() -> None:
    """After growing pauses; what came before it on the way to an anchor is not lost."""
    branch, slept, peer, asked = await ranges(len(PAUSES_S))
    assert (await asked.next(0, 3)).checkpoint.size == 3
    assert (await asked.next(3, 4)).checkpoint.size == 4
    assert slept.pauses == [*PAUSES_S]
    assert peer.asked == 1 + len(PAUSES_S) + 1
    assert branch.size == 4


@pytest.mark.parametrize(("code", "asked"), [("TOO_MANY_CALLS", len(PAUSES_S) + 1), ("PEER_DOWN", 1)])
async def test_security_a_node_that_always_puts_off_is_left(code: str, asked: int) -> None:
    """Attack: keep whoever fetches waiting. Then another is asked; and at once where the node is gone."""
    _, _, peer, source = await ranges(1 << 40, code)
    assert (await source.next(0, 3)).checkpoint.size == 3
    with pytest.raises(Unavailable) as caught:
        await source.next(3, 4)
    assert (caught.value.code, peer.asked) == (code, 1 + asked)


async def test_a_node_that_puts_the_first_question_off_is_left_at_once() -> None:
    """Nothing was fetched of it: another may answer."""
    _, slept, peer, source = await ranges(1 << 40)
    peer.asked = 1
    with pytest.raises(Unavailable, match="TOO_MANY_CALLS"):
        await source.next(0, 3)
    assert (slept.pauses, peer.asked) == ([], 2)
