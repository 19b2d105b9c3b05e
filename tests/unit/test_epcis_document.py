"""Documents to payloads: every byte as it was sent, nothing lost in silence."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.epcis_samples import CONTEXT, document, event
from tracehold.core import strict_json
from tracehold.core.epcis import Mode, parse_document, parse_event, parse_masterdata
from tracehold.core.epcis.document import MAX_CONTEXT_BYTES
from tracehold.core.errors import Rejected

BARE = {name: value for name, value in event().items() if name != "@context"}


def read(whole, mode=Mode.STRICT):
    """The payloads of a document given as a value."""
    return parse_document(json.dumps(whole).encode(), mode)


def refused(whole, mode=Mode.TOLERANT) -> tuple[str, str]:
    """Code and path of a document's refusal."""
    with pytest.raises(Rejected) as caught:
        read(whole, mode)
    return caught.value.code, caught.value.path


def masterdata(*elements, kind="urn:epcglobal:epcis:vtype:location", **more):
    """A document header with one vocabulary."""
    vocabulary = {"type": kind, "vocabularyElementList": list(elements), **more}
    return {"epcisMasterData": {"vocabularyList": [vocabulary]}}


def test_each_event_carries_the_context_and_keeps_its_bytes():
    """The context is set in as first member; the rest of the event is what stood in the document."""
    odd = b'{ "type":"ObjectEvent",\n\t"eventTime" : "2026-03-01T12:00:00Z","x:n":1.50,"x:s":"\xc3\xa4" }'
    raw = (
        b'{"@context": [ "'
        + CONTEXT.encode()
        + b'" , {"x":"urn:x:"}],"type":"EPCISDocument","schemaVersion":"2.0",'
        b'"creationDate":"2026-03-01T12:00:00Z","epcisBody":{"eventList":[ ' + odd + b" ,\n" + odd + b"]}}"
    )
    found = parse_document(raw, Mode.STRICT)
    assert found.context == b'[ "' + CONTEXT.encode() + b'" , {"x":"urn:x:"}]'
    assert found.events == [b'{"@context":' + found.context + b"," + odd[1:]] * 2


VALUES = st.text() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.text().map("x:".__add__), VALUES, max_size=5))
@settings(max_examples=50, deadline=None)
def test_any_extension_survives_the_cut(extensions):
    """What a payload says is what the document said."""
    [payload] = read(document({**BARE, **extensions})).events
    assert strict_json.loads(payload) == {"@context": [CONTEXT], **BARE, **extensions}


def test_an_event_with_a_context_of_its_own_keeps_both():
    """As JSON-LD nests them: the document's first, then the event's; other bytes stay."""
    own = [{"y": "urn:y:"}]
    [payload] = read(document({**BARE, "@context": own, "y:n": 1})).events
    assert strict_json.loads(payload) == {**BARE, "@context": [CONTEXT, *own], "y:n": 1}
    [payload] = read(document({**BARE, "@context": {"y": "urn:y:"}}, **{"@context": CONTEXT})).events
    assert strict_json.loads(payload)["@context"] == [CONTEXT, {"y": "urn:y:"}]
    [payload] = read(document({**BARE, "@context": []})).events
    assert strict_json.loads(payload)["@context"] == [CONTEXT, {}]


def test_a_repeated_context_is_not_doubled():
    """An event that says the same context again stays as it is."""
    [payload] = read(document({**BARE, "@context": [CONTEXT]})).events
    assert payload == json.dumps({**BARE, "@context": [CONTEXT]}).encode()


def test_a_single_event_is_its_own_payload():
    """Byte for byte."""
    raw = b" " + json.dumps(event()).encode() + b"\n"
    found = parse_document(raw, Mode.STRICT)
    assert found.events == [raw]
    assert found.context == json.dumps(CONTEXT).encode()


def test_a_query_document_is_read():
    """What one repository answers, another may capture."""
    body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [BARE]}}}
    found = read(document(type="EPCISQueryDocument", epcisBody=body))
    assert parse_event(found.events[0], Mode.STRICT).action == "OBSERVE"


