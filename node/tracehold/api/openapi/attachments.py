"""Attachments, by hand: their bodies are bytes, which no proto describes."""

from typing import Any

_PROBLEM = {"$ref": "#/components/responses/Problem"}
_TOKEN: list[dict[str, list[str]]] = [{"token": []}]
_BYTES = {"type": "string", "format": "binary"}
_HEX = "^[0-9a-f]{64}$"
_BODY = {"application/octet-stream": {"schema": _BYTES}}


def _in_path(name: str, pattern: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def _given(operation: str, description: str, anybody: bool, *parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": operation,
        "tags": ["Attachments"],
        "description": f"{description} One range of it with `Range: bytes=0-99`.",
        "security": [*_TOKEN, {}] if anybody else _TOKEN,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "The bytes.", "content": _BODY},
            "206": {"description": "The bytes of the range.", "content": _BODY},
            "304": {"description": "Not changed (`If-None-Match`)."},
            "default": _PROBLEM,
        },
    }


_BROUGHT = {
    "type": "object",
    "properties": {
        "fingerprint": {"type": "string", "pattern": _HEX},
        "size": {"type": "integer"},
        "blocks": {
            "type": ["string", "null"],
            "pattern": _HEX,
            "description": "Digest of the block manifest; null up to 64 KiB.",
        },
        "cid": {"type": "string"},
    },
    "required": ["fingerprint", "size", "blocks", "cid"],
}
_KEPT = {"description": "What a record names.", "content": {"application/json": {"schema": _BROUGHT}}}
_TAKE = {
    "operationId": "putAttachment",
    "tags": ["Attachments"],
    "description": (
        "Bring content of up to 1 GiB for the party of the token (role `capture`). It is kept for a day, and"
        " then as long as a record of that party names it (docs/spec/attachment.md)."
    ),
    "security": _TOKEN,
    "parameters": [
        {
            "name": "fingerprint",
            "in": "query",
            "description": "BLAKE3-256 of the content, where it is known before; other content is refused.",
            "schema": {"type": "string", "pattern": _HEX},
        }
    ],
    "requestBody": {"required": True, "content": {"*/*": {"schema": _BYTES}}},
    "responses": {"200": {**_KEPT, "description": "It was here."}, "201": _KEPT, "default": _PROBLEM},
}

PATHS: dict[str, dict[str, Any]] = {
    "/v1/attachments": {"post": _TAKE},
    "/v1/attachments/{fingerprint}": {
        "get": _given(
            "getOwnAttachment",
            "Content that the party of the token (role `capture`) brought to this node.",
            False,
            _in_path("fingerprint", _HEX),
        )
    },
    "/v1/records/{fingerprint}/attachments/{attachment}": {
        "get": _given(
            "getAttachment",
            "Content that the record names, by its fingerprint or CID, for those who may read the record, at"
            " the node that took it.",
            True,
            _in_path("fingerprint", _HEX),
            _in_path("attachment", "^([0-9a-f]{64}|b[a-z2-7]{58})$"),
        )
    },
}
"""Paths by hand, as OpenAPI path items."""
