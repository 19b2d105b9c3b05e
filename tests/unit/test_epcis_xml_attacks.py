"""Attacks by XML: each is refused before anything of it is built, expanded or fetched."""

import codecs
import socket
import time
import tracemalloc

import pytest

from tests.unit.epcis_xml_samples import OBJECT, document, events, with_fields
from tracehold.core.epcis import Mode, parse_document, parse_event
from tracehold.core.epcis.xml import from_xml, looks_like_xml, tree
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES

HEAD = b'<?xml version="1.0"?>'


def refused(raw: bytes) -> tuple[str, str]:
    """Code and words of the refusal."""
    with pytest.raises(Rejected) as error:
        from_xml(raw, Mode.TOLERANT)
    return error.value.code, error.value.message


def inside(doctype: str, events: str = OBJECT) -> bytes:
    """A document with this before its root."""
    head, _, body = document(events).partition(b"\n")
    return head + doctype.encode() + body


def test_attack_billion_laughs():
    """Entities of entities: the first word of the DOCTYPE ends it."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    raw = inside(f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]>', OBJECT.replace("OBSERVE", "&l9;"))
    assert refused(raw)[0] == "XML_DOCTYPE"


def test_attack_quadratic_blowup():
    """One long entity, named often."""
    raw = inside(f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>', OBJECT.replace("OBSERVE", "&a;" * 10_000))
    assert refused(raw)[0] == "XML_DOCTYPE"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>',
        '<!DOCTYPE x [<!ENTITY e PUBLIC "p" "http://127.0.0.1:9/x">]>',
        '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:9/x"> %e;]>',
    ],
)
def test_attack_external_entity(doctype, monkeypatch):
    """No file is read and no address asked."""
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("the network was asked"))
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("a file was read"))
    assert refused(inside(doctype, OBJECT.replace("OBSERVE", "&e;")))[0] == "XML_DOCTYPE"


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE ObjectEvent [<!ATTLIST ObjectEvent a CDATA "default">]>',
        "<!DOCTYPE x [<!NOTATION n SYSTEM 'n'>]>",
    ],
)
def test_attack_dtd(doctype):
    """Also one without any entity: attributes by default are content that is not there."""
    assert refused(inside(doctype))[0] == "XML_DOCTYPE"


def test_attack_doctype_behind_a_comment_and_instructions():
    """It is found wherever it may stand."""
    assert refused(inside("<!-- x --><?a b?><!DOCTYPE x>"))[0] == "XML_DOCTYPE"


def test_attack_undeclared_entity():
    """Without a DOCTYPE there are five entities and character numbers."""
    assert refused(document(OBJECT.replace("OBSERVE", "&nbsp;")))[0] == "MALFORMED_XML"
    assert events(document(OBJECT.replace("OBSERVE", "&#79;BSERVE")))[0]["action"] == "OBSERVE"


def test_attack_deep_nesting():
    """A hundred thousand levels, and one level too many."""
    assert refused(b"<a>" * 100_000)[1] == "nested deeper than 32"
    room = tree.MAX_DEPTH - 4  # EPCISDocument, EPCISBody, EventList, the event
    deep = with_fields('<x:a xmlns:x="urn:x:">' + "<a>" * room + "1" + "</a>" * room + "</x:a>")
    assert refused(deep)[1] == "nested deeper than 32"


def test_deepest_nesting_is_json_still():
    """Each level may become an object in a list: the reader of the JSON takes twice the depth."""
    inner = "1"
    for _ in range(tree.MAX_DEPTH - 5):
        inner = f"<a>{inner}</a><a>1</a>"
    raw = with_fields(f'<x:a xmlns:x="urn:x:">{inner}</x:a><x:a xmlns:x="urn:x:">1</x:a>')
    (found,) = parse_document(from_xml(raw, Mode.TOLERANT).json, Mode.TOLERANT).events
    assert parse_event(found, Mode.TOLERANT).extensions


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"])
def test_attack_other_encodings(encoding):
    """What two readers could decode differently is no document, with or without its mark."""
    text = document().decode().replace("UTF-8", encoding.upper())
    assert refused(text.encode(encoding))[0] == "MALFORMED_XML"


@pytest.mark.parametrize("name", ["UTF-16", "UTF-7", "ISO-8859-1", "utf-8-sig", "x-unknown"])
def test_attack_declared_encoding_that_is_not_the_real_one(name):
    """Bytes in UTF-8 that claim to be something else."""
    raw = document().replace(b'"UTF-8"', f'"{name}"'.encode())
    assert refused(raw) == ("MALFORMED_XML", f"the encoding is called {name}: only UTF-8 is read")


def test_attack_doctype_hidden_in_another_encoding():
    """`+ADw-!DOCTYPE` is a DOCTYPE in UTF-7, and text in UTF-8: the claim alone refuses it."""
    raw = b'<?xml version="1.0" encoding="UTF-7"?>+ADw-+ACE-DOCTYPE x+AD4-' + document().partition(b"\n")[2]
    assert refused(raw)[0] == "MALFORMED_XML"


@pytest.mark.parametrize(
    "damage", [b"\xff", b"\xc0\xbc", b"\xed\xa0\x80", b"\x00", b"\x0b", b"&#0;", b"&#xD800;"]
)
def test_attack_bytes_that_are_no_text(damage):
    """Overlong forms, halves of surrogate pairs, and characters that XML has not."""
    assert refused(document().replace(b"OBSERVE", damage))[0] == "MALFORMED_XML"


def test_a_byte_order_mark_of_utf_8_is_read():
    """Real files have it."""
    assert events(codecs.BOM_UTF8 + document())
    assert looks_like_xml(codecs.BOM_UTF8 + b" \n<a/>")
    assert not looks_like_xml(b'{"a": "<b/>"}')


def test_attack_a_later_version_of_xml():
    """XML 1.1 has control characters and other line ends."""
    assert refused(b'<?xml version="1.1"?><a/>')[0] == "MALFORMED_XML"


def test_attack_many_elements(monkeypatch):
    """Elements and attributes are counted together, before they are kept."""
    monkeypatch.setattr(tree, "MAX_PARTS", 1000)
    assert refused(document("<epc/>" * 1001))[0] == "REQUEST_TOO_LARGE"
    attributes = " ".join(f'a{n}="1"' for n in range(1001))
    assert refused(f"<a {attributes}/>".encode())[0] == "REQUEST_TOO_LARGE"


def test_attack_attributes_that_are_given_at_once(monkeypatch):
    """The parser holds all attributes of an element before anything asks how many: it is not begun."""
    monkeypatch.setattr(tree, "MAX_PARTS", 1000)
    monkeypatch.setattr(tree, "_Builder", lambda: pytest.fail("the parser was begun"))
    attributes = " ".join(f'a{n}="1"' for n in range(1001))
    assert refused(f"<a {attributes}/>".encode())[0] == "REQUEST_TOO_LARGE"


def test_attack_namespaces_of_a_wrapper_around_many():
    """What an `extension` declares is in force inside of it, and is no copy for each element there."""
    spaces = "".join(f' xmlns:a{n}="urn:{n}"' for n in range(98))
    within = f"<extension{spaces}>" + "<e/>" * 9000 + "</extension>"
    assert peak(document(within)) < 12 << 20
    assert peak(with_fields(within)) < 12 << 20
    many = f"<extension{spaces}>" + '<extension xmlns:b="urn:b"><e/></extension>' * 9000 + "</extension>"
    assert peak(document(many)) < 18 << 20


@pytest.mark.parametrize("shape", ["<e/>", "<e>1</e>", "<e{}/>", "<x:a{} xmlns:x='urn:x{}:'/>", '<e a="1"/>'])
def test_attack_memory_of_the_tree(shape):
    """A few hundred bytes for each element, attribute and namespace, also where no two have the same name."""
    inner = "".join(shape.replace("{}", str(n)) for n in range(20_000))
    tracemalloc.start()
    tree.parse_xml(f"<a>{inner}</a>".encode())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most / 20_000 / (1 + shape.count("=")) < 420


def test_attack_one_wide_character_in_a_long_text():
    """It makes all characters of a Python text four bytes; so few such texts as can be are held at once."""
    long = "x" * 1_000_000 + "\N{GRINNING FACE}"
    assert peak(with_fields(f'<x:a xmlns:x="urn:x:">{long}</x:a>')) < 13_000_000


def peak(raw: bytes) -> int:
    """The most memory that reading takes, in bytes."""
    tracemalloc.start()
    try:
        from_xml(raw, Mode.TOLERANT)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def test_attack_a_document_over_the_limit():
    """Not even looked at."""
    assert refused(b"<" * (MAX_MESSAGE_BYTES + 1))[0] == "REQUEST_TOO_LARGE"


def test_attack_more_events_than_a_batch():
    """Told by their number, none converted."""
    assert refused(document("<ObjectEvent/>" * (MAX_BATCH_RECORDS + 1)))[0] == "TOO_MANY_RECORDS"


def test_attack_a_token_that_never_ends():
    """Megabytes of one attribute, comment, tag or CDATA section are looked at once: linear time."""
    for opening in (b'<a b="', b"<!--", b"<", b"<![CDATA[", b"<?x "):
        began = time.process_time()
        assert (
            refused(HEAD + b"<r>" * (opening != b"<?x ") + opening + b"x" * (8 << 20))[0] == "MALFORMED_XML"
        )
        assert time.process_time() - began < 5


def test_attack_many_namespaces():
    """Declared around all events, each would be repeated in each of them."""
    spaces = " ".join(f'xmlns:n{n}="urn:x:{n}:"' for n in range(200))
    assert refused(document(spaces=spaces))[0] == "MALFORMED_XML"
    assert refused(document(spaces=f'xmlns:x="urn:{"x" * 300}"'))[0] == "MALFORMED_XML"


def test_attack_small_events_that_grow(monkeypatch):
    """What a long namespace makes of many short names is bounded as a whole."""
    monkeypatch.setattr("tracehold.core.epcis.xml.frame.MAX_MESSAGE_BYTES", 100_000)
    raw = document("<x:E><x:a/></x:E>" * 2000, spaces=f'xmlns:x="urn:{"x" * 250}:"')
    assert len(raw) < 50_000
    assert refused(raw)[0] == "REQUEST_TOO_LARGE"


def test_attack_prefixes_that_are_schemes():
    """`javascript`, `https` and `urn` as prefixes become others: no name of ours is a link that runs."""
    spaces = 'xmlns:javascript="urn:x:a:" xmlns:https="urn:x:b:" xmlns:urn="urn:x:c:" xmlns:_="urn:x:d:"'
    inside = "<javascript:a>1</javascript:a><https:b>1</https:b><urn:c>1</urn:c><_:d>1</_:d>"
    (event,) = events(with_fields(inside, spaces))
    assert [name for name in event if ":" in name] == ["ns1:a", "ns2:b", "ns3:c", "ns4:d"]
    assert event["@context"][1] == {
        "ns1": "urn:x:a:",
        "ns2": "urn:x:b:",
        "ns3": "urn:x:c:",
        "ns4": "urn:x:d:",
    }


def test_attack_prefixes_of_the_standard_bound_otherwise():
    """A name in another namespace is never the standard's, whatever prefix wrote it."""
    inside = "<cbvmda:lotNumber>L1</cbvmda:lotNumber><epcis:eventTime>x</epcis:eventTime>"
    (event,) = events(
        with_fields(f'<ilmd xmlns:epcis="urn:evil:">{inside}</ilmd>', 'xmlns:cbvmda="urn:evil:"'),
        Mode.TOLERANT,
    )
    assert event["ilmd"] == {"ns1:lotNumber": "L1", "ns1:eventTime": "x"}
    assert event["@context"][1] == {"ns1": "urn:evil:"}


