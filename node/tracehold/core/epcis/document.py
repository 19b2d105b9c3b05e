"""A captured document to payloads: one per event, one per master data element,
every byte of them as it was sent.

Events are cut out of the document byte for byte. What a document says once for all its events, its
`@context`, is set into each as first member, so that every payload can be read alone for ever.
"""

from dataclasses import dataclass
from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis.frame import body, check_count, check_distinct, check_frame, check_results
from tracehold.core.epcis.header import kept_masterdata
from tracehold.core.epcis.model import EventType, Finding, Mode
from tracehold.core.epcis.reader import Reader
from tracehold.core.errors import Rejected

MAX_CONTEXT_BYTES = 16 << 10
"""A document's `@context` is repeated in each payload; this bounds what a small document can grow to."""

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
    check_frame(reader, document)
    events = _events(reader, raw, document, _LISTS[kind], context)
    masterdata = kept_masterdata(reader, raw, document, _LISTS[kind], context)
    return Document(context, events, masterdata, tuple(reader.findings))


def _single(raw: bytes, event: dict[str, Any], mode: Mode) -> Document:
    reader = Reader(mode)
    check_distinct(reader, event.get("@context"))
    context = strict_json.member(raw, "@context") or b"null"
    return Document(context, [raw], [], tuple(reader.findings))


def _context(raw: bytes) -> bytes:
    context = strict_json.member(raw, "@context")
    if context is None:
        raise Rejected("EPCIS_FORM", "a document needs its @context", path="/@context")
    if len(context) > MAX_CONTEXT_BYTES:
        raise Rejected("EPCIS_FORM", f"the @context is over {MAX_CONTEXT_BYTES} bytes", path="/@context")
    return context


def _events(
    reader: Reader, raw: bytes, document: dict[str, Any], steps: tuple[str, ...], context: bytes
) -> list[bytes]:
    holder = body(reader, document, steps)
    if len(steps) > 1:
        check_results(reader, document["epcisBody"])
    if not isinstance(holder.get("eventList"), list):
        reader.refuse(
            "EPCIS_FORM", "/" + "/".join((*steps, "eventList")), "the document has no list of events"
        )
    check_count(len(holder["eventList"]))
    parts = strict_json.slices(raw, *steps, "eventList")
    return [
        _with_context(part, value, context) for part, value in zip(parts, holder["eventList"], strict=True)
    ]


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
