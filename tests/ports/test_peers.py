"""What `Peers` promises, shown on the one in memory: local knowledge, with evidence, and only its own
errors.
"""

from collections.abc import AsyncIterator, Sequence

import pytest

from tests.journey.network import Node, begun, made, network, said
from tracehold.core.errors import Unavailable
from tracehold.core.evidence import report
from tracehold.core.record import Kind
from tracehold.journey.ports import Expansion, Peer


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes; the second has made flour and describes it."""
    async with network() as net:
        here, there = await net.join(), await net.join()
        await there.say(
            begun("urn:x:grain", 1), made(["urn:x:grain"], ["urn:x:flour"], 2, transformationID="urn:x:run")
        )
        await there.say(said("urn:x:flour", "Flour"), kind=Kind.MASTERDATA)
        await there.say(begun("urn:x:salt", 3, eventID="urn:x:told"))
        await there.finish()
        yield here, there


async def others(node: Node, *items: str) -> Sequence[Peer]:
    """The peers that may know of these items."""
    assert node.knowledge.peers is not None
    return await node.knowledge.peers.holders(items)


async def asked(
    node: Node, *items: str, events: tuple[str, ...] = (), runs: tuple[str, ...] = ()
) -> list[int]:
    """Indices of the records that its only peer hands over."""
    (peer,) = await others(node, *items)
    return [found.index for found in (await peer.expand(items, events, runs)).records]


async def test_holders_are_the_others(pair):
    """Never the asker itself."""
    here, there = pair
    assert [peer.node for peer in await others(here, "x")] == [there.number]
    assert [peer.node for peer in await others(there, "x")] == [here.number]


async def test_records_are_found_by_item_event_and_transformation(pair):
    """Events in any role, and master data; each once; by log and index."""
    here, _ = pair
    assert await asked(here, "urn:x:grain") == [2, 3]
    assert await asked(here, "urn:x:flour") == [3, 4]
    assert await asked(here, "urn:x:grain", "urn:x:flour", runs=("urn:x:run",)) == [2, 3, 4]
    assert await asked(here, runs=("urn:x:run",)) == [3]
    assert await asked(here, events=("urn:x:told",)) == [5]
    assert await asked(here, "urn:x:run", "urn:x:told", "urn:x:nothing") == []


async def test_each_record_comes_with_its_evidence_and_the_answer_with_its_coverage(pair):
    """The evidence is of those very bytes; the coverage is how far its graph is."""
    here, there = pair
    (peer,) = await others(here, "urn:x:flour")
    answer = await peer.expand(["urn:x:flour"])
    for found in answer.records:
        assert found.log == there.log
        said = report(found.evidence, None, None, 0)
        assert said.error is not None
        assert said.error.code == "UNTRUSTED"
        assert (said.log, said.index) == (found.log, found.index)
    assert dict(answer.coverage) == {there.log: 6}


async def test_a_damaged_record_is_not_handed_over(pair):
    """The rest is."""
    here, there = pair
    there.store.damage(there.log, 3)
    assert await asked(here, "urn:x:grain", "urn:x:flour") == [2, 4]


async def test_a_peer_answers_from_local_knowledge_and_asks_nobody(pair):
    """No call triggers another."""
    here, there = pair
    await asked(here, "urn:x:flour")
    assert here.peer.asked == []
    assert there.peer.asked == [frozenset({"urn:x:flour"})]


async def test_a_peer_that_is_gone_raises_peer_down_and_nothing_else(pair):
    """Told to be down, or unable to answer: one error."""
    here, there = pair
    there.graph.down = True
    with pytest.raises(Unavailable) as caught:
        await asked(here, "urn:x:flour")
    assert caught.value.code == "PEER_DOWN"
    there.graph.down, there.peer.down = False, True
    with pytest.raises(Unavailable) as caught:
        await asked(here, "urn:x:flour")
    assert caught.value.code == "PEER_DOWN"


async def test_a_peer_can_be_told_to_lie(pair):
    """For those who test what becomes of lies."""
    here, there = pair
    there.peer.tell = lambda answer: Expansion((), answer.coverage)
    assert await asked(here, "urn:x:flour") == []
