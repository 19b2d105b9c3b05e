"""The XML reader: fields, wrappers, names, frames and master data, as the JSON reader has them."""

import json
from dataclasses import fields

import pytest

from bench.event_seeds import TYPES, event
from bench.xml_seeds import xml_document
from tests.unit.epcis_xml_samples import OBJECT, PIECE, document, events, query, with_fields
from tracehold.core import strict_json
from tracehold.core.epcis import Event, Mode, parse_document, parse_event, parse_masterdata
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.epcis.xml import from_xml
from tracehold.core.errors import Rejected

EX = 'xmlns:ex="https://ns.example.com/epcis/"'


def findings(raw: bytes, mode: Mode = Mode.TOLERANT) -> list[tuple[str, str]]:
    """Code and path of what is said of the XML itself."""
    return [(found.code, found.path) for found in from_xml(raw, mode).findings]


def refused(raw: bytes, mode: Mode = Mode.TOLERANT) -> tuple[str, str]:
    """Code and path of the refusal of the whole document."""
    with pytest.raises(Rejected) as error:
        parse_document(from_xml(raw, mode).json, mode)
    return error.value.code, error.value.path


def plain(value: object) -> object:
    """Numbers of extensions as text, which is all that XML has; nothing for null."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        parts = [plain(each) for each in value if each is not None]
        return parts[0] if len(parts) == 1 else parts
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def told(event: Event) -> list[object]:
    """What its error declaration says."""
    found = event.error_declaration
    assert found is not None
    return [found.time, found.reason, found.corrective_ids, plain(found.extensions)]


@pytest.mark.parametrize("version", ["2.0", "1.2"])
@pytest.mark.parametrize("kind", TYPES)
def test_every_field_of_every_type(kind, version):
    """An event with all fields, flat as in 2.0 and wrapped as in 1.2, is the event of the JSON."""
    whole = event(kind)
    del whole["ex:farm"]["fields"][2]  # XML has no null
    (found,) = events(xml_document(whole, version=version))
    assert event_hash(found) == event_hash(whole)
    ours, theirs = (parse_event(json.dumps(each).encode(), Mode.STRICT) for each in (found, whole))
    free = {"context", "extensions", "ilmd", "sensor_elements", "error_declaration"}
    for name in {field.name for field in fields(Event)} - free:
        assert getattr(ours, name) == getattr(theirs, name), name
    for one, other in zip(ours.sensor_elements, theirs.sensor_elements, strict=True):
        assert (one.metadata, one.reports) == (other.metadata, other.reports)
    assert told(ours) == told(theirs)
    assert plain(ours.extensions) == plain(theirs.extensions)
    assert plain(ours.ilmd) == plain(theirs.ilmd)


def test_numbers_keep_their_digits():
    """What a double cannot hold stands in the payload as it stood in the XML."""
    amount = "<quantityElement><epcClass>urn:x:c</epcClass><quantity>0{}</quantity></quantityElement>"
    digits = "123456789012345678.10"
    raw = with_fields(f"<quantityList>{amount.format(digits)}</quantityList>")
    assert f'"quantity":{digits}'.encode() in from_xml(raw, Mode.STRICT).json


@pytest.mark.parametrize(
    ("text", "number"), [("+5", 5), (".5", 0.5), ("5.", 5), ("-0", 0), ("1e3", 1000), ("007", 7), (" 2 ", 2)]
)
def test_spellings_of_numbers(text, number):
    """Those that XML Schema has and JSON has not."""
    amount = f"<quantityElement><epcClass>urn:x:c</epcClass><quantity>{text}</quantity></quantityElement>"
    (found,) = events(with_fields(f"<quantityList>{amount}</quantityList>"))
    assert found["quantityList"][0]["quantity"] == number


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("urn:epcglobal:cbv:bizstep:shipping", "shipping"),
        ("https://ref.gs1.org/cbv/BizStep-shipping", "shipping"),
        ("cbv:BizStep-shipping", "shipping"),
        ("c:BizStep-shipping", "shipping"),
        ("ex:grafting", "ex:grafting"),
        ("https://ns.example.com/epcis/grafting", "https://ns.example.com/epcis/grafting"),
    ],
)
def test_vocabulary_values(written, expected):
    """Standard values come to their bare word; CURIEs keep a prefix that the event then declares."""
    raw = document(
        OBJECT.replace("urn:epcglobal:cbv:bizstep:shipping", written),
        spaces=f'{EX} xmlns:c="https://ref.gs1.org/cbv/"',
    )
    (found,) = events(raw)
    assert found["bizStep"] == expected
    declared = [{"ex": "https://ns.example.com/epcis/"}] if expected.startswith("ex:") else []
    assert found["@context"][1:] == declared


def test_the_old_mark_of_measurements_stays():
    """`gs1:MT-Temperature` is another text to the event hash than `gs1:Temperature`."""
    report = (
        '<sensorElementList><sensorElement><sensorReport type="gs1:{}"/></sensorElement></sensorElementList>'
    )
    types = [
        events(with_fields(report.format(word)))[0]["sensorElementList"][0]["sensorReport"][0]["type"]
        for word in ("Temperature", "MT-Temperature")
    ]
    assert types == ["Temperature", "gs1:MT-Temperature"]


def test_extensions():
    """Text, attributes, elements, what stands more than once, text beside elements: nothing is lost."""
    inside = (
        "<ex:a>1</ex:a><ex:b>x</ex:b><ex:b>y</ex:b><ex:c d='1' ex:e='2'>t</ex:c>"
        "<ex:f>left<ex:g/><ex:h> z </ex:h>right</ex:f><i xmlns='urn:j:'><k>1</k></i>"
    )
    (found,) = events(with_fields(inside, EX))
    assert {name: value for name, value in found.items() if ":" in name} == {
        "ex:a": "1",
        "ex:b": ["x", "y"],
        "ex:c": {"d": "1", "ex:e": "2", "#text": "t"},
        "ex:f": {"ex:h": "z", "#text": "leftright"},
        "ns2:i": {"ns2:k": "1"},
    }
    assert found["@context"][1] == {"ex": "https://ns.example.com/epcis/", "ns2": "urn:j:"}


def test_one_prefix_for_two_namespaces():
    """Each is told apart from the other, whatever the document calls them."""
    (found,) = events(with_fields('<x:a xmlns:x="urn:1:">1</x:a><x:a xmlns:x="urn:2:">2</x:a>'))
    assert (found["x:a"], found["ns2:a"]) == ("1", "2")
    assert found["@context"][1] == {"x": "urn:1:", "ns2": "urn:2:"}


def test_namespaces_of_one_event_are_not_of_another():
    """An event that uses none has the document's context alone."""
    with_one = OBJECT.replace("</ObjectEvent>", f"<ex:a {EX}>1</ex:a></ObjectEvent>")
    first, second = events(document(with_one + OBJECT))
    assert [len(each["@context"]) for each in (first, second)] == [2, 1]


