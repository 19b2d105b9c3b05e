"""Parts that several kinds of events share, in EPCIS JSON-LD."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from tracehold.core.errors import Rejected
from tracehold.v1 import event_pb2 as pb
from tracehold.wire.protojson import struct_value, whole
from tracehold.wire.times import to_us, us_text

Members = dict[str, Any]


def without_empty(members: Members) -> Members:
    """The members that say something: proto3 has no difference between an empty text or list and none."""
    return {name: value for name, value in members.items() if value not in ("", [], {}, None)}


def time_text(message: Any, field: str, path: str) -> str:
    """The time field as text in UTC, to the microsecond; empty where it is not set. Raises BAD_TIME."""
    if not message.HasField(field):
        return ""
    here = f"{path}/{message.DESCRIPTOR.fields_by_name[field].json_name}"
    return us_text(to_us(getattr(message, field), here))


def finite(number: float, path: str) -> int | float:
    """The number, without a fraction where it has none. Raises BAD_REQUEST for what JSON cannot write."""
    if not math.isfinite(number):
        raise Rejected("BAD_REQUEST", "must be a finite number", path=path)
    return whole(number)


def quantities(elements: Iterable[pb.QuantityElement], path: str) -> list[Members]:
    """A list of amounts of classes and lots. An amount that is not set is left out: it is not known."""
    return [_quantity(element, f"{path}/{index}") for index, element in enumerate(elements)]


def _quantity(element: pb.QuantityElement, path: str) -> Members:
    members: Members = {"epcClass": element.epc_class}
    if element.HasField("quantity"):
        members["quantity"] = finite(element.quantity, f"{path}/quantity")
    if element.uom:
        members["uom"] = element.uom
    return members


def place(identifier: str) -> Members:
    """A read point or business location."""
    return {"id": identifier} if identifier else {}


def error_declaration(event: pb.Event) -> Members:
    """That an earlier event is void; nothing where the event declares nothing."""
    if not event.HasField("error_declaration"):
        return {}
    declared = event.error_declaration
    return without_empty(
        {
            "declarationTime": time_text(declared, "declaration_time", "/errorDeclaration"),
            "reason": declared.reason,
            "correctiveEventIDs": list(declared.corrective_event_ids),
        }
    )


def persistent_disposition(event: pb.Event) -> Members:
    """Dispositions that begin and cease to hold."""
    stated = event.persistent_disposition
    return without_empty({"set": list(stated.set), "unset": list(stated.unset)})


def extensions(struct: Struct, namespaces: Mapping[str, str], path: str) -> Members:
    """Extension members, sorted. Each name is `prefix:name` with a prefix of `namespaces`, or a URI: so none
    can stand for a member of the standard. Raises BAD_REQUEST.
    """
    members = struct_value(struct)
    for name in members:
        prefix, colon, rest = name.partition(":")
        if not colon or not rest or not (prefix in namespaces or rest.startswith("//")):
            raise Rejected(
                "BAD_REQUEST", "an extension needs a prefix of `namespaces`", path=f"{path}/{name[:100]}"
            )
    return {name: _sorted(members[name]) for name in sorted(members)}


def _sorted(value: Any) -> Any:
    """Objects with sorted members: a Struct keeps no order, and the same event shall have the same bytes."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(element) for element in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise Rejected("BAD_REQUEST", "must be a finite number", path="/extensions")
    return value
