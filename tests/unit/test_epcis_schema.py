"""The published schema as a judge of strict mode: mutants of full events and documents, and its own word
lists.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.event_seeds import TYPES, answer, document, event
from bench.mutations import mutant
from tests.shared_data import shared
from tracehold.core.epcis import (
    EventType,
    Mode,
    examine_event,
    parse_document,
    parse_event,
    parse_masterdata,
    vocabulary,
)
from tracehold.core.epcis.context import PREFIXES
from tracehold.core.errors import Rejected

SCHEMA = "epcis/schema/epcis-json-schema-2.0.1.json"

BEYOND = {"EPCIS_MEANING", "BAD_CHECK_DIGIT", "BAD_IDENTIFIER", "HEADER_NOT_KEPT", "TOO_MANY_RECORDS"}
"""What strict mode refuses of what the schema takes: it knows what keys and events mean."""


@cache
def definitions() -> dict[str, Any]:
    """The schema's parts by name."""
    parts: dict[str, Any] = json.loads(shared(SCHEMA).read_bytes())["definitions"]
    return parts


@cache
def judge() -> Any:
    """The schema, formats included."""
    return jsonschema_rs.Draft7Validator(json.loads(shared(SCHEMA).read_bytes()), validate_formats=True)


def refusal(raw: bytes, mode: Mode) -> Rejected | None:
    """The first refusal of a document or of anything in it; None where all is taken."""
    try:
        found = parse_document(raw, mode)
        for payload in found.events:
            parse_event(payload, mode)
        for payload in found.masterdata:
            parse_masterdata(payload, mode)
    except Rejected as error:
        return error
    return None


def explained(error: Rejected, whole: dict[str, Any]) -> bool:
    """Whether docs/epcis.md names this difference between the schema and strict mode."""
    if error.code in BEYOND:
        return True
    if error.code == "BAD_URI":
        return "the scheme" in error.message or "1 to 1024 characters" in error.message
    if error.code == "BAD_TIME":
        return "is outside 1970" in error.message
    if error.path == "/schemaVersion":
        return not str(whole["schemaVersion"]).startswith("2.")
    if error.path == "/type":
        return any(each.get("type") not in TYPES for each in events_of(whole))
    # The schema describes this field for two types and lets anything stand there in the others.
    return error.path.startswith("/persistentDisposition")


def events_of(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of a document of any form, the single event included."""
    body = whole.get("epcisBody")
    results = body.get("queryResults", {}).get("resultsBody", body) if isinstance(body, dict) else {}
    listed = results.get("eventList", [])
    yield from [each for each in listed if isinstance(each, dict)] if isinstance(body, dict) else [whole]


def bare(kind: str) -> dict[str, Any]:
    """An event as it stands in a document."""
    return {name: value for name, value in event(kind).items() if name != "@context"}


def thinned(random: Any, whole: dict[str, Any]) -> dict[str, Any]:
    """The event without some of its fields, as real ones are."""
    odds = random.choice((0, 0.2, 0.6))
    return {name: value for name, value in whole.items() if name in _FRAME or random.random() >= odds}


_FRAME = {"@context", "type", "eventTime", "eventTimeZoneOffset"}


def compare(whole: Any) -> None:
    """Strict mode and schema on one document."""
    error = refusal(json.dumps(whole).encode(), Mode.STRICT)
    if not judge().is_valid(whole):
        assert error is not None, [found.message for found in judge().iter_errors(whole)]
    elif error is not None:
        assert explained(error, whole), str(error)


@pytest.mark.parametrize("kind", TYPES)
def test_the_seeds_are_taken_by_both(kind):
    """Every field of the standard, in both modes: nothing is refused, so a mutant's fault is its own."""
    for whole in (event(kind), document(bare(kind)), answer(bare(kind))):
        assert judge().is_valid(whole)
        assert all(refusal(json.dumps(whole).encode(), mode) is None for mode in Mode)


@given(st.randoms(use_true_random=False), st.sampled_from(TYPES), st.integers(0, 4))
@settings(max_examples=600, deadline=None)
def test_mutated_events_are_judged_alike(random, kind, edits):
    """What the schema refuses strict mode refuses; what it takes strict mode takes, but for meaning."""
    whole = mutant(random, thinned(random, event(kind)), edits)
    if isinstance(whole, dict):
        compare(whole)


@given(
    st.randoms(use_true_random=False),
    st.sampled_from(TYPES),
    st.sampled_from([document, answer]),
    st.integers(1, 3),
)
@settings(max_examples=300, deadline=None)
def test_mutated_documents_are_judged_alike(random, kind, made: Callable[..., Any], edits):
    """Frames, headers and master data too."""
    whole = mutant(random, made(thinned(random, bare(kind))), edits)
    if isinstance(whole, dict):
        compare(whole)


@given(st.randoms(use_true_random=False), st.sampled_from(TYPES), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_examining_agrees_with_reading(random, kind, edits):
    """An event is refused exactly when its examination has an error, and the refusal is one of them; what
    strict
    mode takes tolerant mode takes for the same."""
    raw = json.dumps(mutant(random, thinned(random, event(kind)), edits)).encode()
    taken = {}
    for mode in Mode:
        findings = examine_event(raw, mode)
        errors = [(found.code, found.path) for found in findings if found.severity == "error"]
        if not errors:
            taken[mode] = parse_event(raw, mode)
            assert taken[mode].findings == findings
            continue
        with pytest.raises(Rejected) as caught:
            parse_event(raw, mode)
        assert (caught.value.code, caught.value.path) in errors
    if Mode.STRICT in taken:
        assert taken[Mode.TOLERANT] == taken[Mode.STRICT]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bizStep", vocabulary.BIZ_STEPS),
        ("disposition", vocabulary.DISPOSITIONS),
        ("bizTransaction-type", vocabulary.TRANSACTION_TYPES),
        ("source-dest-type", vocabulary.SOURCE_DEST_TYPES),
        ("error-reason", vocabulary.ERROR_REASONS),
        ("measurementType", vocabulary.MEASUREMENTS),
        ("sensorAlertType", vocabulary.ALERTS),
        ("component", vocabulary.COMPONENTS),
    ],
)
def test_the_standard_words_are_those_of_the_schema(name, words):
    """Not one more, not one fewer."""
    listed = next(part["enum"] for part in definitions()[name]["anyOf"] if "enum" in part)
    assert words.words == frozenset(listed)


def test_the_prefixes_are_those_of_the_published_context():
    """All its namespaces, and none of its terms."""
    terms = json.loads(shared("epcis/schema/epcis-context-2.0.0.jsonld").read_bytes())["@context"]
    spaces = {name: uri for name, uri in terms.items() if isinstance(uri, str) and uri[-1] in "/#:"}
    assert spaces == PREFIXES
    assert set(TYPES) == set(EventType)
