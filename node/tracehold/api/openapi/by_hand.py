"""Endpoints that are not in the protos: the capture interface
of EPCIS 2.0, health, metrics, this document.
"""

from typing import Any

from tracehold.api.openapi import attachments
from tracehold.core.limits import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES
from tracehold.core.record import Audience
from tracehold.journey.capture import XML
from tracehold.journey.capture_jobs import ErrorBehaviour

_PROBLEM = {"$ref": "#/components/responses/Problem"}
_TOKEN: list[dict[str, list[str]]] = [{"token": []}]
_JOB = {"$ref": "#/components/schemas/CaptureJob"}
_STATES = ["UNSPECIFIED", "SEALED", "REPLICATED", "ANCHORED", "FINAL", "REORGED"]


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _answer(description: str, schema: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media: {"schema": schema}}}


def _object(description: str, properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _array(kind: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{kind}"}}


def _choice(name: str, where: str, words: list[str], description: str) -> dict[str, Any]:
    schema = {"type": "string", "enum": words}
    return {"name": name, "in": where, "required": False, "description": description, "schema": schema}


_POST = {
    "operationId": "capture",
    "tags": ["Capture"],
    "description": (
        "Capture an EPCISDocument, an EPCISQueryDocument or one event, in JSON or in XML (which is converted,"
        " and kept as it came: an attachment of each record). The node signs each event, and each"
        " element of the header's master data, for the party of the token (role `capture`). The same document"
        f" again is answered with its first fingerprints. At most {MAX_BATCH_RECORDS} events and elements,"
        f" {MAX_MESSAGE_BYTES} bytes."
    ),
    "security": _TOKEN,
    "parameters": [
        _choice(
            "GS1-Capture-Error-Behaviour",
            "header",
            [word.value for word in ErrorBehaviour],
            "Keep all events or none (`rollback`, the default), or as many as possible (`proceed`).",
        ),
        _choice(
            "Tracehold-Audience",
            "header",
            [word.value for word in Audience],
            "Who may read what is captured; `network` by default.",
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {
            **{
                media: {"schema": {"type": "object"}} for media in ("application/json", "application/ld+json")
            },
            **{media: {"schema": {"type": "string"}} for media in XML},
        },
    },
    "responses": {
        "202": {
            "description": "Taken. The job tells what becomes of it.",
            "headers": {"Location": {"description": "Address of the job.", "schema": {"type": "string"}}},
        },
        "default": _PROBLEM,
    },
}
_LIST = {
    "operationId": "listCaptureJobs",
    "tags": ["Capture"],
    "description": "Jobs of the token's party, newest first (of all parties for authorities and operators).",
    "security": _TOKEN,
    "parameters": [
        {
            "name": "perPage",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 30},
        },
        {"name": "nextPageToken", "in": "query", "schema": {"type": "string"}},
    ],
    "responses": {
        "200": {
            **_answer(
                'One page; `Link: <...>; rel="next"` leads to the next one.', _array("CaptureJobSummary")
            ),
            "headers": {"Link": {"schema": {"type": "string"}}},
        },
        "default": _PROBLEM,
    },
}
_SHOW = {
    "operationId": "getCaptureJob",
    "tags": ["Capture"],
    "description": "One job, its records with the state that they have now.",
    "security": _TOKEN,
    "parameters": [{"name": "captureID", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {"200": _answer("The job.", _JOB), "default": _PROBLEM},
}
_DISCOVER = {
    "operationId": "discoverCapture",
    "tags": ["Capture"],
    "description": "Versions and limits, in `GS1-` headers.",
    "responses": {"204": {"description": "See the headers."}},
}
_HEALTH = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}, "checks": {"type": "object", "additionalProperties": True}},
    "required": ["ready", "checks"],
}


def _watch(operation: str, description: str, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {"operationId": operation, "tags": ["Watch"], "description": description, "responses": answers}
    }


_PAGE = {
    "operationId": "page",
    "tags": ["Page"],
    "description": (
        "The way of one item as a page for people: what happened, who says so, what was checked, what is"
        " missing. The same page stands under the path of the item's Digital Link (`/01/{gtin}/10/{lot}`)."
        " Without an item, a field to enter one."
    ),
    "parameters": [
        {
            "name": "item",
            "in": "query",
            "description": "The item, any GS1 spelling or a URI.",
            "schema": {"type": "string", "maxLength": 1024},
        }
    ],
    "responses": {
        "200": _answer("The page.", {"type": "string"}, "text/html"),
        "404": _answer("A page that says that nothing is known.", {"type": "string"}, "text/html"),
        "default": _answer("A page that says what is wrong.", {"type": "string"}, "text/html"),
    },
}

PATHS: dict[str, dict[str, Any]] = {
    "/": {"get": _PAGE},
    "/capture": {"post": _POST, "get": _LIST, "options": _DISCOVER},
    "/capture/{captureID}": {"get": _SHOW},
    **attachments.PATHS,
    "/healthz": _watch("healthz", "The process answers.", {"200": _answer("Yes.", {"type": "object"})}),
    "/readyz": _watch(
        "readyz",
        "The log can be written and read, and the chain answers; each part by name.",
        {"200": _answer("All of it.", _HEALTH), "503": _answer("Not all of it.", _HEALTH)},
    ),
    "/metrics": _watch(
        "metrics", "Counters for Prometheus.", {"200": _answer("The page.", {"type": "string"}, "text/plain")}
    ),
    "/openapi.json": _watch("openapi", "This document.", {"200": _answer("It.", {"type": "object"})}),
}
"""Paths by hand, as OpenAPI path items."""

_NOTE = {
    "code": _text("Stable code (docs/errors.md)."),
    "path": _text("JSON pointer into the document."),
    "message": _text("In plain words."),
}
_ERROR = {
    "type": _text("An `epcisException:`."),
    "title": _text("Cause of errors of this code."),
    "status": {"type": "integer"},
    "detail": _text("What was wrong."),
    **_NOTE,
    "remedy": _text("What to do about it."),
}
_SUMMARY = {
    "captureID": _text("Id of the job."),
    "createdAt": _text("When it came.", format="date-time"),
    "finishedAt": _text("When it ended; not there while it runs.", format="date-time"),
    "running": {"type": "boolean", "description": "Whether its end is still to come."},
    "success": {"type": "boolean", "description": "False from the first error on."},
    "captureErrorBehaviour": _text("What was asked for.", enum=[word.value for word in ErrorBehaviour]),
    "errors": _array("CaptureError"),
}
_RECORD = {
    "index": {"type": "integer", "description": "Place in the document, from 0."},
    "fingerprint": _text("Fingerprint of the record; empty where it was refused."),
    "duplicate": {"type": "boolean", "description": "It came before; the fingerprint is the first one's."},
    "state": _text("How far it has come.", enum=_STATES),
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "CaptureNote": _object("Something worth knowing about a document.", _NOTE),
    "CaptureError": _object("Why a part of a document was refused.", _ERROR),
    "CaptureRecord": _object("What became of one event or element of master data.", _RECORD),
    "CaptureJobSummary": _object("A capture job (EPCIS 2.0, section 12.6).", _SUMMARY, "finishedAt"),
    "CaptureJob": _object(
        "A capture job with its records.",
        {
            **_SUMMARY,
            "warnings": _array("CaptureNote"),
            "events": _array("CaptureRecord"),
            "masterdata": _array("CaptureRecord"),
        },
        "finishedAt",
    ),
}
"""Schemas by hand."""