def test_elements_without_content_are_left_out_and_told():
    """`xsi:nil` and empty ones say nothing; an empty list of things is a list."""
    nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    raw = with_fields('<ex:a/><disposition xsi:nil="true">x</disposition><quantityList/>', f"{EX} {nil}")
    (found,) = events(raw)
    assert found["quantityList"] == []
    assert not found.keys() & {"ex:a", "disposition"}
    assert findings(raw) == [("EPCIS_FORM", "/epcisBody/eventList/0")]


def test_a_single_event():
    """With its own context, as `POST /capture` and `upload` take one."""
    raw = OBJECT.replace("<ObjectEvent>", f'<ObjectEvent {EX} schemaVersion="2.0" creationDate="x">').strip()
    raw = raw.replace("</ObjectEvent>", "<ex:a>1</ex:a></ObjectEvent>")
    (payload,) = parse_document(from_xml(raw.encode(), Mode.STRICT).json, Mode.STRICT).events
    assert parse_event(payload, Mode.STRICT).extensions == {"ex:a": "1"}
    assert findings(raw.encode()) == [
        ("HEADER_NOT_KEPT", "/schemaVersion"),
        ("HEADER_NOT_KEPT", "/creationDate"),
    ]


def test_query_documents():
    """The body's wrappers as the standard has them, and left out as some do."""
    (found,) = events(query(f"<EventList>{OBJECT}</EventList>"))
    assert found["epcList"] == [PIECE]
    bare = (
        query(f"<EventList>{OBJECT}</EventList>")
        .replace(b"<EPCISBody><q:QueryResults>", b"")
        .replace(b"</q:QueryResults></EPCISBody>", b"")
    )
    assert events(bare, Mode.TOLERANT) == [found]
    assert findings(bare) == [("EPCIS_FORM", "/epcisBody")]
    assert refused(bare, Mode.STRICT) == ("EPCIS_FORM", "/epcisBody")


