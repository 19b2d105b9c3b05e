"""A captured document to payloads: one per event, one per master data element,
every byte of them as it was sent.

Events are cut out of the document byte for byte. What a document says once for all its events, its
`@context`, is set into each as first member, so that every payload can be read alone for ever.
"""

import re
from dataclasses import dataclass
from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis.context import namespaces, repeated
from tracehold.core.epcis.model import EventType, Finding, Mode
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.uris import is_uri
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_BATCH_RECORDS

MAX_CONTEXT_BYTES = 16 << 10
"""A document's `@context` is repeated in each payload; this bounds what a small document can grow to."""

_ENVELOPE = frozenset({"@context", "id", "type", "schemaVersion", "creationDate", "epcisHeader", "epcisBody"})
_LETTER = ("instanceIdentifier", "sender", "receiver")
"""What an EPCISDocument says of its own way; the file keeps it, the records do not."""
_RESULTS = frozenset({"queryName", "subscriptionID", "resultsBody"})
_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_LISTS = {
    "EPCISDocument": ("epcisBody",),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody"),
}
_EVENT_TYPES = frozenset(member.value for member in EventType)


@dataclass(frozen=True, slots=True)
class Document:
    """What a document holds. `context` is its JSON text; `events` and `masterdata` are payloads, in document
    order, to be checked one by one with `parse_event` and `parse_masterdata`."""

    context: bytes
    events: list[bytes]
    masterdata: list[bytes]
    findings: tuple[Finding, ...]


def parse_document(raw: bytes, mode: Mode) -> Document:
    """Payloads of an EPCISDocument, an EPCISQueryDocument or a single event with its own `@context`.

    Checks the document's frame only, so that one bad event does not refuse its
    neighbours. Raises MALFORMED_JSON, NOT_EPCIS, EPCIS_FORM, TOO_MANY_RECORDS, or
    HEADER_NOT_KEPT for a header element that would be lost.
    """
    document = strict_json.loads(raw)
    kind = document.get("type") if isinstance(document, dict) else None
    if isinstance(kind, str) and kind.rpartition(":")[2].rpartition("/")[2] in _EVENT_TYPES:
        return _single(raw, document, mode)
    if not isinstance(kind, str) or kind not in _LISTS:
        raise Rejected("NOT_EPCIS", "this is no EPCISDocument, EPCISQueryDocument or event", path="/type")
    reader = Reader(mode)
    context = _context(raw)
    _check_frame(reader, document)
    events = _events(reader, raw, document, _LISTS[kind], context)
    masterdata = _masterdata(reader, raw, document, _LISTS[kind], context)
    return Document(context, events, masterdata, tuple(reader.findings))


def _single(raw: bytes, event: dict[str, Any], mode: Mode) -> Document:
    reader = Reader(mode)
    _check_distinct(reader, event.get("@context"))
    context = strict_json.member(raw, "@context") or b"null"
    return Document(context, [raw], [], tuple(reader.findings))


def _check_frame(reader: Reader, document: dict[str, Any]) -> None:
    whole = document["type"] == "EPCISDocument"
    version = document.get("schemaVersion")
    wanted = whole or "schemaVersion" in document
    if wanted and not (isinstance(version, str) and _VERSION.fullmatch(version) and version[:2] == "2."):
        reader.sloppy("EPCIS_FORM", "/schemaVersion", 'the schema version is "2.0"')
    if "creationDate" in document:
        _check_date(reader, document["creationDate"])
    elif whole:
        reader.sloppy("EPCIS_FORM", "/creationDate", "a document says when it was made")
    if "id" in document and not (isinstance(document["id"], str) and is_uri(document["id"])):
        reader.sloppy("BAD_URI", "/id", "this is no URI")
    reader.namespaces = namespaces(document.get("@context"))
    for path in reader.namespaces.faults:
        reader.sloppy("EPCIS_FORM", path, "a context is a URI, an object, or a list of these")
    _check_distinct(reader, document.get("@context"))
    _check_letter(reader, document, _LETTER if whole else ())


def _check_distinct(reader: Reader, context: Any) -> None:
    # Of the document alone: an event's own context may repeat the document's, and stands beside it in the
    # payload.
    for path in repeated(context):
        reader.sloppy("EPCIS_FORM", path, "the same context stands twice")


def _check_letter(reader: Reader, document: dict[str, Any], standard: tuple[str, ...]) -> None:
    for name in document.keys() - _ENVELOPE:
        path = pointer("", name)
        if name not in standard and not is_uri(name):
            reader.sloppy("EPCIS_FORM", path, "an extension field needs a namespace")
        elif name in standard and not isinstance(document[name], str):
            reader.sloppy("EPCIS_FORM", path, "a string is expected")
        # Said of the file, not of goods: whoever needs it keeps the file. Told, never silent.
        reader.note("HEADER_NOT_KEPT", path, "this describes the file and is not kept")


def _check_date(reader: Reader, value: Any) -> None:
    reader.bearable(reader.time, value, "/creationDate", "Z")


def _context(raw: bytes) -> bytes:
    context = strict_json.member(raw, "@context")
    if context is None:
        raise Rejected("EPCIS_FORM", "a document needs its @context", path="/@context")
    if len(context) > MAX_CONTEXT_BYTES:
        raise Rejected("EPCIS_FORM", f"the @context is over {MAX_CONTEXT_BYTES} bytes", path="/@context")
    return context


