"""JSON values as messages: the reading half of `protojson`. Everything that is refused names its path."""

import binascii
import math
from base64 import b64decode
from collections.abc import Callable
from typing import Any, cast

from google.protobuf import struct_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tracehold.core.errors import Rejected
from tracehold.wire.descriptors import enum_numbers, map_values, repeated
from tracehold.wire.times import parse_rfc3339

_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
}
_MAX_SAFE = 1 << 53


def fill(message: Message, value: Any, path: str = "") -> None:
    """Set the fields of `message` from a JSON object. Raises BAD_REQUEST, or BAD_TIME for a time.

    A field may be named in lowerCamelCase or as in the proto (ProtoJSON); null leaves it unset.
    """
    if not isinstance(value, dict):
        raise _bad("must be an object", path)
    known = _fields(message)
    chosen: dict[str, str] = {}
    for name, given in value.items():
        field = known.get(name)
        here = f"{path}/{_escape(name)}"
        if field is None:
            raise _bad("there is no such field", here)
        if given is None:
            continue
        _refuse_second(field, chosen, here)
        _set(message, field, given, here)


def set_text(message: Message, name: str, texts: list[str], path: str) -> None:
    """Set the field called `name` from path or query parameters:
    numbers, words and times as text. Raises as `fill`.
    """
    field = _fields(message).get(name)
    if field is None or (field.message_type is not None and field.message_type is not Timestamp.DESCRIPTOR):
        raise _bad("there is no such field", path)
    if repeated(field):
        _set(message, field, [_typed(field, text, path) for text in texts], path)
    elif len(texts) != 1:
        raise _bad("given more than once", path)
    else:
        _set(message, field, _typed(field, texts[0], path), path)


def _fields(message: Message) -> dict[str, FieldDescriptor]:
    fields = [cast("FieldDescriptor", field) for field in message.DESCRIPTOR.fields]
    return {field.name: field for field in fields} | {field.json_name: field for field in fields}


def _refuse_second(field: FieldDescriptor, chosen: dict[str, str], path: str) -> None:
    """A field may be named in one spelling only, and of a oneof only one field may be given."""
    group = field.containing_oneof.name if field.containing_oneof else field.name
    if group in chosen:
        raise _bad(f"given together with {chosen[group]}", path)
    chosen[group] = field.json_name


def _set(message: Any, field: FieldDescriptor, given: Any, path: str) -> None:
    values = map_values(field)
    if values is not None:
        _set_map(getattr(message, field.name), values, given, path)
    elif repeated(field):
        if not isinstance(given, list):
            raise _bad("must be an array", path)
        _extend(getattr(message, field.name), field, given, path)
    elif field.message_type is not None:
        _message(getattr(message, field.name), given, path)
        getattr(message, field.name).SetInParent()
    else:
        setattr(message, field.name, _scalar(field, given, path))


def _set_map(entries: Any, values: FieldDescriptor, given: Any, path: str) -> None:
    if not isinstance(given, dict):
        raise _bad("must be an object", path)
    for key, value in given.items():
        entries[key] = _scalar(values, value, f"{path}/{_escape(key)}")


def _extend(into: Any, field: FieldDescriptor, given: list[Any], path: str) -> None:
    for index, element in enumerate(given):
        if field.message_type is not None:
            _message(into.add(), element, f"{path}/{index}")
        else:
            into.append(_scalar(field, element, f"{path}/{index}"))


def _message(message: Any, given: Any, path: str) -> None:
    match message.DESCRIPTOR.full_name:
        case "google.protobuf.Timestamp":
            if not isinstance(given, str):
                raise Rejected("BAD_TIME", "must be RFC 3339 text", path=path)
            message.CopyFrom(parse_rfc3339(given, path))
        case "google.protobuf.Struct":
            message.CopyFrom(struct(given, path))
        case _:
            fill(message, given, path)


def struct(given: Any, path: str) -> struct_pb2.Struct:
    """A JSON object as `google.protobuf.Struct`. Raises BAD_REQUEST for
    what is none, or holds numbers past a double.
    """
    if not isinstance(given, dict):
        raise _bad("must be an object", path)
    made = struct_pb2.Struct()
    try:
        made.update(given)
    except OverflowError:
        raise _bad("holds a number that is beyond what a double holds", path) from None
    return made


def _scalar(field: FieldDescriptor, given: Any, path: str) -> Any:
    if field.enum_type is not None:
        return _enum(field, given, path)
    if field.cpp_type in _RANGES:
        return _integer(field, given, path)
    read: Callable[[Any, str], Any] = _READERS[field.type]
    return read(given, path)


def _enum(field: FieldDescriptor, given: Any, path: str) -> int:
    number = enum_numbers(field.enum_type).get(given) if isinstance(given, str) else None
    if number is None:
        raise _bad("is none of the words allowed here", path)
    return number


def _integer(field: FieldDescriptor, given: Any, path: str) -> int:
    if _spells_integer(given):
        given = int(given)
    low, high = _RANGES[field.cpp_type]
    if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
        raise _bad(f"must be a whole number from {low} to {high}", path)
    return given


def _spells_integer(given: Any) -> bool:
    if isinstance(given, str):
        return given.isascii() and given.removeprefix("-").isdigit() and len(given) <= 20
    return isinstance(given, float) and given.is_integer() and abs(given) <= _MAX_SAFE


def _text(given: Any, path: str) -> str:
    if not isinstance(given, str):
        raise _bad("must be a string", path)
    return given


def _boolean(given: Any, path: str) -> bool:
    if not isinstance(given, bool):
        raise _bad("must be true or false", path)
    return given


def _number(given: Any, path: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise _bad("must be a finite number", path)
    return float(given)


def _bytes(given: Any, path: str) -> bytes:
    """Base64, standard or URL-safe, padded or not (ProtoJSON)."""
    text = _text(given, path).rstrip("=")
    try:
        return b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _bad("must be base64", path) from None


_READERS: dict[int, Callable[[Any, str], Any]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _bytes,
    FieldDescriptor.TYPE_BOOL: _boolean,
    FieldDescriptor.TYPE_DOUBLE: _number,
    FieldDescriptor.TYPE_FLOAT: _number,
}


def _typed(field: FieldDescriptor, text: str, path: str) -> Any:
    """A parameter's text as the JSON value that the field reads."""
    if field.type == FieldDescriptor.TYPE_BOOL:
        if text not in {"true", "false"}:
            raise _bad("must be true or false", path)
        return text == "true"
    if field.type in {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}:
        try:
            return float(text)
        except ValueError:
            raise _bad("must be a finite number", path) from None
    return text


def _escape(name: str) -> str:
    """One step of a JSON pointer (RFC 6901 section 3), cut: it comes from outside."""
    return name[:100].replace("~", "~0").replace("/", "~1")


def _bad(message: str, path: str) -> Rejected:
    return Rejected("BAD_REQUEST", message, path=path)
