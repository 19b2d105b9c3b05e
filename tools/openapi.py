"""Writes node/tracehold/api/openapi.json from the protos, or proves that it is what would be written.

    tools/openapi.py            write
    tools/openapi.py --check    compare; exit 1 on a difference

Comments are not in the generated code, so they come from a fresh descriptor set (buf build).
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

from tracehold import __version__
from tracehold.api.openapi import document
from tracehold.v1 import trace_pb2, upload_pb2, verify_pb2

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "node" / "tracehold" / "api" / "openapi.json"
BUF = Path(sys.executable).parent / "buf"
FILES = (upload_pb2.DESCRIPTOR, trace_pb2.DESCRIPTOR, verify_pb2.DESCRIPTOR)

Path_ = tuple[int, ...]


def render() -> str:
    """The document's text."""
    made = document(FILES, comments(descriptor_set()), __version__)
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def descriptor_set() -> FileDescriptorSet:
    """All protos with their source info. Lays out third_party/ first: it is not committed."""
    generator = [sys.executable, str(ROOT / "tools" / "generate_protos.py"), "--third-party"]
    subprocess.run(generator, check=True)
    built = subprocess.run([BUF, "build", "-o", "-"], cwd=ROOT, check=True, capture_output=True)
    return FileDescriptorSet.FromString(built.stdout)


def comments(files: FileDescriptorSet) -> dict[str, str]:
    """The leading comment of everything in `tracehold.v1`, by full name."""
    found: dict[str, str] = {}
    for file in files.file:
        if file.package == "tracehold.v1":
            found.update(_of_file(file))
    return found


def _of_file(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    names = dict(_names(file))
    for place in file.source_code_info.location:
        name = names.get(tuple(place.path))
        if name and place.leading_comments:
            yield name, re.sub(r"\s*\n\s*", " ", place.leading_comments).strip()


def _names(file: FileDescriptorProto) -> Iterator[tuple[Path_, str]]:
    """Full names by path, as descriptor.proto numbers them: 4 messages, 5 enums, 6 services of a file."""
    for at, message in enumerate(file.message_type):
        yield from _message_names((4, at), f"{file.package}.{message.name}", message)
    for at, enum in enumerate(file.enum_type):
        yield from _enum_names((5, at), file.package, enum)
    for at, service in enumerate(file.service):
        yield from _service_names((6, at), f"{file.package}.{service.name}", service)


def _message_names(path: Path_, name: str, message: DescriptorProto) -> Iterator[tuple[Path_, str]]:
    yield path, name
    for at, field in enumerate(message.field):
        yield (*path, 2, at), f"{name}.{field.name}"


def _enum_names(path: Path_, package: str, enum: EnumDescriptorProto) -> Iterator[tuple[Path_, str]]:
    yield path, f"{package}.{enum.name}"
    for at, value in enumerate(enum.value):
        yield (*path, 2, at), f"{package}.{value.name}"


def _service_names(path: Path_, name: str, service: ServiceDescriptorProto) -> Iterator[tuple[Path_, str]]:
    yield path, name
    for at, method in enumerate(service.method):
        yield (*path, 2, at), f"{name}.{method.name}"


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # in place of this file's folder
    from tools.derived import write_or_compare

    write_or_compare(TARGET, render)
