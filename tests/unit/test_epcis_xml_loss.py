"""The XML reader loses nothing in silence: what has no place in the JSON is told, and what would be lost is
refused."""

import pytest

from tests.unit.epcis_xml_samples import OBJECT, document, events, query, with_fields
from tracehold.core import strict_json
from tracehold.core.epcis import Mode, parse_document, parse_masterdata
from tracehold.core.epcis.xml import from_xml
from tracehold.core.errors import Rejected

EX = 'xmlns:ex="https://ns.example.com/epcis/"'


def master(name: str) -> str:
    """A list of vocabularies with one element."""
    return (
        '<VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location"><VocabularyElementList>'
        f'<VocabularyElement id="urn:x:{name}"/></VocabularyElementList></Vocabulary></VocabularyList>'
    )


def kept(raw: bytes) -> tuple[int, list[str]]:
    """How many events a strict reading gives, and the names of its master data."""
    found = parse_document(from_xml(raw, Mode.STRICT).json, Mode.STRICT)
    return len(found.events), [parse_masterdata(each).id.original for each in found.masterdata]


def told(raw: bytes) -> list[tuple[str, str]]:
    """Code and path of what is said of the XML, in strict mode."""
    return [(found.code, found.path) for found in from_xml(raw, Mode.STRICT).findings]


def refused(raw: bytes) -> tuple[str, str]:
    """Code and path of the refusal, in tolerant mode."""
    with pytest.raises(Rejected) as error:
        from_xml(raw, Mode.TOLERANT)
    return error.value.code, error.value.path


def behind(raw: bytes, tag: str, more: str) -> bytes:
    """The document with this behind the first such tag."""
    assert tag.encode() in raw
    return raw.replace(tag.encode(), f"{tag}{more}".encode(), 1)


HEADER = f"<EPCISMasterData>{master('a')}</EPCISMasterData>"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (behind(document(), "</EventList>", master("b")), (1, ["urn:x:b"])),
        (behind(document(), "<EPCISBody>", master("b")), (1, ["urn:x:b"])),
        (behind(document(header=HEADER), "</EventList>", master("b")), (1, ["urn:x:a", "urn:x:b"])),
        (behind(query(f"<EventList>{OBJECT}</EventList>"), "<EPCISBody>", master("b")), (1, ["urn:x:b"])),
        (query(f"<EventList>{OBJECT}</EventList>{master('c')}"), (1, ["urn:x:c"])),
    ],
    ids=["events first", "events last", "header and body", "body of a query", "answer"],
)
def test_events_and_master_data_of_one_document_are_both_kept(raw, expected):
    """Wherever the lists stand beside each other."""
    assert kept(raw) == expected


LISTED = f"<EventList>{OBJECT}</EventList>"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (
            behind(query(LISTED), "</EPCISBody>", f"<resultsBody>{LISTED}</resultsBody>"),
            "/resultsBody",
        ),
        (behind(query(LISTED), "<EPCISBody>", LISTED), "/epcisBody/EventList"),
        (behind(document(), "<EPCISBody>", OBJECT), "/epcisBody/ObjectEvent"),
        (behind(document(), "<EPCISBody>", "<QuantityEvent/>"), "/epcisBody/QuantityEvent"),
        (behind(document(), "<EPCISBody>", f"<ex:a {EX}>{LISTED}</ex:a>"), "/epcisBody/a"),
        (behind(document(), "<EPCISBody>", f"<extension>x{LISTED}</extension>"), "/epcisBody/extension"),
        (behind(document(), "<EPCISBody>", f"<ex:a {EX}>{master('a')}</ex:a>"), "/epcisBody/a"),
        (behind(query(LISTED), "<queryName>", OBJECT), "/epcisBody/queryResults/queryName/ObjectEvent"),
        (document(header=f"<StandardBusinessDocumentHeader>{OBJECT}</StandardBusinessDocumentHeader>"),
         "/epcisHeader/StandardBusinessDocumentHeader"),
        (document(header=f'<ex:EPCISMasterData {EX}>{master("a")}</ex:EPCISMasterData>'),
         "/epcisHeader/EPCISMasterData"),
        (document(header=HEADER.replace("<VocabularyList>", f"<ex:VocabularyList {EX}>").replace(
            "</VocabularyList>", "</ex:VocabularyList>")), "/epcisHeader/epcisMasterData/VocabularyList"),
        (document(header=HEADER.replace("<VocabularyList>", "<VocabularyList a='1'>")),
         "/epcisHeader/epcisMasterData/vocabularyList/a"),
        (document(header=HEADER.replace("<VocabularyElementList>", "<VocabularyElementList>x")),
         "/epcisHeader/epcisMasterData/vocabularyList/0/vocabularyElementList/#text"),
        (document(header=HEADER.replace("<EPCISMasterData>", "<EPCISMasterData>x")),
         "/epcisHeader/epcisMasterData/#text"),
    ],
)  # fmt: skip
def test_what_would_be_lost_is_refused(raw, path):
    """Events and master data where no reader looks for them, and all that master data says."""
    assert refused(raw) == ("HEADER_NOT_KEPT", path)


