"""EPCIS 2.0 events as values (EPCIS 2.0 section 7): what happened to which objects, when, where and why.

An identifier is kept twice: canonical, by which things are compared, and as its sender wrote it. Parts that
are shown but decide nothing (measured values, ILMD, extensions) stay as parsed JSON.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from tracehold.core.epcis.parties import named


class Mode(StrEnum):
    """STRICT: what the published schema allows. TOLERANT: the known
    sloppiness of real data is read, and reported."""

    STRICT = "strict"
    TOLERANT = "tolerant"


class EventType(StrEnum):
    """The five event types of EPCIS 2.0."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSACTION = "TransactionEvent"
    TRANSFORMATION = "TransformationEvent"
    ASSOCIATION = "AssociationEvent"


class Action(StrEnum):
    """What an event does to its subject: create or attach,
    look at, end or detach (EPCIS 2.0 section 7.3.2)."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling the sender. `path` is a JSON pointer (RFC 6901) into what was checked."""

    code: str
    path: str
    message: str
    severity: Literal["warning", "error"] = "warning"


@dataclass(frozen=True, slots=True)
class Id:
    """An identifier: the form in which it is compared, and the spelling of the sender."""

    canonical: str
    original: str


@dataclass(frozen=True, slots=True)
class QuantityElement:
    """An amount of a class or lot. `quantity` None: some.
    `uom` None: pieces; else a UN/CEFACT Rec. 20 code."""

    epc_class: Id
    quantity: float | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class Objects:
    """The things an event speaks of: pieces by name, classes and lots by amount."""

    epcs: tuple[Id, ...] = ()
    quantities: tuple[QuantityElement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.epcs or self.quantities)


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """Objects came into being, were seen, or ended."""

    action: Action
    objects: Objects


@dataclass(frozen=True, slots=True)
class AggregationEvent:
    """Children were put into, seen in, or taken out of a parent. No parent only with OBSERVE."""

    action: Action
    parent: Id | None
    children: Objects


@dataclass(frozen=True, slots=True)
class TransactionEvent:
    """Objects were tied to, or released from, business transactions."""

    action: Action
    parent: Id | None
    objects: Objects


@dataclass(frozen=True, slots=True)
class TransformationEvent:
    """Inputs were used up in making outputs. Events with one transformation id are one process."""

    inputs: Objects
    outputs: Objects
    transformation_id: Id | None


@dataclass(frozen=True, slots=True)
class AssociationEvent:
    """Children were made part of, seen as part of, or taken from a parent, which may be a place."""

    action: Action
    parent: Id
    children: Objects


What = ObjectEvent | AggregationEvent | TransactionEvent | TransformationEvent | AssociationEvent


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A business document the event belongs to: order, invoice, despatch advice."""

    type: str | None
    id: Id


@dataclass(frozen=True, slots=True)
class SourceDest:
    """One end of a transfer: owning party, possessing party or location."""

    type: str
    id: Id


@dataclass(frozen=True, slots=True)
class PersistentDisposition:
    """Conditions that stay until unset, whatever later events say (EPCIS 2.0 section 7.3.5.5)."""

    set: tuple[str, ...]
    unset: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SensorMetadata:
    """What holds for all reports of a sensor element. Times in microseconds UTC; `uris` by the standard's
    names
    (deviceID, bizRules, ...)."""

    time: int | None
    start: int | None
    end: int | None
    uris: dict[str, str]
    extensions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SensorReport:
    """One reading. `type`, `exception` and `component` are bare words where standard; `values` and `uris` go
    by
    the standard's names (value, minValue, stringValue, ...; deviceID, chemicalSubstance, ...), values as
    sent."""

    type: str | None
    exception: str | None
    component: str | None
    time: int | None
    uom: str | None
    values: dict[str, Any]
    uris: dict[str, str]
    extensions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SensorElement:
    """Readings that belong together (EPCIS 2.0 section 7.3.7)."""

    metadata: SensorMetadata | None
    reports: tuple[SensorReport, ...]
    extensions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """The sender takes an earlier, otherwise equal event back
    (EPCIS 2.0 section 7.4.1.4). Times in microseconds UTC."""

    time: int
    reason: str | None
    corrective_ids: tuple[str, ...]
    extensions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `instant` and `record_time` are microseconds since
    1970 UTC; standard CBV values are bare words."""

    what: What
    event_id: str | None
    instant: int
    time_zone_offset: str
    record_time: int | None
    biz_step: str | None
    disposition: str | None
    persistent_disposition: PersistentDisposition | None
    read_point: Id | None
    biz_location: Id | None
    biz_transactions: tuple[BizTransaction, ...]
    sources: tuple[SourceDest, ...]
    destinations: tuple[SourceDest, ...]
    sensor_elements: tuple[SensorElement, ...]
    ilmd: dict[str, Any]
    certification_info: tuple[str, ...]
    error_declaration: ErrorDeclaration | None
    extensions: dict[str, Any]
    context: Any
    findings: tuple[Finding, ...]

    @property
    def type(self) -> EventType:
        """Which of the five types it is."""
        return EventType(type(self.what).__name__)

    @property
    def action(self) -> Action | None:
        """None for transformations, which have none."""
        return None if isinstance(self.what, TransformationEvent) else self.what.action

    def parties(self) -> frozenset[str]:
        """Canonical parties that the event names: who may read
        an audience of `parties` (protocol section 4)."""
        return named(self)
