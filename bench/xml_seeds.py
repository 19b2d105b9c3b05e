"""EPCIS events written as XML 2.0 and 1.2: what the XML reader is tested and fuzzed with."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from bench.event_seeds import NAMESPACES, TYPES, event

_URNS = {"bizStep": "bizstep", "disposition": "disp", "reason": "er", "set": "disp", "unset": "disp"}
_ITEMS = {
    "epcList": "epc", "childEPCs": "epc", "inputEPCList": "epc", "outputEPCList": "epc",
    "quantityList": "quantityElement", "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement", "outputQuantityList": "quantityElement",
    "sensorElementList": "sensorElement", "correctiveEventIDs": "correctiveEventID",
}  # fmt: skip
_DEALINGS = {
    "bizTransactionList": ("bizTransaction", "btt"),
    "sourceList": ("source", "sdt"),
    "destinationList": ("destination", "sdt"),
}
_LATER = {
    "baseExtension": {"eventID", "errorDeclaration"},
    "extension": {"quantityList", "childQuantityList", "sourceList", "destinationList", "ilmd"},
}
_SPACES = "".join(f" xmlns:{name}={quoteattr(iri)}" for name, iri in NAMESPACES.items())


_VOCABULARIES = (
    '<VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location"><VocabularyElementList>'
    '<VocabularyElement id="urn:epc:id:sgln:9521234.00001.0"><attribute id="urn:x:name">Dock</attribute>'
    "<children><id>urn:x:c</id></children></VocabularyElement></VocabularyElementList></Vocabulary>"
    "</VocabularyList>"
)
_SHORT = (
    "<ObjectEvent><eventTime>2026-03-01T12:00:00Z</eventTime><eventTimeZoneOffset>+01:00</eventTimeZoneOffset>"
    "<epcList><epc>urn:x:1</epc></epcList><action>OBSERVE</action></ObjectEvent>"
)


def xml_document(*events: dict[str, Any], version: str = "2.0", header: str = "") -> bytes:
    """An EPCISDocument of these JSON events; in 1.2 with the fields that came late in their wrappers."""
    inside = "".join(xml_event(each, version) for each in events)
    space = f'xmlns:epcis="urn:epcglobal:epcis:xsd:{version[0]}" xmlns:cbvmda="urn:epcglobal:cbv:mda"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><epcis:EPCISDocument {space}{_SPACES}'
        f' schemaVersion="{version}" creationDate="2026-03-01T12:00:00Z">{header}<EPCISBody>'
        f"<EventList>{inside}</EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def xml_event(value: dict[str, Any], version: str = "2.0") -> str:
    """One event as an element."""
    members = {name: part for name, part in value.items() if name not in {"@context", "type"}}
    inside = ""
    if version != "2.0":
        for wrapper, late in _LATER.items():
            found = {name: members.pop(name) for name in list(members) if name in late}
            inside += f"<{wrapper}>{_fields(found)}</{wrapper}>" if found else ""
    whole = f"<{value['type']}>{_fields(members)}{inside}</{value['type']}>"
    late_type = value["type"] in {"TransformationEvent", "AssociationEvent"} and version != "2.0"
    return f"<extension>{whole}</extension>" if late_type else whole


def _fields(members: dict[str, Any]) -> str:
    return "".join(_field(name, value) for name, value in members.items())


def _field(name: str, value: Any) -> str:
    if name in _DEALINGS:
        item, kind = _DEALINGS[name]
        return f"<{name}>{''.join(_dealing(item, kind, each) for each in value)}</{name}>"
    if name in _ITEMS:
        return f"<{name}>{''.join(_field(_ITEMS[name], each) for each in value)}</{name}>"
    if isinstance(value, list):
        return "".join(_field(name, each) for each in value)
    if name in {"sensorMetadata", "sensorReport"}:
        return f"<{name}{''.join(f' {key}={quoteattr(_text(key, each))}' for key, each in value.items())}/>"
    inside = _fields(value) if isinstance(value, dict) else escape(_text(name, value))
    return f"<{name}>{inside}</{name}>"


def _dealing(item: str, kind: str, pair: dict[str, Any]) -> str:
    word = pair.get("type")
    written = (
        ""
        if word is None
        else f" type={quoteattr(word if ':' in word else f'urn:epcglobal:cbv:{kind}:{word}')}"
    )
    return f"<{item}{written}>{escape(pair[item])}</{item}>"


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"urn:epcglobal:cbv:{_URNS[name]}:{text}" if name in _URNS and ":" not in text else text


def xml_seeds() -> list[bytes]:
    """Documents with all fields of every event type, in both versions, with master data, and an answer."""
    versions = [xml_document(event(kind), version=version) for kind in TYPES for version in ("2.0", "1.2")]
    header = f"<EPCISHeader><EPCISMasterData>{_VOCABULARIES}</EPCISMasterData></EPCISHeader>"
    answer = (
        '<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:1" schemaVersion="1.2"'
        ' creationDate="2026-03-01T12:00:00Z"><EPCISBody><q:QueryResults><queryName>All</queryName>'
        f"<resultsBody>{_VOCABULARIES}<EventList>{_SHORT}</EventList></resultsBody></q:QueryResults>"
        "</EPCISBody></q:EPCISQueryDocument>"
    )
    return [*versions, xml_document(event("ObjectEvent"), header=header), answer.encode()]
