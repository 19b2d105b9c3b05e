"""Events of the published hash vectors, from their JSON and their XML documents."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracehold.core.epcis import Mode, parse_document
from tracehold.core.epcis.xml import from_xml as from_xml_document
from tracehold.core.epcis.xml.tree import Node, parse_xml

IGNORE = ("https://repository-x.example.com/", "ignoreFields")
CBVMDA = "urn:epcglobal:cbv:mda"

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
    raw = path.read_bytes()
    ignored = frozenset(_ignored(parse_xml(raw)))
    payloads = parse_document(from_xml_document(raw, Mode.TOLERANT).json, Mode.TOLERANT).events
    return [({**json.loads(payload), "@context": _bound(payload, raw)}, ignored) for payload in payloads]


def _bound(payload: bytes, raw: bytes) -> list[Any]:
    """The event's context. One published hash has the namespace of CBV's master data as its XML spells it,
    where JSON has a colon more."""
    context = json.loads(payload)["@context"]
    return [*context, {"cbvmda": CBVMDA}] if f'"{CBVMDA}"'.encode() in raw else context


def _ignored(node: Node) -> Iterator[str]:
    """Names of the extensions that a document asks to leave out."""
    for child in node.children:
        if child.name[:2] == IGNORE:
            yield from (f"{{{each.name.space}}}{each.name.local}" for each in child.children)
        yield from _ignored(child)
