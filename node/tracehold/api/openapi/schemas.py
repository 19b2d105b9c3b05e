"""JSON schemas of messages and enums, as `wire.protojson` writes and `wire.from_json` reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tracehold.v1.limits_pb2 import Limit
from tracehold.wire.descriptors import enum_words, map_values, repeated
from tracehold.wire.limits import limit_of

Schema = dict[str, Any]
Comments = Mapping[str, str]
"""Comment by full name of message, field, enum, value, service or method."""

_DIGITS = {"type": "string", "pattern": "^-?[0-9]+$"}
_NUMBERS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1},
    FieldDescriptor.CPPTYPE_INT64: {**_DIGITS, "format": "int64"},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "pattern": "^[0-9]+$", "format": "uint64"},
}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
}


class Schemas:
    """Collects the schemas of all types that are referred to,
    under the names that stand in the references.
    """

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self.made: dict[str, Schema] = {}

    def request(self, kind: Descriptor) -> Schema:
        """A reference to what the node reads: required fields must be there, and no others than these."""
        return self._message(kind, strict=True)

    def response(self, kind: Descriptor) -> Schema:
        """A reference to what the node writes: fields without
        presence are always there, later ones may be added.
        """
        return self._message(kind, strict=False)

    def field(self, field: FieldDescriptor, *, strict: bool) -> Schema:
        """The schema of one field, with its limit and comment."""
        bound = limit_of(field) or Limit()
        schema = self._many(field, bound, strict) if repeated(field) else self._one(field, bound, strict)
        comment = self._comments.get(field.full_name)
        return {**schema, "description": comment} if comment else schema

    def _message(self, kind: Descriptor, *, strict: bool) -> Schema:
        if kind.full_name in _WELL_KNOWN:
            return _WELL_KNOWN[kind.full_name]
        if kind.name not in self.made:
            self.made[kind.name] = {}  # a place, should a type ever refer to itself
            self.made[kind.name] = self._object(kind, strict)
        return {"$ref": f"#/components/schemas/{kind.name}"}

    def _object(self, kind: Descriptor, strict: bool) -> Schema:
        schema: Schema = {"type": "object", "description": self._comments.get(kind.full_name, "")}
        schema["properties"] = {field.json_name: self.field(field, strict=strict) for field in kind.fields}
        required = [field.json_name for field in kind.fields if _is_there(field, strict)]
        if required:
            schema["required"] = required
        if strict:
            schema["additionalProperties"] = False
        return schema

    def _many(self, field: FieldDescriptor, bound: Limit, strict: bool) -> Schema:
        values = map_values(field)
        if values is not None:
            return {"type": "object", "additionalProperties": self._one(values, Limit(), strict)}
        schema: Schema = {"type": "array", "items": self._one(field, bound, strict)}
        return schema | dict(_counts(bound, "Items", bound.max_items))

    def _one(self, field: FieldDescriptor, bound: Limit, strict: bool) -> Schema:
        if field.message_type is not None:
            return self._message(field.message_type, strict=strict)
        if field.enum_type is not None:
            return self._enum(field.enum_type, given=bound.required)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"} | _base64_length(bound)
        if field.type == FieldDescriptor.TYPE_STRING:
            return {"type": "string"} | dict(_text(field, bound))
        number = _NUMBERS[field.cpp_type]
        return {**number, "maximum": bound.max_value} if bound.max_value else number

    def _enum(self, enum: EnumDescriptor, *, given: bool) -> Schema:
        words = [word for number, word in enum_words(enum).items() if number or not given]
        name = enum.name if not given else f"{enum.name}Given"
        lines = [self._comments.get(enum.full_name, "")]
        package = enum.full_name.rpartition(".")[0]
        for value in enum.values:
            word = enum_words(enum)[value.number]
            if word in words:
                lines.append(f"* `{word}`: {self._comments.get(f'{package}.{value.name}', '')}")
        self.made[name] = {"type": "string", "enum": words, "description": "\n".join(lines)}
        return {"$ref": f"#/components/schemas/{name}"}


def _is_there(field: FieldDescriptor, strict: bool) -> bool:
    bound = limit_of(field)
    return bool(bound and bound.required) if strict else not field.has_presence


def _counts(bound: Limit, what: str, most: int) -> Iterator[tuple[str, int]]:
    if bound.required:
        yield f"min{what}", 1
    if most:
        yield f"max{what}", most


def _text(field: FieldDescriptor, bound: Limit) -> Iterator[tuple[str, Any]]:
    if bound.hex_digits:
        digits = f"[0-9a-f]{{{bound.hex_digits}}}"
        yield "pattern", f"^{digits}$" if bound.required or repeated(field) else f"^({digits})?$"
    elif repeated(field):
        yield from _counts(Limit(), "Length", bound.max_chars)
    else:
        yield from _counts(bound, "Length", bound.max_chars)


def _base64_length(bound: Limit) -> Schema:
    return {"maxLength": -(-bound.max_bytes // 3) * 4} if bound.max_bytes else {}
