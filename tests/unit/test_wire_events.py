"""Typed events as EPCIS JSON-LD: what the creator signs for those who delegate."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.epcis import Mode, parse_event
from tracehold.core.errors import Rejected
from tracehold.v1 import event_pb2 as pb
from tracehold.wire.events import event_json
from tracehold.wire.from_json import fill

LOT = "https://id.gs1.org/01/09521000001237/10/A"
PIECE = "https://id.gs1.org/01/09521000001237/21/7"
PALLET = "urn:epc:id:sscc:9521000.0000000017"
SILO = "urn:epc:id:sgln:9521000.00001.0"
COMMON = {
    "eventId": "urn:uuid:00000000-0000-4000-8000-000000000001",
    "eventTime": "2026-03-01T10:00:00.123456Z",
    "eventTimeZoneOffset": "+02:00",
}
FULL = {
    **COMMON,
    "bizStep": "commissioning",
    "disposition": "active",
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["unknown"]},
    "readPoint": SILO,
    "bizLocation": SILO,
    "bizTransactions": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521000000018:1"}],
    "sources": [{"type": "owning_party", "source": "urn:epc:id:pgln:9521000.00002"}],
    "destinations": [{"type": "owning_party", "destination": "urn:epc:id:pgln:9521000.00003"}],
    "certificationInfo": ["https://example.org/certificate"],
    "namespaces": {"ex": "https://example.org/ns/"},
    "extensions": {"ex:b": {"ex:y": 1, "ex:x": [1.5, None, True]}, "ex:a": "text"},
}
EVENTS: dict[str, dict[str, Any]] = {
    "objectEvent": {
        "action": "ADD",
        "epcList": [PIECE],
        "quantityList": [{"epcClass": LOT, "quantity": 2.5, "uom": "KGM"}, {"epcClass": LOT}],
        "ilmd": {"ex:lot": "A"},
    },
    "aggregationEvent": {"action": "ADD", "parentId": PALLET, "childEpcs": [PIECE]},
    "associationEvent": {
        "action": "ADD",
        "parentId": "urn:epc:id:giai:9521000.1",
        "childQuantityList": [{"epcClass": LOT, "quantity": 3}],
    },
    "transformationEvent": {
        "inputQuantityList": [{"epcClass": LOT, "quantity": 1}],
        "outputEpcList": [PIECE],
        "transformationId": "urn:uuid:00000000-0000-4000-8000-000000000002",
    },
    "transactionEvent": {"action": "ADD", "epcList": [PIECE], "parentId": PALLET},
}


def event(body: dict[str, Any]) -> pb.Event:
    """The message of a JSON body."""
    made = pb.Event()
    fill(made, body)
    return made


def written(body: dict[str, Any]) -> dict[str, Any]:
    """The JSON-LD of a JSON body."""
    loaded: dict[str, Any] = json.loads(event_json(event(body)))
    return loaded


@pytest.mark.parametrize("kind", EVENTS)
def test_each_type_is_an_event_that_strict_readers_take(kind: str):
    """All five types, with all that events share, are EPCIS by our own strict rules."""
    parsed = parse_event(event_json(event({**FULL, kind: EVENTS[kind]})), Mode.STRICT)
    assert [finding.code for finding in parsed.findings if finding.severity == "error"] == []


def test_members_have_the_names_of_the_standard():
    """One event written out in full, member by member."""
    assert written({**FULL, "objectEvent": EVENTS["objectEvent"]}) == {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"ex": "https://example.org/ns/"},
        ],
        "type": "ObjectEvent",
        "eventID": COMMON["eventId"],
        "eventTime": "2026-03-01T10:00:00.123456Z",
        "eventTimeZoneOffset": "+02:00",
        "action": "ADD",
        "epcList": [PIECE],
        "quantityList": [{"epcClass": LOT, "quantity": 2.5, "uom": "KGM"}, {"epcClass": LOT}],
        "ilmd": {"ex:lot": "A"},
        "bizStep": "commissioning",
        "disposition": "active",
        "persistentDisposition": {"set": ["completeness_verified"], "unset": ["unknown"]},
        "readPoint": {"id": SILO},
        "bizLocation": {"id": SILO},
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521000000018:1"}],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:9521000.00002"}],
        "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:9521000.00003"}],
        "certificationInfo": ["https://example.org/certificate"],
        "ex:a": "text",
        "ex:b": {"ex:x": [1.5, None, True], "ex:y": 1},
    }


def test_contents_of_the_other_types():
    """Parents, children, inputs, outputs stand under the standard's names."""
    packed = written({**COMMON, "aggregationEvent": EVENTS["aggregationEvent"]})
    assert (packed["parentID"], packed["childEPCs"]) == (PALLET, [PIECE])
    attached = written({**COMMON, "associationEvent": EVENTS["associationEvent"]})
    assert attached["childQuantityList"] == [{"epcClass": LOT, "quantity": 3}]
    made = written({**COMMON, "transformationEvent": EVENTS["transformationEvent"]})
    assert "action" not in made
    assert made["inputQuantityList"] == [{"epcClass": LOT, "quantity": 1}]
    assert (made["outputEPCList"], made["transformationID"][:9]) == ([PIECE], "urn:uuid:")


