"""Small XML documents to change."""

from tracehold.core import strict_json
from tracehold.core.epcis import Mode, parse_document
from tracehold.core.epcis.xml import from_xml

PIECE = "urn:epc:id:sgtin:9521234.054321.x1"
OBJECT = f"""
<ObjectEvent>
  <eventTime>2026-03-01T12:00:00.000Z</eventTime>
  <eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
  <epcList><epc>{PIECE}</epc></epcList>
  <action>OBSERVE</action>
  <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
</ObjectEvent>
"""


def document(events: str = OBJECT, header: str = "", spaces: str = "", version: str = "2.0") -> bytes:
    """An EPCISDocument with this inside of its list of events, and this inside of its header."""
    head = f"<EPCISHeader>{header}</EPCISHeader>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<epcis:EPCISDocument {spaces}'
        f' xmlns:epcis="urn:epcglobal:epcis:xsd:{version[0]}" schemaVersion="{version}"'
        f' creationDate="2026-03-01T12:00:00Z">{head}<EPCISBody><EventList>{events}</EventList></EPCISBody>'
        "</epcis:EPCISDocument>"
    ).encode()


def query(results: str, spaces: str = "") -> bytes:
    """An EPCISQueryDocument with this inside of its results."""
    return (
        f'<q:EPCISQueryDocument {spaces} xmlns:q="urn:epcglobal:epcis-query:xsd:1" schemaVersion="1.2"'
        f' creationDate="2026-03-01T12:00:00Z"><EPCISBody><q:QueryResults><queryName>All</queryName>'
        f"<resultsBody>{results}</resultsBody></q:QueryResults></EPCISBody></q:EPCISQueryDocument>"
    ).encode()


def with_fields(inside: str, spaces: str = "") -> bytes:
    """A document whose event has this besides."""
    return document(OBJECT.replace("</ObjectEvent>", f"{inside}</ObjectEvent>"), spaces=spaces)


def events(raw: bytes, mode: Mode = Mode.STRICT) -> list[dict]:
    """The JSON of the events in an XML document, each with its whole context."""
    return [strict_json.loads(each) for each in parse_document(from_xml(raw, mode).json, mode).events]
