"""An XML document, query document or event to the same in JSON: the frame, the header, the events in turn."""

from dataclasses import dataclass
from typing import Any

from tracehold.core.epcis.frame import check_count
from tracehold.core.epcis.model import EventType, Finding, Mode
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.xml.events import CONTEXT, event
from tracehold.core.epcis.xml.fields import flat
from tracehold.core.epcis.xml.header import header, vocabularies
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.tree import Node, parse_xml
from tracehold.core.epcis.xml.writing import Written, write
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_MESSAGE_BYTES

_EVENTS = frozenset(member.value for member in EventType)
_DOCUMENTS = {
    "EPCISDocument": "EPCISDocument",
    "EPCISQueryDocument": "EPCISQueryDocument",
    "EPCISMasterDataDocument": "EPCISDocument",
}
"""Roots, and what they are in JSON: master data alone is a document without events."""

_VERSIONS = frozenset({"1", "1.0", "1.1", "1.2", "1.3", "2", "2.0", "2.1"})
_RESULTS = frozenset({"queryName", "subscriptionID", "resultsBody"})
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Converted:
    """`json` is what `parse_document` takes; `findings` are of what stands in the XML and not in there."""

    json: bytes
    findings: tuple[Finding, ...]


def looks_like_xml(raw: bytes) -> bool:
    """Whether the bytes begin as XML does, which no JSON text does."""
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)[:1] == b"<"


def from_xml(raw: bytes, mode: Mode) -> Converted:
    """The EPCIS 2.0 JSON of an EPCISDocument, EPCISQueryDocument, EPCISMasterDataDocument or single event in
    XML, 1.0 to 2.0.

    Paths of findings point into the JSON. Raises MALFORMED_XML, XML_DOCTYPE, NOT_EPCIS, EPCIS_FORM,
    HEADER_NOT_KEPT, BAD_MASTERDATA, TOO_MANY_RECORDS or REQUEST_TOO_LARGE. What is wrong with an event, the
    reader of the JSON says.
    """
    root = parse_xml(raw)
    reader = Reader(mode)
    local, standard = root.name.local, STANDARD.fullmatch(root.name.space)
    if standard and local in _EVENTS:
        return Converted(_single(reader, root), tuple(reader.findings))
    if not standard or local not in _DOCUMENTS:
        raise Rejected("NOT_EPCIS", "the XML is no EPCIS document or event", path="/type")
    if not root.name.space:
        reader.sloppy("EPCIS_FORM", "/type", "the document stands in no namespace")
    frame = _Frame(reader, root)
    return Converted(write(frame.json()).encode(), tuple(reader.findings))


def _single(reader: Reader, root: Node) -> bytes:
    for name in _letter(reader, root):
        _not_kept(reader, pointer("", name))
    root.attributes.clear()
    found = event(root, names := Names({}))
    _tell_empty(reader, "", names)
    own = found.pop("@context", None)
    return write({"@context": [CONTEXT, own] if own else [CONTEXT], **found}).encode()


def _letter(reader: Reader, root: Node) -> dict[str, str]:
    """The root's attributes, of which a document has two; others are told."""
    found: dict[str, str] = {}
    for name, value in root.attributes.items():
        if not name.space and name.local in {"schemaVersion", "creationDate"}:
            found[name.local] = value
        else:
            _not_kept(reader, pointer("", name.local))
    version = found.get("schemaVersion")
    if version is not None and version not in _VERSIONS:
        reader.sloppy("EPCIS_FORM", "/schemaVersion", "the schema version of XML is 1.0 to 2.0")
    return found


def _not_kept(reader: Reader, path: str) -> None:
    reader.note("HEADER_NOT_KEPT", path, "this describes the file and is not kept")


def _tell_empty(reader: Reader, path: str, names: Names) -> None:
    if names.empty:
        told = ", ".join(dict.fromkeys(names.empty))[:120]
        reader.note("EPCIS_FORM", path, f"an element without content says nothing and is left out: {told}")


