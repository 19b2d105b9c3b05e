"""EPCIS 2.0 as this node reads it: documents to payloads, payloads to typed
events and master data. See docs/spec/event.md."""

from tracehold.core.epcis.document import Document, parse_document
from tracehold.core.epcis.findings import WARNINGS
from tracehold.core.epcis.masterdata import Attribute, MasterData, parse_masterdata
from tracehold.core.epcis.model import (
    Action,
    AggregationEvent,
    AssociationEvent,
    BizTransaction,
    ErrorDeclaration,
    Event,
    EventType,
    Finding,
    Id,
    Mode,
    ObjectEvent,
    Objects,
    PersistentDisposition,
    QuantityElement,
    SensorElement,
    SensorMetadata,
    SensorReport,
    SourceDest,
    TransactionEvent,
    TransformationEvent,
    What,
)
from tracehold.core.epcis.parse import examine_event, parse_event

__all__ = [
    "WARNINGS",
    "Action",
    "AggregationEvent",
    "AssociationEvent",
    "Attribute",
    "BizTransaction",
    "Document",
    "ErrorDeclaration",
    "Event",
    "EventType",
    "Finding",
    "Id",
    "MasterData",
    "Mode",
    "ObjectEvent",
    "Objects",
    "PersistentDisposition",
    "QuantityElement",
    "SensorElement",
    "SensorMetadata",
    "SensorReport",
    "SourceDest",
    "TransactionEvent",
    "TransformationEvent",
    "What",
    "examine_event",
    "parse_document",
    "parse_event",
    "parse_masterdata",
]
