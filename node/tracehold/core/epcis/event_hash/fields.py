"""The fields of an event in the order in which the event hash joins them (CBV 2.0, section 8.9, canonical
property order and rules 1 to 4, 10 to 13, 19 to 21).

A writer gives the text of one field. What stands inside a standard field and is neither one of its own
members nor an extension goes to `left`, under the names of its parents: it is joined at the very end.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tracehold.core.epcis.event_hash.terms import (
    COMPONENTS,
    DOCUMENTS,
    REASONS,
    SIDES,
    STATES,
    STEPS,
)
from tracehold.core.epcis.event_hash.values import Values

Writer = Callable[[Values, str, Any, list[str]], str]
Order = Mapping[str, Writer]

_SILENT = frozenset(("@context", "comment", "{http://www.w3.org/2000/01/rdf-schema#}comment"))
"""Remarks and bindings say nothing about what happened."""


def members(values: Values, raw: Mapping[str, Any], order: Order, left: list[str]) -> str:
    """The members of an object that `order` names, in that order, then its extensions, sorted."""
    found = [
        write(values, name, raw[name], left)
        for name, write in order.items()
        if name in raw and raw[name] is not None
    ]
    if len(found) < len(raw):
        extensions: list[str] = []
        for key in raw.keys() - order.keys():
            name = values.name(key)
            (extensions if name[0:1] == "{" else left).extend(free(values, name, raw[key]))
        found += sorted(extensions)
    return "".join(found)


def free(values: Values, name: str, value: Any) -> list[str]:
    """Texts of an extension or master data attribute, one per element of a list; members sorted."""
    if value is None or name in _SILENT:
        return []
    if isinstance(value, list):
        return [text for item in value for text in free(values, name, item)]
    if isinstance(value, dict):
        inner = [text for key, item in value.items() for text in free(values, values.name(key), item)]
        return [name + "".join(sorted(inner))]
    text = values.text(value)
    return [f"{name}={text}" if text else name]


def _one(write: Callable[[Values, Any], str]) -> Writer:
    def writer(values: Values, name: str, value: Any, left: list[str]) -> str:
        text = write(values, value)
        return f"{name}={text}" if text else ""

    return writer


def _each(write: Callable[[Values, Any], str], child: str | None = None) -> Writer:
    """Single values under their own name, or under `child` after the name of the list."""

    def writer(values: Values, name: str, value: Any, left: list[str]) -> str:
        texts = [write(values, item) for item in (value if isinstance(value, list) else [value])]
        joined = "".join(sorted([f"{child or name}={text}" for text in texts if text]))
        return name + joined if child and joined else joined

    return writer


def _objects(order: Order, child: str | None = None) -> Writer:
    """Objects with members of their own under the field's name each, or under `child` after it once."""

    def writer(values: Values, name: str, value: Any, left: list[str]) -> str:
        called = name if child is None else child
        found, odd = [], []
        for item in value if isinstance(value, list) else [value]:
            own: list[str] = []
            inner = members(values, item if isinstance(item, dict) else {"id": item}, order, own)
            found += [called + inner] if inner else []
            odd += [called + "".join(sorted(own))] if own else []
        if odd:
            left += odd if child is None else [name + "".join(sorted(odd))]
        joined = "".join(sorted(found))
        return name + joined if child is not None and joined else joined

    return writer


def _term(words: dict[str, str]) -> Callable[[Values, Any], str]:
    return lambda values, value: values.term(value, words)


_text = _one(Values.text)
_component = _one(_term(COMPONENTS))
_side = _one(_term(SIDES))
_id = _one(Values.identifier)
_when = _one(Values.time)
_epcs = _each(Values.identifier, "epc")
_amounts = _objects({"epcClass": _id, "quantity": _text, "uom": _text}, "quantityElement")
_place = _objects({"id": _id})

_METADATA: Order = {
    "time": _when, "startTime": _when, "endTime": _when, "deviceID": _text, "deviceMetadata": _text,
    "rawData": _text, "dataProcessingMethod": _text, "bizRules": _text,
}  # fmt: skip
_REPORT: Order = {
    "type": _one(Values.voc), "exception": _one(Values.voc), "deviceID": _text, "deviceMetadata": _text,
    "rawData": _text, "dataProcessingMethod": _text, "time": _when, "microorganism": _text,
    "chemicalSubstance": _text, "value": _text, "component": _component, "stringValue": _text,
    "booleanValue": _text, "hexBinaryValue": _text, "uriValue": _text, "minValue": _text, "maxValue": _text,
    "meanValue": _text, "sDev": _text, "percRank": _text, "percValue": _text, "uom": _text,
    "coordinateReferenceSystem": _text,
}  # fmt: skip
_ELEMENT: Order = {"sensorMetadata": _objects(_METADATA), "sensorReport": _objects(_REPORT)}

STANDARD: Order = {
    "eventTime": _when,
    "eventTimeZoneOffset": _one(lambda _, value: str(value).strip()),
    "certificationInfo": _each(Values.text),
    "epcList": _epcs,
    "parentID": _id,
    "inputEPCList": _epcs,
    "childEPCs": _epcs,
    "quantityList": _amounts,
    "childQuantityList": _amounts,
    "inputQuantityList": _amounts,
    "outputEPCList": _epcs,
    "outputQuantityList": _amounts,
    "action": _text,
    "transformationID": _id,
    "bizStep": _one(_term(STEPS)),
    "disposition": _one(_term(STATES)),
    "persistentDisposition": _objects({"set": _each(_term(STATES)), "unset": _each(_term(STATES))}),
    "readPoint": _place,
    "bizLocation": _place,
}
"""From the event's time to its place."""

DEALINGS: Order = {
    "bizTransactionList": _objects({"type": _one(_term(DOCUMENTS)), "bizTransaction": _id}, ""),
    "sourceList": _objects({"type": _side, "source": _id}, ""),
    "destinationList": _objects({"type": _side, "destination": _id}, ""),
}
"""Lists of pairs. The published hashes have the type before its value, against rule 13."""

SENSORS: Order = {"sensorElementList": _objects(_ELEMENT, "sensorElement")}

DECLARATION: Order = {
    "errorDeclaration": _objects(
        {
            "declarationTime": _when,
            "reason": _one(_term(REASONS)),
            "correctiveEventIDs": _each(Values.text),
        }
    )
}
"""What the event hash leaves out, and what makes a declaration another statement than its event."""
