"""What a document says where its JSON has no place for it: told, or refused where it would be lost."""

from collections.abc import Iterator
from typing import NoReturn

from tracehold.core.epcis.model import EventType
from tracehold.core.epcis.reader import Reader, pointer
from tracehold.core.epcis.xml.names import STANDARD
from tracehold.core.epcis.xml.tree import Node

EVENTS = frozenset(member.value for member in EventType)
_RECORDS = EVENTS | {"QuantityEvent", "VocabularyElement"}


def lost(reader: Reader, path: str, name: str) -> NoReturn:
    """Raises HEADER_NOT_KEPT."""
    reader.refuse("HEADER_NOT_KEPT", path, f"{name[:60]} would be lost")


def not_kept(reader: Reader, path: str) -> None:
    """Tells what describes the file."""
    reader.note("HEADER_NOT_KEPT", path, "this describes the file and is not kept")


def set_aside(reader: Reader, node: Node, path: str) -> None:
    """Tell an element that is not read. Raises HEADER_NOT_KEPT where events or master data stand in it."""
    if _holds_records(node):
        lost(reader, path, node.name.local)
    not_kept(reader, path)


def beside(node: Node, path: str) -> Iterator[str]:
    """Where attributes and text of an element stand, of which only the children are read."""
    for name in node.attributes:
        yield pointer(path, name.local)
    if node.text:
        yield f"{path}/#text"


def _holds_records(node: Node) -> bool:
    found = node.name.local in _RECORDS and STANDARD.fullmatch(node.name.space)
    return bool(found) or any(_holds_records(child) for child in node.children)