class _Frame:
    """What stands around the events, read once from the outside in. `names` are those of master data."""

    def __init__(self, reader: Reader, root: Node) -> None:
        self._reader = reader
        self._root = root
        self._query = root.name.local == "EPCISQueryDocument"
        self._names = Names({})

    def json(self) -> dict[str, Any]:
        """The whole document."""
        said = _letter(self._reader, self._root)
        frame: dict[str, Any] = {"type": _DOCUMENTS[self._root.name.local], "schemaVersion": "2.0"}
        frame |= {name: value for name, value in said.items() if name == "creationDate"}
        scope = dict(self._root.declared or {})
        parts = self._parts(self._root, "", {"EPCISHeader", "EPCISBody", *(_RESULTS if self._query else ())})
        if "EPCISHeader" in parts:
            frame["epcisHeader"] = header(self._reader, self._names, parts["EPCISHeader"])
        if "EPCISBody" in parts:
            frame["epcisBody"] = self._body(parts["EPCISBody"], scope, frame)
        elif "resultsBody" in parts:
            self._reader.sloppy("EPCIS_FORM", "/epcisBody", "the results stand outside of a body")
            frame["epcisBody"] = {"queryResults": self._results(parts, scope)}
        context = [CONTEXT, self._names.context] if self._names.context else [CONTEXT]
        return {"@context": context, **frame}

    def _parts(self, node: Node, path: str, known: set[str]) -> dict[str, Node]:
        """The children by name, each at most once; those that the standard has not are told."""
        parts: dict[str, Node] = {}
        for child in flat(node):
            name = child.name.local
            if name not in known or not STANDARD.fullmatch(child.name.space):
                _not_kept(self._reader, pointer(path, name))
            elif name in parts:
                self._reader.refuse("EPCIS_FORM", pointer(path, name), f"{name} stands twice")
            else:
                parts[name] = child
        return parts

    def _body(self, node: Node, scope: dict[str, str], frame: dict[str, Any]) -> dict[str, Any]:
        scope = inside(scope, node)
        parts = self._parts(
            node, "/epcisBody", {"QueryResults" if self._query else "EventList", "VocabularyList"}
        )
        if self._query:
            results = parts.get("QueryResults")
            if results is None:
                self._reader.refuse("NOT_EPCIS", "/epcisBody", "the body holds no results of a query")
            path = "/epcisBody/queryResults"
            return {
                "queryResults": self._results(self._parts(results, path, {*_RESULTS}), inside(scope, results))
            }
        if "VocabularyList" in parts:
            listed = vocabularies(self._reader, self._names, parts["VocabularyList"], "/epcisBody")
            frame["epcisHeader"] = {"epcisMasterData": {"vocabularyList": listed}}
            return {"eventList": []}
        return self._listed(parts, scope, "/epcisBody")

    def _results(self, parts: dict[str, Node], scope: dict[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: parts[name].text for name in ("queryName", "subscriptionID") if name in parts
        }
        if "resultsBody" in parts:
            body, path = parts["resultsBody"], "/epcisBody/queryResults/resultsBody"
            inner = self._parts(body, path, {"EventList", "VocabularyList"})
            found["resultsBody"] = self._listed(inner, inside(scope, body), path)
            if "VocabularyList" in inner:
                listed = vocabularies(self._reader, self._names, inner["VocabularyList"], path)
                found["resultsBody"] |= {"vocabularyList": listed}
        return found

    def _listed(self, parts: dict[str, Node], scope: dict[str, str], path: str) -> dict[str, Any]:
        """The list of events, each written before the next is looked at."""
        if "EventList" not in parts:
            return {"eventList": []} if "VocabularyList" in parts else {}
        scope, size = inside(scope, parts["EventList"]), 0
        nodes = list(flat(parts["EventList"]))
        check_count(len(nodes))
        texts = []
        for at, node in enumerate(nodes):
            names = Names(scope)
            texts.append(write(event(node, names)))
            _tell_empty(self._reader, f"{path}/eventList/{at}", names)
            size += len(texts[-1])
            if size > MAX_MESSAGE_BYTES:
                raise Rejected("REQUEST_TOO_LARGE", f"the events in JSON are over {MAX_MESSAGE_BYTES} bytes")
        return {"eventList": Written("[" + ",".join(texts) + "]")}


def inside(scope: dict[str, str], node: Node) -> dict[str, str]:
    """The prefixes in force inside of the element."""
    return {**scope, **node.declared} if node.declared else scope
