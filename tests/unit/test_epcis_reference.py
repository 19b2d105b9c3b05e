"""Published documents: what must be taken, and exactly what is refused."""

import pytest

from tests.shared_data import shared
from tracehold.core.epcis import Mode, parse_document, parse_event, parse_masterdata
from tracehold.core.errors import Rejected

CAPTURE = "epcis/openepcis/capture-json"

REFUSED_IN_STRICT = {
    "Combination_of_events_with_missing_mandatory_fields.json",
    "Combination_of_multiple_invalid_fields.json",
    "Combination_of_non_standard_bizStep_and_disposition.json",
    "EPCISDocument_without_context.json",
    "ObjectEvent_with_ilmd_field_without_namespace.json",
    "ObjectEvent_with_invalid_action.json",
    "ObjectEvent_with_invalid_certificationInfo.json",
    "ObjectEvent_with_invalid_eventTime_format.json",
    "ObjectEvent_with_non_standard_bizStep.json",
    "ObjectEvent_with_non_standard_bizStep_in_second_event.json",
    "ObjectEvent_with_non_standard_disposition.json",
    "ObjectEvent_with_quantity_as_text.json",
    "ObjectEvent_with_unknown_field_in_quantityList.json",
    "ObjectEvent_without_action_and_eventTime.json",
    "ObjectEvent_without_identifier_list.json",
}
# A name without namespace in ILMD is known sloppiness: read, with a warning.
REFUSED_IN_TOLERANT = REFUSED_IN_STRICT - {"ObjectEvent_with_ilmd_field_without_namespace.json"}


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


@pytest.mark.parametrize(
    ("mode", "names"), [(Mode.STRICT, REFUSED_IN_STRICT), (Mode.TOLERANT, REFUSED_IN_TOLERANT)]
)
def test_invalid_documents_that_are_refused(mode, names):
    """The exact set, in each mode."""
    assert refused_in(f"{CAPTURE}/Invalid", mode) == names


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
