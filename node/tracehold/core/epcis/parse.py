"""One event payload to an `Event` (EPCIS 2.0 JSON binding, section 10)."""

import re
from collections.abc import Callable
from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis import rules
from tracehold.core.epcis.context import namespaces
from tracehold.core.epcis.fields import (
    biz_transactions,
    certification_info,
    error_declaration,
    objects,
    parent,
    persistent_disposition,
    place,
    sources_or_destinations,
)
from tracehold.core.epcis.model import (
    Action,
    AggregationEvent,
    AssociationEvent,
    Event,
    EventType,
    Finding,
    Mode,
    ObjectEvent,
    TransactionEvent,
    TransformationEvent,
    What,
)
from tracehold.core.epcis.names import KNOWN
from tracehold.core.epcis.reader import Reader
from tracehold.core.epcis.sensors import sensor_elements
from tracehold.core.epcis.times import is_offset
from tracehold.core.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS, Vocabulary
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
    return _read(Reader(mode), payload)


def examine_event(payload: bytes, mode: Mode) -> tuple[Finding, ...]:
    """All that is to say about a payload, not the first thing only: what `parse_event` would refuse has
    severity
    error, each with its code and path. An event without errors is one that `parse_event` takes. Raises
    nothing.
    """
    reader = Reader(mode, gather=True)
    reader.attempt(_read, reader, payload)
    return tuple(reader.findings)


def _read(reader: Reader, payload: bytes) -> Event:
    raw = strict_json.loads(payload)
    kind = _type(reader, raw)
    if "@context" not in raw:
        reader.refuse(
            "EPCIS_FORM", "/@context", "an event needs its @context: without it, its terms mean nothing"
        )
    _read_context(reader, raw["@context"])
    members = reader.members(raw, "", KNOWN[kind], extensible=True)
    event = _event(reader, members, kind)
    if not reader.refused:
        rules.check(reader, event, members)
    # Warnings are known only now; a frozen event is made whole before anyone else sees it.
    object.__setattr__(event, "findings", tuple(reader.findings))
    return event


def _read_context(reader: Reader, context: Any) -> None:
    reader.namespaces = namespaces(context)
    for path in reader.namespaces.faults:
        reader.sloppy("EPCIS_FORM", path, "a context is a URI, an object, or a list of these")
    for path in reader.namespaces.unknown:
        reader.note("UNKNOWN_CONTEXT", path, "this context is not known here, and none is ever fetched")


def _event(reader: Reader, raw: dict[str, Any], kind: EventType) -> Event:
    take = reader.attempt

    def optional(name: str, absent: Any, read: Callable[..., Any], *more: Any) -> Any:
        return take(read, reader, raw, *more) if name in raw else absent

    offset = take(_offset, reader, raw)
    return Event(
        what=take(_WHATS[kind], reader, raw),
        event_id=optional("eventID", None, _event_id),
        instant=take(_event_time, reader, raw, offset),
        time_zone_offset=offset or "+00:00",
        record_time=optional("recordTime", None, _record_time),
        biz_step=optional("bizStep", None, _term, "bizStep", BIZ_STEPS),
        disposition=optional("disposition", None, _term, "disposition", DISPOSITIONS),
        persistent_disposition=optional("persistentDisposition", None, persistent_disposition),
        read_point=optional("readPoint", None, place, "readPoint"),
        biz_location=optional("bizLocation", None, place, "bizLocation"),
        biz_transactions=optional("bizTransactionList", (), biz_transactions),
        sources=optional("sourceList", (), sources_or_destinations, "sourceList", "source"),
        destinations=optional(
            "destinationList", (), sources_or_destinations, "destinationList", "destination"
        ),
        sensor_elements=optional("sensorElementList", (), sensor_elements),
        ilmd=optional("ilmd", {}, rules.ilmd, kind),
        certification_info=optional("certificationInfo", (), certification_info),
        error_declaration=optional("errorDeclaration", None, error_declaration),
        extensions={name: raw[name] for name in raw if name not in KNOWN[kind]},
        context=raw.get("@context"),
        findings=(),
    )


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
    action = _ACTIONS.get(reader.text(reader.required(raw, "action", ""), "/action"))
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
    return reader.time(raw["eventTime"], "/eventTime", offset)


def _record_time(reader: Reader, raw: dict[str, Any]) -> int | None:
    if not raw["recordTime"]:
        reader.sloppy("BAD_TIME", "/recordTime", "what is empty is no time")
        return None
    return reader.time(raw["recordTime"], "/recordTime", "Z")


def _event_id(reader: Reader, raw: dict[str, Any]) -> str | None:
    return reader.uri(raw["eventID"], "/eventID")


def _term(reader: Reader, raw: dict[str, Any], name: str, standard: Vocabulary) -> str | None:
    return reader.term(raw[name], f"/{name}", standard)


def _object(reader: Reader, raw: dict[str, Any]) -> What:
    action = _action(reader, raw)
    return ObjectEvent(action, objects(reader, raw, "epcList", "quantityList", distinct=True))


def _aggregation(reader: Reader, raw: dict[str, Any]) -> What:
    children = objects(reader, raw, "childEPCs", "childQuantityList")
    return AggregationEvent(_action(reader, raw), parent(reader, raw), children)


def _transaction(reader: Reader, raw: dict[str, Any]) -> What:
    action, subject = _action(reader, raw), objects(reader, raw, "epcList", "quantityList")
    return TransactionEvent(action, parent(reader, raw), subject)


def _transformation(reader: Reader, raw: dict[str, Any]) -> What:
    inputs = objects(reader, raw, "inputEPCList", "inputQuantityList", distinct=True)
    outputs = objects(reader, raw, "outputEPCList", "outputQuantityList", distinct=True)
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
