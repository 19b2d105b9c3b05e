"""The bad-input table, each row with its outcome on a real node: bytes, JSON, EPCIS, sizes, repeats."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import SENDER
from tests.e2e.outcomes import captured, refused
from tests.e2e.signing import document, event, signer
from tracehold.core import record
from tracehold.core.errors import Rejected
from tracehold_client import Client, event_json
from tracehold_client.rest import RestClient


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"not json",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe",
        b"[" * 200 + b"]" * 200,
        b'{"a":1} x',
    ],
)
def test_broken_json_refuses_itself(sender: Client, rest: RestClient, raw: bytes):
    """As an event its own record is refused, as a document the whole request; neighbours are taken."""
    assert refused(sender, event_json(raw)) in {"MALFORMED_JSON", "BAD_REQUEST"}
    with pytest.raises(Rejected) as caught:
        rest.capture(raw)
    assert caught.value.code in {"MALFORMED_JSON", "NOT_EPCIS"}


@pytest.mark.parametrize(
    "raw", [b"\x00", b"not cbor", b"\xd2\x84\x40\xa0\x40", b"\x84\x40\xa0\x40\x40", b"\xd2\x80", b"\xf6"]
)
def test_wrong_cose_refuses_itself(anonymous: Client, raw: bytes):
    """What is no tagged COSE_Sign1 of the profile is malformed, or has a bad header."""
    assert refused(anonymous, raw) in {"MALFORMED_COSE", "BAD_HEADER"}


def test_record_with_an_unprotected_header_is_refused(anonymous: Client):
    """Anybody could add unprotected labels and make another fingerprint of one statement."""
    raw = signer(anonymous).event(event())
    parsed = record.parse(raw)
    at = raw.index(parsed.sign1.protected) + len(parsed.sign1.protected)
    assert raw[at : at + 1] == b"\xa0"
    assert refused(anonymous, raw[:at] + b"\xa1\x01\x01" + raw[at + 1 :]) == "MALFORMED_COSE"


def test_changed_payload_is_refused(anonymous: Client):
    """One letter of the event changed after signing."""
    raw = signer(anonymous).event(event()).replace(b"inspecting", b"inspectinh")
    assert refused(anonymous, raw) == "BAD_SIGNATURE"


def test_over_size_record(anonymous: Client, sender: Client):
    """More than 1 MiB is refused, and its neighbours are taken."""
    assert refused(anonymous, bytes([0xD2]) + bytes(1 << 20)) == "RECORD_TOO_LARGE"
    assert refused(sender, event_json(event(**{"ex:x": "a" * (1 << 20)}))) == "RECORD_TOO_LARGE"


def test_one_bad_record_in_the_middle_of_10_000(sender: Client):
    """9,999 records are sealed, in order; the one in the middle alone is refused."""
    items = [event_json(event(SENDER.piece(1, f"M{number}").link)) for number in range(10_000)]
    items[5_000] = event_json(b"{")
    outcomes = sender.upload(items, timeout=120)
    assert [at for at, outcome in enumerate(outcomes) if outcome.error is not None] == [5_000]
    indexes = [outcome.index for outcome in outcomes if outcome.error is None]
    assert indexes == sorted(indexes)
    assert len(set(indexes)) == 9_999


def test_all_or_nothing_seals_nothing(sender: Client):
    """With `all_or_nothing` the good records are refused too, and are not in the log afterwards."""
    before = sender.status().sealed
    good, bad = sender.upload([event_json(event()), event_json(b"{")], all_or_nothing=True)
    assert good.error is not None
    assert good.error.code == "BATCH_REFUSED"
    assert bad.error is not None
    assert sender.status().sealed == before


def test_more_than_10_000_records_are_refused(anonymous: Client):
    """The limit of a message holds for the whole message."""
    with pytest.raises(Rejected) as caught:
        anonymous.upload([b"\x00"] * 10_001)
    assert caught.value.code in {"TOO_MANY_RECORDS", "BAD_REQUEST"}


def test_same_bytes_again_give_the_same_answer(anonymous: Client, sender: Client):
    """A statement or a delegated event sent twice has one entry and one index; the delegated one says
    DUPLICATE.
    """
    statement, delegated = signer(anonymous).event(event()), event_json(event())
    first = [anonymous.upload([statement])[0].unwrap(), sender.upload([delegated])[0].unwrap()]
    again = [anonymous.upload([statement])[0].unwrap(), sender.upload([delegated])[0].unwrap()]
    assert [(a.fingerprint, a.index) for a in again] == [(f.fingerprint, f.index) for f in first]
    assert [f.duplicate for f in first] == [False, False]
    assert again[1].duplicate


def test_same_bytes_twice_in_one_message(sender: Client):
    """Even side by side they are one entry."""
    item = event_json(event())
    one, two = sender.upload([item, item])
    assert (one.unwrap().fingerprint, one.index) == (two.unwrap().fingerprint, two.index)


def test_same_document_twice(rest: RestClient):
    """The second capture answers with the first fingerprints, marked as duplicates."""
    raw = document(event(), event())
    first, again = captured(rest, raw), captured(rest, raw)
    assert [e["fingerprint"] for e in again["events"]] == [e["fingerprint"] for e in first["events"]]
    assert [e["duplicate"] for e in first["events"]] == [False, False]
    assert [e["duplicate"] for e in again["events"]] == [True, True]


@pytest.mark.parametrize(
    "uri",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "java\tscript:alert(1)"],
)
def test_script_uris_are_refused(sender: Client, rest: RestClient, uri: str):
    """No identifier that a browser would run ever enters the log."""
    assert refused(sender, event_json(event(uri))) == "BAD_URI"
    job = captured(rest, document(event(uri)), all_or_nothing=True)
    assert job["success"] is False
    assert job["errors"][0]["code"] == "BAD_URI"


@pytest.mark.parametrize(
    "raw", [b"{}", b"[]", b'"text"', b'{"type": "Invoice"}', b'{"type": "EPCISDocument"}']
)
def test_document_that_is_no_epcis(rest: RestClient, raw: bytes):
    """JSON of another kind is refused as a whole, at once."""
    with pytest.raises(Rejected) as caught:
        rest.capture(raw)
    assert caught.value.code in {"NOT_EPCIS", "EPCIS_FORM"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"eventTime": "yesterday"}, "BAD_TIME"),
        ({"eventTime": "2999-01-01T00:00:00Z"}, "BAD_TIME"),
        ({"epcList": ["https://id.gs1.org/01/09521602000011/21/1"]}, "BAD_CHECK_DIGIT"),
        ({"action": "EAT"}, "EPCIS_FORM"),
        ({"type": "AggregationEvent", "action": "ADD", "childEPCs": ["urn:x:1"], "epcList": None}, None),
    ],
)
def test_events_that_mean_nothing(sender: Client, changes: dict[str, Any], code: str | None):
    """Wrong times, check digits, actions and a packing without a container are refused with a path."""
    body = {key: value for key, value in (json.loads(event()) | changes).items() if value is not None}
    found = refused(sender, event_json(json.dumps(body).encode()))
    assert found == code or (code is None and found in {"EPCIS_MEANING", "EPCIS_FORM"})


def test_non_deterministic_cbor(anonymous: Client):
    """The same statement in another CBOR spelling would have a second fingerprint: refused."""
    raw = signer(anonymous).event(event())
    parsed = record.parse(raw)
    at = raw.index(parsed.payload)
    length = len(parsed.payload)
    assert raw[at - 3 : at] == b"\x59" + length.to_bytes(2, "big")
    longer = raw[: at - 3] + b"\x5a" + length.to_bytes(4, "big") + raw[at:]
    assert refused(anonymous, longer) == "NOT_DETERMINISTIC"