def test_attack_curie_of_a_prefix_bound_otherwise():
    """`cbv:BizStep-shipping` is shipping only where `cbv` is CBV."""
    raw = document(
        OBJECT.replace("urn:epcglobal:cbv:bizstep:shipping", "cbv:BizStep-shipping"),
        spaces='xmlns:cbv="urn:evil:"',
    )
    (event,) = events(raw)
    assert event["bizStep"] == "ns1:BizStep-shipping"


def test_attack_included_documents_are_not_included(tmp_path):
    """XInclude, a style sheet and a schema's place are text like any other."""
    secret = tmp_path / "secret.xml"
    secret.write_text("<secret/>")
    inside = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret}"/>'
    raw = with_fields(inside).replace(b"?>\n", f'?>\n<?xml-stylesheet href="{secret}"?>'.encode(), 1)
    (event,) = events(raw)
    assert event["xi:include"] == {"href": str(secret)}


def test_attack_json_in_xml():
    """Text is quoted: no value ends its string, and none becomes a member."""
    odd = '"}],"x":1,"\\'
    (event,) = events(with_fields(f'<x:a xmlns:x="urn:x:">{odd}&#10;&#x7f;é</x:a>'))
    assert event["x:a"] == odd + "\n\x7fé"


def refused_alone(odd: str) -> None:
    """The event is refused, and the one behind it taken."""
    bad, good = parse_document(from_xml(document(odd + OBJECT), Mode.TOLERANT).json, Mode.TOLERANT).events
    parse_event(good, Mode.STRICT)
    with pytest.raises(Rejected):
        parse_event(bad, Mode.TOLERANT)


