"""Published XML: twins give the same events as their JSON, and every document is read."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import ROOT, shared
from tracehold.core import strict_json
from tracehold.core.epcis import Event, Mode, examine_event, parse_document, parse_event, parse_masterdata
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.epcis.xml import from_xml
from tracehold.core.errors import Rejected

OPEN, HASHED = "epcis/openepcis/capture-xml", "epcis/event-hash"


def twin(path: Path) -> Path:
    """Where the JSON of an XML document would be."""
    if path.is_relative_to(ROOT / HASHED):
        return path.with_suffix(".jsonld")
    return Path(str(path).replace("capture-xml", "capture-json")).with_suffix(".json")


TWINS = sorted(
    path.relative_to(ROOT / "epcis").as_posix()
    for folder in (HASHED, f"{OPEN}/Documents", f"{OPEN}/Events")
    for path in (ROOT / folder).glob("*.xml")
    if twin(path).exists()
) or ["event-hash/(not here).xml"]

UNLIKE = {
    # The JSON names measurements that the standard has not by a bare word, which its schema refuses; the XML
    # has them in GS1's namespace.
    "Documents/SensorData_with_combined_events.xml": {7: {"sensor_elements"}, 10: {"sensor_elements"}},
    "Documents/TransactionEvent_with_userExtensions.xml": {0: {"sensor_elements"}},
    # One time differs by an hour, one remark stands in the JSON alone, one field in the XML alone.
    "Documents/Combination_of_different_event.xml": {4: {"error_declaration"}},
    "Events/TransformationEvent.xml": {0: {"error_declaration"}},
    "Documents/ObjectEvent_with_comment.xml": {0: {"extensions"}},
    "Documents/TransformationEvent_all_possible_fields.xml": {0: {"ilmd"}},
}
"""Where published twins say two things: the parts of an event, by its number."""
OTHER_HASH = {
    "Documents/SensorData_with_combined_events.xml": {7, 10},
    "Documents/TransactionEvent_with_userExtensions.xml": {0},
}
"""Those of them in which the event hash differs too."""
PARTS = {field.name for field in fields(Event)} - {"context", "findings"}


def place(path: Path) -> str:
    """Its folder and name."""
    return f"{path.parent.name}/{path.name}"


def of_xml(path: Path, mode: Mode = Mode.TOLERANT) -> list[bytes]:
    """The payloads of an XML document."""
    return parse_document(from_xml(path.read_bytes(), mode).json, mode).events


def of_twin(path: Path) -> list[bytes]:
    """The payloads of its JSON twin."""
    return parse_document(twin(path).read_bytes(), Mode.TOLERANT).events


def plain(value: object) -> str:
    """A part of an event, GS1 keys in their canonical form alone: twins write them differently."""
    return repr(value) if value is None or not hasattr(value, "canonical") else value.canonical


def named(event: Any) -> dict[str, object]:
    """The parts of an event by name; identifiers as they compare."""
    found = {name: getattr(event, name) for name in PARTS}
    found["read_point"], found["biz_location"] = plain(event.read_point), plain(event.biz_location)
    things = (getattr(event.what, "objects", None), getattr(event.what, "children", None))
    if any(each is not None for each in things):
        found["what"] = [
            (event.action, sorted(each.canonical for each in part.epcs), len(part.quantities))
            for part in things
            if part is not None
        ]
    return found


def test_there_are_twins():
    """All that were published."""
    shared(HASHED)
    assert len(TWINS) == 51


@pytest.mark.parametrize("name", TWINS)
def test_twins_have_the_same_event_hashes(name):
    """Every event of the XML is the event of the JSON."""
    path = shared(f"epcis/{name}")
    ours, theirs = (
        [event_hash(strict_json.loads(each)) for each in found] for found in (of_xml(path), of_twin(path))
    )
    assert len(ours) == len(theirs)
    unlike = {at for at, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1]}
    assert unlike == OTHER_HASH.get(place(path), set())


@pytest.mark.parametrize("name", TWINS)
def test_twins_are_the_same_events(name):
    """Also what is not in the hash: ids, declarations, and all as the typed model has it."""
    path = shared(f"epcis/{name}")
    unlike: dict[int, set[str]] = {}
    for at, (ours, theirs) in enumerate(zip(of_xml(path), of_twin(path), strict=True)):
        one, other = (named(parse_event(each, Mode.TOLERANT)) for each in (ours, theirs))
        parts = {part for part in PARTS if one[part] != other[part]}
        unlike |= {at: parts} if parts else {}
    assert unlike == UNLIKE.get(place(path), {})


@pytest.mark.parametrize("mode", Mode)
def test_published_documents_are_taken(mode):
    """In both modes, but for faults of three."""
    refused = set()
    for folder in (HASHED, f"{OPEN}/Documents", f"{OPEN}/Events"):
        for path in sorted(shared(folder).glob("*.xml")):
            found = (each for payload in of_xml(path, Mode.TOLERANT) for each in examine_event(payload, mode))
            refused |= {path.name for each in found if each.severity == "error"}
    assert refused == (set() if mode is Mode.TOLERANT else STRICTLY_REFUSED)


STRICTLY_REFUSED = {
    "epcisDocWithAllGS1Keys.xml",  # names one pallet twice
    "Combination_of_different_event.xml",
    "SensorData_with_combined_events.xml",
}

INVALID = {
    "ObjectEvent_bare_event_without_action.xml": ("EPCIS_FORM", "/action"),
    "ObjectEvent_with_invalid_action.xml": ("EPCIS_FORM", "/action"),
    "ObjectEvent_with_invalid_eventTime_format.xml": ("BAD_TIME", "/eventTime"),
    "ObjectEvent_with_near_miss_action.xml": ("EPCIS_FORM", "/action"),
    "ObjectEvent_with_unknown_element.xml": ("EPCIS_FORM", "/madeUpField"),
    "ObjectEvent_without_eventTime.xml": ("BAD_TIME", "/eventTime"),
}
"""The published invalid documents, but for one, whose order of elements is a warning."""


def test_another_order_of_elements_is_a_warning():
    """Two published documents have one: one of them stands among the valid ones, and loses nothing."""
    told = {
        path.name
        for folder in (HASHED, f"{OPEN}/Documents", f"{OPEN}/Events", f"{OPEN}/Invalid")
        for path in shared(folder).glob("*.xml")
        for found in from_xml(path.read_bytes(), Mode.TOLERANT).findings
        if "stands behind" in found.message
    }
    assert told == {"JumbledFieldsOrder.xml", "ObjectEvent_with_wrong_element_order.xml"}


@pytest.mark.parametrize(("name", "expected"), INVALID.items())
def test_invalid_documents_are_refused_with_the_right_code(name, expected):
    """Each for the fault that it was made to have, at its place."""
    (payload,) = of_xml(shared(f"{OPEN}/Invalid/{name}"))
    with pytest.raises(Rejected) as refused:
        parse_event(payload, Mode.STRICT)
    assert (refused.value.code, refused.value.path) == expected


def test_a_1_2_query_document_with_its_header():
    """GDST's chain, nested as in EPCIS 1.2: 17 events, 20 elements of master data, one SBDH that is told."""
    converted = from_xml(shared("epcis/gdst/gdst_extensions_01.xml").read_bytes(), Mode.TOLERANT)
    document = parse_document(converted.json, Mode.TOLERANT)
    events = [parse_event(payload, Mode.TOLERANT) for payload in document.events]
    assert len(events) == 17
    assert (converted.findings[0].code, converted.findings[0].path) == (
        "HEADER_NOT_KEPT",
        "/epcisHeader/StandardBusinessDocumentHeader",
    )
    names = [parse_masterdata(payload).id.original for payload in document.masterdata]
    assert len(names) == 20
    assert "urn:gdst:example.org:product:class:processor.2u" in names
    lots = [event.ilmd["cbvmda:lotNumber"] for event in events if event.ilmd]
    assert "V1-0122-2022" in lots
