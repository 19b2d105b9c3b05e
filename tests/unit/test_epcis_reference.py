"""Published documents: what must be taken, and exactly what is refused."""

import pytest

from tests.shared_data import shared
from tracehold.core.epcis import Mode, examine_event, parse_document, parse_event, parse_masterdata
from tracehold.core.errors import Rejected

CAPTURE = "epcis/openepcis/capture-json"

INVALID = {
    "Combination_of_events_with_missing_mandatory_fields.json": ("EPCIS_FORM", "/action"),
    "Combination_of_multiple_invalid_fields.json": ("EPCIS_FORM", "/bizStep"),
    "Combination_of_non_standard_bizStep_and_disposition.json": ("EPCIS_FORM", "/bizStep"),
    "EPCISDocument_without_context.json": ("EPCIS_FORM", "/@context"),
    "ObjectEvent_with_ilmd_field_without_namespace.json": ("EPCIS_FORM", "/ilmd/materialType"),
    "ObjectEvent_with_invalid_action.json": ("EPCIS_FORM", "/action"),
    "ObjectEvent_with_invalid_certificationInfo.json": ("EPCIS_FORM", "/certificationInfo/0"),
    "ObjectEvent_with_invalid_eventTime_format.json": ("BAD_TIME", "/eventTime"),
    "ObjectEvent_with_non_standard_bizStep.json": ("EPCIS_FORM", "/bizStep"),
    "ObjectEvent_with_non_standard_bizStep_in_second_event.json": ("EPCIS_FORM", "/bizStep"),
    "ObjectEvent_with_non_standard_disposition.json": ("EPCIS_FORM", "/disposition"),
    "ObjectEvent_with_quantity_as_text.json": ("EPCIS_FORM", "/quantityList/0/quantity"),
    "ObjectEvent_with_unknown_field_in_quantityList.json": ("EPCIS_FORM", "/quantityList/0/weight"),
    "ObjectEvent_without_action_and_eventTime.json": ("EPCIS_FORM", "/action"),
    "ObjectEvent_without_identifier_list.json": ("EPCIS_MEANING", "/epcList"),
}
"""The published invalid documents, and what stands first among the errors of both modes."""
READ_IN_TOLERANT = {"ObjectEvent_with_ilmd_field_without_namespace.json"}
"""A name without namespace in ILMD is known sloppiness: read, with a warning."""


def taken(path, mode: Mode) -> tuple[int, int]:
    """Numbers of events and master data elements; raises at the first refusal."""
    document = parse_document(path.read_bytes(), mode)
    for payload in document.events:
        parse_event(payload, mode)
    for payload in document.masterdata:
        parse_masterdata(payload, mode)
    return len(document.events), len(document.masterdata)


def refused_in(folder: str, mode: Mode) -> set[str]:
    """Names of documents of which at least one event is refused."""
    names = set()
    for path in sorted(shared(folder).glob("*.json")):
        try:
            taken(path, mode)
        except Rejected:
            names.add(path.name)
    return names


@pytest.mark.parametrize(
    "folder", [f"{CAPTURE}/Documents", f"{CAPTURE}/Events", "epcis/openepcis/query-json"]
)
def test_valid_documents_are_taken_in_tolerant_mode(folder):
    """Every published valid document, all its events."""
    assert refused_in(folder, Mode.TOLERANT) == set()


def test_valid_documents_in_strict_mode():
    """All but one with a wrong check digit in a GRAI, and two whose sensor reports the schema refuses too."""
    assert refused_in(f"{CAPTURE}/Documents", Mode.STRICT) == {
        "Combination_of_different_event.json",
        "SensorData_with_combined_events.json",
        "TransactionEvent_with_userExtensions.json",
    }
    assert refused_in(f"{CAPTURE}/Events", Mode.STRICT) == set()


def errors_in(path, mode: Mode) -> list[tuple[str, str]]:
    """Code and path of everything that refuses the document or an event of it."""
    try:
        document = parse_document(path.read_bytes(), mode)
    except Rejected as error:
        return [(error.code, error.path)]
    found = (finding for payload in document.events for finding in examine_event(payload, mode))
    return [(finding.code, finding.path) for finding in found if finding.severity == "error"]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("name", "expected"), INVALID.items())
def test_invalid_documents_are_refused_with_the_right_code(mode, name, expected):
    """Each for the fault that it was made to have, at its place."""
    errors = errors_in(shared(f"{CAPTURE}/Invalid/{name}"), mode)
    assert (expected in errors) is not (mode is Mode.TOLERANT and name in READ_IN_TOLERANT)


@pytest.mark.parametrize("mode", Mode)
def test_exactly_the_invalid_documents_are_refused(mode):
    """The folder holds what the table above names, and nothing of it is taken by reading either."""
    assert {path.name for path in shared(f"{CAPTURE}/Invalid").glob("*.json")} == INVALID.keys()
    names = INVALID.keys() - (READ_IN_TOLERANT if mode is Mode.TOLERANT else set())
    assert refused_in(f"{CAPTURE}/Invalid", mode) == names


def test_all_faults_of_a_document_are_found_at_once():
    """Five faults, not the first of them alone."""
    path = shared(f"{CAPTURE}/Invalid/Combination_of_multiple_invalid_fields.json")
    places = {"/bizStep", "/disposition", "/sourceList/0/type", "/action", "/eventTime"}
    assert places <= {at for _, at in errors_in(path, Mode.TOLERANT)}


@pytest.mark.parametrize("mode", Mode)
def test_invalid_query_documents_are_refused(mode):
    """Both."""
    assert len(refused_in("epcis/openepcis/query-json/Invalid", mode)) == 2


def test_hash_vector_documents_are_taken():
    """The documents of the event hash reference, one by one."""
    paths = sorted(shared("epcis/event-hash").glob("*.jsonld"))
    assert len(paths) > 15
    for path in paths:
        assert taken(path, Mode.TOLERANT)[0] > 0


@pytest.mark.parametrize(
    ("name", "events", "elements"),
    [("traceback_tests.jsonld", 21, 20), ("gdst_data_withmasterdata.jsonld", 17, 20)],
)
def test_gdst_chains_are_taken_with_their_master_data(name, events, elements):
    """Real data: pallets with malformed numbers stay opaque, attributes without `@` are read."""
    path = shared(f"epcis/gdst/{name}")
    assert taken(path, Mode.TOLERANT) == (events, elements)
    document = parse_document(path.read_bytes(), Mode.TOLERANT)
    codes = {
        finding.code
        for payload in document.events
        for finding in parse_event(payload, Mode.TOLERANT).findings
    }
    assert codes == {"BAD_IDENTIFIER"}
    fish = next(
        m
        for m in map(parse_masterdata, document.masterdata)
        if m.id.original.endswith("product:class:processor.2u")
    )
    assert ("urn:epcglobal:cbv:mda#descriptionShort", "Can of Tuna") in [
        (a.id, a.value) for a in fish.attributes
    ]


def test_gdst_payloads_hold_the_bytes_of_the_document():
    """Each event's own bytes stand in the document as they stand in the payload."""
    raw = shared("epcis/gdst/traceback_tests.jsonld").read_bytes()
    document = parse_document(raw, Mode.TOLERANT)
    head = b'{"@context":' + document.context + b","
    for payload in document.events:
        assert payload.startswith(head)
        assert b"{" + payload[len(head) :] in raw
