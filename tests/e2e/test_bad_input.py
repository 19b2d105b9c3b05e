"""The bad-input table, each row with its outcome on a real node."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.conftest import LEAVER, LEAVER_KEY, SENDER, SIGNER, SIGNER_KEY, Running
from tests.e2e.signing import document, event, network_of, signer
from tracehold.cli.demo.programs import run
from tracehold.core import record
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold_client import Audience, Client, State, event_json
from tracehold_client.rest import RestClient

STRANGER_KEY = Ed25519Key.from_seed(b"\x7f" * 32)


@pytest.fixture(scope="module")
def anonymous(running: Running) -> Iterator[Client]:
    """A client without a token: enough for statements."""
    with Client(running.world.grpc) as client:
        yield client


@pytest.fixture(scope="module")
def sender(running: Running) -> Iterator[Client]:
    """A client that may let the node sign for SENDER."""
    with Client(running.world.grpc, token=running.sender) as client:
        yield client


@pytest.fixture(scope="module")
def rest(running: Running) -> RestClient:
    """The same over REST."""
    return RestClient(running.world.rest, token=running.sender)


def refused(client: Client, item: Any) -> str:
    """The code with which this one item is refused; the good record sent beside it must be taken."""
    bad, good = client.upload([item, signer(client).event(event())])
    assert good.error is None, good.error
    assert bad.error is not None
    assert bad.state is State.NONE
    return bad.error.code


def captured(rest: RestClient, raw: bytes, **options: Any) -> dict[str, Any]:
    """The finished capture job of a document."""
    path = rest.capture(raw, **options)
    end = time.monotonic() + 30
    while (job := rest.job(path))["running"] and time.monotonic() < end:
        time.sleep(0.05)
    return job


def wait_until_indexed(client: Client) -> None:
    """Return when every sealed record can be asked for."""
    end = time.monotonic() + 30
    sealed = client.status().sealed
    while client.status().indexed < sealed and time.monotonic() < end:
        time.sleep(0.05)
    assert client.status().indexed >= sealed


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


def test_signature_of_another_key_is_refused(anonymous: Client):
    """A statement whose signature was put on with another key than it names."""
    raw = bytearray(signer(anonymous).event(event()))
    raw[-1] ^= 1
    assert refused(anonymous, bytes(raw)) == "BAD_SIGNATURE"


def test_changed_payload_is_refused(anonymous: Client):
    """One letter of the event changed after signing."""
    raw = signer(anonymous).event(event()).replace(b"inspecting", b"inspectinh")
    assert refused(anonymous, raw) == "BAD_SIGNATURE"


def test_key_that_is_not_enrolled_for_the_party(anonymous: Client):
    """A stranger's key cannot speak for an enrolled party."""
    raw = signer(anonymous, key=STRANGER_KEY).event(event())
    assert refused(anonymous, raw) == "KEY_NOT_ENROLLED"


def test_key_of_one_party_cannot_speak_for_another(anonymous: Client):
    """An enrolled key signs for its own party only."""
    raw = signer(anonymous, party=LEAVER.party.link).event(event())
    assert refused(anonymous, raw) == "KEY_NOT_ENROLLED"


def test_unknown_party(anonymous: Client):
    """A party of whom the log knows no key."""
    raw = signer(anonymous, party="https://example.org/nobody").event(event())
    assert refused(anonymous, raw) == "UNKNOWN_PARTY"


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


@pytest.mark.parametrize("token", ["wrong", "Ä" * 3, "a" * 5000])
def test_wrong_token(running: Running, token: str):
    """A token that is not one of the node's is refused, over gRPC and REST, for reads and for writes."""
    for call in (
        lambda: RestClient(running.world.rest, token=token).capture(document(event())),
        lambda: RestClient(running.world.rest, token=token).post("v1/history", {"item": "urn:x:1"}),
    ):
        with pytest.raises((TraceholdError, UnicodeError)) as caught:
            call()
        if isinstance(caught.value, Rejected):
            assert caught.value.code == "UNAUTHENTICATED"
    if token.isascii() and len(token) < 1000:
        with Client(running.world.grpc, token=token) as client, pytest.raises(Rejected) as refusal:
            client.history("urn:x:1")
        assert refusal.value.code == "UNAUTHENTICATED"


