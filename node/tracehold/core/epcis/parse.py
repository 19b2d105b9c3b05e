"""One event payload to an `Event` (EPCIS 2.0 JSON binding, section 10)."""

import re
from collections.abc import Callable
from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis import rules
from tracehold.core.epcis.fields import (
    biz_transactions,
    certification_info,
    error_declaration,
    extensions,
    objects,
    parent,
    persistent_disposition,
    place,
    sensor_elements,
    sources_or_destinations,
)
from tracehold.core.epcis.model import (
    Action,
    AggregationEvent,
    AssociationEvent,
    Event,
    EventType,
    Mode,
    ObjectEvent,
    TransactionEvent,
    TransformationEvent,
    What,
)
from tracehold.core.epcis.reader import Reader
from tracehold.core.epcis.times import has_zone, is_offset
from tracehold.core.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS
from tracehold.core.errors import Rejected

_TYPE_PREFIX = re.compile(r"(?:epcis:|https?://(?:ref|ns)\.gs1\.org/epcis/)")
_TYPES = {member.value: member for member in EventType}
_ACTIONS = {member.value: member for member in Action}


def parse_event(payload: bytes, mode: Mode) -> Event:
    """The event in a payload: one JSON object with its `@context`. No context and
    no other URI is ever fetched.

    What tolerant mode let pass stands in `findings`. Raises MALFORMED_JSON, NOT_EPCIS, EPCIS_FORM,
    EPCIS_MEANING, BAD_TIME, BAD_URI, BAD_IDENTIFIER or BAD_CHECK_DIGIT, with a JSON pointer as path.
    """
    raw = strict_json.loads(payload)
    reader = Reader(mode)
    kind = _type(reader, raw)
    if "@context" not in raw:
        reader.refuse(
            "EPCIS_FORM", "/@context", "an event needs its @context: without it, its terms mean nothing"
        )
    offset = _offset(reader, raw)
    event = Event(
        what=_WHATS[kind](reader, raw),
        event_id=_event_id(reader, raw),
        instant=_event_time(reader, raw, offset),
        time_zone_offset=offset or "+00:00",
        record_time=reader.time(raw["recordTime"], "/recordTime", "Z") if raw.get("recordTime") else None,
        biz_step=reader.term(raw["bizStep"], "/bizStep", BIZ_STEPS) if "bizStep" in raw else None,
        disposition=_disposition(reader, raw),
        persistent_disposition=persistent_disposition(reader, raw),
        read_point=place(reader, raw, "readPoint"),
        biz_location=place(reader, raw, "bizLocation"),
        biz_transactions=biz_transactions(reader, raw),
        sources=sources_or_destinations(reader, raw, "sourceList", "source"),
        destinations=sources_or_destinations(reader, raw, "destinationList", "destination"),
        sensor_elements=sensor_elements(reader, raw),
        ilmd=rules.ilmd(reader, raw, kind),
        certification_info=certification_info(reader, raw),
        error_declaration=error_declaration(reader, raw),
        extensions=extensions(reader, raw, kind),
        context=raw["@context"],
        findings=(),
    )
    rules.check(reader, event)
    # Warnings are known only now; a frozen event is made whole before anyone else sees it.
    object.__setattr__(event, "findings", tuple(reader.findings))
    return event


def _type(reader: Reader, raw: Any) -> EventType:
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise Rejected("NOT_EPCIS", "an event is a JSON object with a type", path="/type")
    text: str = raw["type"]
    prefix = _TYPE_PREFIX.match(text)
    if prefix and text[prefix.end() :] in _TYPES:
        reader.sloppy("EPCIS_FORM", "/type", "JSON writes the event type without prefix")
        text = text[prefix.end() :]
    if text not in _TYPES:
        raise Rejected("NOT_EPCIS", f"{text[:60]!r} is none of the five event types", path="/type")
    return _TYPES[text]


def _action(reader: Reader, raw: dict[str, Any]) -> Action:
    action = _ACTIONS.get(reader.text(raw.get("action"), "/action"))
    if action is None:
        reader.refuse("EPCIS_FORM", "/action", "the action is ADD, OBSERVE or DELETE")
    return action


def _offset(reader: Reader, raw: dict[str, Any]) -> str | None:
    if "eventTimeZoneOffset" not in raw:
        reader.sloppy("EPCIS_FORM", "/eventTimeZoneOffset", "an event says its zone of local time")
        return None
    offset = reader.text(raw["eventTimeZoneOffset"], "/eventTimeZoneOffset")
    if is_offset(offset):
        return offset
    reader.sloppy("BAD_TIME", "/eventTimeZoneOffset", "a zone is +hh:mm or -hh:mm, at most 14:00")
    return None


def _event_time(reader: Reader, raw: dict[str, Any], offset: str | None) -> int:
    if "eventTime" not in raw:
        reader.refuse("BAD_TIME", "/eventTime", "an event says when it happened")
    text = reader.text(raw["eventTime"], "/eventTime")
    if offset and not has_zone(text):
        reader.time(text, "/eventTime", offset)
        reader.sloppy("BAD_TIME", "/eventTime", "no zone; eventTimeZoneOffset is taken")
    return reader.time(text, "/eventTime", offset)


def _event_id(reader: Reader, raw: dict[str, Any]) -> str | None:
    return reader.uri(raw["eventID"], "/eventID") if "eventID" in raw else None


def _disposition(reader: Reader, raw: dict[str, Any]) -> str | None:
    return reader.term(raw["disposition"], "/disposition", DISPOSITIONS) if "disposition" in raw else None


def _object(reader: Reader, raw: dict[str, Any]) -> What:
    return ObjectEvent(_action(reader, raw), objects(reader, raw, "epcList", "quantityList"))


def _aggregation(reader: Reader, raw: dict[str, Any]) -> What:
    children = objects(reader, raw, "childEPCs", "childQuantityList")
    return AggregationEvent(_action(reader, raw), parent(reader, raw), children)


def _transaction(reader: Reader, raw: dict[str, Any]) -> What:
    action, subject = _action(reader, raw), objects(reader, raw, "epcList", "quantityList")
    return TransactionEvent(action, parent(reader, raw), subject)


def _transformation(reader: Reader, raw: dict[str, Any]) -> What:
    inputs = objects(reader, raw, "inputEPCList", "inputQuantityList")
    outputs = objects(reader, raw, "outputEPCList", "outputQuantityList")
    process = raw.get("transformationID")
    named = reader.identifier(process, "/transformationID") if process is not None else None
    return TransformationEvent(inputs, outputs, named)


def _association(reader: Reader, raw: dict[str, Any]) -> What:
    action, whole = _action(reader, raw), parent(reader, raw)
    if whole is None:
        reader.refuse("EPCIS_MEANING", "/parentID", "an association has a parent")
    return AssociationEvent(action, whole, objects(reader, raw, "childEPCs", "childQuantityList"))


_WHATS: dict[EventType, Callable[[Reader, dict[str, Any]], What]] = {
    EventType.OBJECT: _object,
    EventType.AGGREGATION: _aggregation,
    EventType.TRANSACTION: _transaction,
    EventType.TRANSFORMATION: _transformation,
    EventType.ASSOCIATION: _association,
}
