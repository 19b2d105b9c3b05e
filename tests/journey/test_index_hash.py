"""The index names each event by its hash, so that spellings of one event meet."""

import json
from typing import Any

from tests.journey.scene import event, statement
from tracehold.core.lineage.voids import disputes, same_event, takes_back
from tracehold.core.record import parse
from tracehold.journey.index import event_fact


def fact(issuer: str = "urn:x:party:1", **fields: Any):
    """What the index keeps of event(1) with fields written otherwise; a field given as None is left out."""
    whole = {**json.loads(event(1)), **fields}
    payload = json.dumps({name: value for name, value in whole.items() if value is not None}).encode()
    return event_fact(parse(statement(payload=payload).raw), issuer, None)


SPELLED: dict[str, Any] = {
    "epcList": ["https://shop.example/01/09521000001237/21/7"],
    "eventTime": "2026-03-01T12:00:00+02:00",
    "bizStep": "urn:epcglobal:cbv:bizstep:shipping",
}
DECLARED: dict[str, Any] = {"declarationTime": "2026-03-02T10:00:00Z", "reason": "incorrect_data"}


def test_signed_statements_of_one_event_are_one_event():
    """Two records, whatever their spelling and eventID; another event is another."""
    first, again = fact(), fact(**SPELLED, eventID=None)
    assert first.fingerprint != again.fingerprint
    assert first.event_hash is not None
    assert same_event(first) == same_event(again)
    assert same_event(fact(bizStep="receiving")) != same_event(first)


def test_a_declaration_without_event_id_finds_its_event_in_any_spelling():
    """By the hash, and of the same issuer only; a field that no fact holds tells events apart too."""
    declaration = fact(**SPELLED, eventID=None, errorDeclaration=DECLARED)
    assert takes_back(declaration, fact())
    assert not takes_back(declaration, fact("urn:x:party:2"))
    assert disputes(declaration, fact("urn:x:party:2"))
    assert not takes_back(declaration, fact(ilmd={"https://shop.example/vintage": 2025}, action="ADD"))
    gate: dict[str, Any] = {"https://shop.example/gate": 7}
    assert not takes_back(declaration, fact(**gate))
