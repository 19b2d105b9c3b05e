"""How large a request may be in JSON, from the limits of its fields:
what is larger is refused before it is parsed.
"""

from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tracehold.core.limits import MAX_MESSAGE_BYTES
from tracehold.wire.descriptors import repeated
from tracehold.wire.limits import limit_of

SLACK_BYTES = 16 << 10
"""For spaces and line ends between tokens."""

_NUMBER_BYTES = 32
_ESCAPED = 6  # bytes of one character as \uXXXX
_SCALARS = frozenset({FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES})


@cache
def json_ceiling(descriptor: Descriptor) -> int:
    """Bytes that a JSON object of this message can take, at most
    `MAX_MESSAGE_BYTES`, which also stands for "without limit".
    """
    return min(MAX_MESSAGE_BYTES, _message(descriptor) + SLACK_BYTES)


def _message(descriptor: Descriptor) -> int:
    return sum(_field(field) + 2 * len(field.name) + 8 for field in descriptor.fields)


def _field(field: FieldDescriptor) -> int:
    bound = limit_of(field)
    count = 1
    if repeated(field):
        if bound is None or not bound.max_items:
            return MAX_MESSAGE_BYTES
        count = bound.max_items
    return count * (_value(field) + 4)


def _value(field: FieldDescriptor) -> int:
    kind, bound = field.message_type, limit_of(field)
    if kind is not None:
        known = kind.full_name == "google.protobuf.Timestamp"
        return 2 * _NUMBER_BYTES if known else _own_message(kind)
    if field.type not in _SCALARS:
        return 4 * _NUMBER_BYTES
    if bound is None:
        return MAX_MESSAGE_BYTES
    chars = bound.max_chars or bound.hex_digits or bound.max_bytes * 4 // (3 * _ESCAPED) + 4
    return _ESCAPED * chars if chars else MAX_MESSAGE_BYTES


def _own_message(kind: Descriptor) -> int:
    return _message(kind) if kind.file.package == "tracehold.v1" else MAX_MESSAGE_BYTES
