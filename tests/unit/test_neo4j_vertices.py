"""How a fact becomes a vertex and relationships."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ports.graphs import fact, version
from tests.unit.lineage_world import world
from tracehold.adapters.neo4j_graph.vertices import WAYS, Standing, described, ends, named, properties
from tracehold.core.epcis import Action, EventType
from tracehold.core.lineage import Quantity, touched

ITEM_WAYS = {way.type for way in WAYS.values() if way.label == "Item"}


@pytest.mark.parametrize("standing", list(Standing))
@given(seed=st.integers(0, 40))
def test_an_event_is_joined_to_every_item_that_it_touches_and_to_no_other(seed, standing):
    """Whatever it counts for: a question finds it by each of them."""
    for each in world(seed, 15).facts:
        found = ends([(each, standing)])
        joined = {
            end["id"] for type_ in ITEM_WAYS for end in found.get(type_, {}).get(each.fingerprint.hex(), [])
        }
        assert joined == touched(each)
        assert named(found)["Item"] == touched(each)


def test_each_role_has_a_type_of_its_own():
    """Goods in and out, pieces and amounts, places, parties, the process."""
    whole = fact(
        "m",
        type=EventType.TRANSFORMATION,
        action=None,
        inputs=(Quantity("milk", 2.5, "KGM"),),
        outputs=(Quantity("cheese", piece=True),),
        memberships=(("cheese", "lot"),),
        transformation_id="t1",
        place="dairy",
        read_point="gate",
        parties=frozenset({"urn:x:shop"}),
    )
    found = {type_: each[whole.fingerprint.hex()] for type_, each in ends([(whole, Standing.LIVE)]).items()}
    assert found == {
        "STATED": [{"id": "urn:x:farm", "on": {"t": 5}}],
        "INPUT_OF": [{"id": "milk", "on": {"t": 5, "amount": 2.5, "uom": "KGM", "piece": False}}],
        "OUTPUT": [{"id": "cheese", "on": {"t": 5, "piece": True}}],
        "LOT_IN": [{"id": "lot", "on": {"t": 5, "pieces": ["cheese"]}}],
        "NAMES": [{"id": "urn:x:shop", "on": {"t": 5}}],
        "AT": [{"id": "dairy", "on": {"t": 5}}],
        "READ_AT": [{"id": "gate", "on": {"t": 5}}],
        "PART_OF": [{"id": "t1", "on": {"t": 5}}],
    }


@pytest.mark.parametrize("standing", [each for each in Standing if each])
def test_what_counts_for_nothing_has_no_role(standing):
    """One relationship to each item, which no path of goods runs along; the party that stated it stays."""
    packed = fact(
        "p",
        type=EventType.AGGREGATION,
        action=Action.ADD,
        parent="box",
        children=(Quantity("a"),),
        place="dock",
    )
    found = ends([(packed, standing)])
    assert set(found) == {"STATED", str(standing)}
    assert [end["id"] for end in found[str(standing)][packed.fingerprint.hex()]] == ["a", "box"]


def test_what_is_absent_is_no_property():
    """The server keeps no nulls."""
    assert set(properties(fact("a"))) == {"fingerprint", "issuer", "t", "type", "action", "body"}


@pytest.mark.parametrize(
    ("id", "type_", "label"),
    [
        ("https://id.gs1.org/414/4012345000009", "urn:x:whatever", "Location"),
        ("https://id.gs1.org/417/4012345000009", "urn:epcglobal:epcis:vtype:Location", "Participant"),
        ("https://id.gs1.org/01/04012345123456", "urn:epcglobal:epcis:vtype:Location", "Item"),
        ("urn:x:mill", "urn:epcglobal:epcis:vtype:Location", "Location"),
        ("urn:x:mill", "https://gs1.org/voc/Organization", "Participant"),
        ("urn:x:flour", "https://gs1.org/voc/Product", "Item"),
    ],
)
def test_master_data_is_about_what_its_key_says(id, type_, label):
    """The key goes before the type that the issuer gave; an opaque id has the type alone."""
    said = version("v", id)
    assert described(type(said)(id, type_, *[getattr(said, name) for name in said.__slots__[2:]])) == label