def _body(reader: Reader, document: dict[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
    path, value = "", document
    for step in steps:
        path = pointer(path, step)
        value = reader.object(value.get(step), path)
    return value


def _events(
    reader: Reader, raw: bytes, document: dict[str, Any], steps: tuple[str, ...], context: bytes
) -> list[bytes]:
    body = _body(reader, document, steps)
    if len(steps) > 1:
        _check_results(reader, document["epcisBody"])
    if not isinstance(body.get("eventList"), list):
        reader.refuse(
            "EPCIS_FORM", "/" + "/".join((*steps, "eventList")), "the document has no list of events"
        )
    _check_count(len(body["eventList"]))
    parts = strict_json.slices(raw, *steps, "eventList")
    return [_with_context(part, value, context) for part, value in zip(parts, body["eventList"], strict=True)]


def _check_results(reader: Reader, body: dict[str, Any]) -> None:
    """What stands around the events of a query's answer, none of which is kept."""
    reader.members(body, "/epcisBody", {"queryResults"}, extensible=True)
    path = "/epcisBody/queryResults"
    results = reader.members(body["queryResults"], path, _RESULTS, extensible=True)
    for name, needed in (("queryName", True), ("subscriptionID", False)):
        if not isinstance(results.get(name, None if needed else ""), str):
            reader.sloppy("EPCIS_FORM", f"{path}/{name}", "a query's answer says which query, as a string")
    known = {"eventList", "vocabularyList"}
    reader.members(results["resultsBody"], f"{path}/resultsBody", known, extensible=True)


def _check_count(count: int) -> None:
    # Before any payload is built: each repeats the context.
    if count > MAX_BATCH_RECORDS:
        raise Rejected(
            "TOO_MANY_RECORDS", f"more than {MAX_BATCH_RECORDS} events or elements in one document"
        )


def _with_context(part: bytes, value: Any, context: bytes) -> bytes:
    """The event's bytes with the document's context as first member, or
    before its own context, as JSON-LD nests them."""
    if not isinstance(value, dict) or not value:
        return part  # no event: parse_event refuses it by itself
    own = strict_json.member(part, "@context") if "@context" in value else None
    if own is None:
        return b'{"@context":' + context + b"," + part[1:]
    if own == context:
        return part
    return strict_json.replaced(part, "@context", b"[" + _items(context) + b"," + _items(own) + b"]")


def _items(context: bytes) -> bytes:
    """A context as the inside of an array. An empty array
    becomes an empty object: no comma may stand alone."""
    if not context.startswith(b"["):
        return context
    return context[1:-1].strip() or b"{}"


def _masterdata(
    reader: Reader, raw: bytes, document: dict[str, Any], steps: tuple[str, ...], context: bytes
) -> list[bytes]:
    found: list[bytes] = []
    header = document.get("epcisHeader")
    if "epcisHeader" in document and header is None:
        _tell_null(reader, "/epcisHeader")
    if header is not None:
        _only(reader, reader.object(header, "/epcisHeader"), {"epcisMasterData"}, "/epcisHeader")
    if header and header.get("epcisMasterData") is not None:
        master = reader.object(header["epcisMasterData"], "/epcisHeader/epcisMasterData")
        _only(reader, master, {"vocabularyList"}, "/epcisHeader/epcisMasterData")
        found += _vocabularies(reader, raw, ("epcisHeader", "epcisMasterData"), master, context)
    if steps != ("epcisBody",):  # a query answers with master data beside its events
        found += _vocabularies(reader, raw, steps, _body(reader, document, steps), context)
    return found


def _vocabularies(
    reader: Reader, raw: bytes, steps: tuple[str, ...], holder: dict[str, Any], context: bytes
) -> list[bytes]:
    path = "/" + "/".join((*steps, "vocabularyList"))
    vocabularies = holder.get("vocabularyList")
    if vocabularies is not None and not isinstance(vocabularies, list):
        reader.refuse("EPCIS_FORM", path, "the vocabularies are a list")
    found: list[bytes] = []
    for at, part in enumerate(strict_json.slices(raw, *steps, "vocabularyList")):
        found += _elements(reader, part, (vocabularies or [])[at], f"{path}/{at}", context)
        _check_count(len(found))
    return found


def _elements(reader: Reader, part: bytes, vocabulary: Any, path: str, context: bytes) -> list[bytes]:
    _only(reader, reader.object(vocabulary, path), {"type", "vocabularyElementList"}, path)
    kind = strict_json.member(part, "type")
    if kind is None or not isinstance(vocabulary["type"], str):
        reader.refuse("BAD_MASTERDATA", f"{path}/type", "a vocabulary says what it describes")
    elements = vocabulary.get("vocabularyElementList")
    if elements is not None and not isinstance(elements, list):
        reader.refuse("BAD_MASTERDATA", f"{path}/vocabularyElementList", "the elements are a list")
    _check_count(len(elements or []))
    head = b'{"@context":' + context + b',"type":' + kind + b',"element":'
    return [head + element + b"}" for element in strict_json.slices(part, "vocabularyElementList")]


def _only(reader: Reader, holder: dict[str, Any], kept: set[str], path: str) -> None:
    for name in holder.keys() - kept:
        reader.refuse("HEADER_NOT_KEPT", pointer(path, name), f"{name[:60]} would be lost")
    for name, value in holder.items():
        if value is None:
            _tell_null(reader, pointer(path, name))


def _tell_null(reader: Reader, path: str) -> None:
    reader.sloppy("EPCIS_FORM", path, "null is no value; leave the field out")
