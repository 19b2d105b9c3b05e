"""From events to facts."""

from typing import Any

import pytest

from tests.unit.epcis_samples import LOT, PALLET, PIECE, payload
from tracehold.core.epcis import Action, EventType, Mode, parse_event
from tracehold.core.epcis.lots import MOST
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity, fact_of, touched
from tracehold.core.lineage.facts import lots_put_out

GTIN = "https://id.gs1.org/01/09521234543213"
FINGERPRINT = Fingerprint(b"f" * 32)


def stated(kind: str = "ObjectEvent", **fields) -> Fact:
    """The fact of an event."""
    event = parse_event(payload(kind, **fields), Mode.TOLERANT)
    return fact_of(event, FINGERPRINT, "urn:x:party:1", event_hash="h", known_ms=7)


def test_a_fact_says_who_when_where_and_what():
    """Everything that a rule or an answer needs, canonical."""
    found = stated(
        "TransformationEvent",
        eventID="urn:uuid:1",
        transformationID="urn:x:process:1",
        outputEPCList=[PIECE],
        inputQuantityList=[{"epcClass": LOT, "quantity": 2, "uom": "KGM"}, {"epcClass": LOT}],
        bizStep="commissioning",
        disposition="active",
        bizLocation={"id": "urn:epc:id:sgln:9521234.00001.0"},
        readPoint={"id": "urn:x:dock"},
        sourceList=[{"type": "possessing_party", "source": "urn:x:party:2"}],
    )
    assert found == Fact(
        FINGERPRINT,
        "urn:x:party:1",
        1_772_366_400_000_000,
        EventType.TRANSFORMATION,
        event_id="urn:uuid:1",
        event_hash="h",
        inputs=(Quantity(f"{GTIN}/10/L1", 2.0, "KGM"), Quantity(f"{GTIN}/10/L1")),
        outputs=(Quantity(f"{GTIN}/21/x1", piece=True),),
        transformation_id="urn:x:process:1",
        place="https://id.gs1.org/414/9521234000013",
        read_point="urn:x:dock",
        step="commissioning",
        disposition="active",
        parties=frozenset({"urn:x:party:2"}),
        known_ms=7,
    )


@pytest.mark.parametrize("kind", ["AggregationEvent", "AssociationEvent"])
def test_families_have_parent_and_children(kind):
    """And nothing else."""
    found = stated(kind)
    assert (found.type, found.action) == (kind, Action.ADD)
    assert found.parent == "https://id.gs1.org/00/195212342345678909"
    assert found.children == (Quantity(f"{GTIN}/21/x1", piece=True),)
    assert (found.observed, found.inputs, found.outputs) == ((), (), ())
    assert touched(found) == {found.parent, f"{GTIN}/21/x1"}


def test_a_transaction_observes_its_objects():
    """The parent is a name among them, not a container."""
    found = stated("TransactionEvent", parentID=PALLET)
    assert found.observed == (Quantity(f"{GTIN}/21/x1", piece=True),)
    assert touched(found) == {f"{GTIN}/21/x1", "https://id.gs1.org/00/195212342345678909"}


def test_master_data_of_new_pieces_names_their_lot():
    """By any spelling of the term; commissioned or put out by a transformation."""
    for term in ("cbvmda:lotNumber", "{urn:epcglobal:cbv:mda}lotNumber", "urn:epcglobal:cbv:mda#lotNumber"):
        found = stated(action="ADD", ilmd={term: "A/7"})
        assert found.memberships == ((f"{GTIN}/21/x1", f"{GTIN}/10/A%2F7"),)
        assert f"{GTIN}/10/A%2F7" in touched(found)
    assert stated("TransformationEvent", ilmd={"cbvmda:lotNumber": "A"}).memberships == (
        (f"{GTIN}/21/x1", f"{GTIN}/10/A"),
    )


def test_a_link_of_lot_and_serial_names_the_lot():
    """In any event, in any role."""
    link = "https://shop.example/01/9521234543213/10/A/21/x1"
    for fields in ({"epcList": [link]}, {"kind": "AggregationEvent", "childEPCs": [link]}):
        assert stated(**fields).memberships == ((f"{GTIN}/21/x1", f"{GTIN}/10/A"),)


@pytest.mark.parametrize(
    "fields",
    [
        {"ilmd": {"cbvmda:lotNumber": "A"}},
        {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "x" * 21}},
        {"action": "ADD", "ilmd": {"cbvmda:lotNumber": ""}},
        {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "A"}, "epcList": [PALLET]},
        {
            "action": "ADD",
            "ilmd": {"cbvmda:lotNumber": "A"},
            "epcList": [],
            "quantityList": [{"epcClass": LOT}],
        },
    ],
)
def test_what_names_no_lot_of_a_piece(fields):
    """Looked at only, too long, empty, no trade item, a lot itself."""
    assert stated(**fields).memberships == ()


