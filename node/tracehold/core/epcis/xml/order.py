"""The order of an event's fields, which the XML schema of EPCIS fixes and JSON has not."""

from tracehold.core.epcis.xml.fields import flat
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.tree import Node

_HEAD = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo"
_WHY = "bizStep disposition readPoint bizLocation"
_TAIL = "sourceList destinationList sensorElementList persistentDisposition"
# `ilmd` has no place here: it stands before the sensors in some published documents, and behind them in others.
_FIELDS = {
    "ObjectEvent": f"{_HEAD} epcList action {_WHY} bizTransactionList quantityList {_TAIL}",
    "AggregationEvent": f"{_HEAD} parentID childEPCs action {_WHY} bizTransactionList childQuantityList {_TAIL}",
    "AssociationEvent": f"{_HEAD} parentID childEPCs childQuantityList action {_WHY} bizTransactionList {_TAIL}",
    "TransactionEvent": f"{_HEAD} bizTransactionList parentID epcList action {_WHY} quantityList {_TAIL}",
    "TransformationEvent": f"{_HEAD} inputEPCList inputQuantityList outputEPCList outputQuantityList "
    f"transformationID {_WHY} bizTransactionList {_TAIL}",
}
_PLACES = {kind: {name: at for at, name in enumerate(text.split())} for kind, text in _FIELDS.items()}


def misplaced(names: Names, node: Node) -> tuple[str, str] | None:
    """The first field of an event that stands behind one which the schema has after it, and that one."""
    places = _PLACES.get(node.name.local, {})
    last = ""
    for child in flat(names, node):
        local = child.name.local
        if local not in places or not STANDARD.fullmatch(child.name.space):
            continue
        if last and places[local] < places[last]:
            return local, last
        last = local
    return None