def test_attributes_and_text_around_the_events_are_told():
    """They describe the file: kept is the file."""
    raw = document(spaces=EX)
    raw = behind(behind(raw, "<EPCISBody", ' ex:batch="7"'), "<EventList", ' n="8"')
    raw = behind(behind(raw, "<EventList n", '="8" m'), 'm="8">', "text")
    raw = behind(raw, "</EPCISBody>", "more")
    assert told(raw) == [
        ("HEADER_NOT_KEPT", "/#text"),
        ("HEADER_NOT_KEPT", "/epcisBody/batch"),
        ("HEADER_NOT_KEPT", "/epcisBody/eventList/n"),
        ("HEADER_NOT_KEPT", "/epcisBody/eventList/m"),
        ("HEADER_NOT_KEPT", "/epcisBody/eventList/#text"),
    ]


def test_attributes_and_text_around_an_answer_are_told():
    """At the results, their body and the name of the query."""
    raw = query(LISTED)
    for name in ("q:QueryResults", "queryName", "resultsBody"):
        raw = behind(raw, f"<{name}", " a='1'")
    results = "/epcisBody/queryResults"
    assert told(raw) == [
        ("HEADER_NOT_KEPT", f"{results}/a"),
        ("HEADER_NOT_KEPT", f"{results}/queryName/a"),
        ("HEADER_NOT_KEPT", f"{results}/resultsBody/a"),
    ]


def test_an_extension_of_ones_own_keeps_its_levels():
    """`extension` is looked through where EPCIS put it, and is a name like any other inside of an own one."""
    inside = (
        "<ex:card><extension><no>12</no></extension></ex:card><ex:a><b><extension><c>1</c></extension></b></ex:a>"
        "<extension><ilmd><extension><ex:lot>L</ex:lot></extension></ilmd></extension>"
    )
    (found,) = events(with_fields(inside, EX), Mode.TOLERANT)
    assert found["ex:card"] == {"extension": {"no": "12"}}
    assert found["ex:a"] == {"b": {"extension": {"c": "1"}}}
    assert found["ilmd"] == {"ex:lot": "L"}


def test_values_of_master_data_keep_their_levels():
    """An attribute of elements is an object of all that stands in it."""
    raw = document(
        header=HEADER.replace(
            "/>", '><attribute id="urn:x:p"><extension><b>1</b></extension></attribute></VocabularyElement>'
        )
    )
    (payload,) = parse_document(from_xml(raw, Mode.STRICT).json, Mode.STRICT).masterdata
    assert parse_masterdata(payload).attributes[0].value == {"extension": {"b": "1"}}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<children a='1'><id>urn:x:c</id></children>", {"children": [{"a": "1"}, "urn:x:c"]}),
        ("<children>x<id>urn:x:c</id></children>", {"children": ["urn:x:c", {"#text": "x"}]}),
        ("<children><id a='1'>urn:x:c</id></children>", {"children": [{"a": "1", "#text": "urn:x:c"}]}),
        ("<children><part>urn:x:c</part></children>", {"children": [{"part": "urn:x:c"}]}),
        (
            "<attribute id='p' attribute='1'>2</attribute>",
            {"attributes": [{"id": "p", "attribute": ["1", "2"]}]},
        ),
        (
            "<attributes>1</attributes><attribute id='p'>2</attribute>",
            {"attributes": ["1", [{"id": "p", "attribute": "2"}]]},
        ),
        ("text", {"#text": "text"}),
    ],
)
def test_what_an_element_of_master_data_says_besides_stays_in_it(inside, expected):
    """It comes into the JSON, where the reader of master data judges it, and no neighbour."""
    raw = document(header=HEADER.replace("/>", f">{inside}</VocabularyElement>"))
    (payload,) = parse_document(from_xml(raw, Mode.TOLERANT).json, Mode.TOLERANT).masterdata
    assert strict_json.loads(payload)["element"] == {"id": "urn:x:a", **expected}


def test_empty_parts_of_master_data_are_told():
    """As in events."""
    raw = document(
        header=HEADER.replace("/>", '><attribute id="urn:x:p"><b/></attribute></VocabularyElement>')
    )
    assert told(raw) == [("EPCIS_FORM", "/epcisHeader/epcisMasterData/vocabularyList")]
