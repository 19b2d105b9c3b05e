"""What stands around the events of an XML document: header, body and results, and the events in turn."""

from dataclasses import replace
from typing import Any

from tracehold.core.epcis.frame import check_count
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.xml.aside import beside, not_kept, set_aside
from tracehold.core.epcis.xml.events import CONTEXT, event
from tracehold.core.epcis.xml.fields import flat
from tracehold.core.epcis.xml.header import header, vocabularies
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.order import misplaced
from tracehold.core.epcis.xml.tree import Node
from tracehold.core.epcis.xml.writing import write
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_MESSAGE_BYTES

DOCUMENTS = {
    "EPCISDocument": "EPCISDocument",
    "EPCISQueryDocument": "EPCISQueryDocument",
    "EPCISMasterDataDocument": "EPCISDocument",
}
"""Roots, and what they are in JSON: master data alone is a document without events."""

_VERSIONS = frozenset({"1", "1.0", "1.1", "1.2", "1.3", "2", "2.0", "2.1"})
_QUERY = ("queryName", "subscriptionID")
_RESULTS = frozenset({*_QUERY, "resultsBody"})
_LISTS = frozenset({"EventList", "VocabularyList"})


def letter(reader: Reader, root: Node) -> dict[str, str]:
    """The root's attributes, of which a document has two; others are told."""
    found: dict[str, str] = {}
    for name, value in root.attributes.items():
        if not name.space and name.local in {"schemaVersion", "creationDate"}:
            found[name.local] = value
        else:
            not_kept(reader, pointer("", name.local))
    version = found.get("schemaVersion")
    if version is not None and version not in _VERSIONS:
        reader.sloppy("EPCIS_FORM", "/schemaVersion", "the schema version of XML is 1.0 to 2.0")
    return found


def tell_event(reader: Reader, path: str, node: Node, names: Names) -> None:
    """What is odd about an event and does not stand in its JSON."""
    tell_empty(reader, path, names)
    found = misplaced(names, node)
    if found is not None:
        reader.note("EPCIS_FORM", path, f"{found[0]} stands behind {found[1]}: the schema has it before")


def tell_empty(reader: Reader, path: str, names: Names) -> None:
    """What was left out."""
    if names.empty:
        told = ", ".join(dict.fromkeys(names.empty))[:120]
        reader.note("EPCIS_FORM", path, f"an element without content says nothing and is left out: {told}")