def listed(outer: str) -> str:
    """The vocabulary as a list, within these elements."""
    inside = f"<VocabularyList>{MASTER}</VocabularyList>"
    for name in reversed(outer.split()):
        inside = f"<{name}>{inside}</{name}>"
    return inside


MASTER = (
    '<Vocabulary type="urn:epcglobal:epcis:vtype:Location"><VocabularyElementList>'
    '<VocabularyElement id="urn:epc:id:sgln:9521234.00001.0">'
    '<attribute id="urn:epcglobal:cbv:mda#name">Dock</attribute>'
    '<attribute id="urn:x:more"><ex:a>1</ex:a></attribute><children><id>urn:x:c</id></children>'
    "</VocabularyElement></VocabularyElementList></Vocabulary>"
)
ALONE = (
    f'<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:1" {EX} schemaVersion="1.2"'
    f' creationDate="2026-03-01T12:00:00Z"><EPCISBody><VocabularyList>{MASTER}</VocabularyList></EPCISBody>'
    "</m:EPCISMasterDataDocument>"
).encode()


@pytest.mark.parametrize(
    "raw",
    [
        document(
            header=listed("extension EPCISMasterData"),
            spaces=EX,
        ),
        document(
            header=listed("EPCISMasterData"),
            spaces=EX,
            version="1.2",
        ),
        query(listed(""), spaces=EX),
        ALONE,
    ],
    ids=["header", "header of 1.2", "answer", "document"],
)
def test_master_data(raw):
    """Kept from wherever it may stand."""
    (payload,) = parse_document(from_xml(raw, Mode.STRICT).json, Mode.STRICT).masterdata
    found = parse_masterdata(payload, Mode.STRICT)
    assert found.id.canonical == "https://id.gs1.org/414/9521234000013"
    assert [(each.id, each.value) for each in found.attributes] == [
        ("urn:epcglobal:cbv:mda#name", "Dock"),
        ("urn:x:more", {"ex:a": "1"}),
    ]
    assert [child.original for child in found.children] == ["urn:x:c"]
    assert {"ex": "https://ns.example.com/epcis/"} in strict_json.loads(payload)["@context"]


def test_a_business_document_header_is_told():
    """It describes the file: a warning in both modes."""
    sbdh = '<s:StandardBusinessDocumentHeader xmlns:s="http://www.unece.org/x"><s:Sender/></s:StandardBusinessDocumentHeader>'
    for mode in Mode:
        assert findings(document(header=sbdh), mode) == [
            ("HEADER_NOT_KEPT", "/epcisHeader/StandardBusinessDocumentHeader")
        ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (document(header="<secret>1</secret>"), ("HEADER_NOT_KEPT", "/epcisHeader/secret")),
        (
            document(header="<EPCISMasterData><x/></EPCISMasterData>"),
            ("HEADER_NOT_KEPT", "/epcisHeader/epcisMasterData/x"),
        ),
        (b"<a/>", ("NOT_EPCIS", "/type")),
        (b'<x:EPCISDocument xmlns:x="urn:x:"/>', ("NOT_EPCIS", "/type")),
        (document("").replace(b"EventList", b"ListOfEvents"), ("EPCIS_FORM", "/epcisBody/eventList")),
        (document().replace(b"</EPCISBody>", b"</EPCISBody><EPCISBody/>"), ("EPCIS_FORM", "/EPCISBody")),
        (query("").replace(b"q:QueryResults", b"q:Poll"), ("NOT_EPCIS", "/epcisBody")),
        (b"", ("MALFORMED_XML", "")),
        (b"<a>", ("MALFORMED_XML", "")),
        (b'{"type": "EPCISDocument"}', ("MALFORMED_XML", "")),
    ],
)
def test_refused_documents(raw, expected):
    """Whole documents, with code and place."""
    assert refused(raw) == expected


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (document().replace(b'schemaVersion="2.0"', b'schemaVersion="3.0"'), "/schemaVersion"),
        (document().replace(b"epcis:EPCISDocument", b"EPCISDocument"), "/type"),
    ],
)
def test_sloppy_documents(raw, path):
    """A warning in tolerant mode, refused in strict mode."""
    assert ("EPCIS_FORM", path) in findings(raw)
    assert refused(raw, Mode.STRICT) == ("EPCIS_FORM", path)


def test_places_of_malformed_xml_are_told():
    """Line and column of where it ends to be XML."""
    with pytest.raises(Rejected, match="mismatched tag in line 2, column 3"):
        from_xml(b"<a>\n</b>", Mode.TOLERANT)
