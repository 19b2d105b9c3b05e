"""COSE_Sign1 framing, and the bytes that a signature covers."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core import cose
from tracehold.core.errors import Rejected

WHOLE = cose.encode_sign1(b"\xa1\x01\x27", b"payload", bytes(64))


@given(st.binary(max_size=400), st.none() | st.binary(max_size=70_000), st.binary(max_size=80))
def test_round_trip(protected, payload, signature):
    """Every part comes back, and a general library sees a tagged array of four."""
    raw = cose.encode_sign1(protected, payload, signature, b"\xa1\x01\x02")
    assert cose.parse_sign1(raw) == cose.Sign1(protected, b"\xa1\x01\x02", payload, signature)
    tag = cbor2.loads(raw)
    assert tag.tag == 18
    assert list(tag.value) == [protected, {1: 2}, payload, signature]


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=30))
def test_sig_structure_is_that_of_the_rfc(protected, payload, aad):
    """RFC 9052 section 4.4: an array of context, protected, external data, payload."""
    expected = cbor2.dumps(["Signature1", protected, aad, payload])
    assert cose.sig_structure(protected, payload, aad) == expected


@pytest.mark.parametrize("cut", range(len(WHOLE)))
def test_truncation_is_refused(cut):
    """No prefix of a statement is a statement."""
    with pytest.raises(Rejected):
        cose.parse_sign1(WHOLE[:cut])


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (WHOLE[1:], "MALFORMED_COSE"),  # untagged
        (b"\xd8\x12" + WHOLE[1:], "MALFORMED_COSE"),  # tag 18 in two bytes
        (b"\xd1" + WHOLE[1:], "MALFORMED_COSE"),  # COSE_Mac0
        (b"\xd2\x83" + WHOLE[2:], "MALFORMED_COSE"),  # an array of three
        (b"\xd2\x9f" + WHOLE[2:] + b"\xff", "MALFORMED_COSE"),  # an indefinite array
        (WHOLE + b"\x00", "MALFORMED_COSE"),  # trailing byte
        (WHOLE.replace(b"\x43\xa1", b"\x58\x03\xa1"), "NOT_DETERMINISTIC"),  # long length of protected
        (WHOLE.replace(b"\x47pay", b"\x58\x07pay"), "NOT_DETERMINISTIC"),  # long length of payload
        (WHOLE.replace(b"\x47pay", b"\x59\x00\x07pay"), "NOT_DETERMINISTIC"),
        (WHOLE.replace(b"\x58\x40", b"\x59\x00\x40"), "NOT_DETERMINISTIC"),  # long length of signature
        (WHOLE.replace(b"\x27\xa0", b"\x27\x80"), "MALFORMED_COSE"),  # unprotected no map
        (WHOLE.replace(b"\x27\xa0", b"\x27\xbf\xff"), "NOT_DETERMINISTIC"),  # indefinite map
        (WHOLE.replace(b"\x27\xa0", b"\x27\xa2\x02\x00\x01\x00"), "NOT_DETERMINISTIC"),  # unsorted map
        (WHOLE.replace(b"\x47payload", b"\x67payload"), "MALFORMED_COSE"),  # payload as text
        (WHOLE.replace(b"\x47payload", b"\xf7"), "MALFORMED_COSE"),  # undefined payload
    ],
)
def test_malleable_framing_is_refused(raw, code):
    """One statement has one fingerprint: whoever rewrites the framing makes bytes that nobody takes."""
    with pytest.raises(Rejected) as refusal:
        cose.parse_sign1(raw)
    assert refusal.value.code == code
