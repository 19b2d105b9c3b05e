"""Master data of an XML document: vocabularies of the header (EPCIS 1.2 section 9.5, 2.0 section 9.5.3)."""

from typing import Any

from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.xml.fields import fields, flat, free, put
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.tree import Node

_HEADER = "/epcisHeader"


def header(reader: Reader, names: Names, node: Node) -> dict[str, Any]:
    """The JSON header. Raises HEADER_NOT_KEPT for what would be lost; the business document header, which
    describes the file, is told."""
    found: dict[str, Any] = {}
    for child in flat(node):
        local, path = child.name.local, pointer(_HEADER, child.name.local)
        if local == "StandardBusinessDocumentHeader":
            reader.note("HEADER_NOT_KEPT", path, "this describes the file and is not kept")
        elif local != "EPCISMasterData" or "epcisMasterData" in found:
            _lost(reader, path, local)
        else:
            found["epcisMasterData"] = _masterdata(reader, names, child)
    return found


def vocabularies(reader: Reader, names: Names, node: Node, path: str) -> list[dict[str, Any]]:
    """The JSON of a VocabularyList. Raises HEADER_NOT_KEPT."""
    found = []
    for at, child in enumerate(flat(node)):
        if child.name.local != "Vocabulary":
            _lost(reader, f"{path}/vocabularyList/{at}", child.name.local)
        found.append(_vocabulary(reader, names, child, f"{path}/vocabularyList/{at}"))
    return found


def _masterdata(reader: Reader, names: Names, node: Node) -> dict[str, Any]:
    path = f"{_HEADER}/epcisMasterData"
    found: dict[str, Any] = {}
    for child in flat(node):
        if child.name.local != "VocabularyList" or found:
            _lost(reader, pointer(path, child.name.local), child.name.local)
        found["vocabularyList"] = vocabularies(reader, names, child, path)
    return found


def _vocabulary(reader: Reader, names: Names, node: Node, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {names.written(name): value for name, value in node.attributes.items()}
    elements: list[dict[str, Any]] = []
    for child in flat(node):
        if child.name.local != "VocabularyElementList":
            _lost(reader, pointer(path, child.name.local), child.name.local)
        for element in flat(child):
            if element.name.local != "VocabularyElement":
                _lost(reader, pointer(path, element.name.local), element.name.local)
            elements.append(_element(names, element))
    return {**found, "vocabularyElementList": elements}


def _element(names: Names, node: Node) -> dict[str, Any]:
    """One element: its id, its attributes as pairs, the ids of its parts, and what else it says."""
    found: dict[str, Any] = {names.written(name): value for name, value in node.attributes.items()}
    attributes, children = [], []
    for child in flat(node):
        local = child.name.local if STANDARD.fullmatch(child.name.space) else ""
        if local == "attribute":
            attributes.append(_attribute(names, child))
        elif local == "children":
            children += [free(names, each) for each in child.children]
        else:
            put(found, names.written(child.name), free(names, child))
    found |= {"attributes": attributes} if attributes else {}
    return found | ({"children": children} if children else {})


def _attribute(names: Names, node: Node) -> dict[str, Any]:
    """`{"id": ..., "attribute": ...}`; a value of elements is an object."""
    pair: dict[str, Any] = {names.written(name): value for name, value in node.attributes.items()}
    if not node.children:
        return {**pair, "attribute": node.text}
    return {**pair, "attribute": fields(names, Node(node.name, {}, None, node.children, node.texts), {})}


def _lost(reader: Reader, path: str, name: str) -> None:
    reader.refuse("HEADER_NOT_KEPT", path, f"{name[:60]} would be lost")
