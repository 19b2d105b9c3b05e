"""What `Peers` promises, shown on the one in memory and on the one over gRPC: local knowledge, with evidence,
and only its own errors.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.journey.network import Node, begun, made, network, said
from tests.ports.mesh import Mesh, mesh
from tracehold.core.errors import Unavailable
from tracehold.core.evidence import report
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import Kind, fingerprint
from tracehold.journey.ports import Dispute, Expansion, Peer, Sent


@dataclass
class Pair:
    """Two nodes that may ask each other; over gRPC where there is a mesh."""

    here: Node
    there: Node
    mesh: Mesh | None = None

    async def others(self, node: Node, *items: str) -> Sequence[Peer]:
        """The peers that may know of these items."""
        assert node.knowledge.peers is not None
        return await node.knowledge.peers.holders(items)

    async def peer(self) -> Peer:
        """The only peer of `here`."""
        (peer,) = await self.others(self.here)
        return peer

    async def asked(self, *items: str, events: tuple[str, ...] = (), runs: tuple[str, ...] = ()) -> list[int]:
        """Indices of the records that its only peer hands over."""
        return [found.index for found in (await (await self.peer()).expand(items, events, runs)).records]

    async def end(self) -> None:
        """The other node is gone."""
        self.there.peer.down = True
        if self.mesh:
            await self.mesh.posts[self.there.number].server.stop(0)

    def was_asked(self, node: Node) -> bool:
        """Whether anybody asked this node for records."""
        return bool(self.mesh.posts[node.number].asked if self.mesh else node.peer.asked)


@pytest.fixture(params=["memory", "grpc"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two nodes; the second has made flour and describes it."""
    async with network() as net:
        here, there = await net.join(), await net.join()
        await there.say(
            begun("urn:x:grain", 1), made(["urn:x:grain"], ["urn:x:flour"], 2, transformationID="urn:x:run")
        )
        await there.say(said("urn:x:flour", "Flour"), kind=Kind.MASTERDATA)
        await there.say(begun("urn:x:salt", 3, eventID="urn:x:told"))
        await there.finish()
        if request.param == "memory":
            yield Pair(here, there)
            return
        async with mesh(net, tmp_path) as made_mesh:
            for node in (here, there):
                await made_mesh.add(node)
            await made_mesh.refresh()
            yield Pair(here, there, made_mesh)


async def test_holders_are_the_others(pair):
    """Never the asker itself."""
    assert [peer.node for peer in await pair.others(pair.here, "x")] == [pair.there.number]
    assert [peer.node for peer in await pair.others(pair.there, "x")] == [pair.here.number]


async def test_records_are_found_by_item_event_and_transformation(pair):
    """Events in any role, and master data; each once; by log and index."""
    assert await pair.asked("urn:x:grain") == [2, 3]
    assert await pair.asked("urn:x:flour") == [3, 4]
    assert await pair.asked("urn:x:grain", "urn:x:flour", runs=("urn:x:run",)) == [2, 3, 4]
    assert await pair.asked(runs=("urn:x:run",)) == [3]
    assert await pair.asked(events=("urn:x:told",)) == [5]
    assert await pair.asked("urn:x:run", "urn:x:told", "urn:x:nothing") == []


async def test_records_of_any_kind_are_found_by_their_fingerprints(pair):
    """The log's header, events, master data; those about items that are asked for too, each once."""
    kept = [entry.fingerprint for entry in await pair.there.store.read(pair.there.log, 0, 6)]
    asked = partial((await pair.peer()).expand, fingerprints=[kept[4], kept[0], kept[2]])
    assert [found.index for found in (await asked(())).records] == [0, 2, 4]
    assert [found.index for found in (await asked(["urn:x:flour"])).records] == [0, 2, 3, 4]
    (found,) = (await (await pair.peer()).expand((), fingerprints=[kept[0]])).records
    assert fingerprint(found.raw) == kept[0]
    assert (await (await pair.peer()).expand((), fingerprints=[Fingerprint(bytes(32))])).records == []


async def test_a_record_that_is_disputed_or_erased_or_damaged_is_not_handed_over_by_its_fingerprint(pair):
    """It proves nothing, or its bytes are gone."""
    there = pair.there
    kept = [entry.fingerprint for entry in await there.store.read(there.log, 0, 6)]
    there.store._of(there.log).disputes[2] = Dispute(2, "NOT_EPCIS", 1)
    there.store.damage(there.log, 3)
    await there.store.erase(there.log, 4)
    found = (await (await pair.peer()).expand((), fingerprints=kept[2:])).records
    assert [each.index for each in found] == [5]


async def test_each_record_comes_with_its_evidence_and_the_answer_with_its_coverage(pair):
    """The evidence is of those very bytes; the coverage is how far its graph is."""
    there = pair.there
    answer = await (await pair.peer()).expand(["urn:x:flour"])
    for found in answer.records:
        assert found.log == there.log
        told = report(found.evidence, None, None, 0)
        assert told.error is not None
        assert told.error.code == "UNTRUSTED"
        assert (told.log, told.index) == (found.log, found.index)
    assert dict(answer.coverage) == {there.log: ((0, 6),)}
    assert answer.more is False


async def test_a_damaged_record_is_not_handed_over(pair):
    """The rest is."""
    pair.there.store.damage(pair.there.log, 3)
    assert await pair.asked("urn:x:grain", "urn:x:flour") == [2, 4]


async def test_entries_of_a_log_in_order(pair):
    """From an index on, up to another, as many as fit, and never less than one; none that are not kept."""
    there, peer = pair.there, await pair.peer()
    kept = [Sent(entry.raw, entry.fingerprint) for entry in await there.store.read(there.log, 0, 6)]
    whole = await peer.entries(there.log, 0, 100)
    assert (whole.start, list(whole.entries), whole.size) == (0, kept, 6)
    assert list((await peer.entries(there.log, 2, 4)).entries) == kept[2:4]
    assert list((await peer.entries(there.log, 1, 6, max_bytes=1)).entries) == kept[1:2]
    assert fingerprint(kept[0].raw) == there.log
    for start, stop in ((6, 9), (4, 4), (5, 2)):
        assert list((await peer.entries(there.log, start, stop)).entries) == []
    nobodys = await peer.entries(LogId(bytes(32)), 0, 9)
    assert (list(nobodys.entries), nobodys.size) == ([], 0)


async def test_a_peer_answers_from_local_knowledge_and_asks_nobody(pair):
    """No call triggers another."""
    await pair.asked("urn:x:flour")
    assert pair.was_asked(pair.there)
    assert not pair.was_asked(pair.here)


async def test_a_peer_that_is_gone_raises_peer_down_and_nothing_else(pair):
    """Unable to answer, or gone altogether: one error, for every question."""
    there, peer = pair.there, await pair.peer()
    there.graph.down = True
    with pytest.raises(Unavailable) as caught:
        await pair.asked("urn:x:flour")
    assert caught.value.code == "PEER_DOWN"
    there.graph.down = False
    await pair.end()
    for question in (peer.expand(["urn:x:flour"]), peer.entries(there.log, 0, 1)):
        with pytest.raises(Unavailable) as caught:
            await question
        assert caught.value.code == "PEER_DOWN"


async def test_a_peer_can_be_told_to_lie():
    """The one in memory, for those who test what becomes of lies."""
    async with network() as net:
        here, there = await net.join(), await net.join()
        await there.say(begun("urn:x:flour", 1))
        await there.finish()
        there.peer.tell = lambda answer: Expansion((), answer.coverage)
        assert await Pair(here, there).asked("urn:x:flour") == []