def test_one_bad_event_does_not_refuse_its_neighbours():
    """Each payload is refused, or not, by itself; even what is no event at all."""
    found = read(document(BARE, 5, {}, {"@context": 3, "type": "ObjectEvent"}, BARE), Mode.TOLERANT)
    outcomes = []
    for payload in found.events:
        try:
            outcomes.append(str(parse_event(payload, Mode.TOLERANT).type))
        except Rejected as error:
            outcomes.append(error.code)
    assert outcomes == ["ObjectEvent", "NOT_EPCIS", "NOT_EPCIS", "EPCIS_FORM", "ObjectEvent"]


@pytest.mark.parametrize(
    ("whole", "code", "path"),
    [
        ([], "NOT_EPCIS", "/type"),
        ("EPCISDocument", "NOT_EPCIS", "/type"),
        ({"type": "Letter"}, "NOT_EPCIS", "/type"),
        ({"type": ["EPCISDocument"]}, "NOT_EPCIS", "/type"),
        ({"eventType": ["ObjectEvent"]}, "NOT_EPCIS", "/type"),
        (document(**{"@context": None}), "EPCIS_FORM", "/@context"),
        (document(**{"@context": ["x" * MAX_CONTEXT_BYTES]}), "EPCIS_FORM", "/@context"),
        (document(epcisBody=None), "EPCIS_FORM", "/epcisBody"),
        (document(epcisBody=[BARE]), "EPCIS_FORM", "/epcisBody"),
        (document(epcisBody={}), "EPCIS_FORM", "/epcisBody/eventList"),
        (document(epcisBody={"eventList": BARE}), "EPCIS_FORM", "/epcisBody/eventList"),
        (document(epcisBody={"eventList": [0] * 10_001}), "TOO_MANY_RECORDS", ""),
        (document(epcisHeader=masterdata(*[0] * 10_001)), "TOO_MANY_RECORDS", ""),
        (document(epcisHeader=[]), "EPCIS_FORM", "/epcisHeader"),
        (document(epcisHeader={"sender": "x"}), "HEADER_NOT_KEPT", "/epcisHeader/sender"),
        (document(epcisHeader={"sbdh:StandardBusinessDocumentHeader": {}}), "HEADER_NOT_KEPT",
         "/epcisHeader/sbdh:StandardBusinessDocumentHeader"),
        (document(epcisHeader={"epcisMasterData": {"x:y": 1}}), "HEADER_NOT_KEPT",
         "/epcisHeader/epcisMasterData/x:y"),
        (document(epcisHeader=masterdata(**{"x:y": 1})), "HEADER_NOT_KEPT",
         "/epcisHeader/epcisMasterData/vocabularyList/0/x:y"),
        (document(epcisHeader=masterdata(kind=5)), "BAD_MASTERDATA",
         "/epcisHeader/epcisMasterData/vocabularyList/0/type"),
        (document(epcisHeader={"epcisMasterData": {"vocabularyList": {}}}), "EPCIS_FORM",
         "/epcisHeader/epcisMasterData/vocabularyList"),
    ],
)  # fmt: skip
def test_documents_that_are_refused_whole(whole, code, path):
    """Frames that cannot be read, and headers that would be lost."""
    assert refused(whole) == (code, path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schemaVersion", 2.0),
        ("schemaVersion", None),
        ("schemaVersion", "1.2"),
        ("creationDate", None),
        ("creationDate", "x"),
    ],
)
def test_sloppy_frames_are_read_and_told(field, value):
    """Tolerant mode warns, strict mode refuses."""
    whole = document(BARE, **{field: value})
    found = read(whole, Mode.TOLERANT)
    assert [finding.path for finding in found.findings] == [f"/{field}"]
    assert len(found.events) == 1
    assert refused(whole, Mode.STRICT)[1] == f"/{field}"


def test_the_envelope_is_told_not_silently_dropped():
    """Sender and receiver describe the file: they are not kept, and that is said."""
    found = read(document(BARE, sender="urn:x:1", receiver="urn:x:2", instanceIdentifier="7", **{"x:y": 1}))
    assert sorted(finding.path for finding in found.findings) == [
        "/instanceIdentifier",
        "/receiver",
        "/sender",
        "/x:y",
    ]
    assert {finding.code for finding in found.findings} == {"HEADER_NOT_KEPT"}