class Frame:
    """A document, read once from the outside in. Its names are those of master data; their scope goes along
    inwards, to the list of events."""

    def __init__(self, reader: Reader, root: Node) -> None:
        self._reader = reader
        self._root = root
        self._query = root.name.local == "EPCISQueryDocument"
        self._names = Names({})
        self._masterdata: list[dict[str, Any]] = []

    def json(self) -> dict[str, Any]:
        """The whole document."""
        said = letter(self._reader, self._root)
        frame: dict[str, Any] = {"type": DOCUMENTS[self._root.name.local], "schemaVersion": "2.0"}
        frame |= {name: value for name, value in said.items() if name == "creationDate"}
        # Its attributes are told by `letter`.
        root = replace(self._root, attributes={})
        parts = self._parts(root, "", {"EPCISHeader", "EPCISBody", *(_RESULTS if self._query else ())})
        if "EPCISHeader" in parts:
            self._masterdata += header(self._reader, self._names, parts["EPCISHeader"])
            self._tell_empty("/epcisHeader/epcisMasterData/vocabularyList")
        found = self._found(parts)
        if self._masterdata:
            frame["epcisHeader"] = {"epcisMasterData": {"vocabularyList": self._masterdata}}
        context = [CONTEXT, self._names.context] if self._names.context else [CONTEXT]
        return {"@context": context, **frame, **found}

    def _found(self, parts: dict[str, Node]) -> dict[str, Any]:
        if "EPCISBody" in parts:
            for name in sorted(_RESULTS & parts.keys()):
                set_aside(self._reader, parts[name], pointer("", name))
            return {"epcisBody": self._body(parts["EPCISBody"])}
        if "resultsBody" not in parts:
            return {}
        self._reader.sloppy("EPCIS_FORM", "/epcisBody", "the results stand outside of a body")
        return {"epcisBody": {"queryResults": self._results(parts)}}

    def _parts(self, node: Node, path: str, known: set[str], *, text: bool = False) -> dict[str, Node]:
        """The children by name, each at most once, with all prefixes in force; what else the element holds is
        told, but for a `text` that is read."""
        for place in beside(replace(node, text="") if text else node, path):
            not_kept(self._reader, place)
        self._names.enter(node)
        parts: dict[str, Node] = {}
        for child in flat(self._names, node):
            name = child.name.local
            if name not in known or not STANDARD.fullmatch(child.name.space):
                set_aside(self._reader, child, pointer(path, name))
            elif name in parts:
                self._reader.refuse("EPCIS_FORM", pointer(path, name), f"{name} stands twice")
            else:
                parts[name] = replace(child, declared={**self._names.scope, **(child.declared or {})})
        return parts

    def _body(self, node: Node) -> dict[str, Any]:
        path = "/epcisBody"
        parts = self._parts(node, path, {"QueryResults" if self._query else "EventList", "VocabularyList"})
        if "VocabularyList" in parts:
            self._masterdata += self._vocabularies(parts["VocabularyList"], path)
        if not self._query:
            return self._listed(parts, path)
        if "QueryResults" not in parts:
            self._reader.refuse("NOT_EPCIS", path, "the body holds no results of a query")
        results = self._parts(parts["QueryResults"], f"{path}/queryResults", {*_RESULTS})
        return {"queryResults": self._results(results)}

    def _results(self, parts: dict[str, Node]) -> dict[str, Any]:
        path = "/epcisBody/queryResults"
        found: dict[str, Any] = {name: parts[name].text for name in _QUERY if name in parts}
        for name in found:
            self._parts(parts[name], pointer(path, name), set(), text=True)
        if "resultsBody" in parts:
            path = f"{path}/resultsBody"
            inner = self._parts(parts["resultsBody"], path, {*_LISTS})
            found["resultsBody"] = self._listed(inner, path)
            if "VocabularyList" in inner:
                listed = self._vocabularies(inner["VocabularyList"], path)
                found["resultsBody"] |= {"vocabularyList": listed}
        return found

    def _vocabularies(self, node: Node, path: str) -> list[dict[str, Any]]:
        found = vocabularies(self._reader, self._names, node, path)
        self._tell_empty(f"{path}/vocabularyList")
        return found

    def _tell_empty(self, path: str) -> None:
        tell_empty(self._reader, path, self._names)
        self._names.empty.clear()

    def _listed(self, parts: dict[str, Node], path: str) -> dict[str, Any]:
        """The list of events, each written before the next is looked at."""
        if "EventList" not in parts:
            return {"eventList": []} if "VocabularyList" in parts else {}
        listed, path = parts["EventList"], f"{path}/eventList"
        for place in beside(listed, path):
            not_kept(self._reader, place)
        before = self._names.enter(listed)
        for count, _ in enumerate(flat(self._names, listed), 1):
            check_count(count)
        texts, size = [], 0
        for at, node in enumerate(flat(self._names, listed)):
            names = Names(self._names.scope)
            texts.append(write(event(node, names)))
            tell_event(self._reader, f"{path}/{at}", node, names)
            size += len(texts[-1])
            if size > MAX_MESSAGE_BYTES:
                raise Rejected("REQUEST_TOO_LARGE", f"the events in JSON are over {MAX_MESSAGE_BYTES} bytes")
        self._names.leave(before)
        return {"eventList": b"[" + b",".join(texts) + b"]"}
