"""XML bytes to a tree of elements, within bounds, and never more than the bytes themselves say.

The parser is the expat of the standard library. A DOCTYPE ends it at its first word: no entity is declared,
expanded or fetched, no attribute has a default, and what defusedxml would add is refused before anything is
built. The text is UTF-8 whatever it claims to be: two readers that guess an encoding may read two documents.
The whole document is given to expat at once, so that a token that never ends is looked at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from tracehold.core.epcis.context import MAX_NAMESPACE_CHARS
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_JSON_DEPTH, MAX_MESSAGE_BYTES

MAX_DEPTH = MAX_JSON_DEPTH // 2
"""Nesting of elements. In JSON each may stand in a list: twice as deep."""

MAX_PARTS = 500_000
"""Elements, attributes and namespace declarations of one document: 100 to 400 bytes of memory each, and their
text."""

_MAX_NAMES = 10_000
"""Different names whose parts are kept for when they come again."""

MAX_NAMESPACES = 100
"""Namespace declarations in force at one place. What stands inside may use them all, in every event."""

_BETWEEN = "\x01"  # no XML text holds it (XML 1.0, section 2.2), so no name can pretend to be two
_MARK = b"\xef\xbb\xbf"
_ENCODINGS = frozenset({"UTF-8", "UTF8", "US-ASCII", "ASCII"})
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"


class Name(NamedTuple):
    """A name with the namespace that it is in ("" for none), and the prefix that wrote it."""

    space: str
    local: str
    prefix: str


_NO_ATTRIBUTES: Mapping[Name, str] = MappingProxyType({})


@dataclass(slots=True)
class Node:
    """One element. `text` is its own text, without the space around it; `declared` the prefixes it declares.
    Attributes of the schema language (`xsi:type`, `xsi:schemaLocation`) are left out."""

    name: Name
    attributes: Mapping[Name, str]
    declared: dict[str, str] | None = None
    children: Sequence["Node"] = ()
    text: str = ""
    nil: bool = False


@dataclass(slots=True)
class _Open:
    """An element that has not ended, and what was found in it so far."""

    node: Node
    children: list[Node]
    texts: list[str]


def parse_xml(raw: bytes) -> Node:
    """The root element of a document. Raises MALFORMED_XML, XML_DOCTYPE or REQUEST_TOO_LARGE."""
    if len(raw) > MAX_MESSAGE_BYTES:
        raise Rejected("REQUEST_TOO_LARGE", f"the document is over {MAX_MESSAGE_BYTES} bytes")
    if raw.count(b"=") > MAX_PARTS:  # expat gives all attributes of an element at once
        _refuse_parts()
    try:
        text = raw.removeprefix(_MARK)
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"not UTF-8 at byte {error.start}")
    return _Builder().build(text)


class _Builder:
    """The handlers of one parse."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._names: dict[str, Name] = {}
        self._spaces_seen: dict[str, str] = {}
        self._declared: dict[str, str] = {}
        self._parts = self._spaces = 0

    def build(self, raw: bytes) -> Node:
        try:
            self._parser().Parse(raw, True)
        except expat.ExpatError as error:
            said = expat.errors.messages.get(error.code, "not well-formed")
            _refuse(f"{said} in line {error.lineno}, column {error.offset + 1}")
        assert self._root is not None  # expat takes no document without an element
        return self._root

    def _parser(self) -> expat.XMLParserType:
        # Not kept by the builder: a ring of the two would keep the tree after its last use.
        parser = expat.ParserCreate("UTF-8", _BETWEEN)
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.ExternalEntityRefHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndNamespaceDeclHandler = self._undeclare
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        return parser

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0":
            _refuse(f"XML {version[:10]} is not read, only XML 1.0")
        if encoding is not None and encoding.upper() not in _ENCODINGS:
            _refuse(f"the encoding is called {encoding[:40]}: only UTF-8 is read")

    def _doctype(self, *_: object) -> NoReturn:
        raise Rejected("XML_DOCTYPE", "the document has a DOCTYPE")

    def _declare(self, prefix: str | None, space: str | None) -> None:
        self._count(1)
        self._spaces += 1
        if self._spaces > MAX_NAMESPACES:
            _refuse(f"more than {MAX_NAMESPACES} namespaces are declared at one place")
        if len(space or "") > MAX_NAMESPACE_CHARS:
            _refuse(f"a namespace is over {MAX_NAMESPACE_CHARS} characters")
        if prefix:
            self._declared[prefix] = space or ""

    def _undeclare(self, prefix: str | None) -> None:
        self._spaces -= 1

    def _start(self, name: str, attributes: list[str]) -> None:
        self._count(1 + len(attributes) // 2)
        if len(self._open) >= MAX_DEPTH:
            _refuse(f"nested deeper than {MAX_DEPTH}")
        node = Node(self._named(name), _NO_ATTRIBUTES)
        if attributes:
            node.attributes = self._attributes(node, attributes)
        if self._declared:
            node.declared, self._declared = self._declared, {}
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(_Open(node, [], []))

    def _count(self, parts: int) -> None:
        self._parts += parts
        if self._parts > MAX_PARTS:
            _refuse_parts()

    def _attributes(self, node: Node, given: list[str]) -> dict[Name, str]:
        found: dict[Name, str] = {}
        for at in range(0, len(given), 2):
            name, value = self._named(given[at]), given[at + 1].strip()
            if name.space != _SCHEMA:
                found[name] = value
            elif name.local == "nil":
                node.nil = value in {"true", "1"}
        return found

    def _named(self, text: str) -> Name:
        name = self._names.get(text)
        if name is None:
            parts = text.split(_BETWEEN)  # local; namespace, local; namespace, local, prefix
            space, local, prefix = ("", *parts, "") if len(parts) == 1 else (*parts, "")[:3]
            name = Name(self._spaces_seen.setdefault(space, space), local, prefix)
            if len(self._names) < _MAX_NAMES:
                self._names[text] = name
        return name

    def _end(self, _: str) -> None:
        ended = self._open.pop()
        # Only now: most elements have no children, and most that have children no text.
        if ended.children:
            ended.node.children = ended.children
        if ended.texts:
            ended.node.text = "".join(ended.texts).strip()

    def _characters(self, data: str) -> None:
        self._open[-1].texts.append(data)


def _refuse(message: str) -> NoReturn:
    raise Rejected("MALFORMED_XML", message)


def _refuse_parts() -> NoReturn:
    raise Rejected("REQUEST_TOO_LARGE", f"over {MAX_PARTS} elements and attributes in one document")
