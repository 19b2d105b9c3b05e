"""One XML event to one JSON event with its `@context`."""

from collections.abc import Mapping
from typing import Any

from tracehold.core.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS, ERROR_REASONS
from tracehold.core.epcis.xml.fields import (
    AMOUNTS,
    DESTINATIONS,
    EPCS,
    SENSORS,
    SOURCES,
    TRANSACTIONS,
    Read,
    fields,
    free,
    listed,
    record,
    term,
    together,
)
from tracehold.core.epcis.xml.names import Names
from tracehold.core.epcis.xml.tree import Node

CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
"""The standard's own context, by its address."""

_DECLARATION = {
    "declarationTime": free,
    "reason": term(ERROR_REASONS),
    "correctiveEventIDs": listed("correctiveEventID", free),
}
_FIELDS: Mapping[str, Read] = {
    "bizStep": term(BIZ_STEPS),
    "disposition": term(DISPOSITIONS),
    "persistentDisposition": together,
    "readPoint": record({}),
    "bizLocation": record({}),
    "bizTransactionList": TRANSACTIONS,
    "sourceList": SOURCES,
    "destinationList": DESTINATIONS,
    "sensorElementList": SENSORS,
    "ilmd": record({}),
    "errorDeclaration": record(_DECLARATION),
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), EPCS),
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), AMOUNTS
    ),
}


def event(node: Node, names: Names) -> dict[str, Any]:
    """The JSON of an event; `names` are its own.

    `@context` holds the namespaces that the event uses beyond those of the standard's context, and is not
    there where it uses none: the document's own stands around it.
    """
    kind = names.written(node.name)
    members = fields(names, node, _FIELDS)
    if "type" in members:  # an element of that name says it a second time, which no event does
        kind = [kind, members.pop("type")]  # type: ignore[assignment]
    head: dict[str, Any] = {"@context": names.context} if names.context else {}
    return {**head, "type": kind, **members}
