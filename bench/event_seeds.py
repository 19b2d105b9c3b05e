"""Events with every field of the standard, from which mutants are bred: tests of the event reader and its
fuzzing.
"""

import json
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
NAMESPACES = {"ex": "https://ns.example.com/epcis/"}
TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")

_PIECE, _OTHER = "urn:epc:id:sgtin:9521234.054321.x1", "https://id.gs1.org/01/09521234543213/21/x2"
_LOT, _CLASS = "urn:epc:class:lgtin:9521234.054321.L1", "https://shop.example/01/09521234543213"
_PALLET = "urn:epc:id:sscc:9521234.1234567890"
_PLACE, _PARTY = "urn:epc:id:sgln:9521234.00001.0", "urn:epc:id:pgln:9521234.00001"
_AMOUNTS = [{"epcClass": _LOT, "quantity": 2.5, "uom": "KGM"}, {"epcClass": _CLASS}]
_ILMD = {"cbvmda:lotNumber": "L1", "ex:origin": {"ex:country": "FI"}}

_OBJECTS: dict[str, Any] = {"action": "ADD", "epcList": [_PIECE, _OTHER], "quantityList": _AMOUNTS}
_CHILDREN: dict[str, Any] = {
    "action": "ADD", "parentID": _PALLET, "childEPCs": [_PIECE, _OTHER], "childQuantityList": _AMOUNTS
}  # fmt: skip
_OWN: dict[str, dict[str, Any]] = {
    "ObjectEvent": {**_OBJECTS, "ilmd": _ILMD},
    "AggregationEvent": _CHILDREN,
    "TransactionEvent": {**_OBJECTS, "parentID": _PALLET},
    "TransformationEvent": {
        "inputEPCList": [_OTHER], "inputQuantityList": _AMOUNTS, "outputEPCList": [_PIECE],
        "outputQuantityList": _AMOUNTS, "transformationID": "urn:x:process:1", "ilmd": _ILMD,
    },
    "AssociationEvent": _CHILDREN,
}  # fmt: skip
_METADATA = {
    "time": "2026-03-01T11:00:00Z", "startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T11:00:00Z",
    "deviceID": "urn:epc:id:giai:9521234.d1", "deviceMetadata": "https://example.com/device",
    "rawData": "https://example.com/raw", "dataProcessingMethod": "https://example.com/method",
    "bizRules": "https://example.com/rules", "ex:placed": "top",
}  # fmt: skip
_REPORTS: list[dict[str, Any]] = [
    {"type": "Temperature", "value": 4.5, "minValue": 4, "maxValue": 5.25, "meanValue": 4.4, "sDev": 0.1,
     "percRank": 50, "percValue": 4.5, "uom": "CEL", "time": "2026-03-01T11:00:00Z",
     "exception": "ALARM_CONDITION", "deviceID": "urn:epc:id:giai:9521234.d1"},
    {"type": "gs1:Angle", "component": "latitude", "stringValue": "60.1",
     "coordinateReferenceSystem": "urn:x:crs"},
    {"type": "ex:Swab", "booleanValue": True, "hexBinaryValue": "0fA0", "uriValue": "urn:x:result",
     "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011", "component": "cbv:Comp-x",
     "ex:by": "lab"},
    {"type": "MolarMass", "chemicalSubstance": "https://example.com/inchikey/A", "value": 1},
]  # fmt: skip


def event(kind: str) -> dict[str, Any]:
    """A valid event of the type with all fields that it may have."""
    return {
        "@context": [CONTEXT, NAMESPACES],
        "type": kind,
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "eventTime": "2026-03-01T12:00:00.000Z",
        "recordTime": "2026-03-01T12:00:01+01:00",
        "eventTimeZoneOffset": "+01:00",
        "certificationInfo": ["https://example.com/certificate"],
        **_OWN[kind],
        "bizStep": "commissioning",
        "disposition": "active",
        "persistentDisposition": {"set": ["completeness_verified"], "unset": ["recalled", "ex:watched"]},
        "readPoint": {"id": _PLACE, "ex:gate": 4},
        "bizLocation": {"id": "https://id.gs1.org/414/9521234000013"},
        "bizTransactionList": [{"type": "inv", "bizTransaction": "urn:x:1"}, {"bizTransaction": "urn:x:2"}],
        "sourceList": [{"type": "owning_party", "source": _PARTY}],
        "destinationList": [{"type": "location", "destination": _PLACE}],
        "sensorElementList": [{"sensorMetadata": _METADATA, "sensorReport": _REPORTS, "ex:n": 1}],
        "errorDeclaration": {
            "declarationTime": "2026-03-02T00:00:00Z", "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:00000000-0000-4000-8000-000000000001"], "ex:why": ["typing"],
        },
        "ex:farm": {"name": "Mäki", "fields": [1, 2.5, None, True]},
    }  # fmt: skip


def document(*events: Any) -> dict[str, Any]:
    """A valid document of events, with master data."""
    place = {
        "id": _PLACE, "children": [_PLACE],
        "attributes": [{"id": "cbvmda:name", "attribute": "Dock"}, {"id": "cbvmda:more",
        "attribute": {"a": 1}}],
    }  # fmt: skip
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": [place]}
    return {
        "@context": [CONTEXT, NAMESPACES],
        "id": "https://example.com/documents/1",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T12:00:00.000+01:00",
        "instanceIdentifier": "7",
        "sender": "urn:x:1",
        "receiver": "urn:x:2",
        "epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}},
        "epcisBody": {"eventList": list(events)},
    }


def answer(*events: Any) -> dict[str, Any]:
    """The same as the answer of a query."""
    whole = document()
    body = {"eventList": list(events)}
    results = {"queryName": "q", "subscriptionID": "s", "resultsBody": body}
    dropped = ("instanceIdentifier", "sender", "receiver", "epcisHeader")
    kept = {name: value for name, value in whole.items() if name not in dropped}
    return {**kept, "type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}


def seeds() -> list[bytes]:
    """Texts to breed from: each type alone, all in a document, all in an answer."""
    events = [event(kind) for kind in TYPES]
    inner = [{name: value for name, value in each.items() if name != "@context"} for each in events]
    return [
        json.dumps(whole, ensure_ascii=False).encode()
        for whole in (*events, document(*inner), answer(*inner))
    ]
