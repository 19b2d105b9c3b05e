"""Events are parsed once for all who read them within a moment."""

import json

import pytest

from tests.unit.epcis_samples import event
from tracehold.core.errors import Rejected
from tracehold.journey import parsed
from tracehold.journey.parsed import Parsed, tolerant


def payload(number: int) -> bytes:
    """An event of its own."""
    return json.dumps(event(eventID=f"urn:x:{number}")).encode()


def test_the_second_reader_gets_the_same_event():
    """As equal as if it were parsed anew."""
    events = Parsed()
    first = events(payload(1))
    assert events(bytes(bytearray(payload(1)))) is first
    assert first == tolerant(payload(1))


def test_what_was_used_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    """By bytes of payloads: the memory is bounded whatever comes."""
    asked = list[bytes]()

    def counted(raw: bytes):
        asked.append(raw)
        return tolerant(raw)

    monkeypatch.setattr(parsed, "tolerant", counted)
    one, two, three = payload(1), payload(2), payload(3)
    events = Parsed(2 * len(one))
    for raw in (one, two, one, three, one, two):
        events(raw)
    assert asked == [one, two, three, two]
    Parsed(len(one) - 1)(one)


def test_what_is_refused_is_refused_again():
    """Nothing is remembered of it."""
    events = Parsed()
    for _ in range(2):
        with pytest.raises(Rejected):
            events(b"{}")
