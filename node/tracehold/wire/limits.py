"""The `limit` options of the protos, enforced on messages: one generic walk, compiled once per message type.

Paths are JSON pointers (RFC 6901) over the JSON names of fields, for example
`/items/3/event/epcList/0`, the same on gRPC and REST.
"""

import re
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tracehold.core.errors import Rejected
from tracehold.v1.limits_pb2 import Limit, limit
from tracehold.wire.descriptors import repeated

Check = Callable[[Any, str], None]

_HEX = re.compile(r"[0-9a-f]*")
_NUMBERS = frozenset({FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64})


def check(message: Message, path: str = "", *, but_elements_of: Collection[str] = ()) -> None:
    """Returns if every field of `message`, at any depth, is within its limit;
    BAD_REQUEST with the path otherwise.

    The elements of the repeated fields named in `but_elements_of` are left to the caller (a batch in which
    one bad element refuses itself only); how many there are is checked all the same.
    """
    for name, own, inner in _checks(message.DESCRIPTOR):
        if own is not None:
            own(message, path)
        if inner is not None and name not in but_elements_of:
            inner(message, path)


def limit_of(field: FieldDescriptor) -> Limit | None:
    """The field's limit, or None where the proto gives none."""
    options = field.GetOptions()
    return options.Extensions[limit] if options.HasExtension(limit) else None


@cache
def _checks(descriptor: Descriptor) -> tuple[tuple[str, Check | None, Check | None], ...]:
    """For each field with something to check: its own limit, and the limits within its messages."""
    found = ((field.name, _own(field), _inner(field)) for field in descriptor.fields)
    return tuple((name, own, inner) for name, own, inner in found if own or inner)


def _own(field: FieldDescriptor) -> Check | None:
    bound = limit_of(field)
    if bound is None:
        return None
    rules = [rule for rule in (_count(field, bound), _values(field, bound)) if rule]

    def own(message: Any, path: str) -> None:
        for rule in rules:
            rule(message, path)

    return own


def _count(field: FieldDescriptor, bound: Limit) -> Check | None:
    """Presence, and for repeated fields the number of elements."""
    name, pointer, most, required = field.name, f"/{field.json_name}", bound.max_items, bound.required

    def count(message: Any, path: str) -> None:
        given = len(getattr(message, name))
        if required and not given:
            raise _refused("at least one is required", path + pointer)
        if most and given > most:
            raise _refused(f"{given} elements; at most {most}", path + pointer)

    def presence(message: Any, path: str) -> None:
        if not (message.HasField(name) if field.has_presence else getattr(message, name)):
            raise _refused("this field is required", path + pointer)

    if repeated(field):
        return count
    return presence if required else None


def _values(field: FieldDescriptor, bound: Limit) -> Check | None:
    """The rule for one value of the field, for each element where it is repeated."""
    rule = _rule(field, bound)
    name, pointer = field.name, f"/{field.json_name}"
    if rule is None:
        return None

    def each(message: Any, path: str) -> None:
        for index, value in enumerate(getattr(message, name)):
            complaint = rule(value)
            if complaint:
                raise _refused(complaint, f"{path}{pointer}/{index}")

    def single(message: Any, path: str) -> None:
        complaint = rule(getattr(message, name))
        if complaint:
            raise _refused(complaint, path + pointer)

    return each if repeated(field) else single


def _rule(field: FieldDescriptor, bound: Limit) -> Callable[[Any], str] | None:
    """What one value must be: a function that says what is wrong, or an empty string."""
    if field.cpp_type in _NUMBERS:
        most = bound.max_value
        return (lambda value: f"{value}; at most {most}" if value > most else "") if most else None
    if bound.hex_digits:
        return _hex_rule(bound.hex_digits, may_be_empty=not repeated(field))
    most, unit = (bound.max_bytes, "bytes") if bound.max_bytes else (bound.max_chars, "characters")
    if not most:
        return None
    return lambda value: f"{len(value)} {unit}; at most {most}" if len(value) > most else ""


def _hex_rule(digits: int, *, may_be_empty: bool) -> Callable[[Any], str]:
    def rule(value: str) -> str:
        if (may_be_empty and not value) or (len(value) == digits and _HEX.fullmatch(value)):
            return ""
        return f"must be {digits} lowercase hexadecimal digits"

    return rule


def _inner(field: FieldDescriptor) -> Check | None:
    """The limits within the field's messages; None where there
    are none at any depth. Types are not recursive.
    """
    kind = field.message_type
    if kind is None or kind.file.package != "tracehold.v1" or not _checks(kind):
        return None
    name, pointer = field.name, f"/{field.json_name}"

    def each(message: Any, path: str) -> None:
        for index, element in enumerate(getattr(message, name)):
            check(element, f"{path}{pointer}/{index}")

    def single(message: Any, path: str) -> None:
        if message.HasField(name):
            check(getattr(message, name), path + pointer)

    return each if repeated(field) else single


def _refused(message: str, path: str) -> Rejected:
    return Rejected("BAD_REQUEST", message, path=path)
