"""Common over a graph that says which names the walk will ask for: the same answer, whatever it says, and
fewer questions.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.journey.bread import net
from tests.journey.network import (
    AUTHORITY,
    EVERYONE,
    MILL,
    Network,
    Node,
    begun,
    looked,
    made,
    packed,
    replicate,
)
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.errors import Unavailable
from tracehold.core.lineage import GapReason, Wanted, found_under
from tracehold.core.record import Audience
from tracehold.journey import ahead
from tracehold.journey.ports import Reaching
from tracehold.journey.shared import CommonAnswer, CommonQuestion, answer_common

__all__ = ["net"]

GRAIN, FLOUR, BREAD, CAKE, EGG = (f"urn:x:{name}" for name in ("grain", "flour", "bread", "cake", "egg"))
SACK, PALLET = "https://id.gs1.org/00/095201234567891235", "https://id.gs1.org/00/095201234567891242"
SILO, STORE = {"id": "urn:x:silo"}, {"id": "urn:x:store"}
RUN = "urn:x:run"


@dataclass(slots=True)
class Guessing(MemoryGraph):
    """Says a part of all names that are in the graph, and some that are not; counts what it is asked."""

    share: float = 1.0
    seed: int = 0
    looks: int = 0
    asked: list[frozenset[str]] = field(default_factory=list)

    async def reach(
        self, items: Collection[str], *, at: int | None, known_at: int | None, max_depth: int, most: int
    ) -> Wanted:
        """See `ports.Reaching.reach`."""
        self.asked.append(frozenset(items))
        random = Random(self.seed)
        names = sorted({name for fact in self._facts.values() for name in found_under(fact)})
        runs = sorted({fact.transformation_id for fact in self._facts.values() if fact.transformation_id})
        some = [name for name in [*names, "urn:x:nothing"] if random.random() < self.share]
        return Wanted(frozenset(some[:most]), frozenset(run for run in runs if random.random() < self.share))

    async def facts(self, items, transformations=()):
        """See `ports.Graph.facts`."""
        self.looks += 1
        return await MemoryGraph.facts(self, items, transformations)


async def ask(node: Node, *items: str, reader=EVERYONE, **options) -> CommonAnswer:
    """All of the answer."""
    return await answer_common(node.knowledge, reader, CommonQuestion(items or (BREAD, CAKE), **options))


async def kitchen(net: Network) -> tuple[Node, Node]:
    """Flour in a sack on a pallet at one node; the sack emptied into bread and cake at another, by one run;
    some of it hidden, some taken elsewhere, and an egg that is another affair.
    """
    here, there = await net.join(), await net.join()
    await here.say(
        begun(GRAIN, 0, bizLocation=SILO),
        made([GRAIN], ["urn:x:f1"], 10),
        packed(SACK, ["urn:x:f1"], 11),
        packed(PALLET, [SACK], 12, bizLocation=STORE),
        looked(PALLET, 13, readPoint=STORE),
        made(["urn:x:f1"], ["urn:x:pie"], 40),
    )
    await here.say(made([EGG], [GRAIN], 1, bizLocation=STORE), audience=Audience.AUTHORITY)
    await there.say(_run([SACK], []), _run([], [BREAD]), _run([EGG], [CAKE]), begun(EGG, 1), party=MILL)
    await there.say(_run(["urn:x:secret"], []), party=MILL, audience=Audience.AUTHORITY)
    for node in (there, here):
        await node.finish()
    return here, there


def _run(inputs: list[str], outputs: list[str]) -> bytes:
    return made(inputs, outputs, 30, transformationID=RUN)


async def guessed(node: Node, **how) -> Guessing:
    """Let the node answer from such a graph."""
    graph = Guessing(**how)
    node.use(graph)
    await node.index()
    return graph


OPTIONS: list[dict[str, Any]] = [
    {},
    {"max_depth": 1},
    {"max_items": 2},
    {"known_at": 1},
    {"at": (1772323200 + 60 * 20) * 10**6},
    {"strict_time": True},
    {"reader": AUTHORITY},
]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
async def test_the_answer_is_the_same_whatever_is_guessed(net: Network, share: float):
    """Nothing, some, everything that there is and what is not: ancestors, places, parties, statements, gaps
    and coverage, for readers of all and of less, at both nodes.
    """
    nodes = await kitchen(net)
    for node in nodes:
        plain = [await ask(node, **options) for options in OPTIONS]
        assert {gap.reason for gap in plain[0].gaps} >= {GapReason.ACCESS_REFUSED}
        assert plain[0].items
        assert plain[0] != plain[-1]
        for seed in range(2 if share % 1 else 1):
            graph = await guessed(node, share=share, seed=seed)
            assert isinstance(graph, Reaching)
            assert [await ask(node, **options) for options in OPTIONS] == plain
            assert graph.asked


async def test_all_is_looked_up_at_once(net: Network):
    """Here, and at every other node: one question each, where the walk alone asks for each frontier."""
    here, there = await kitchen(net)
    await replicate(here, there)
    await ask(there)
    frontiers = len(here.peer.asked)
    graph = await guessed(there)
    assert (await ask(there)).items
    assert (len(here.peer.asked) - frontiers, graph.looks, len(graph.asked)) == (1, 1, 1)
    assert frontiers > 5


async def test_what_is_not_guessed_is_guessed_from_there(net: Network):
    """The graph here knows nothing of the farm's goods: it is asked again with what the walk comes to, once
    for each name.
    """
    _, there = await kitchen(net)
    graph = await guessed(there)
    await ask(there)
    assert graph.asked[0] == {BREAD, CAKE}
    assert any("urn:x:f1" in names for names in graph.asked)
    assert len(set().union(*graph.asked)) == sum(map(len, graph.asked))


async def test_guesses_are_bounded(net: Network, monkeypatch: pytest.MonkeyPatch):
    """Whatever the graph says, so many names are looked up ahead, in portions that a peer can answer."""
    here, there = await kitchen(net)
    plain = await ask(there)
    await guessed(there)
    monkeypatch.setattr(ahead, "PORTION", 3)
    before = len(here.peer.asked)
    assert await ask(there) == plain
    asked = here.peer.asked[before:]
    assert max(map(len, asked)) == 3
    assert len(set().union(*asked)) == sum(map(len, asked))
    monkeypatch.setattr(ahead, "MOST", 2)
    graph = await guessed(there)
    before = len(here.peer.asked)
    assert await ask(there) == plain
    assert len(graph.asked) < len(here.peer.asked) - before


async def test_a_graph_that_does_not_answer_is_no_answer(net: Network):
    """Not one without what it would have said."""
    _, there = await kitchen(net)
    graph = await guessed(there)

    async def down(*_, **__):
        raise Unavailable("GRAPH_DOWN", "down")

    graph_reach = "tests.journey.test_ahead.Guessing.reach"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_reach, down)
        with pytest.raises(Unavailable, match="GRAPH_DOWN"):
            await ask(there)
    assert graph.asked == []


async def test_what_is_guessed_and_not_asked_for_shows_nowhere(net: Network):
    """A hidden record about a thing that has nothing to do with the question leaves no gap."""
    node = await net.join()
    await node.say(made([FLOUR], [BREAD], 1), made([FLOUR], [CAKE], 2))
    await node.say(begun("urn:x:other", 3), audience=Audience.AUTHORITY)
    await node.index()
    plain = await ask(node)
    await guessed(node)
    assert await ask(node) == plain
    assert GapReason.ACCESS_REFUSED not in {gap.reason for gap in plain.gaps}