def test_delegation_without_a_token_and_for_another_party(
    running: Running, anonymous: Client, sender: Client
):
    """The node signs for nobody who does not show that it may."""
    with pytest.raises(Rejected) as caught:
        anonymous.upload([event_json(event())])
    assert caught.value.code == "UNAUTHENTICATED"
    (outcome,) = sender.upload([event_json(event(), party=SIGNER.party.link)])
    assert outcome.error is not None
    assert outcome.error.code == "FORBIDDEN"
    with Client(running.world.grpc, token=running.reader) as reader, pytest.raises(Rejected) as denied:
        reader.upload([event_json(event())])
    assert denied.value.code == "FORBIDDEN"


@pytest.mark.parametrize("audience", [Audience.AUTHORITY, Audience.INTEREST, Audience.PARTIES])
def test_reader_without_the_right_sees_a_gap_and_no_leak(
    running: Running, sender: Client, audience: Audience
):
    """Items, places, parties and fingerprints of such a record stand in no part of the answer."""
    item, secret = SENDER.piece(2, f"A{audience}").link, SENDER.place(77).link
    raw = event(item, readPoint={"id": secret}, bizLocation={"id": secret})
    outcome = sender.upload([event_json(raw, audience=audience)])[0].unwrap()
    wait_until_indexed(sender)
    reader = RestClient(running.world.rest, token=running.reader)
    for path, more in (("history", {}), ("trace", {"direction": "UPSTREAM"}), ("records:locate", {})):
        answer = reader.post(f"v1/{path}", {"item": item} | more)
        assert "ACCESS_REFUSED" in {gap["reason"] for gap in answer["gaps"]}, path
        text = json.dumps(answer)
        assert secret not in text
        assert outcome.fingerprint not in text
        assert SENDER.party.link not in text
    with pytest.raises(Rejected) as caught:
        reader.get(f"v1/records/{outcome.fingerprint}")
    assert caught.value.code in {"FORBIDDEN", "NOT_FOUND"}
    authority = RestClient(running.world.rest, token=running.authority)
    assert [e["fingerprint"] for e in authority.post("v1/history", {"item": item})["events"]] == [
        outcome.fingerprint
    ]


def test_non_deterministic_cbor(anonymous: Client):
    """The same statement in another CBOR spelling would have a second fingerprint: refused."""
    raw = signer(anonymous).event(event())
    parsed = record.parse(raw)
    at = raw.index(parsed.payload)
    length = len(parsed.payload)
    assert raw[at - 3 : at] == b"\x59" + length.to_bytes(2, "big")
    longer = raw[: at - 3] + b"\x5a" + length.to_bytes(4, "big") + raw[at:]
    assert refused(anonymous, longer) == "NOT_DETERMINISTIC"


def test_record_of_another_network(anonymous: Client):
    """A statement signed for another network does not replay here."""
    raw = signer(anonymous, network=NetworkId(b"\x42" * 32)).event(event())
    assert refused(anonymous, raw) == "WRONG_NETWORK"


def test_back_dated_record_of_a_revoked_key(running: Running, anonymous: Client):
    """After the revocation nothing of that key is taken, whatever time it claims; what stood before stays."""
    network = network_of(anonymous)
    leaver = replace(signer(anonymous), key=LEAVER_KEY, party=LEAVER.party.link, network=network)
    before = leaver.event(event())
    taken = anonymous.upload([before])[0].unwrap()
    kid = LEAVER_KEY.public.kid.hex()
    run("party", "revoke", "--dir", str(running.world.home), "--kid", kid)
    late = replace(leaver, now=lambda: 1_600_000_000.0)
    assert refused(anonymous, late.event(event())) == "KEY_REVOKED"
    again = anonymous.upload([before])[0].unwrap()
    assert (again.fingerprint, again.index) == (taken.fingerprint, taken.index)


def test_key_enrolled_by_nobody_else_than_the_operator(anonymous: Client):
    """A provider cannot enrol keys: its control records are refused."""
    from tracehold.core.control import Enrol, encode_control
    from tracehold.core.record import Header, Kind, sign

    says = Enrol(SIGNER.party.link, STRANGER_KEY.public)
    public = SIGNER_KEY.public
    header = Header(
        public.alg, Kind.ENROL, public.kid, SIGNER.party.link, network_of(anonymous), 1_700_000_000, bytes(16)
    )
    assert refused(anonymous, sign(header, encode_control(says), SIGNER_KEY)) == "BAD_CONTROL"