def test_sensor_reports_and_error_declarations():
    """Numbers that are set are written, also zero; what is not set is not."""
    body = {
        **COMMON,
        "errorDeclaration": {
            "declarationTime": "2026-03-02T10:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIds": ["urn:uuid:1"],
        },
        "sensorElements": [
            {
                "sensorMetadata": {"time": "2026-03-01T09:00:00Z", "deviceId": "urn:epc:id:giai:9521000.2"},
                "sensorReports": [
                    {"type": "Temperature", "value": 0, "uom": "CEL", "booleanValue": False},
                    {"type": "Temperature", "minValue": -1.5, "sDev": 0.1, "time": "2026-03-01T09:00:00Z"},
                ],
            }
        ],
        "objectEvent": {"action": "OBSERVE", "epcList": [PIECE]},
    }
    made = written(body)
    assert made["errorDeclaration"] == {
        "declarationTime": "2026-03-02T10:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:1"],
    }
    (element,) = made["sensorElementList"]
    assert element["sensorMetadata"] == {
        "time": "2026-03-01T09:00:00Z",
        "deviceID": "urn:epc:id:giai:9521000.2",
    }
    assert element["sensorReport"] == [
        {"type": "Temperature", "uom": "CEL", "value": 0, "booleanValue": False},
        {"type": "Temperature", "time": "2026-03-01T09:00:00Z", "minValue": -1.5, "sDev": 0.1},
    ]


@given(st.permutations(sorted(FULL)), st.permutations(["ex:a", "ex:b", "ex:c"]))
def test_same_event_has_the_same_bytes(members: list[str], names: list[str]):
    """However the message came about: the creator finds an event again by its bytes."""
    body = {name: FULL[name] for name in members}
    one = {**body, "extensions": dict.fromkeys(names, 1), "objectEvent": EVENTS["objectEvent"]}
    two = {**FULL, "extensions": dict.fromkeys(sorted(names), 1), "objectEvent": EVENTS["objectEvent"]}
    assert event_json(event(one)) == event_json(event(two))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/type"),
        ({"objectEvent": {}}, "/objectEvent/action"),
        ({"objectEvent": {"action": "ADD"}, "extensions": {"plain": 1}}, "/extensions/plain"),
        ({"objectEvent": {"action": "ADD"}, "extensions": {"type": "x"}}, "/extensions/type"),
        ({"objectEvent": {"action": "ADD"}, "extensions": {"no:a": 1}}, "/extensions/no:a"),
        ({"objectEvent": {"action": "ADD"}, "extensions": {"ex:": 1}}, "/extensions/ex:"),
        ({"objectEvent": {"action": "ADD", "ilmd": {"plain": 1}}}, "/objectEvent/ilmd/plain"),
    ],
)
def test_what_cannot_be_written_is_refused(body: dict[str, Any], path: str):
    """An extension cannot stand for a member of the standard, and a type must be there."""
    with pytest.raises(Rejected, match="BAD_REQUEST") as caught:
        event_json(event({**COMMON, "namespaces": {"ex": "https://example.org/"}, **body}))
    assert caught.value.path == path


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_has_not_are_refused(number: float):
    """In amounts, in sensor reports, in extensions."""
    made = event({**COMMON, "objectEvent": {"action": "ADD"}})
    made.object_event.quantity_list.add(epc_class=LOT, quantity=number)
    with pytest.raises(Rejected) as caught:
        event_json(made)
    assert caught.value.path == "/objectEvent/quantityList/0/quantity"
    made = event({**COMMON, "namespaces": {"ex": "urn:ex:"}, "objectEvent": {"action": "ADD"}})
    made.extensions["ex:a"] = number
    with pytest.raises(Rejected):
        event_json(made)


def test_time_that_is_none_is_refused():
    """A timestamp beyond the calendar is no event time."""
    made = event({**COMMON, "objectEvent": {"action": "ADD"}})
    made.event_time.seconds = 1 << 60
    with pytest.raises(Rejected, match="BAD_TIME") as caught:
        event_json(made)
    assert caught.value.path == "/eventTime"


def test_number_of_an_unknown_action_is_refused():
    """An enum number that this release does not know is no action."""
    made = event({**COMMON, "objectEvent": {"action": "ADD"}})
    made.object_event.action = 9  # type: ignore[assignment]
    with pytest.raises(Rejected, match="BAD_REQUEST"):
        event_json(made)
