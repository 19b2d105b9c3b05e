"""Readers of a graph on a server see whole steps, and wait for nobody's slow question."""

import asyncio

import pytest

from tracehold.adapters.neo4j_graph.gate import TRIES, Gate
from tracehold.core.errors import Unavailable


class Scene:
    """A gate; what is committed are two numbers that are always the same, set one after the other."""

    def __init__(self, patience_s: float = 3600.0) -> None:
        self.gate = Gate(patience_s)
        self.one = self.two = 0

    async def commit(self) -> None:
        """The next step."""
        async with self.gate.committing():
            self.one += 1
            await asyncio.sleep(0)
            self.two += 1

    async def read(self) -> tuple[int, int]:
        """Both numbers."""
        return await self.gate.read(self.look)

    async def look(self) -> tuple[int, int]:
        """The work of a read."""
        one = self.one
        await asyncio.sleep(0)
        return one, self.two


class Slow:
    """A read whose runs take as long as the test likes."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._runs = 0
        self.begun = [asyncio.Event() for _ in range(TRIES)]
        self.may_end = [asyncio.Event() for _ in range(TRIES)]

    async def __call__(self) -> tuple[int, int]:
        """The work."""
        run, one = self._runs, self._scene.one
        self._runs += 1
        self.begun[run].set()
        await self.may_end[run].wait()
        return one, self._scene.two


async def test_reads_among_commits_see_whole_steps():
    """None sees one half, however they fall."""
    scene = Scene()
    work = [each() for _ in range(20) for each in (scene.commit, scene.read, scene.read)]
    found = [each for each in await asyncio.gather(*work) if each]
    assert len(found) == 40
    assert all(one == two for one, two in found)
    assert (scene.one, scene.two) == (20, 20)


async def test_a_slow_read_holds_up_neither_commits_nor_other_reads():
    """They pass it, and it sees what they did."""
    scene = Scene()
    slow = Slow(scene)
    reading = asyncio.create_task(scene.gate.read(slow))
    await slow.begun[0].wait()
    for at in (1, 2):
        await scene.commit()
        assert await scene.read() == (at, at)
    for may_end in slow.may_end:
        may_end.set()
    assert await reading == (2, 2)


async def test_a_commit_waits_for_a_read_that_was_overtaken_and_other_reads_do_not():
    """So that the slow one gets done."""
    scene = Scene()
    slow = Slow(scene)
    reading = asyncio.create_task(scene.gate.read(slow))
    await slow.begun[0].wait()
    await scene.commit()
    slow.may_end[0].set()
    await slow.begun[1].wait()
    committing = asyncio.create_task(scene.commit())
    for _ in range(3):
        assert await scene.read() == (1, 1)
    assert not committing.done()
    slow.may_end[1].set()
    assert await reading == (1, 1)
    await committing
    assert await scene.read() == (2, 2)


async def test_a_commit_does_not_wait_for_ever():
    """Nor does a read run for ever: who asks is told."""
    scene = Scene(patience_s=0)

    async def look() -> tuple[int, int]:
        before = scene.one
        await scene.commit()
        return before, scene.two

    with pytest.raises(Unavailable) as caught:
        await scene.gate.read(look)
    assert caught.value.code == "GRAPH_DOWN"
    assert scene.one == TRIES
    assert await scene.read() == (TRIES, TRIES)


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_a_read_that_ends_otherwise_lets_the_commit_through(how: str):
    """Also on its second run."""
    scene, runs, again = Scene(), [], asyncio.Event()

    async def look() -> None:
        runs.append(how)
        if len(runs) == 1:
            await scene.commit()
            return
        again.set()
        if how == "failed":
            raise Unavailable("GRAPH_DOWN", "it is")
        await asyncio.Event().wait()

    task = asyncio.create_task(scene.gate.read(look))
    await again.wait()
    task.cancel()
    await asyncio.wait({task})
    await scene.commit()
    assert scene.two == 2
