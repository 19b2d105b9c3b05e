"""Events of the published hash vectors, from their JSON and their XML documents.

The XML is read here by the shortest means that serve these files: the vectors are to be met whether or not
the program can read XML.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

LISTS = {"epcList", "childEPCs", "inputEPCList", "outputEPCList"}
CURIES = {"gs1:": "https://gs1.org/voc/"}
IGNORE = "{https://repository-x.example.com/}ignoreFields"

Found = tuple[dict[str, Any], frozenset[str]]
"""An event with its context, and the extensions that its document asks to leave out."""


def from_json(path: Path) -> list[Found]:
    """The events of a document or query document, in order."""
    document = json.loads(path.read_bytes())
    holder = document["epcisBody"].get("queryResults", document["epcisBody"])
    ignored = document.get("repository-x:ignoreFields") or holder.get("repository-x:ignoreFields", [])
    bound = {
        name: iri for each in document["@context"] if isinstance(each, dict) for name, iri in each.items()
    }
    names = frozenset(
        f"{{{bound[prefix]}}}{local}" for prefix, local in (name.split(":") for name in ignored)
    )
    events = holder.get("resultsBody", holder)["eventList"]
    return [({"@context": document["@context"], **event}, names) for event in events]


def from_xml(path: Path) -> list[Found]:
    """The same of an XML document."""
    root = ET.fromstring(path.read_bytes())
    ignored = frozenset(name.tag for found in root.iter(IGNORE) for name in found)
    return [(_event(event), ignored) for listed in root.iter("EventList") for event in listed]


def _event(node: ET.Element) -> dict[str, Any]:
    names: dict[str, str] = {}
    event = {"type": node.tag, **_members(node, names)}
    return {"@context": [{prefix: iri for iri, prefix in names.items()}], **event}


def _members(node: ET.Element, names: dict[str, str]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in _flat(node):
        name, value = _name(child.tag, names), _value(child, names)
        if name in members:
            members[name] = [*_listed(members[name]), *_listed(value)]
        elif value not in ("", []):
            members[name] = value
    return members


def _flat(node: ET.Element) -> Iterator[ET.Element]:
    """The children, without the wrappers that EPCIS 1.x put around later fields."""
    for child in node:
        if child.tag in ("extension", "baseExtension"):
            yield from _flat(child)
        else:
            yield child


def _value(node: ET.Element, names: dict[str, str]) -> Any:
    if node.tag in LISTS:
        return [text(child.text) for child in node]
    if node.tag.endswith("QuantityList") or node.tag in ("quantityList", "sensorElementList"):
        return [_members(child, names) for child in node]
    if node.tag in ("bizTransactionList", "sourceList", "destinationList"):
        return [{"type": child.get("type"), child.tag: text(child.text)} for child in node]
    attributes = {_name(name, names): text(value) for name, value in node.items()}
    if node.tag == "persistentDisposition":
        return {tag: [text(each.text) for each in node.iter(tag)] for tag in ("set", "unset")}
    if attributes or len(node):
        return {**attributes, **_members(node, names)}
    return text(node.text)


def _name(tag: str, names: dict[str, str]) -> str:
    if tag[0] != "{":
        return tag
    iri, _, local = tag[1:].partition("}")
    return f"{names.setdefault(iri, f'n{len(names)}')}:{local}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text(found: str | None) -> str:
    """The text of an element or attribute, GS1's own prefix in full as XML readers do."""
    plain = (found or "").strip()
    return next(
        (iri + plain[len(curie) :] for curie, iri in CURIES.items() if plain.startswith(curie)), plain
    )
