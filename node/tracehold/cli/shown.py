"""Words of the node's answers for people."""

from typing import cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tracehold.core.errors import TraceholdError
from tracehold.wire.descriptors import enum_words


def name_of(message: Message, field: str) -> str:
    """The short name of an enum field's value: `FINAL` for `STATE_FINAL`."""
    descriptor = cast(FieldDescriptor, message.DESCRIPTOR.fields_by_name[field])
    number = getattr(message, field)
    return str(enum_words(descriptor.enum_type).get(number, number)) if descriptor.enum_type else ""


def error_json(error: TraceholdError) -> dict[str, str]:
    """An error as it stands within a larger JSON answer."""
    return {"code": error.code, "message": error.message, "path": error.path, "remedy": error.remedy}
