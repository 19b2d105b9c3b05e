"""Small valid events that tests take apart."""

import json
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
PIECE = "urn:epc:id:sgtin:9521234.054321.x1"
LOT = "urn:epc:class:lgtin:9521234.054321.L1"
PALLET = "urn:epc:id:sscc:9521234.1234567890"


def event(kind: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
    """A valid event of the type; a field given as None is left out."""
    by_type: dict[str, dict[str, Any]] = {
        "ObjectEvent": {"action": "OBSERVE", "epcList": [PIECE]},
        "AggregationEvent": {"action": "ADD", "parentID": PALLET, "childEPCs": [PIECE]},
        "AssociationEvent": {"action": "ADD", "parentID": PALLET, "childEPCs": [PIECE]},
        "TransactionEvent": {
            "action": "ADD",
            "epcList": [PIECE],
            "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521234000013:1"}],
        },
        "TransformationEvent": {"inputQuantityList": [{"epcClass": LOT}], "outputEPCList": [PIECE]},
    }
    whole = {
        "@context": CONTEXT,
        "type": kind,
        "eventTime": "2026-03-01T12:00:00.000Z",
        "eventTimeZoneOffset": "+01:00",
        **by_type.get(kind, {}),
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def payload(kind: str = "ObjectEvent", **fields: Any) -> bytes:
    """The same as bytes."""
    return json.dumps(event(kind, **fields)).encode()


def document(*events: Any, **fields: Any) -> dict[str, Any]:
    """A document of events; a field given as None is left out."""
    whole = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T12:00:00Z",
        "epcisBody": {"eventList": list(events)},
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}
