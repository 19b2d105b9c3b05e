"""What an answer does with records and trees that are damaged: say so, report it, and go on."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.journey.network import EVERYONE, Node, made, network, said
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Direction, GapReason
from tracehold.core.record import Kind
from tracehold.core.tiles import Coord
from tracehold.journey.locate import answer_record
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.trace import TraceQuestion, answer_trace
from tracehold.journey.verify import verify_kept


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """farm -> flour -> bread <- water, final and indexed."""
    async with network() as net:
        node = await net.join()
        await node.say(made(["urn:x:farm"], ["urn:x:flour"], 1))
        await node.say(made(["urn:x:flour", "urn:x:water"], ["urn:x:bread"], 2))
        await node.say(made(["urn:x:well"], ["urn:x:water"], 1))
        await node.say(said("urn:x:mill", "Mill"), kind=Kind.MASTERDATA)
        await node.finish()
        yield node


FLOUR, BREAD, WATER, SAID = 2, 3, 4, 5
"""Indices of the records."""


async def trace(node: Node, **options):
    """Upstream of the bread."""
    return await answer_trace(
        node.knowledge, EVERYONE, TraceQuestion("urn:x:bread", Direction.UPSTREAM, **options)
    )


async def fingerprint(node: Node, index: int) -> Fingerprint:
    """Of the record at an index."""
    (entry,) = await node.store.read(node.log, index, index + 1)
    return entry.fingerprint


async def test_a_byte_changed_on_disk_is_found_named_and_reported_and_the_rest_is_answered(node):
    """The damaged record stays out, its fingerprint stands in the gap, the other branch is whole,
    nothing stops.
    """
    name = (await fingerprint(node, FLOUR)).hex()
    node.store.damage(node.log, FLOUR)
    answer = await trace(node)
    assert [item.item for item in answer.items] == ["urn:x:flour", "urn:x:water", "urn:x:well"]
    (gap,) = [gap for gap in answer.gaps if gap.item == "urn:x:flour"]
    assert gap.reason is GapReason.PROOF_FAILED
    assert name in gap.detail
    assert all(event.verified and event.fingerprint.hex() != name for event in answer.events)
    assert len(node.faults) == 1
    assert name in node.faults[0]


async def test_a_damaged_record_cannot_be_read_and_is_reported_as_false(node):
    """The record itself: PROOF_INVALID; its verification: the first step failed, the others not checked."""
    name = await fingerprint(node, FLOUR)
    node.store.damage(node.log, FLOUR)
    with pytest.raises(Rejected) as caught:
        await answer_record(node.knowledge, EVERYONE, name)
    assert caught.value.code == "PROOF_INVALID"
    result = await verify_kept(node.knowledge, EVERYONE, name, 0)
    assert [step.status for step in result.steps] == ["failed"] + ["not checked"] * 8
    assert result.error is not None
    assert result.state == "UNVERIFIED"


async def test_damaged_master_data_is_a_gap(node):
    """It stays out and is named."""
    node.store.damage(node.log, SAID)
    answer = await answer_masterdata(node.knowledge, EVERYONE, "urn:x:mill")
    assert answer.versions == ()
    assert [gap.reason for gap in answer.gaps] == [GapReason.PROOF_FAILED]


async def test_a_tree_that_was_changed_proves_nothing(node):
    """The records are whole and their place is not proved: none of them is shown as verified, or at all."""
    tiles = node.store._of(node.log).tiles
    tile = tiles[Coord(0, 0)]
    tiles[Coord(0, 0)] = tile[: WATER * 32] + bytes(32) + tile[WATER * 32 + 32 :]
    answer = await trace(node)
    assert answer.events == ()
    assert {gap.reason for gap in answer.gaps} == {GapReason.PROOF_FAILED}


async def test_a_tile_that_is_lost_proves_nothing(node):
    """As if it were changed; the node goes on."""
    node.store._of(node.log).tiles.clear()
    answer = await trace(node)
    assert answer.events == ()
    assert GapReason.PROOF_FAILED in {gap.reason for gap in answer.gaps}


async def test_records_swapped_between_two_places_are_not_proved(node):
    """A whole record at another's index: the bytes match their fingerprint, the tree does not have it
    there.
    """
    entries = node.store._of(node.log).entries
    flour, water = entries[FLOUR], entries[WATER]
    entries[FLOUR] = replace(water, index=FLOUR)
    entries[WATER] = replace(flour, index=WATER)
    for name, index in ((flour.fingerprint, WATER), (water.fingerprint, FLOUR)):
        node.store._positions[name] = [replace(node.store._positions[name][0], index=index)]
    answer = await trace(node)
    assert [gap.reason for gap in answer.gaps if gap.item] == [GapReason.PROOF_FAILED] * 2


async def test_a_store_that_fails_otherwise_is_not_hidden(node):
    """Only damage to a record is a gap: a disk that refuses is the operator's."""

    class Failing:
        """The log, but entries cannot be read."""

        def __getattr__(self, name):
            return getattr(node.store, name)

        async def entries(self, fingerprints):
            raise Broken("STORE_FAILED", "no")

    node.knowledge = replace(node.knowledge, log=Failing())
    with pytest.raises(Broken) as caught:
        await trace(node)
    assert caught.value.code == "STORE_FAILED"


async def test_a_graph_that_is_down_is_unavailable_and_not_an_empty_answer(node):
    """The caller retries; nothing is claimed."""
    node.graph.down = True
    with pytest.raises(Unavailable) as caught:
        await trace(node)
    assert caught.value.code == "GRAPH_DOWN"


async def test_a_record_that_the_index_knows_and_the_log_lost_is_a_gap(node):
    """A log restored from before: the answer says that it is not covered."""
    name = await fingerprint(node, FLOUR)
    del node.store._positions[name]
    answer = await trace(node)
    assert [gap.reason for gap in answer.gaps if gap.item == "urn:x:flour"] == [GapReason.NOT_COVERED]


async def test_a_chain_that_is_down_leaves_the_answer_and_says_what_is_not_known(node):
    """Anchors are stored here: records stay verified. Whether other logs exist cannot be said."""
    node.ledger.down = True
    answer = await trace(node)
    assert all(event.verified for event in answer.events)
    assert [gap.reason for gap in answer.gaps if not gap.item] == [GapReason.NOT_COVERED]
