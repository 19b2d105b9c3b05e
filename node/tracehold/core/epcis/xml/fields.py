"""XML elements to values of the JSON binding, field by field (EPCIS 2.0 sections 9.5 and 10).

Nothing of an event is refused here, and nothing left out: what stands where the standard has no place for it
comes into the JSON under its own name, and the reader of the JSON says what it thinks of it, of this event
alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tracehold.core.epcis.vocabulary import (
    ALERTS,
    COMPONENTS,
    DISPOSITIONS,
    MEASUREMENTS,
    SOURCE_DEST_TYPES,
    TRANSACTION_TYPES,
    Vocabulary,
)
from tracehold.core.epcis.xml.names import STANDARD, Names
from tracehold.core.epcis.xml.tree import Node
from tracehold.core.epcis.xml.writing import number

TEXT = "#text"
"""Member for the text of an element that has attributes or elements beside it."""

Value = Any
Read = Callable[[Names, Node], Value]
_WRAPPERS = frozenset({"extension", "baseExtension"})


def flat(names: Names, node: Node) -> Iterator[Node]:
    """The children of an element of EPCIS, without the wrappers that 1.x put around later fields. What a
    wrapper declares is in force for `names` while that is looked at which stands in it."""
    for child in node.children:
        if not _wraps(child):
            yield child
            continue
        before = names.enter(child)
        yield from flat(names, child)
        names.leave(before)


def _wraps(node: Node) -> bool:
    named = node.name.local in _WRAPPERS and STANDARD.fullmatch(node.name.space)
    return bool(named) and not node.attributes and not node.text


def put(members: dict[str, Value], name: str, value: Value) -> None:
    """Add a member. What stands twice becomes a list: in a standard field its reader refuses that."""
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]


def fields(names: Names, node: Node, known: Mapping[str, Read]) -> dict[str, Value]:
    """An object of EPCIS: attributes and children, those that are `known` read as what they are. An element
    without any content says nothing: it is left out, and told."""
    return _members(names, node, flat(names, node), known)


def _members(
    names: Names, node: Node, children: Iterable[Node], known: Mapping[str, Read]
) -> dict[str, Value]:
    members: dict[str, Value] = {}
    before = names.enter(node)
    for name, value in node.attributes.items():
        put(members, names.written(name), value)
    for child in children:
        read = known.get(child.name.local) if STANDARD.fullmatch(child.name.space) else None
        value = "" if child.nil else (read or free)(names, child)
        if value == "":
            names.empty.append(child.name.local)
        else:
            put(members, names.written(child.name), value)
    names.leave(before)
    if node.text:
        put(members, TEXT, node.text)
    return members


def free(names: Names, node: Node) -> Value:
    """An element of whoever: its text, or an object where it has attributes or elements, all of them its own:
    `extension` wraps nothing there."""
    if not node.attributes and not node.children:
        return node.text
    return _members(names, node, node.children, {})


def term(standard: Vocabulary) -> Read:
    """Reads a vocabulary value."""

    def read(names: Names, node: Node) -> Value:
        value = free(names, node)
        if not isinstance(value, str):
            return value
        before = names.enter(node)
        found = names.term(value, standard)
        names.leave(before)
        return found

    return read


def amount(names: Names, node: Node) -> Value:
    """Reads a number."""
    value = free(names, node)
    return number(value) if isinstance(value, str) else value


def listed(item: str, read: Read) -> Read:
    """Reads a list of elements called `item`; what else stands in it comes as an object with its name."""

    def each(names: Names, node: Node) -> Value:
        before = names.enter(node)
        values: list[Value] = [{names.written(name): value} for name, value in node.attributes.items()]
        for child in flat(names, node):
            called = names.written(child.name)
            values.append(read(names, child) if called == item else {called: free(names, child)})
        names.leave(before)
        return [*values, {TEXT: node.text}] if node.text else values

    return each


def dealing(item: str, types: Vocabulary) -> Read:
    """Reads a list of pairs: the type is an attribute, and the text an identifier."""

    def pair(names: Names, node: Node) -> Value:
        found = typed({"type": lambda names, value: names.term(value, types)})(names, node)
        if TEXT in found and item not in found:
            found[item] = found.pop(TEXT)
        return found

    return listed(item, pair)


def typed(known: Mapping[str, Callable[[Names, str], Value]]) -> Read:
    """Reads an object whose standard members are attributes (sensor metadata and reports, dealings)."""

    def read(names: Names, node: Node) -> Value:
        members: dict[str, Value] = {}
        before = names.enter(node)
        for name, value in node.attributes.items():
            called = names.written(name)
            members[called] = known[called](names, value) if called in known else value
        names.leave(before)
        for called, value in fields(names, replace(node, attributes={}), {}).items():
            put(members, called, value)
        return members

    return read


def record(known: Mapping[str, Read]) -> Read:
    """Reads an object."""
    return lambda names, node: fields(names, node, known)


def together(names: Names, node: Node) -> Value:
    """Reads set and unset of a persistent disposition: lists, however often they stand."""
    return _lists(
        fields(names, node, {"set": term(DISPOSITIONS), "unset": term(DISPOSITIONS)}), "set", "unset"
    )


def _lists(members: dict[str, Value], *several: str) -> dict[str, Value]:
    """The members, these as lists also where they stand once."""
    for name in several:
        if name in members and not isinstance(members[name], list):
            members[name] = [members[name]]
    return members


_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_BOOLEANS: dict[str, Value] = {"true": True, "1": True, "false": False, "0": False}
_REPORT: dict[str, Callable[[Names, str], Value]] = {
    "type": lambda names, value: names.term(value, MEASUREMENTS),
    "exception": lambda names, value: names.term(value, ALERTS),
    "component": lambda names, value: names.term(value, COMPONENTS),
    "booleanValue": lambda names, value: _BOOLEANS.get(value, value),
    **dict.fromkeys(_NUMBERS, lambda names, value: number(value)),
}


def _element(names: Names, node: Node) -> Value:
    return _lists(
        fields(names, node, {"sensorMetadata": typed({}), "sensorReport": typed(_REPORT)}), "sensorReport"
    )


EPCS = listed("epc", free)
AMOUNTS = listed("quantityElement", record({"quantity": amount}))
TRANSACTIONS = dealing("bizTransaction", TRANSACTION_TYPES)
SOURCES = dealing("source", SOURCE_DEST_TYPES)
DESTINATIONS = dealing("destination", SOURCE_DEST_TYPES)
SENSORS = listed("sensorElement", _element)
