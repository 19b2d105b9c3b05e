"""The document: what is derived from the protos, and the endpoints that are not in them."""

from collections.abc import Iterable
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.message import Message

from tracehold.api.gateway import VARIABLE
from tracehold.api.openapi.by_hand import PATHS, SCHEMAS
from tracehold.api.openapi.schemas import Comments, Schema, Schemas
from tracehold.core.errors import CODES
from tracehold.wire.descriptors import Binding, Method, methods

ABOUT = """\
Records of supply chains, kept together, anchored and provable.

Without a token, what is public is answered; `Authorization: Bearer TOKEN` grants the rest. Errors are
`application/problem+json` (RFC 9457) with a stable `code`. Numbers of 64 bits are strings. Times are RFC
3339, in UTC in answers and with any zone in requests. Fields that have no value are written with their
default. Unknown fields of requests are refused.
"""


def document(files: Iterable[FileDescriptor], comments: Comments, version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of all bound methods in `files`, of capture, health and metrics."""
    schemas = Schemas(comments)
    paths: dict[str, dict[str, Any]] = {}
    for method in methods(*files):
        if method.binding is not None:
            path = VARIABLE.sub(r"{\1}", method.binding.template)
            verb = method.binding.verb.lower()
            paths.setdefault(path, {})[verb] = _operation(method, method.binding, schemas, comments)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tracehold",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{}, {"token": []}],
        "paths": dict(sorted((paths | PATHS).items())),
        "components": {
            "schemas": dict(sorted((schemas.made | SCHEMAS | {"Problem": _problem()}).items())),
            "responses": {"Problem": _problem_response()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(method: Method, binding: Binding, schemas: Schemas, comments: Comments) -> dict[str, Any]:
    service = method.service.rpartition(".")[2]
    operation: dict[str, Any] = {
        "operationId": f"{service}_{method.name}",
        "tags": [service],
        "description": comments.get(f"{method.service}.{method.name}", ""),
    }
    parameters = list(_parameters(method, binding, schemas))
    if parameters:
        operation["parameters"] = parameters
    if binding.body:
        body = {"application/json": {"schema": schemas.request(_kind(method.request))}}
        operation["requestBody"] = {"required": True, "content": body}
    answer = {"application/json": {"schema": schemas.response(_kind(method.response))}}
    operation["responses"] = {
        "200": {"description": "The answer.", "content": answer},
        "default": {"$ref": "#/components/responses/Problem"},
    }
    return operation


def _parameters(method: Method, binding: Binding, schemas: Schemas) -> Iterable[Schema]:
    """Variables of the path; where no body is read, every other field as a parameter of the query."""
    in_path = [name for name, _ in VARIABLE.findall(binding.template)]
    for field in _kind(method.request).fields:
        if field.name not in in_path and binding.body:
            continue
        schema = schemas.field(field, strict=True)
        where = "path" if field.name in in_path else "query"
        name = field.name if where == "path" else field.json_name
        parameter: Schema = {"name": name, "in": where, "required": where == "path"}
        parameter["description"] = schema.pop("description", "")
        yield {**parameter, "schema": schema}


def _kind(message: type[Message]) -> Descriptor:
    return cast("Descriptor", message.DESCRIPTOR)


def _problem() -> Schema:
    texts = {
        "type": "URN of the error, or in the capture interface an `epcisException:`.",
        "title": "Cause of errors of this code.",
        "detail": "What was wrong this time.",
        "path": "JSON pointer to what was refused; empty for the whole.",
        "remedy": "What to do about it.",
        "requestId": "Name it when you report the error.",
    }
    properties: Schema = {name: {"type": "string", "description": text} for name, text in texts.items()}
    properties["status"] = {"type": "integer", "minimum": 400, "maximum": 599}
    properties["code"] = {
        "type": "string",
        "enum": sorted(CODES),
        "description": "Stable code (docs/errors.md).",
    }
    return {
        "type": "object",
        "description": "Why a request was refused (RFC 9457).",
        "properties": properties,
        "required": sorted(properties),
    }


def _problem_response() -> Schema:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "description": "The request was refused.",
        "headers": {
            "X-Request-Id": {"schema": {"type": "string"}},
            "Retry-After": {"description": "Seconds, where time will help.", "schema": {"type": "string"}},
        },
        "content": problem,
    }