def test_master_data_becomes_one_payload_an_element():
    """With the context, the type of the vocabulary and the element's own bytes."""
    element = {
        "id": "urn:epc:id:sgln:9521234.00001.0",
        "attributes": [{"id": "cbvmda:name", "attribute": 1.5}],
    }
    found = read(document(epcisHeader=masterdata(element, {"id": "urn:x:2"})))
    assert found.events == []
    head = b'{"@context":["' + CONTEXT.encode() + b'"],"type":"urn:epcglobal:epcis:vtype:location","element":'
    assert found.masterdata == [head + json.dumps(e).encode() + b"}" for e in (element, {"id": "urn:x:2"})]
    parsed = parse_masterdata(found.masterdata[0], Mode.STRICT)
    assert (parsed.type, parsed.id.canonical) == (
        "urn:epcglobal:epcis:vtype:location",
        "https://id.gs1.org/414/9521234000013",
    )
    assert [(a.id, a.value) for a in parsed.attributes] == [("cbvmda:name", 1.5)]


def test_master_data_beside_query_results():
    """A query's own vocabularies are kept too."""
    results = {"eventList": [], **masterdata({"id": "urn:x:1"})["epcisMasterData"]}
    body = {"queryResults": {"queryName": "q", "resultsBody": results}}
    assert len(read(document(type="EPCISQueryDocument", epcisBody=body)).masterdata) == 1


def element(**fields) -> bytes:
    """A master data payload."""
    whole = {"@context": CONTEXT, "type": "urn:epcglobal:epcis:vtype:party", "element": fields}
    return json.dumps(whole).encode()


def test_attributes_recur_and_hold_anything():
    """Order and repetition are the sender's; children are identifiers."""
    attributes = [
        {"id": "urn:x:a", "attribute": "1"},
        {"id": "urn:x:a", "attribute": {"b": [1]}},
        {"id": "urn:x:c"},
    ]
    parsed = parse_masterdata(
        element(id="urn:x:1", attributes=attributes, children=["urn:epc:id:pgln:9521234.00001"])
    )
    assert [(a.id, a.value) for a in parsed.attributes] == [
        ("urn:x:a", "1"),
        ("urn:x:a", {"b": [1]}),
        ("urn:x:c", None),
    ]
    assert parsed.children[0].canonical == "https://id.gs1.org/417/9521234000013"


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        (b"{}", "BAD_MASTERDATA", ""),
        (b'{"@context":1,"type":"x:y","element":{"id":"x:1"},"more":1}', "BAD_MASTERDATA", ""),
        (b'{"@context":1,"type":7,"element":{"id":"x:1"}}', "BAD_MASTERDATA", ""),
        (b'{"@context":1,"type":"","element":{"id":"x:1"}}', "BAD_MASTERDATA", "/type"),
        (b'{"@context":1,"type":"javascript:x","element":{"id":"x:1"}}', "BAD_URI", "/type"),
        (element(), "BAD_MASTERDATA", "/element/id"),
        (element(id=""), "BAD_MASTERDATA", "/element/id"),
        (element(id="javascript:x"), "BAD_URI", "/element/id"),
        (element(id="x:1", attributes=[{"attribute": 1}]), "BAD_MASTERDATA", "/element/attributes/0/id"),
        (element(id="x:1", attributes=[{"id": "java\nscript:x"}]), "BAD_URI", "/element/attributes/0/id"),
        (element(id="x:1", attributes=[1]), "EPCIS_FORM", "/element/attributes/0"),
        (element(id="x:1", children=["data:x"]), "BAD_URI", "/element/children/0"),
        (b'{"@context":1,"type":"x:y","type":"x:z","element":{}}', "MALFORMED_JSON", ""),
    ],
)
def test_master_data_that_is_refused(payload, code, path):
    """Elements that describe nothing, and script URIs."""
    with pytest.raises(Rejected) as caught:
        parse_masterdata(payload)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_attack_small_document_large_payloads():
    """The context is repeated in each payload: its size is bounded, so 10,000 events stay within 160 MiB."""
    assert (
        refused(document(*[BARE] * 3, **{"@context": [CONTEXT, {"x": "y" * MAX_CONTEXT_BYTES}]}))[1]
        == "/@context"
    )
