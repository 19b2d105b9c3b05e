"""What stands around the events of a document (EPCIS 2.0 section 10): checked, and told if it is not kept."""

import re
from typing import Any

from tracehold.core.epcis.context import namespaces, repeated
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.uris import is_uri
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_BATCH_RECORDS

_ENVELOPE = frozenset({"@context", "id", "type", "schemaVersion", "creationDate", "epcisHeader", "epcisBody"})
_LETTER = ("instanceIdentifier", "sender", "receiver")
"""What an EPCISDocument says of its own way; the file keeps it, the records do not."""
_RESULTS = frozenset({"queryName", "subscriptionID", "resultsBody"})
_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


def check_frame(reader: Reader, document: dict[str, Any]) -> None:
    """What stands at a document's top, but for its header and its body."""
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
    check_distinct(reader, document.get("@context"))
    _check_letter(reader, document, _LETTER if whole else ())


def check_distinct(reader: Reader, context: Any) -> None:
    """No entry of a context stands twice (sloppy)."""
    # Of the document alone: in a payload the event's own context, which may repeat it, stands beside it.
    for path in repeated(context):
        reader.sloppy("EPCIS_FORM", path, "the same context stands twice")


def _check_letter(reader: Reader, document: dict[str, Any], standard: tuple[str, ...]) -> None:
    for name, value in document.items():
        if name in _ENVELOPE:
            continue
        path = pointer("", name)
        if name not in standard and not is_uri(name):
            reader.sloppy("EPCIS_FORM", path, "an extension field needs a namespace")
        elif name in standard and not isinstance(value, str):
            reader.sloppy("EPCIS_FORM", path, "a string is expected")
        # Said of the file, not of goods: whoever needs it keeps the file. Told, never silent.
        reader.note("HEADER_NOT_KEPT", path, "this describes the file and is not kept")


def _check_date(reader: Reader, value: Any) -> None:
    reader.bearable(reader.time, value, "/creationDate", "Z")


def body(reader: Reader, document: dict[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
    """What holds the events: the object at the end of these steps. Raises EPCIS_FORM."""
    path, value = "", document
    for step in steps:
        path = pointer(path, step)
        value = reader.object(value.get(step), path)
    return value


def check_results(reader: Reader, body: dict[str, Any]) -> None:
    """What stands around the events of a query's answer, none of which is kept."""
    reader.members(body, "/epcisBody", {"queryResults"}, extensible=True)
    path = "/epcisBody/queryResults"
    results = reader.members(body["queryResults"], path, _RESULTS, extensible=True)
    for name, needed in (("queryName", True), ("subscriptionID", False)):
        if not isinstance(results.get(name, None if needed else ""), str):
            reader.sloppy("EPCIS_FORM", f"{path}/{name}", "a query's answer says which query, as a string")
    known = {"eventList", "vocabularyList"}
    reader.members(results["resultsBody"], f"{path}/resultsBody", known, extensible=True)


def check_count(count: int) -> None:
    """Raises TOO_MANY_RECORDS."""
    # Before any payload is built: each repeats the context.
    if count > MAX_BATCH_RECORDS:
        raise Rejected(
            "TOO_MANY_RECORDS", f"more than {MAX_BATCH_RECORDS} events or elements in one document"
        )
