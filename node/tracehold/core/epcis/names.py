"""The fields of each event type (EPCIS 2.0 section 7.4, in the names of the JSON binding). All others are
extensions.
"""

from tracehold.core.epcis.model import EventType

_COMMON = frozenset(
    """
    @context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration bizStep
    disposition persistentDisposition readPoint bizLocation bizTransactionList sourceList destinationList
    sensorElementList
    """.split()  # noqa: SIM905
)
_CHILDREN = _COMMON | {"action", "parentID", "childEPCs", "childQuantityList", "ilmd"}
_TRANSFORMATION = {
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "transformationID",
}

KNOWN = {
    EventType.OBJECT: _COMMON | {"action", "epcList", "quantityList", "ilmd"},
    EventType.AGGREGATION: _CHILDREN,
    EventType.TRANSACTION: _COMMON | {"action", "parentID", "epcList", "quantityList", "ilmd"},
    EventType.ASSOCIATION: _CHILDREN,
    EventType.TRANSFORMATION: _COMMON | _TRANSFORMATION | {"ilmd"},
}
"""Names by type. `ilmd` stands in all of them: out of its place it is ILMD that is sloppy, not an
extension.
"""
