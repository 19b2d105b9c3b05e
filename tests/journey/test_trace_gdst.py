"""The published GDST chain through the whole journey: 21 events that share ids, sealed, anchored,
indexed, asked.
"""

import random
from dataclasses import replace

import pytest

from tests.journey.asking import DOWN, UP, history, names, node, trace
from tests.journey.network import EVERYONE
from tests.shared_data import shared
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.epcis import Document, Mode, parse_document
from tracehold.core.record import Kind
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.states import State

__all__ = ["node"]

GDST = "urn:gdst:example.org:product:lot:class:"
PRODUCT = GDST + "processor.2u.v1-0122-2022"
COMMINGLED = GDST + "processor.10u.commingle-01232022"
FARMED = GDST + "fishfarm.1u.farmed-tuna-01192022"
FEED = GDST + "feedmill.1u.ff11252021"
FRY = GDST + "hatchery.1u.tf12012021"
WILD = GDST + "fisherman01.tunau.v1-0122-2022"
PALLET, OUTER = "urn:epc:id:sscc:08600031303.0004", "urn:epc:id:sscc:08600031303.0005"


@pytest.fixture
def gdst() -> Document:
    """The published chain: 21 events that share ids, with their master data."""
    return parse_document(shared("epcis/gdst/traceback_tests.jsonld").read_bytes(), Mode.TOLERANT)


async def test_the_gdst_chain_is_traced_up_and_down(node, gdst):
    """Exactly the five ancestors, exactly the three descendants of the feed, the pallets in neither;
    all proved.
    """
    await node.say(*gdst.events)
    await node.finish()
    up, down = await trace(node, PRODUCT), await trace(node, FEED, DOWN)
    assert set(names(up)) == {COMMINGLED, FARMED, FEED, FRY, WILD}
    assert [item.depth for item in up.items] == [1, 2, 2, 3, 3]
    assert names(down) == [FARMED, COMMINGLED, PRODUCT]
    for answer in (up, down):
        assert not answer.truncated
        assert not answer.gaps
        assert all(event.verified and event.state is State.FINAL for event in answer.events)
        assert [(c.size, c.indexed, c.anchored) for c in answer.coverage] == [(23, 23, 23)]
    kinds = [event.type.removesuffix("Event") for event in up.events]
    assert kinds == ["Object", "Object", "Transformation", "Object", "Transformation", "Transformation"]


async def test_the_gdst_history_has_the_pallets_only_while_they_held_the_lot(node, gdst):
    """From the first packing to the unpacking, by way of both pallets; what they did before or after is
    not there.
    """
    await node.say(*gdst.events)
    await node.finish()
    answer = await history(node, PRODUCT)
    told = [(e.type, e.action, e.role, e.via) for e in answer.events]
    # Both pallets are unpacked at one instant: then fingerprints decide, which hold random bytes.
    assert [*told[:5], *sorted(told[5:])] == [
        ("TransformationEvent", "", "output", PRODUCT),
        ("AggregationEvent", "ADD", "child", PRODUCT),
        ("AggregationEvent", "ADD", "container", PALLET),
        ("ObjectEvent", "OBSERVE", "container", OUTER),
        ("ObjectEvent", "OBSERVE", "container", OUTER),
        ("AggregationEvent", "DELETE", "child", PRODUCT),
        ("AggregationEvent", "DELETE", "container", OUTER),
    ]
    early = await history(node, PRODUCT, at=answer.events[2].instant)
    assert early.events == answer.events[:3]


async def test_the_gdst_pallets_hold_the_lot_through_two_levels_until_they_are_unpacked(node, gdst):
    """Contents at two instants: packed, and empty."""
    await node.say(*gdst.events)
    await node.finish()
    times = [event.instant for event in (await history(node, PRODUCT)).events]
    packed_up = await answer_contents(node.knowledge, EVERYONE, ContentsQuestion(OUTER, at=times[3]))
    rows = [(c.item, c.parent, c.depth, c.quantity, c.uom) for c in packed_up.children]
    assert rows == [(PALLET, OUTER, 1, None, ""), (PRODUCT, PALLET, 2, 5000.0, "KGM")]
    assert [event.action for event in packed_up.events] == ["ADD", "ADD"]
    unpacked = await answer_contents(node.knowledge, EVERYONE, ContentsQuestion(OUTER))
    assert (unpacked.children, unpacked.components, unpacked.events) == ((), (), ())


async def test_the_gdst_master_data_is_kept_and_served(node, gdst):
    """Every vocabulary element of the header, with its speaker, proved."""
    await node.say(*gdst.masterdata, kind=Kind.MASTERDATA)
    await node.finish()
    product = GDST.replace("lot:class", "class") + "processor.2u"
    (said,) = (await answer_masterdata(node.knowledge, EVERYONE, product)).versions
    assert b"Can of Tuna" in said.payload
    assert said.type == "urn:epcglobal:epcis:vtype:epcclass"
    assert said.verified


async def test_capture_order_changes_nothing(node, gdst):
    """The same events in another order and other batches: the same items and events in the same order."""
    shuffled = list(gdst.events)
    random.Random(3).shuffle(shuffled)
    for event in shuffled:
        await node.say(event)
    await node.finish()
    other = await node.network.join()
    await other.say(*gdst.events)
    await other.finish()
    other.knowledge = replace(other.knowledge, peers=None)
    node.knowledge = replace(node.knowledge, peers=None)
    for item, direction in ((PRODUCT, UP), (FEED, DOWN)):
        one, two = await trace(node, item, direction), await trace(other, item, direction)
        assert names(one) == names(two)
        assert [e.event_id for e in one.events] == [e.event_id for e in two.events]
    assert [e.event_id for e in (await history(node, PRODUCT)).events] == [
        e.event_id for e in (await history(other, PRODUCT)).events
    ]


async def test_a_graph_that_was_dropped_is_made_again_and_answers_the_same(node, gdst):
    """Everything but the timings; also where the other kind of graph takes over."""
    await node.say(*gdst.events)
    await node.finish()
    before = [await trace(node, PRODUCT), await trace(node, FEED, DOWN), await history(node, PRODUCT)]
    await node.graph.clear()
    assert not (await trace(node, PRODUCT)).items
    await node.index()
    after = [await trace(node, PRODUCT), await trace(node, FEED, DOWN), await history(node, PRODUCT)]
    assert after == before
    node.use(MemoryGraph())
    await node.index()
    assert await trace(node, PRODUCT) == before[0]
