"""Typed events as the EPCIS 2.0 JSON-LD that the creator signs: the standard's names in one fixed order.

The same message always gives the same bytes: an event that is sent again is found
by its bytes (protocol section 4).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tracehold.core.errors import Rejected
from tracehold.v1 import event_pb2 as pb
from tracehold.wire.event_parts import (
    Members,
    error_declaration,
    extensions,
    persistent_disposition,
    place,
    quantities,
    time_text,
    without_empty,
)
from tracehold.wire.sensors import sensor_elements

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The standard's JSON-LD context. It stands in the event by name and is never fetched."""

_ACTIONS: dict[int, str] = {pb.ACTION_ADD: "ADD", pb.ACTION_OBSERVE: "OBSERVE", pb.ACTION_DELETE: "DELETE"}


def event_json(event: pb.Event) -> bytes:
    """The event as JSON-LD with its `@context`: UTF-8, one line, no spaces.

    Raises BAD_REQUEST (no type, an extension without namespace, a number that JSON has not) or BAD_TIME, with
    the field's path. What the event means is judged afterwards, on these bytes.
    """
    kind = event.WhichOneof("type")
    if kind is None:
        raise Rejected("BAD_REQUEST", "one type of event is required", path="/type")
    members = {
        "@context": [CONTEXT, *_namespaces(event)],
        "type": kind.title().replace("_", ""),
        "eventID": event.event_id,
        "eventTime": time_text(event, "event_time", ""),
        "eventTimeZoneOffset": event.event_time_zone_offset,
        "errorDeclaration": error_declaration(event),
        **_WHAT[kind](getattr(event, kind), event.namespaces),
        **_why_and_where(event),
    }
    written = without_empty(members) | extensions(event.extensions, event.namespaces, "/extensions")
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _namespaces(event: pb.Event) -> list[dict[str, str]]:
    return [dict(sorted(event.namespaces.items()))] if event.namespaces else []


def _why_and_where(event: pb.Event) -> Members:
    return {
        "bizStep": event.biz_step,
        "disposition": event.disposition,
        "persistentDisposition": persistent_disposition(event),
        "readPoint": place(event.read_point),
        "bizLocation": place(event.biz_location),
        "bizTransactionList": [
            without_empty({"type": each.type, "bizTransaction": each.biz_transaction})
            for each in event.biz_transactions
        ],
        "sourceList": [{"type": each.type, "source": each.source} for each in event.sources],
        "destinationList": [
            {"type": each.type, "destination": each.destination} for each in event.destinations
        ],
        "sensorElementList": sensor_elements(event.sensor_elements, "/sensorElements"),
        "certificationInfo": list(event.certification_info),
    }


def _object(what: pb.ObjectEvent, namespaces: Mapping[str, str]) -> Members:
    return {
        "action": _action(what.action, "/objectEvent"),
        "epcList": list(what.epc_list),
        "quantityList": quantities(what.quantity_list, "/objectEvent/quantityList"),
        "ilmd": extensions(what.ilmd, namespaces, "/objectEvent/ilmd"),
    }


def _aggregation(what: pb.AggregationEvent, _: Mapping[str, str]) -> Members:
    return _contained(what, "/aggregationEvent")


def _association(what: pb.AssociationEvent, _: Mapping[str, str]) -> Members:
    return _contained(what, "/associationEvent")


def _contained(what: pb.AggregationEvent | pb.AssociationEvent, path: str) -> Members:
    return {
        "action": _action(what.action, path),
        "parentID": what.parent_id,
        "childEPCs": list(what.child_epcs),
        "childQuantityList": quantities(what.child_quantity_list, f"{path}/childQuantityList"),
    }


def _transformation(what: pb.TransformationEvent, namespaces: Mapping[str, str]) -> Members:
    path = "/transformationEvent"
    return {
        "inputEPCList": list(what.input_epc_list),
        "inputQuantityList": quantities(what.input_quantity_list, f"{path}/inputQuantityList"),
        "outputEPCList": list(what.output_epc_list),
        "outputQuantityList": quantities(what.output_quantity_list, f"{path}/outputQuantityList"),
        "transformationID": what.transformation_id,
        "ilmd": extensions(what.ilmd, namespaces, f"{path}/ilmd"),
    }


def _transaction(what: pb.TransactionEvent, _: Mapping[str, str]) -> Members:
    return {
        "action": _action(what.action, "/transactionEvent"),
        "parentID": what.parent_id,
        "epcList": list(what.epc_list),
        "quantityList": quantities(what.quantity_list, "/transactionEvent/quantityList"),
    }


def _action(action: int, path: str) -> str:
    word = _ACTIONS.get(action)
    if word is None:
        raise Rejected("BAD_REQUEST", "is none of ADD, OBSERVE, DELETE", path=f"{path}/action")
    return word


_WHAT: dict[str, Callable[[Any, Mapping[str, str]], Members]] = {
    "object_event": _object,
    "aggregation_event": _aggregation,
    "association_event": _association,
    "transformation_event": _transformation,
    "transaction_event": _transaction,
}
