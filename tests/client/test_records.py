"""What the upload command takes a file for."""

import json

import pytest

from tests.unit.epcis_xml_samples import OBJECT, document
from tracehold.cli.records import is_statement, payloads
from tracehold.core.errors import Rejected

EVENT = json.dumps({"@context": "https://example.org", "type": "ObjectEvent"}).encode()


def _document(count: int) -> bytes:
    event = {"type": "ObjectEvent", "eventTime": "2026-01-01T00:00:00Z", "eventTimeZoneOffset": "+00:00",
             "action": "OBSERVE", "epcList": ["urn:x:1"]}  # fmt: skip
    context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    return json.dumps(
        {
            "@context": context,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-01-01T00:00:00Z",
            "epcisBody": {"eventList": [event] * count},
        }
    ).encode()


def test_one_event_keeps_its_bytes():
    """A single event, also over several lines, is signed as it stands in the file."""
    pretty = json.dumps(json.loads(EVENT), indent=2).encode()
    assert payloads(EVENT).events == [EVENT]
    assert payloads(pretty).events == [pretty]


def test_xml_is_converted(capsys):
    """A document's events and master data; the sender hears that the file itself is not sent."""
    found = payloads(document(OBJECT * 2))
    assert [json.loads(each)["type"] for each in found.events] == ["ObjectEvent"] * 2
    assert "stays here" in capsys.readouterr().err
    assert json.loads(payloads(OBJECT.strip().encode()).events[0])["action"] == "OBSERVE"


def test_what_a_document_says_and_its_payloads_do_not_is_told(capsys):
    """The node never sees it, so nobody else would tell."""
    payloads(document(header='<s:StandardBusinessDocumentHeader xmlns:s="urn:x:s"/>'))
    assert "HEADER_NOT_KEPT" in capsys.readouterr().err
    payloads(json.dumps({**json.loads(_document(1)), "sender": "urn:x:1"}).encode())
    assert "(/sender)" in capsys.readouterr().err


def test_attack_xml_with_a_doctype():
    """Refused before anything is signed."""
    with pytest.raises(Rejected, match="XML_DOCTYPE"):
        payloads(b"<!DOCTYPE a><a/>")


def test_lines_of_events_are_one_record_each():
    """NDJSON: each line with its own bytes, blank lines passed over."""
    assert payloads(EVENT + b"\n\n" + EVENT + b"\r\n").events == [EVENT, EVENT]


def test_document_is_taken_apart():
    """Each event of a document is a payload with the document's context."""
    found = payloads(_document(3))
    assert len(found.events) == 3
    assert all("@context" in json.loads(event) for event in found.events)


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"[1]", "BAD_REQUEST"), (b"3", "BAD_REQUEST"), (b"{", "MALFORMED_JSON"), (b"", "MALFORMED_JSON")],
)
def test_other_content_is_refused(raw: bytes, code: str):
    """What is no object, or no JSON, is refused before anything is sent."""
    with pytest.raises(Rejected) as caught:
        payloads(raw)
    assert caught.value.code == code


def test_statement_is_told_by_its_tag():
    """CBOR tag 18 comes first in a statement; no JSON text begins so."""
    assert is_statement(b"\xd2\x84")
    assert not is_statement(EVENT)
    assert not is_statement(b"")
