"""What a well-formed event must not say. The published schema lets all of this pass."""

from typing import Any

from tracehold.core.epcis.lots import MOST, is_lot
from tracehold.core.epcis.model import (
    Action,
    AggregationEvent,
    AssociationEvent,
    Event,
    EventType,
    Id,
    ObjectEvent,
    TransactionEvent,
    TransformationEvent,
)
from tracehold.core.epcis.reader import Reader, pointer


def check(reader: Reader, event: Event, raw: dict[str, Any]) -> None:
    """Raises EPCIS_MEANING (or notes it, where real data is
    known to do it) for an event that cannot be so. `raw` are the members that the event was read from."""
    what = event.what
    if isinstance(what, ObjectEvent):
        _check_object(reader, event, what)
    elif isinstance(what, TransformationEvent):
        _check_transformation(reader, what)
    elif isinstance(what, TransactionEvent):
        _check_transaction(reader, event, what)
        if what.action is not Action.DELETE and not raw.keys() & {"epcList", "quantityList"}:
            reader.sloppy("EPCIS_FORM", "/epcList", "a parent alone needs an empty list of objects beside it")
    else:
        _check_family(reader, event, what)
    _check_times(reader, event)
    _check_correction(reader, event)


def ilmd(reader: Reader, raw: dict[str, Any], kind: EventType) -> dict[str, Any]:
    """Instance and lot master data: for objects that begin
    here (EPCIS 2.0 section 7.3.8), elsewhere sloppy."""
    value = reader.members(raw["ilmd"], "/ilmd", frozenset(), extensible=True)
    begins = kind is EventType.TRANSFORMATION or (kind is EventType.OBJECT and raw.get("action") == "ADD")
    if not begins:
        reader.sloppy(
            "EPCIS_MEANING", "/ilmd", "master data of new objects stands in ADD and transformations only"
        )
    for name in value:
        if is_lot(name) and not isinstance(value[name], str):
            path = pointer("/ilmd", name)
            reader.note("EPCIS_FORM", path, f"a lot number is one text; at most {MOST} are read of it")
    return value


def _check_object(reader: Reader, event: Event, what: ObjectEvent) -> None:
    if what.objects:
        return
    if not event.sensor_elements:
        reader.refuse(
            "EPCIS_MEANING", "/epcList", "the event is about nothing: no objects and no sensor reading"
        )
    if event.read_point is None:
        reader.sloppy("EPCIS_MEANING", "/readPoint", "a sensor reading without objects needs a place")


def _check_transformation(reader: Reader, what: TransformationEvent) -> None:
    if not (what.inputs or what.outputs):
        reader.refuse("EPCIS_MEANING", "/inputEPCList", "the transformation has neither inputs nor outputs")
    if what.transformation_id is None and not (what.inputs and what.outputs):
        side = "/outputEPCList" if what.inputs else "/inputEPCList"
        reader.refuse(
            "EPCIS_MEANING", side, "half a transformation needs a transformationID to find the other half"
        )


def _check_transaction(reader: Reader, event: Event, what: TransactionEvent) -> None:
    if not event.biz_transactions:
        reader.refuse(
            "EPCIS_MEANING", "/bizTransactionList", "a transaction event names a business transaction"
        )
    _check_own_parent(reader, what.parent, what.objects.epcs, "/epcList")
    if what.action is not Action.DELETE and not what.objects and what.parent is None:
        reader.refuse("EPCIS_MEANING", "/epcList", "the transaction is tied to no object")


def _check_family(reader: Reader, event: Event, what: AggregationEvent | AssociationEvent) -> None:
    if what.parent is None and what.action is not Action.OBSERVE:
        reader.refuse("EPCIS_MEANING", "/parentID", f"{what.action} needs a parent")
    _check_own_parent(reader, what.parent, what.children.epcs, "/childEPCs")
    if what.children or what.action is Action.DELETE:
        return
    if what.action is Action.ADD or (what.parent is None and not event.sensor_elements):
        reader.refuse("EPCIS_MEANING", "/childEPCs", f"{what.action} names no children")
    reader.sloppy("EPCIS_FORM", "/childEPCs", "the parent is observed without children")


def _check_times(reader: Reader, event: Event) -> None:
    """Clocks err: what is out of order is told and kept."""
    if event.record_time is not None and event.record_time < event.instant:
        reader.note("EPCIS_MEANING", "/recordTime", "recorded before it happened")
    declaration = event.error_declaration
    if declaration is not None and declaration.time < event.instant:
        reader.note("EPCIS_MEANING", "/errorDeclaration/declarationTime", "declared before it happened")
    for at, element in enumerate(event.sensor_elements):
        for number, report in enumerate(element.reports):
            if report.time is not None and report.time > event.instant:
                path = f"/sensorElementList/{at}/sensorReport/{number}/time"
                reader.note("EPCIS_MEANING", path, "measured after the event that tells it")


def _check_correction(reader: Reader, event: Event) -> None:
    declaration = event.error_declaration
    if (
        declaration is not None
        and event.event_id is not None
        and event.event_id in declaration.corrective_ids
    ):
        path = "/errorDeclaration/correctiveEventIDs"
        reader.note("EPCIS_MEANING", path, "the event that is taken back cannot correct itself")


def _check_own_parent(reader: Reader, parent: Id | None, children: tuple[Id, ...], path: str) -> None:
    for at, child in enumerate(children):
        if parent is not None and child.canonical == parent.canonical:
            reader.refuse("EPCIS_MEANING", f"{path}/{at}", "an object is its own parent")
