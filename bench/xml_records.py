"""How many events and elements of master data an XML document has, counted apart from the node's own reader:
what the fuzzing holds its answers against."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

EVENTS = frozenset(
    {"ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent"}
)
_OWN = re.compile(r"(?:\{urn:epcglobal:epcis(?:-query|-masterdata)?:xsd:\d\})?([^{}]+)")
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"


def check_records(raw: bytes, written: bytes) -> None:
    """Raises AssertionError where the JSON that was made of a document has not as many of them."""
    stood, stand = in_xml(raw), in_json(written)
    if stood != stand:
        raise AssertionError(f"the XML has {dict(stood)}, its JSON {dict(stand)}")


def in_xml(raw: bytes) -> Counter[str]:
    """Events and elements of EPCIS in a document, but for those that stand inside of another."""
    # ElementTree takes no namespace that has this character in it, as some mutants have.
    text = raw.removeprefix(b"\xef\xbb\xbf").replace(b"}", b")")
    return _records(ET.fromstring(text, ET.XMLParser(encoding="utf-8")))  # noqa: S314


def _records(node: ET.Element) -> Counter[str]:
    name = _own(node)
    if name in EVENTS:
        return Counter(events=1)
    if name == "VocabularyElement":
        return Counter(masterdata=1)
    if name == "EventList":  # whatever stands in there is taken for an event
        return Counter(events=sum(_own(child) in EVENTS for child in _listed(node)))
    return sum(map(_records, node), Counter())


def _own(node: ET.Element) -> str:
    match = _OWN.fullmatch(node.tag)
    return match[1] if match else ""


def _listed(node: ET.Element) -> Iterator[ET.Element]:
    """The children, without wrappers of EPCIS 1.x."""
    for child in node:
        text = "".join([child.text or "", *(inner.tail or "" for inner in child)])
        bare = not text.strip() and all(name.startswith(_SCHEMA) for name in child.attrib)
        if bare and _own(child) in {"extension", "baseExtension"}:
            yield from _listed(child)
        else:
            yield child


def in_json(raw: bytes) -> Counter[str]:
    """The same of the JSON that was made of it."""
    written = json.loads(raw)
    if _kind(written) in EVENTS:
        return Counter(events=1)
    body = written.get("epcisBody", {})
    answer = body.get("queryResults", {}).get("resultsBody", {})
    header = written.get("epcisHeader", {}).get("epcisMasterData", {})
    events = [*body.get("eventList", []), *answer.get("eventList", [])]
    lists = [*header.get("vocabularyList", []), *answer.get("vocabularyList", [])]
    return Counter(
        events=sum(_kind(each) in EVENTS for each in events),
        masterdata=sum(len(each["vocabularyElementList"]) for each in lists),
    )


def _kind(value: dict[str, Any]) -> str:
    kind = value["type"]  # a list where an element of that name stands in the event
    return str(kind[0] if isinstance(kind, list) else kind)
