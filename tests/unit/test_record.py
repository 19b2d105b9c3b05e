"""Records: every rule about their bytes, each with what breaks it."""

from dataclasses import replace

import cbor2
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import FARM, FARM_KEY, MILL, MILL_KEY, NETWORK, STRANGER_KEY, header
from tests.shared_data import shared
from tests.unit.farm_record import PARTS, PAYLOAD, RAW, code_of, signed
from tracehold.core import cbor, cose, labels, record
from tracehold.core.errors import Rejected
from tracehold.core.header import Attachment, Audience, Kind, encode_header
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import MAX_RECORD_BYTES


@given(
    st.sampled_from([(FARM_KEY, FARM), (MILL_KEY, MILL)]),
    st.binary(max_size=500),
    st.sampled_from(Audience),
    st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 1 << 50)), max_size=3),
    st.none() | st.binary(min_size=32, max_size=32),
)
def test_round_trip(speaker, payload, audience, attached, supersedes):
    """What is signed is read back, field by field, and verifies."""
    key, iss = speaker
    attachments = tuple(Attachment(Fingerprint(digest), size, "image/png") for digest, size in attached)
    replaced = None if supersedes is None else Fingerprint(supersedes)
    said = replace(header(key, iss), audience=audience, attachments=attachments, supersedes=replaced)
    raw = record.sign(said, payload, key)
    parsed = record.parse(raw)
    assert (parsed.header, parsed.payload, parsed.raw) == (said, payload, raw)
    assert parsed.fingerprint == blake3(raw).digest()
    record.check_signature(parsed, key.public)


def test_a_general_library_reads_it():
    """The bytes are plain COSE: tag 18, four parts, the labels of docs/spec/labels.md."""
    protected, unprotected, payload, signature = cbor2.loads(RAW).value
    assert (unprotected, payload, len(signature)) == ({}, PAYLOAD, 64)
    parts = cbor2.loads(protected)
    assert parts[1] == -8
    assert parts[3] == "application/vnd.tracehold.event+json"
    assert parts[15] == {1: FARM, 3: NETWORK.hex(), 6: 1_764_000_000}
    assert parts.keys() == {1, 3, 4, 15, -70001, -70002}


def test_event_header_takes_the_defaults():
    """The convenience names the key, and the default audience is the network."""
    public = FARM_KEY.public
    said = record.event_header(public, FARM, NETWORK, 5, bytes(16))
    assert (said.kid, said.alg, said.kind, said.audience) == (
        public.kid,
        public.alg,
        Kind.EVENT,
        Audience.NETWORK,
    )


@given(st.integers(0, len(RAW) - 1), st.integers(0, 7))
def test_every_changed_bit_is_noticed(at, bit):
    """A changed record is refused in form, or its signature is false; and it has another fingerprint."""
    changed = bytearray(RAW)
    changed[at] ^= 1 << bit
    assert record.fingerprint(bytes(changed)) != record.fingerprint(RAW)
    with pytest.raises(Rejected):
        record.check_signature(record.parse(bytes(changed)), FARM_KEY.public)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_a_code(raw):
    """No input makes anything but a refusal."""
    for attempt in (raw, b"\xd2\x84" + raw, signed(raw)):
        assert code_of(attempt) in {"MALFORMED_COSE", "NOT_DETERMINISTIC", "BAD_HEADER"}


def test_another_key_did_not_sign_it():
    """The signature is checked under the key that the header names, and no other."""
    parsed = record.parse(RAW)
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        record.check_signature(parsed, STRANGER_KEY.public)


def test_kid_of_another_key_is_refused():
    """Naming a stranger's key in the header does not make the record the stranger's."""
    said = {**PARTS, labels.KID: STRANGER_KEY.public.kid}
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        record.check_signature(record.parse(signed(said)), STRANGER_KEY.public)


def test_a_record_of_one_megabyte_is_taken():
    """The limit is of the whole bytes, and is reached exactly."""
    spare = MAX_RECORD_BYTES - len(record.sign(header(FARM_KEY, FARM), bytes(70_000), FARM_KEY)) + 70_000
    raw = record.sign(header(FARM_KEY, FARM), bytes(spare), FARM_KEY)
    assert len(raw) == MAX_RECORD_BYTES
    assert record.parse(raw).payload == bytes(spare)


def test_over_one_megabyte_is_refused():
    """Both where it is read and where it would be signed."""
    parts = cbor.encode(PARTS)
    assert code_of(signed(parts, payload=bytes(MAX_RECORD_BYTES))) == "RECORD_TOO_LARGE"
    with pytest.raises(Rejected, match="RECORD_TOO_LARGE"):
        record.sign(header(FARM_KEY, FARM), bytes(MAX_RECORD_BYTES), FARM_KEY)


def test_unprotected_header_is_refused():
    """Nothing that is not signed stands in a record: its bytes could be changed without the signer."""
    sign1 = cose.parse_sign1(RAW)
    raw = cose.encode_sign1(sign1.protected, sign1.payload, sign1.signature, cbor.encode({4: b"k"}))
    assert code_of(raw) == "MALFORMED_COSE"


def test_detached_payload_is_refused():
    """A record holds what it says."""
    sign1 = cose.parse_sign1(RAW)
    assert code_of(cose.encode_sign1(sign1.protected, None, sign1.signature)) == "MALFORMED_COSE"


@pytest.mark.parametrize("length", [0, 63, 65, 96])
def test_other_signature_lengths_are_refused(length):
    """64 bytes for both algorithms."""
    sign1 = cose.parse_sign1(RAW)
    assert code_of(cose.encode_sign1(sign1.protected, sign1.payload, bytes(length))) == "MALFORMED_COSE"


@pytest.mark.parametrize(
    "changes",
    [{"salt": b""}, {"iss": "farm"}, {"iat": -1}, {"kind": ""}, {"kid": b"k"}, {"supersedes": b"x"}],
)
def test_what_parse_refuses_is_not_signed(changes):
    """A signature is given only to what others take."""
    with pytest.raises(Rejected):
        record.sign(replace(header(FARM_KEY, FARM), **changes), PAYLOAD, FARM_KEY)


def test_a_header_that_names_another_key_is_not_signed():
    """kid and alg are those of the key that signs."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        record.sign(header(MILL_KEY, MILL), PAYLOAD, FARM_KEY)


def test_equal_statements_with_other_salts_differ():
    """A payload cannot be found by guessing its record's fingerprint."""
    one, two = (record.sign(header(FARM_KEY, FARM, number=n), PAYLOAD, FARM_KEY) for n in (1, 2))
    assert record.fingerprint(one) != record.fingerprint(two)


def test_header_encoding_is_deterministic():
    """The same header has the same bytes."""
    assert encode_header(header(FARM_KEY, FARM)) == cose.parse_sign1(RAW).protected


def test_fingerprints_of_the_published_vectors():
    """BLAKE3-256 as published, for every length of the vectors."""
    import json

    cases = json.loads(shared("tlog/blake3/test_vectors/test_vectors.json").read_bytes())["cases"]
    for case in cases:
        content = (bytes(range(251)) * (case["input_len"] // 251 + 1))[: case["input_len"]]
        assert record.fingerprint(content).hex() == case["hash"][:64]
