"""One event: its form, its meaning, and what tolerant mode lets pass."""

import json
from typing import Any

import pytest

from tests.unit.epcis_samples import CONTEXT, LOT, PALLET, PIECE, event, payload
from tracehold.core.epcis import (
    Action,
    AggregationEvent,
    EventType,
    Id,
    Mode,
    ObjectEvent,
    TransformationEvent,
    parse_event,
)
from tracehold.core.errors import Rejected

GTIN = "https://id.gs1.org/01/09521234543213"
TYPES = [kind.value for kind in EventType]
SENSOR = {"sensorReport": [{"type": "Temperature"}]}
NO_CONTEXT: dict[str, Any] = {"@context": None}
NOTHING: dict[str, Any] = {"inputQuantityList": None, "outputEPCList": None}


def amount(value: object) -> bytes:
    """An event with one amount."""
    return payload(quantityList=[{"epcClass": LOT, "quantity": value}])


def refused(mode: Mode, raw: bytes) -> Rejected:
    """The refusal of an event."""
    with pytest.raises(Rejected) as caught:
        parse_event(raw, mode)
    return caught.value


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("mode", Mode)
def test_a_plain_event_of_each_type_is_taken(kind, mode):
    """No type has findings when nothing is wrong."""
    parsed = parse_event(payload(kind), mode)
    assert parsed.type == kind
    assert parsed.findings == ()
    assert parsed.instant == 1_772_366_400_000_000


def test_identifiers_are_kept_canonical_and_as_sent():
    """Comparison uses one, showing the other."""
    what = parse_event(payload(), Mode.STRICT).what
    assert isinstance(what, ObjectEvent)
    assert what.action is Action.OBSERVE
    assert what.objects.epcs == (Id(f"{GTIN}/21/x1", PIECE),)


def test_all_dimensions_are_read():
    """Every standard field arrives, typed."""
    raw = payload(
        "TransformationEvent",
        eventID="urn:uuid:1",
        recordTime="2026-03-01T12:00:01Z",
        transformationID="urn:x:process:1",
        inputEPCList=[PALLET],
        outputQuantityList=[{"epcClass": LOT, "quantity": 2, "uom": "KGM"}],
        bizStep="commissioning",
        disposition="active",
        persistentDisposition={"set": ["recalled"], "unset": ["available"]},
        readPoint={"id": "urn:epc:id:sgln:9521234.00001.0"},
        bizLocation={"id": "https://example.com/414/9521234000013"},
        bizTransactionList=[{"type": "inv", "bizTransaction": "urn:x:1"}, {"bizTransaction": "urn:x:2"}],
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:9521234.00001"}],
        destinationList=[{"type": "location", "destination": "urn:epc:id:sgln:9521234.00001.0"}],
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4.5, "deviceID": "urn:x:d"}]}],
        certificationInfo="https://example.com/cert",
        ilmd={"cbvmda:lotNumber": "L1"},
        **{"cbvmda:informationProvider": "urn:x:party:7", "ex:n": {"a": [1]}},
    )
    parsed = parse_event(raw, Mode.STRICT)
    assert isinstance(parsed.what, TransformationEvent)
    assert parsed.what.transformation_id == Id("urn:x:process:1", "urn:x:process:1")
    assert [q.quantity for q in parsed.what.outputs.quantities] == [2.0]
    assert parsed.what.outputs.quantities[0].epc_class.canonical == f"{GTIN}/10/L1"
    assert parsed.read_point == Id("https://id.gs1.org/414/9521234000013", "urn:epc:id:sgln:9521234.00001.0")
    assert parsed.biz_location is not None
    assert parsed.biz_location.canonical == parsed.read_point.canonical
    assert [t.type for t in parsed.biz_transactions] == ["inv", None]
    assert parsed.persistent_disposition is not None
    assert parsed.persistent_disposition.set == ("recalled",)
    assert parsed.persistent_disposition.unset == ("available",)
    assert parsed.sensor_elements[0].reports[0].values == {"value": 4.5}
    assert parsed.certification_info == ("https://example.com/cert",)
    assert parsed.record_time == parsed.instant + 1_000_000
    assert parsed.extensions["ex:n"] == {"a": [1]}
    assert parsed.context == CONTEXT
    assert parsed.parties() == {"https://id.gs1.org/417/9521234000013", "urn:x:party:7"}


