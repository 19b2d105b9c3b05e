"""Master data of an XML document: vocabularies of the header (EPCIS 1.2 section 9.5, 2.0 section 9.5.3)."""

from dataclasses import replace
from typing import Any

from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.xml.aside import beside, lost, set_aside
from tracehold.core.epcis.xml.fields import TEXT, flat, free, listed, put
from tracehold.core.epcis.xml.names import Names, is_standard
from tracehold.core.epcis.xml.tree import Node

_HEADER = "/epcisHeader"
_CHILDREN = listed("id", free)


def header(reader: Reader, names: Names, node: Node) -> list[dict[str, Any]]:
    """The JSON of all vocabularies of a header. Raises HEADER_NOT_KEPT for what would be lost; the business
    document header, which describes the file, is told."""
    _only_children(reader, node, _HEADER)
    found: list[list[dict[str, Any]]] = []
    for child in flat(names, node):
        local, path = child.name.local, pointer(_HEADER, child.name.local)
        if local == "StandardBusinessDocumentHeader":
            set_aside(reader, child, path)
        elif found or not is_standard(child, "EPCISMasterData"):
            lost(reader, path, local)
        else:
            found.append(_masterdata(reader, names, child))
    return found[0] if found else []


def vocabularies(reader: Reader, names: Names, node: Node, path: str) -> list[dict[str, Any]]:
    """The JSON of a VocabularyList, which stands at the path. Raises HEADER_NOT_KEPT."""
    path = f"{path}/vocabularyList"
    _only_children(reader, node, path)
    found = []
    for at, child in enumerate(flat(names, node)):
        if not is_standard(child, "Vocabulary"):
            lost(reader, f"{path}/{at}", child.name.local)
        found.append(_vocabulary(reader, names, child, f"{path}/{at}"))
    return found


def _only_children(reader: Reader, node: Node, path: str) -> None:
    for place in beside(node, path):
        lost(reader, place, place.rpartition("/")[2])


def _masterdata(reader: Reader, names: Names, node: Node) -> list[dict[str, Any]]:
    path = f"{_HEADER}/epcisMasterData"
    _only_children(reader, node, path)
    found: list[list[dict[str, Any]]] = []
    for child in flat(names, node):
        if found or not is_standard(child, "VocabularyList"):
            lost(reader, pointer(path, child.name.local), child.name.local)
        found.append(vocabularies(reader, names, child, path))
    return found[0] if found else []


def _vocabulary(reader: Reader, names: Names, node: Node, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {names.written(name): value for name, value in node.attributes.items()}
    if node.text:
        lost(reader, f"{path}/{TEXT}", TEXT)
    if "vocabularyElementList" in found:
        lost(reader, f"{path}/vocabularyElementList", "an attribute of this name")
    elements: list[dict[str, Any]] = []
    for child in flat(names, node):
        if not is_standard(child, "VocabularyElementList"):
            lost(reader, pointer(path, child.name.local), child.name.local)
        _only_children(reader, child, f"{path}/vocabularyElementList")
        for element in flat(names, child):
            if not is_standard(element, "VocabularyElement"):
                lost(reader, pointer(path, element.name.local), element.name.local)
            elements.append(_element(names, element))
    return {**found, "vocabularyElementList": elements}


def _element(names: Names, node: Node) -> dict[str, Any]:
    """One element: its id, its attributes as pairs, the ids of its parts, and what else it says."""
    found: dict[str, Any] = {names.written(name): value for name, value in node.attributes.items()}
    attributes: list[dict[str, Any]] = []
    children: list[Any] = []
    for child in flat(names, node):
        if is_standard(child, "attribute"):
            attributes.append(_attribute(names, child))
        elif is_standard(child, "children"):
            children += _CHILDREN(names, child)
        else:
            put(found, names.written(child.name), free(names, child))
    for name, value in (("attributes", attributes), ("children", children), (TEXT, node.text)):
        if value:
            put(found, name, value)
    return found


def _attribute(names: Names, node: Node) -> dict[str, Any]:
    """`{"id": ..., "attribute": ...}`; a value of elements is an object."""
    pair: dict[str, Any] = {names.written(name): value for name, value in node.attributes.items()}
    put(pair, "attribute", free(names, replace(node, attributes={})))
    return pair