@pytest.mark.parametrize("text", ["1e999", "9" * 400, "NaN", "-INF", "0x10", "-1", "1.2.3"])
def test_attack_numbers_that_json_cannot_hold(text):
    """They refuse their own event alone, not the document."""
    amount = f"<quantityElement><epcClass>urn:x:c</epcClass><quantity>{text}</quantity></quantityElement>"
    refused_alone(OBJECT.replace("<action>", f"<quantityList>{amount}</quantityList><action>"))


@pytest.mark.parametrize(
    "change",
    [
        ("<action>", "<action>ADD</action><action>"),
        ("<action>", '<action unit="x">'),
        ("<action>", "<action><b/>"),
        ("<action>", "<type>TransactionEvent</type><action>"),
        ("<epcList>", "<epcList>urn:x:1"),
        ("<epcList>", "<epcList><piece>urn:x:1</piece>"),
        ("<epc>", '<epc href="x">'),
        ("<ObjectEvent>", "<QuantityEvent>"),
        ("<ObjectEvent>", "<x:ObjectEvent xmlns:x='urn:x:'>"),
    ],
)
def test_attack_one_odd_event_leaves_its_neighbours(change):
    """What stands where it must not refuses its event, and no other: nothing of it is passed over."""
    odd = OBJECT.replace(*change)
    name = change[1].strip("<>").split()[0] if change[0] == "<ObjectEvent>" else "ObjectEvent"
    refused_alone(odd.replace("</ObjectEvent>", f"</{name}>"))