def test_an_error_declaration_is_read():
    """Reason, time and what corrects it."""
    declaration = {
        "declarationTime": "2026-03-02T00:00:00Z",
        "reason": "did_not_occur",
        "correctiveEventIDs": ["urn:uuid:2"],
        "ex:why": "x",
    }
    found = parse_event(payload(errorDeclaration=declaration), Mode.STRICT).error_declaration
    assert found is not None
    assert (found.reason, found.corrective_ids, found.extensions) == (
        "did_not_occur",
        ("urn:uuid:2",),
        {"ex:why": "x"},
    )


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        (b"[]", "NOT_EPCIS", "/type"),
        (b"{}", "NOT_EPCIS", "/type"),
        (b'{"type":7}', "NOT_EPCIS", "/type"),
        (payload("QuantityEvent"), "NOT_EPCIS", "/type"),
        (payload(**NO_CONTEXT), "EPCIS_FORM", "/@context"),
        (payload(action=None), "EPCIS_FORM", "/action"),
        (payload(action="CREATE"), "EPCIS_FORM", "/action"),
        (payload(action=["ADD"]), "EPCIS_FORM", "/action"),
        (payload(eventTime=None), "BAD_TIME", "/eventTime"),
        (payload(eventTime="22-07-2026"), "BAD_TIME", "/eventTime"),
        (payload(eventTime=5), "EPCIS_FORM", "/eventTime"),
        (payload(eventTime="2999-01-01T00:00:00Z"), "BAD_TIME", "/eventTime"),
        (payload(recordTime="9999-01-01T00:00:00Z"), "BAD_TIME", "/recordTime"),
        (payload(epcList="x"), "EPCIS_FORM", "/epcList"),
        (payload(epcList=[1]), "EPCIS_FORM", "/epcList/0"),
        (payload(epcList=[PIECE, {"id": PIECE}]), "EPCIS_FORM", "/epcList/1"),
        (payload(epcList=[f"{GTIN[:-1]}4/21/x"]), "BAD_CHECK_DIGIT", "/epcList/0"),
        (payload(quantityList=[{"quantity": 1}]), "EPCIS_FORM", "/quantityList/0/epcClass"),
        (amount("twenty"), "EPCIS_FORM", "/quantityList/0/quantity"),
        (amount(True), "EPCIS_FORM", "/quantityList/0/quantity"),
        (amount([1]), "EPCIS_FORM", "/quantityList/0/quantity"),
        (payload(quantityList=[{"epcClass": LOT, "weight": 5}]), "EPCIS_FORM", "/quantityList/0/weight"),
        (payload(quantityList=[{"epcClass": LOT, "uom": 5}]), "EPCIS_FORM", "/quantityList/0/uom"),
        (payload(bizStep="transforming"), "EPCIS_FORM", "/bizStep"),
        (payload(disposition="in_transport"), "EPCIS_FORM", "/disposition"),
        (payload(sourceList=[{"type": "place", "source": "urn:x:1"}]), "EPCIS_FORM", "/sourceList/0/type"),
        (payload(sourceList=[{"type": "location"}]), "EPCIS_FORM", "/sourceList/0/source"),
        (payload(readPoint={"name": "dock"}), "EPCIS_FORM", "/readPoint/id"),
        (payload(readPoint=[1]), "EPCIS_FORM", "/readPoint"),
        (payload(certificationInfo=[{"gs1:x": 1}]), "EPCIS_FORM", "/certificationInfo/0"),
        (payload(persistentDisposition={"set": ["new"]}), "EPCIS_FORM", "/persistentDisposition/set/0"),
        (payload(sensorElementList=[1]), "EPCIS_FORM", "/sensorElementList/0"),
        (payload(errorDeclaration={"reason": "x:y"}), "BAD_TIME", "/errorDeclaration/declarationTime"),
        (payload(ilmd=[1], action="ADD"), "EPCIS_FORM", "/ilmd"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", Mode)
def test_malformed_events_are_refused_in_both_modes(raw, code, path, mode):
    """Each with its code and the place in the event."""
    error = refused(mode, raw)
    assert (error.code, error.path) == (code, path)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (payload("AggregationEvent", parentID=None), "/parentID"),
        (payload("AggregationEvent", action="DELETE", parentID=None), "/parentID"),
        (payload("AssociationEvent", action="OBSERVE", parentID=None), "/parentID"),
        (payload("AggregationEvent", parentID=PIECE), "/childEPCs/0"),
        (payload("AggregationEvent", parentID="https://x.example/01/9521234543213/21/x1?a"), "/childEPCs/0"),
        (payload("AssociationEvent", childEPCs=["urn:x:1", PALLET]), "/childEPCs/1"),
        (payload("TransactionEvent", parentID=PIECE), "/epcList/0"),
        (payload("AggregationEvent", childEPCs=[]), "/childEPCs"),
        (payload("AggregationEvent", action="OBSERVE", parentID=None, childEPCs=None), "/childEPCs"),
        (payload("TransactionEvent", bizTransactionList=[]), "/bizTransactionList"),
        (payload("TransactionEvent", epcList=None), "/epcList"),
        (payload("TransformationEvent", inputQuantityList=None), "/inputEPCList"),
        (payload("TransformationEvent", outputEPCList=[]), "/outputEPCList"),
        (payload("TransformationEvent", **NOTHING, transformationID="urn:x:1"), "/inputEPCList"),
        (payload(epcList=[]), "/epcList"),
        (payload(epcList=None), "/epcList"),
        (amount(-1), "/quantityList/0/quantity"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", Mode)
def test_impossible_events_are_refused_in_both_modes(raw, path, mode):
    """The published schema takes all of these; we do not."""
    error = refused(mode, raw)
    assert (error.code, error.path) == ("EPCIS_MEANING", path)


@pytest.mark.parametrize(
    ("word", "code"),
    [("NaN", "EPCIS_FORM"), ("Infinity", "EPCIS_FORM"), ("-1", "EPCIS_MEANING"), ("1e999", "EPCIS_MEANING"),
     ("1_000", "EPCIS_FORM"), (" 12 ", "EPCIS_FORM"), ("\uff11\uff12", "EPCIS_FORM"), ("", "EPCIS_FORM")],
)  # fmt: skip
def test_attack_numbers_in_strings(word, code):
    """Tolerant mode reads numbers out of strings: of the digits that JSON has, finite, and not below zero."""
    error = refused(Mode.TOLERANT, amount(word))
    assert (error.code, error.path) == (code, "/quantityList/0/quantity")


SCRIPT = "java\tscript:alert(1)"
PLACES_OF_URIS = [
    payload(eventID=SCRIPT),
    payload(epcList=[SCRIPT]),
    payload(quantityList=[{"epcClass": SCRIPT}]),
    payload(bizStep=SCRIPT.replace("\t", "")),
    payload(disposition="data:text/html,x"),
    payload(readPoint={"id": SCRIPT}),
    payload(bizLocation=SCRIPT),
    payload(bizTransactionList=[{"type": "po", "bizTransaction": SCRIPT}]),
    payload(bizTransactionList=[{"type": "vbscript:x", "bizTransaction": "urn:x:1"}]),
    payload(sourceList=[{"type": "location", "source": SCRIPT}]),
    payload(destinationList=[{"type": "location", "destination": "FILE:///etc/passwd"}]),
    payload(certificationInfo=SCRIPT),
    payload(certificationInfo=["urn:x:1", SCRIPT]),
    payload(errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z", "correctiveEventIDs": [SCRIPT]}),
    payload(errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z", "reason": "javascript:x"}),
    payload(persistentDisposition={"set": ["javascript:x"]}),
    payload(sensorElementList=[{"sensorReport": [{"type": "Temperature", "uriValue": SCRIPT}]}]),
    payload(sensorElementList=[{"sensorMetadata": {"bizRules": SCRIPT}, "sensorReport": []}]),
    payload("AggregationEvent", parentID=SCRIPT),
    payload("AggregationEvent", childEPCs=[SCRIPT]),
    payload("TransformationEvent", transformationID=SCRIPT),
]


@pytest.mark.parametrize("raw", PLACES_OF_URIS)
@pytest.mark.parametrize("mode", Mode)
def test_attack_script_uri_in_every_field_of_uris(raw, mode):
    """A web page of ours may link any identifier of an event: none runs code."""
    assert refused(mode, raw).code in {"BAD_URI", "EPCIS_FORM"}


SLOPPY = [
    (payload("epcis:ObjectEvent", action="OBSERVE", epcList=[PIECE]), "EPCIS_FORM", "/type"),
    (payload(eventTimeZoneOffset=None), "EPCIS_FORM", "/eventTimeZoneOffset"),
    (payload(eventTimeZoneOffset="CET"), "BAD_TIME", "/eventTimeZoneOffset"),
    (payload(eventTime="2026-03-01T13:00:00"), "BAD_TIME", "/eventTime"),
    (payload(eventID="374d95fc-9457-4a51-bd6a-0bba133845a8"), "BAD_URI", "/eventID"),
    (payload(eventID=""), "BAD_URI", "/eventID"),
    (payload(epcList=[PIECE, ""]), "BAD_URI", "/epcList/1"),
    (payload(epcList=["_:b0"]), "BAD_URI", "/epcList/0"),
    (payload(epcList=["crate 7"]), "BAD_URI", "/epcList/0"),
    (payload(epcList=[PIECE, PIECE]), "EPCIS_FORM", "/epcList/1"),
    (payload(epcList=["urn:epc:id:sscc:08600031303.0005"]), "BAD_IDENTIFIER", "/epcList/0"),
    (payload(epcList=["https://shop.example/01/09521234543214"]), "BAD_CHECK_DIGIT", "/epcList/0"),
    (payload(quantityList=[{"epcClass": LOT, "quantity": "2.5"}]), "EPCIS_FORM", "/quantityList/0/quantity"),
    (payload(quantityList=[{"epcClass": LOT, "uom": "kilo"}]), "EPCIS_FORM", "/quantityList/0/uom"),
    (payload(bizStep="urn:epcglobal:cbv:bizstep:shipping"), "EPCIS_FORM", "/bizStep"),
    (payload(disposition="https://ns.gs1.org/cbv/Disp-active"), "EPCIS_FORM", "/disposition"),
    (payload(bizStep=""), "BAD_URI", "/bizStep"),
    (payload(readPoint="urn:x:dock"), "EPCIS_FORM", "/readPoint"),
    (payload(sourceList={"type": "location", "source": "urn:x:1"}), "EPCIS_FORM", "/sourceList"),
    (payload(_comment="x"), "EPCIS_FORM", "/_comment"),
    (payload(**{"a/b~c": "x"}), "EPCIS_FORM", "/a~1b~0c"),
    (payload(action="ADD", ilmd={"materialType": "soil"}), "EPCIS_FORM", "/ilmd/materialType"),
    (payload(ilmd={"cbvmda:a": 1}), "EPCIS_MEANING", "/ilmd"),
    (payload("AggregationEvent", ilmd={"cbvmda:a": 1}), "EPCIS_MEANING", "/ilmd"),
    (payload("AggregationEvent", action="OBSERVE", childEPCs=[]), "EPCIS_FORM", "/childEPCs"),
    (payload(epcList=None, sensorElementList=[SENSOR]), "EPCIS_MEANING", "/readPoint"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "code", "path"), SLOPPY)
def test_known_sloppiness_is_read_and_told(raw, code, path):
    """Tolerant mode takes it with one warning; strict mode refuses with the same code at the same place."""
    findings = parse_event(raw, Mode.TOLERANT).findings
    assert [(found.code, found.path, found.severity) for found in findings] == [(code, path, "warning")]
    error = refused(Mode.STRICT, raw)
    assert (error.code, error.path) == (code, path)


def test_what_sloppiness_is_taken_for():
    """A missing zone, a quoted amount, a URN of a standard value, a repeated piece, an empty identifier."""
    raw = payload(
        eventTime="2026-03-01T13:00:00",
        epcList=[PIECE, PIECE, ""],
        bizStep="urn:epcglobal:cbv:bizstep:shipping",
        quantityList=[{"epcClass": LOT, "quantity": "2.50"}],
    )
    parsed = parse_event(raw, Mode.TOLERANT)
    assert parsed.instant == parse_event(payload(), Mode.STRICT).instant
    assert parsed.biz_step == "shipping"
    assert isinstance(parsed.what, ObjectEvent)
    assert len(parsed.what.objects.epcs) == 1
    assert parsed.what.objects.quantities[0].quantity == 2.5


def test_a_time_whose_zone_nobody_says_is_refused():
    """Guessing a zone would move the event by hours."""
    raw = payload(eventTime="2026-03-01T12:00:00", eventTimeZoneOffset=None)
    assert refused(Mode.TOLERANT, raw).code == "BAD_TIME"


def test_two_spellings_of_one_piece_are_one_piece():
    """The schema cannot see it, so strict mode only warns."""
    parsed = parse_event(payload(epcList=[PIECE, f"{GTIN}/21/x1"]), Mode.STRICT)
    assert isinstance(parsed.what, ObjectEvent)
    assert len(parsed.what.objects.epcs) == 1
    assert [found.path for found in parsed.findings] == ["/epcList/1"]


@pytest.mark.parametrize(
    "raw",
    [
        payload("AggregationEvent", action="DELETE", childEPCs=[]),
        payload("AggregationEvent", action="DELETE", childEPCs=None),
        payload("AggregationEvent", action="OBSERVE", parentID=None),
        payload("TransformationEvent", outputEPCList=None, transformationID="urn:x:1"),
        payload("TransactionEvent", action="DELETE", epcList=None),
        payload(epcList=[], quantityList=[{"epcClass": LOT, "quantity": 0}]),
        payload(
            epcList=[], readPoint={"id": "urn:x:1"}, sensorElementList=[{"sensorReport": [{"type": "Speed"}]}]
        ),
        payload(bizStep="https://ref.gs1.org/cbv/BizStep-shipping"),
        payload(bizStep="https://example.com/steps/smoking"),
    ],
)
def test_odd_but_right_events_are_taken_in_strict_mode(raw):
    """Emptying a container, halves of a named transformation, own vocabularies."""
    assert parse_event(raw, Mode.STRICT).findings == ()


def test_no_children_and_no_parent_is_seen_together_in_nothing():
    """OBSERVE needs no parent."""
    what = parse_event(payload("AggregationEvent", action="OBSERVE", parentID=None), Mode.STRICT).what
    assert isinstance(what, AggregationEvent)
    assert what.parent is None


def test_attack_repeated_key_in_an_event():
    """Two readers could see two different parents."""
    raw = payload("AggregationEvent")[:-1] + b',"parentID":"urn:x:other"}'
    assert refused(Mode.TOLERANT, raw).code == "MALFORMED_JSON"


def test_attack_context_is_never_fetched(monkeypatch):
    """A context that points anywhere is only carried along: no socket is opened."""
    import socket

    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    raw = json.dumps(
        {**event(), "@context": ["http://169.254.169.254/latest", {"x": "http://localhost/"}]}
    ).encode()
    assert parse_event(raw, Mode.TOLERANT).context[0] == "http://169.254.169.254/latest"
