"""What the descriptors of `tracehold.v1` say: methods with their HTTP bindings, and the words of enums."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from google.api import annotations_pb2
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
)
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

Form = Literal["unary", "client_stream", "server_stream", "bidi_stream"]
"""One message and one answer, many and one, one and many, many and many; in the words of gRPC's metrics."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How REST reaches a method: verb, path template as in
    `google.api.http`, and whether the body is the request.
    """

    verb: str
    template: str
    body: bool


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service."""

    service: str
    name: str
    request: type[Message]
    response: type[Message]
    binding: Binding | None
    form: Form = "unary"

    @property
    def full_name(self) -> str:
        """As in a gRPC path, without the leading slash: `tracehold.v1.TraceService/Trace`."""
        return f"{self.service}/{self.name}"

    @property
    def handler(self) -> str:
        """Name of the coroutine that serves it: `get_history` for `GetHistory`."""
        return snake(self.name)


def methods(*files: FileDescriptor) -> list[Method]:
    """All methods of the services in these files, in their order there."""
    services = (service for file in files for service in file.services_by_name.values())
    return [_method(method) for service in services for method in service.methods]


def snake(name: str) -> str:
    """`get_history` for `GetHistory`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def repeated(field: FieldDescriptor) -> bool:
    """Whether the field is repeated (or a map), on every protobuf
    from 5.29 on: `label` went and `is_repeated` came.
    """
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(getattr(field, "label") == FieldDescriptor.LABEL_REPEATED)  # noqa: B009


def map_values(field: FieldDescriptor) -> FieldDescriptor | None:
    """The values' field of a map; None where the field is no map."""
    kind = field.message_type
    if kind is None or not kind.GetOptions().map_entry:
        return None
    return kind.fields_by_name["value"]


@cache
def enum_prefix(enum: EnumDescriptor) -> str:
    """What stands before every value of the enum by buf's rule:
    `GAP_REASON_` for `GapReason`. JSON leaves it out.
    """
    return snake(enum.name).upper() + "_"


@cache
def enum_words(enum: EnumDescriptor) -> dict[int, str]:
    """The enum's words in JSON, by number."""
    prefix = enum_prefix(enum)
    return {value.number: value.name.removeprefix(prefix) for value in enum.values}


@cache
def enum_numbers(enum: EnumDescriptor) -> dict[str, int]:
    """Numbers of the enum's words, with and without the prefix."""
    short = {word: number for number, word in enum_words(enum).items()}
    return short | {value.name: value.number for value in enum.values}


def message_class(descriptor: Descriptor) -> type[Message]:
    """The class of a message type."""
    return GetMessageClass(descriptor)


def _method(method: MethodDescriptor) -> Method:
    return Method(
        service=method.containing_service.full_name,
        name=method.name,
        request=message_class(method.input_type),
        response=message_class(method.output_type),
        binding=_binding(method),
        form=_form(method),
    )


def _form(method: MethodDescriptor) -> Form:
    if not method.server_streaming:
        return "client_stream" if method.client_streaming else "unary"
    return "bidi_stream" if method.client_streaming else "server_stream"


def _binding(method: MethodDescriptor) -> Binding | None:
    options = method.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return None
    rule = options.Extensions[annotations_pb2.http]
    verb = cast("str", rule.WhichOneof("pattern"))
    if method.server_streaming or method.client_streaming:
        raise NotImplementedError(f"{method.full_name}: streams have no REST face")
    if verb not in {"get", "post", "delete", "put", "patch"} or rule.body not in {"", "*"}:
        raise NotImplementedError(f"{method.full_name}: only plain verbs and the body * are bound")
    return Binding(verb.upper(), getattr(rule, verb), rule.body == "*")
