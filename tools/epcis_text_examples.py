"""Examples in XML, and of texts that are no document at all: what docs/epcis.md shows beside those of
tools/epcis_examples.py."""

from dataclasses import dataclass

from tracehold.core.limits import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES

_EVENT = (
    "<ObjectEvent><eventTime>2026-03-01T12:00:00Z</eventTime><eventTimeZoneOffset>+01:00</eventTimeZoneOffset>"
    "<epcList><epc>urn:x:1</epc></epcList><action>OBSERVE</action></ObjectEvent>"
)
_LETTER = 'schemaVersion="2.0" creationDate="2026-03-01T12:00:00Z"'
_DOCUMENT = (
    f'<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" {_LETTER}><EPCISHeader></EPCISHeader>'
    f"<EPCISBody><EventList>{_EVENT}</EventList></EPCISBody></epcis:EPCISDocument>"
)
_RESULTS = f"<queryName>q</queryName><resultsBody><EventList>{_EVENT}</EventList></resultsBody>"
_ANSWER = (
    f'<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" {_LETTER}><EPCISBody><q:QueryResults>'
    f"{_RESULTS}</q:QueryResults></EPCISBody></q:EPCISQueryDocument>"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A whole text of a `kind`; `shown` is what is told of it, as Markdown."""

    kind: str
    shown: str
    raw: bytes

    def payload(self) -> bytes:
        """The whole of it."""
        return self.raw


def _changed(kind: str, old: str, new: str, base: str = _DOCUMENT, shown: str = "") -> Text:
    assert old in base, old
    return Text(kind, shown or f"`{new}`", base.replace(old, new).encode())


def _xml(old: str, new: str, shown: str = "") -> Text:
    return _changed("XML document", old, new, shown=shown)


def _query(old: str, new: str) -> Text:
    return _changed("XML query", old, new, _ANSWER)


UNCHANGED = (Text("XML document", "", _DOCUMENT.encode()), Text("XML query", "", _ANSWER.encode()))

TEXTS = (
    Text(
        "JSON text", '`{"type": "EPCISDocument", "type": "Letter"}`', b'{"type": "EPCISDocument", "type": ""}'
    ),
    Text(
        "JSON text",
        f"an `eventList` of {MAX_BATCH_RECORDS + 1:,} events",
        b'{"type":"EPCISDocument","@context":"https://ref.gs1.org/standards/epcis/epcis-context.jsonld",'
        b'"schemaVersion":"2.0","creationDate":"2026-03-01T12:00:00Z","epcisBody":{"eventList":['
        + b"{}," * MAX_BATCH_RECORDS
        + b"{}]}}",
    ),
    Text(
        "XML text",
        "`<EPCISDocument><EPCISBody></EPCISDocument>`",
        b"<EPCISDocument><EPCISBody></EPCISDocument>",
    ),
    Text("XML text", '`<!DOCTYPE x [<!ENTITY a "b">]>`', b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
    Text("XML text", f"{MAX_MESSAGE_BYTES + 1:,} bytes", b"<" * (MAX_MESSAGE_BYTES + 1)),
    Text("XML text", "`<Letter/>`", b"<Letter/>"),
    _xml(_EVENT, _EVENT * (MAX_BATCH_RECORDS + 1), f"`<ObjectEvent>` {MAX_BATCH_RECORDS + 1:,} times"),
    _xml("epcis:EPCISDocument", "EPCISDocument", '`<EPCISDocument schemaVersion="2.0">`'),
    _xml('schemaVersion="2.0"', 'schemaVersion="3.0"'),
    _xml('schemaVersion="2.0"', 'schemaVersion="2.0" batch="7"'),
    _xml("<EPCISBody>", '<EPCISBody batch="7">'),
    _xml("<EPCISBody>", '<EPCISBody><x:scan xmlns:x="urn:x:"/>'),
    _xml("<EPCISBody>", "<EPCISBody><ObjectEvent/>"),
    _xml("</EPCISBody>", "</EPCISBody><EPCISBody/>"),
    _xml("<EPCISHeader>", "<EPCISHeader><StandardBusinessDocumentHeader/>"),
    _xml("<EPCISHeader>", "<EPCISHeader><sender/>"),
    _xml("</action>", "</action><bizStep/>"),
    _xml("<epcList>", "<bizStep>shipping</bizStep><epcList>"),
    _query(f"<q:QueryResults>{_RESULTS}</q:QueryResults>", "<q:Poll/>"),
    _changed(
        "XML query",
        f"<EPCISBody><q:QueryResults>{_RESULTS}</q:QueryResults></EPCISBody>",
        _RESULTS,
        _ANSWER,
        "`<q:EPCISQueryDocument><queryName>q</queryName><resultsBody>`",
    ),
)
