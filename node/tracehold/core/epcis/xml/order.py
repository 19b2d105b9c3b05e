"""The order of an event's fields, which the XML schema of EPCIS fixes and JSON has not."""

from tracehold.core.epcis.xml.fields import flat
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.tree import Node

_HEAD = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo"
_WHY = "bizStep disposition readPoint bizLocation"
_TAIL = "sourceList destinationList sensorElementList persistentDisposition"
# `ilmd` has no place here: published documents have it before the sensors as well as behind them.
_BETWEEN = {
    "ObjectEvent": f"epcList action {_WHY} bizTransactionList quantityList",
    "AggregationEvent": f"parentID childEPCs action {_WHY} bizTransactionList childQuantityList",
    "AssociationEvent": f"parentID childEPCs childQuantityList action {_WHY} bizTransactionList",
    "TransactionEvent": f"bizTransactionList parentID epcList action {_WHY} quantityList",
    "TransformationEvent": "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID "
    f"{_WHY} bizTransactionList",
}
_PLACES = {
    kind: {name: at for at, name in enumerate(f"{_HEAD} {own} {_TAIL}".split())}
    for kind, own in _BETWEEN.items()
}


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