def test_an_error_declaration_is_told_apart():
    """It says the same and means the opposite."""
    assert stated(errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z"}).declares_error
    assert not stated().declares_error


DOCK, ROOM = "https://id.gs1.org/414/9521234000013", "urn:x:room"
READING = {"sensorReport": [{"type": "gs1:Temperature", "value": 4.0, "uom": "CEL"}]}
NOON = 1_772_366_400_000_000


def test_sensors_without_goods_observe_their_places():
    """The read point and the location, each once; with goods the goods alone."""
    places: dict[str, Any] = {
        "readPoint": {"id": DOCK},
        "bizLocation": {"id": ROOM},
        "sensorElementList": [READING],
    }
    found = stated(epcList=[], **places)
    assert found.observed == (Quantity(DOCK, piece=True), Quantity(ROOM, piece=True))
    assert touched(found) == {DOCK, ROOM}
    assert found.sensed == (NOON, NOON)
    assert touched(stated(epcList=[], **{**places, "bizLocation": {"id": DOCK}})) == {DOCK}
    assert touched(stated(**places)) == {f"{GTIN}/21/x1"}
    assert touched(stated("AggregationEvent", **places)) == {
        f"{GTIN}/21/x1",
        stated("AggregationEvent").parent,
    }
    assert stated(readPoint={"id": DOCK}).sensed is None


@pytest.mark.parametrize(
    ("metadata", "report", "minutes"),
    [
        ({"startTime": "2026-03-01T11:00:00Z", "endTime": "2026-03-01T11:30:00Z"}, {}, (-60, -30)),
        ({"startTime": "2026-03-01T11:00:00Z", "endTime": "2026-03-01T13:00:00Z"}, {}, (-60, 0)),
        ({"time": "2026-03-01T11:59:00Z"}, {"time": "2026-03-01T12:59:00+01:00"}, (-1, -1)),
        ({"time": "2026-03-01T11:50:00Z"}, {"time": "2026-03-01T11:55:00Z"}, (-10, -5)),
        ({"time": "no time"}, {"time": 7}, (0, 0)),
    ],
)
def test_the_period_of_sensors_is_by_their_own_times(metadata, report, minutes):
    """Metadata and reports, never after the event; odd clocks are passed over."""
    element = {"sensorMetadata": metadata, "sensorReport": [{**READING["sensorReport"][0], **report}]}
    found = stated(epcList=[], readPoint={"id": DOCK}, sensorElementList=[element])
    assert found.sensed == tuple(NOON + minute * 60_000_000 for minute in minutes)


def test_lasting_dispositions_are_set_and_lifted():
    """By bare word, whatever the spelling."""
    found = stated(persistentDisposition={"set": ["recalled"], "unset": ["urn:epcglobal:cbv:disp:expired"]})
    assert (found.lasting, found.lifted) == (frozenset({"recalled"}), frozenset({"expired"}))
    assert (stated().lasting, stated().lifted) == (frozenset(), frozenset())


def test_a_process_puts_out_the_lot_of_its_pieces():
    """By master data; not twice where it names the lot itself, and no commissioning does."""
    made = stated("TransformationEvent", ilmd={"cbvmda:lotNumber": "A"})
    assert lots_put_out(made) == [f"{GTIN}/10/A"]
    whole = {"ilmd": {"cbvmda:lotNumber": "L1"}, "outputQuantityList": [{"epcClass": LOT}]}
    assert lots_put_out(stated("TransformationEvent", **whole)) == []
    assert lots_put_out(stated(action="ADD", ilmd={"cbvmda:lotNumber": "A"})) == []


@pytest.mark.parametrize(
    ("said", "lots"),
    [
        ("A", ["A"]),
        (7, ["7"]),
        (7.0, ["7"]),
        (10**19, [str(10**19)]),
        (["A", 7, "A"], ["A", "7"]),
        ({"@value": "A"}, ["A"]),
        ({"@value": 7, "@type": "xsd:int"}, ["7"]),
        ({"#text": "A", "ex:by": "us"}, ["A"]),
        ([{"@value": "A"}, ["B"]], ["A", "B"]),
    ],
)
def test_a_lot_number_counts_however_it_is_written(said, lots):
    """As text, number, list or object, in commissioning and in transformations, with a word of warning."""
    event = parse_event(payload(action="ADD", ilmd={"cbvmda:lotNumber": said}), Mode.STRICT)
    found = fact_of(event, FINGERPRINT, "urn:x:party:1").memberships
    assert found == tuple((f"{GTIN}/21/x1", f"{GTIN}/10/{lot}") for lot in lots)
    assert [each.path for each in event.findings] == ([] if said == "A" else ["/ilmd/cbvmda:lotNumber"])


@pytest.mark.parametrize(
    "said", [True, None, {}, [], {"value": "A"}, "", 1e300, 10**20, {"@value": {"a": "B"}}]
)
def test_what_is_no_lot_number_joins_nothing(said):
    """And is told, where it is no text."""
    event = parse_event(payload(action="ADD", ilmd={"cbvmda:lotNumber": said}), Mode.TOLERANT)
    assert fact_of(event, FINGERPRINT, "urn:x:party:1").memberships == ()
    assert said == "" or "/ilmd/cbvmda:lotNumber" in [each.path for each in event.findings]


def test_attack_a_list_of_lots_does_not_multiply_the_pieces():
    """A thousand lots in one event give each piece the first few."""
    many = {"cbvmda:lotNumber": [f"L{n}" for n in range(1000)]}
    assert len(stated(action="ADD", ilmd=many).memberships) == MOST
