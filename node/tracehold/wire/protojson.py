"""Messages as JSON values, in the ProtoJSON mapping with three choices of our own (design, section 11):

* enums by their word without the prefix (`UPSTREAM`); read with and without it;
* fields without presence are always written; unknown fields are refused, with their path;
* 64-bit integers are strings, as ProtoJSON has it, since JSON readers lose digits
  past 2^53; read as strings and numbers.

Encoders are compiled once per message type.
"""

import math
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tracehold.wire.descriptors import enum_words, map_values, repeated
from tracehold.wire.times import rfc3339

Encode = Callable[[Any], Any]

_WIDE = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})
_FLOATS = frozenset({FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT})


def to_json(message: Message) -> dict[str, Any]:
    """The message as a JSON object, fields in the order of their numbers' declaration."""
    return _encode(message, _plan(message.DESCRIPTOR))


def struct_value(struct: Any) -> dict[str, Any]:
    """A `google.protobuf.Struct` as a JSON object; whole numbers are written without a fraction."""
    return {key: _any_value(value) for key, value in struct.fields.items()}


def whole(number: float) -> int | float:
    """The number as JSON writes it best: 10 for 10.0, where that loses nothing."""
    return int(number) if number.is_integer() and abs(number) <= 1 << 53 else number


@cache
def _plan(descriptor: Descriptor) -> tuple[tuple[str, str, bool, Encode], ...]:
    """For each field: its name, its JSON name, whether it has presence, and how it is written."""
    return tuple(
        (field.name, field.json_name, field.has_presence, _field(field)) for field in descriptor.fields
    )


def _encode(message: Any, plan: tuple[tuple[str, str, bool, Encode], ...]) -> dict[str, Any]:
    has, written = message.HasField, {}
    for name, json_name, presence, encode in plan:
        if not presence or has(name):
            written[json_name] = encode(getattr(message, name))
    return written


def _field(field: FieldDescriptor) -> Encode:
    values = map_values(field)
    if values is not None:
        one = _scalar(values)
        return lambda entries: {str(key): one(value) for key, value in entries.items()}
    one = _scalar(field)
    return (lambda values: [one(value) for value in values]) if repeated(field) else one


def _scalar(field: FieldDescriptor) -> Encode:
    if field.message_type is not None:
        return _message(field.message_type)
    if field.enum_type is not None:
        words = enum_words(field.enum_type)
        return lambda number: words.get(number, number)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda raw: b64encode(raw).decode()
    if field.cpp_type in _WIDE:
        return str
    return _float if field.cpp_type in _FLOATS else _same


def _message(descriptor: Descriptor) -> Encode:
    if descriptor.full_name == "google.protobuf.Timestamp":
        return rfc3339
    if descriptor.full_name == "google.protobuf.Struct":
        return struct_value
    return lambda message: _encode(message, _plan(descriptor))


def _same(value: Any) -> Any:
    return value


def _float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _any_value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return struct_value(value.struct_value)
    if kind == "list_value":
        return [_any_value(element) for element in value.list_value.values]
    if kind == "number_value":
        return whole(value.number_value)
    return None if kind in {None, "null_value"} else getattr(value, kind)
