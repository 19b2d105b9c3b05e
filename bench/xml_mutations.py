"""Mutants of XML documents: in their elements, so that they stay XML, and in their bytes, so that they do
not.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from xml.etree import ElementTree as ET

from bench.mutations import WORDS, damaged

_NAMES = (
    "extension", "baseExtension", "eventTime", "epc", "epcList", "action", "quantityElement", "quantity",
    "ilmd", "sensorElement", "sensorReport", "type", "id", "EventList", "EPCISBody", "EPCISHeader",
    "resultsBody", "VocabularyList", "ObjectEvent", "TransformationEvent", "set", "correctiveEventID", "x",
    "{urn:epcglobal:epcis:xsd:2}eventTime", "{https://ns.example.com/epcis/}x", "{urn:x:}eventTime",
    "{http://www.w3.org/2001/XMLSchema-instance}nil",
)  # fmt: skip
_TOKENS = (
    b"<!DOCTYPE x>", b'<!DOCTYPE x [<!ENTITY a "b">]>', b"&a;", b"&#0;", b"&#1114112;", b"<![CDATA[",
    b"]]>", b"<!--", b"-->", b"<?xml version='1.0'?>", b"<a>" * 5000, b"</a>", b"<a/>" * 1000,
    b" a=''" * 100, b" xmlns=''", b" xmlns:a='urn:x:'" * 2, b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
    b"x" * 70_000,
)  # fmt: skip


def xml_mutants(random: Random, texts: Sequence[bytes]) -> Iterator[bytes]:
    """Endless mutants of the texts: half of them changed in elements, half in bytes."""
    while True:
        text = random.choice(texts)
        if random.random() < 0.5:
            yield mutant(random, text, random.choice((1, 1, 2, 4, 16)))
        else:
            yield broken(random, text, random.choice((1, 1, 2, 4)))


def mutant(random: Random, text: bytes, edits: int = 1) -> bytes:
    """The document with a few elements dropped, repeated, moved, renamed or filled otherwise."""
    root = ET.fromstring(text)  # noqa: S314  a text of ours
    for _ in range(edits):
        _edit(random, root)
    raw: bytes = ET.tostring(root, "utf-8")
    return raw


def _edit(random: Random, root: ET.Element) -> None:
    nodes = list(root.iter())
    node, other = random.choice(nodes), random.choice(nodes)
    edit = random.randrange(8)
    if edit == 0 and len(node):
        node.remove(random.choice(node))
    elif edit == 1:
        node.append(deepcopy(other))
    elif edit == 2:
        node.tag = random.choice(_NAMES)
    elif edit == 3:
        node.text = _printable(random.choice(WORDS))
    elif edit == 4:
        node.set(random.choice(_NAMES), _printable(random.choice(WORDS)))
    elif edit == 5:
        node.tail = _printable(random.choice(WORDS))
    elif edit == 6:
        node.extend([ET.Element(random.choice(_NAMES)) for _ in range(random.choice((1, 10, 100)))])
    elif len(node):
        inner = random.choice(node)
        for _ in range(random.choice((1, 30))):
            outer = ET.Element(random.choice(_NAMES))
            outer.append(inner)
            inner = outer
        node.append(inner)


def _printable(word: str) -> str:
    return word.replace("\x00", "")


def broken(random: Random, text: bytes, edits: int = 1) -> bytes:
    """The bytes with a few of them changed, and with pieces of XML where none belong."""
    data = bytearray(damaged(random, text, edits))
    for _ in range(random.randrange(3)):
        # Often in front of everything, where alone a document type stands.
        at = 0 if random.random() < 0.1 else random.randrange(len(data) + 1)
        data[at:at] = random.choice(_TOKENS)
    return bytes(data)
