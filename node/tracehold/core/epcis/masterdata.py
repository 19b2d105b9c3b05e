"""What companies say about items, places and parties (CBV 2.0 section 9; EPCIS 2.0
section 10.4 for the JSON form).

A payload is `{"@context": ..., "type": <vocabulary type>, "element": <the element
as sent>}`; see docs/spec/masterdata.md.
"""

from dataclasses import dataclass
from typing import Any

from tracehold.core import strict_json
from tracehold.core.epcis.model import Finding, Id, Mode
from tracehold.core.epcis.reader import Reader
from tracehold.core.errors import Rejected

_MEMBERS = frozenset({"@context", "type", "element"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One said property. The value is a string, number,
    boolean, object or list, as sent; a name may recur."""

    id: str
    value: Any


@dataclass(frozen=True, slots=True)
class MasterData:
    """One vocabulary element: what it describes (`type`), which
    one (`id`), its attributes in order, its parts."""

    type: str
    id: Id
    attributes: tuple[Attribute, ...]
    children: tuple[Id, ...]
    findings: tuple[Finding, ...] = ()


def parse_masterdata(payload: bytes, mode: Mode = Mode.TOLERANT) -> MasterData:
    """The vocabulary element in a payload. Raises MALFORMED_JSON, BAD_MASTERDATA, EPCIS_FORM, BAD_URI,
    BAD_IDENTIFIER or BAD_CHECK_DIGIT with a path."""
    raw = strict_json.loads(payload)
    if not isinstance(raw, dict) or raw.keys() != _MEMBERS or not isinstance(raw["type"], str):
        raise Rejected("BAD_MASTERDATA", "a master data payload has @context, type and element", path="")
    reader = Reader(mode)
    element = reader.object(raw["element"], "/element")
    kind, name = raw["type"], element.get("id", "")
    if kind == "":
        reader.refuse("BAD_MASTERDATA", "/type", "the vocabulary type is empty")
    if name == "":
        reader.refuse("BAD_MASTERDATA", "/element/id", "the element does not say what it describes")
    named, described = reader.identifier(name, "/element/id"), reader.uri(kind, "/type")
    assert named is not None  # neither is empty
    assert described is not None
    for part in ("attributes", "children"):
        if part in element and element[part] is None:
            reader.sloppy("EPCIS_FORM", f"/element/{part}", "null is no value; leave the field out")
    attributes = reader.array(element.get("attributes"), "/element/attributes")
    children = reader.array(element.get("children"), "/element/children")
    found = (reader.identifier(child, f"/element/children/{at}") for at, child in enumerate(children))
    return MasterData(
        type=described,
        id=named,
        attributes=tuple(
            _attribute(reader, value, f"/element/attributes/{at}") for at, value in enumerate(attributes)
        ),
        children=tuple(filter(None, found)),
        findings=tuple(reader.findings),
    )


def _attribute(reader: Reader, value: Any, path: str) -> Attribute:
    raw = reader.object(value, path)
    if "id" not in raw:
        reader.refuse("BAD_MASTERDATA", f"{path}/id", "an attribute says which property it is")
    value = raw.get("attribute")
    if "attribute" in raw and (isinstance(value, bool) or not isinstance(value, (str, int, float, dict))):
        reader.sloppy("EPCIS_FORM", f"{path}/attribute", "a value is a string, a number or an object")
    return Attribute(reader.uri(raw["id"], f"{path}/id") or "", value)
