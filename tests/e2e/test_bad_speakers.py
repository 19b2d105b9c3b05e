"""The bad-input table, each row with its outcome on a real node: keys, parties, tokens, audiences."""

import json
from dataclasses import replace

import pytest

from tests.e2e.conftest import LEAVER, LEAVER_KEY, SENDER, SIGNER, SIGNER_KEY, Running
from tests.e2e.outcomes import refused, wait_until_indexed
from tests.e2e.signing import document, event, network_of, signer
from tracehold.cli.demo.programs import run
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold_client import Audience, Client, event_json
from tracehold_client.rest import RestClient

STRANGER_KEY = Ed25519Key.from_seed(b"\x7f" * 32)


def test_signature_of_another_key_is_refused(anonymous: Client):
    """A statement whose signature was put on with another key than it names."""
    raw = bytearray(signer(anonymous).event(event()))
    raw[-1] ^= 1
    assert refused(anonymous, bytes(raw)) == "BAD_SIGNATURE"


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
