"""One example for each thing that the event reader finds: what docs/epcis.md shows and tests read.

An example is a small valid payload of its kind, changed: `without` names the fields left out, `change` is the
inside of a
JSON object whose members are put in. In a document the frame is changed, in a query the answer's body.
"""

import json
from dataclasses import dataclass
from typing import Any

from bench.event_seeds import CONTEXT, NAMESPACES

_PIECE, _LOT = "urn:epc:id:sgtin:9521234.054321.x1", "urn:epc:class:lgtin:9521234.054321.L1"
_PALLET = "urn:epc:id:sscc:9521234.1234567890"
_OWN: dict[str, dict[str, Any]] = {
    "ObjectEvent": {"action": "OBSERVE", "epcList": [_PIECE]},
    "AggregationEvent": {"action": "ADD", "parentID": _PALLET, "childEPCs": [_PIECE]},
    "AssociationEvent": {"action": "ADD", "parentID": _PALLET, "childEPCs": [_PIECE]},
    "TransactionEvent": {
        "action": "ADD", "epcList": [_PIECE],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}],
    },
    "TransformationEvent": {"inputQuantityList": [{"epcClass": _LOT}], "outputEPCList": [_PIECE]},
}  # fmt: skip
_FRAME = {
    "@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
    "creationDate": "2026-03-01T12:00:00Z",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A payload of a `kind`: an event type, "document", "query", "masterdata" (an element of a vocabulary is
    changed) or "vocabulary" (what stands around it)."""

    kind: str
    change: str = ""
    without: str = ""

    @property
    def shown(self) -> str:
        """What is changed, as Markdown."""
        left_out = " ".join(f"no `{name}`" for name in self.without.split())
        return " ".join(filter(None, (left_out, f"`{self.change}`" if self.change else "")))

    def payload(self) -> bytes:
        """The whole of it."""
        value = _base(self.kind)
        changed = value["element"] if self.kind == "masterdata" else value
        for name in self.without.split():
            del changed[name]
        changed.update(json.loads("{" + self.change + "}"))
        return json.dumps(value, ensure_ascii=False).encode()


def _base(kind: str) -> dict[str, Any]:
    if kind == "document":
        return {**_FRAME, "epcisBody": {"eventList": []}}
    if kind == "query":
        body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": []}}}
        return {"@context": CONTEXT, "type": "EPCISQueryDocument", "epcisBody": body}
    if kind in {"masterdata", "vocabulary"}:
        return {
            "@context": CONTEXT,
            "type": "urn:epcglobal:epcis:vtype:Location",
            "element": {"id": "urn:x:1"},
        }
    return {
        "@context": [CONTEXT, NAMESPACES], "type": kind, "eventID": "urn:x:event:1",
        "eventTime": "2026-03-01T12:00:00Z", "eventTimeZoneOffset": "+01:00", **_OWN[kind],
    }  # fmt: skip


def _many(kind: str, *changes: str) -> tuple[Example, ...]:
    return tuple(Example(kind, change) for change in changes)


_TEMPERATURE = '"sensorElementList": [{"sensorReport": [{"type": "Temperature", '
_DECLARED = '"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z", '
_MASTER = '"epcisHeader": {"epcisMasterData": {"vocabularyList": '

EXAMPLES = (
    *_many(
        "document",
        '"type": "Letter"',
        '"@context": "context"',
        '"@context": [{"a": "urn:x:a:"}, {"a": "urn:x:a:"}]',
        '"id": "_:document1"',
        '"schemaVersion": 2.0',
        '"creationDate": "yesterday"',
        '"sender": "urn:x:1"',
        '"receiver": 7',
        '"attachments": []',
        '"epcisHeader": null',
        '"epcisHeader": {"epcisMasterData": null}',
        '"epcisHeader": {"sbdh:StandardBusinessDocumentHeader": {}}',
        '"epcisBody": {}',
        _MASTER + "{}}}",
        _MASTER + "[{}]}}",
        _MASTER + '[{"type": "urn:x:1", "vocabularyElementList": {}}]}}',
    ),
    Example("document", without="@context"),
    Example("document", without="creationDate"),
    *_many(
        "query",
        '"epcisBody": {"queryResults": {"resultsBody": {"eventList": []}}}',
        '"epcisBody": {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [], "page": 1}}}',
    ),
    Example("vocabulary", '"type": ""'),
    Example("masterdata", without="id"),
    *_many(
        "masterdata",
        '"id": ""',
        '"attributes": null',
        '"attributes": [{"attribute": "Dock 4"}]',
        '"attributes": [{"id": "cbvmda:name", "attribute": ["Dock 4"]}]',
    ),
    Example("ObjectEvent", without="@context"),
    Example("ObjectEvent", without="eventTime"),
    Example("ObjectEvent", without="eventTimeZoneOffset"),
    Example("ObjectEvent", without="action"),
    Example("ObjectEvent", without="epcList"),
    *_many(
        "ObjectEvent",
        '"@context": [7]',
        '"@context": "https://example.com/context.jsonld"',
        '"type": "QuantityEvent"',
        '"type": "epcis:ObjectEvent"',
        '"action": "CREATE"',
        '"eventTime": "22-07-2026"',
        '"eventTime": "2026-03-01T13:00:00"',
        '"eventTime": "2999-01-01T00:00:00Z"',
        '"eventTimeZoneOffset": "CET"',
        '"recordTime": ""',
        '"recordTime": "2026-03-01T11:00:00Z"',
        '"eventID": "374d95fc-9457-4a51-bd6a-0bba133845a8"',
        '"eventID": "javascript:alert(1)"',
        '"epcList": "urn:epc:id:sgtin:9521234.054321.x1"',
        '"epcList": [7]',
        '"epcList": ["urn:x:1", ""]',
        '"epcList": ["crate 7"]',
        '"epcList": ["javascript:alert(1)"]',
        '"epcList": ["https://id.gs1.org/01/09521234543214/21/x1"]',
        '"epcList": ["https://shop.example/01/09521234543214"]',
        '"epcList": ["urn:epc:id:sscc:9521234.0005"]',
        '"epcList": ["urn:epc:id:sgtin:9521234.054321.x1", "urn:epc:id:sgtin:9521234.054321.x1"]',
        '"epcList": ["urn:epc:id:sgtin:9521234.054321.x1", "https://id.gs1.org/01/09521234543213/21/x1"]',
        '"quantityList": [{"quantity": 1}]',
        '"quantityList": [{"epcClass": "urn:x:1", "weight": 5}]',
        '"quantityList": [{"epcClass": "urn:x:1", "quantity": "twenty"}]',
        '"quantityList": [{"epcClass": "urn:x:1", "quantity": "20"}]',
        '"quantityList": [{"epcClass": "urn:x:1", "quantity": true}]',
        '"quantityList": [{"epcClass": "urn:x:1", "quantity": -1}]',
        '"quantityList": [{"epcClass": "urn:x:1", "quantity": 1, "uom": "kilo"}]',
        '"bizStep": "transforming"',
        '"bizStep": "urn:epcglobal:cbv:bizstep:shipping"',
        '"bizStep": "urn:epcglobal:cbv:bizstep:smoking"',
        '"bizStep": "farm:smoking"',
        '"disposition": null',
        '"persistentDisposition": {}',
        '"persistentDisposition": {"set": []}',
        '"persistentDisposition": {"set": ["recalled", "recalled"]}',
        '"persistentDisposition": {"set": ["recalled"], "unset": ["recalled"]}',
        '"persistentDisposition": {"set": ["recalled"], "since": 2026}',
        '"readPoint": "urn:x:dock"',
        '"readPoint": {"name": "dock"}',
        '"readPoint": [{"id": "urn:x:dock"}]',
        '"bizTransactionList": [{"type": "po"}]',
        '"sourceList": {"type": "location", "source": "urn:x:1"}',
        '"sourceList": [{"type": "place", "source": "urn:x:1"}]',
        '"destinationList": [{"destination": "urn:x:1"}]',
        '"certificationInfo": "certificate 7"',
        '"certificationInfo": [{"cbvmda:agency": "x"}]',
        '"errorDeclaration": {"reason": "did_not_occur"}',
        '"errorDeclaration": {"declarationTime": "2026-02-01T00:00:00Z"}',
        _DECLARED + '"correctiveEventIDs": ["urn:x:event:1"]}',
        _DECLARED + '"why": "typing"}',
        _DECLARED + '"farm:why": "typing"}',
        '"sensorElementList": [{"sensorReport": []}]',
        '"sensorElementList": [{"sensorReport": [{"value": 4}]}]',
        '"sensorElementList": [{"sensorReport": [{"type": "Warmth", "value": 4}]}]',
        _TEMPERATURE + '"value": "4"}]}]',
        _TEMPERATURE + '"value": 4, "unit": "CEL"}]}]',
        _TEMPERATURE + '"hexBinaryValue": "xyz"}]}]',
        _TEMPERATURE + '"booleanValue": "yes"}]}]',
        _TEMPERATURE + '"value": 4, "uom": 7}]}]',
        _TEMPERATURE + '"value": 4, "time": "2026-03-02T12:00:00Z"}]}]',
        _TEMPERATURE + '"chemicalSubstance": "urn:x:1", "microorganism": "urn:x:2"}]}]',
        '"sensorElementList": [{"sensorMetadata": {"startTime": "2026-03-01T11:00:00Z", "endTime": '
        '"2026-03-01T10:00:00Z"}, "sensorReport": [{"type": "Temperature", "value": 4}]}]',
        '"ilmd": {"cbvmda:lotNumber": "L1"}',
        '"action": "ADD", "ilmd": {"materialType": "soil"}',
        '"action": "ADD", "ilmd": {"cbvmda:lotNumber": ["L1", 2]}',
        '"_comment": "x"',
        '"farm:name": "x"',
        '"epcList": [], "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4}]}]',
    ),
    *_many("AggregationEvent", '"childEPCs": ["urn:epc:id:sscc:9521234.1234567890"]', '"childEPCs": []'),
    *_many("AggregationEvent", '"action": "OBSERVE", "childEPCs": []'),
    Example("AggregationEvent", without="parentID"),
    Example("AssociationEvent", without="parentID"),
    Example("TransactionEvent", without="bizTransactionList"),
    Example("TransactionEvent", without="epcList"),
    Example("TransactionEvent", '"parentID": "urn:x:1"', without="epcList"),
    Example("TransformationEvent", without="inputQuantityList"),
    Example("TransformationEvent", without="outputEPCList"),
    Example("TransformationEvent", '"transformationID": "urn:x:1"', "inputQuantityList outputEPCList"),
)  # fmt: skip
