"""Keys, thumbprints, signatures; the published edge cases where they are at hand."""

from hashlib import sha256

import cbor2
import nacl.bindings
import nacl.exceptions
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.errors import Rejected
from tracehold.core.keys import Alg, Ed25519Key, P256Key, PublicKey

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED = Ed25519Key.from_seed(b"\x01" * 32)
P256 = P256Key.from_private_value(3)


@pytest.fixture(params=[ED, P256], ids=["EdDSA", "ES256"])
def key(request):
    """A key of each algorithm."""
    return request.param


@given(st.binary(max_size=200))
def test_a_signature_verifies(message):
    """Both algorithms sign what they verify."""
    for key in (ED, P256):
        signature = key.sign(message)
        assert len(signature) == 64
        key.public.verify(signature, message)


def test_signing_is_deterministic(key):
    """No source of randomness is needed, so none can fail."""
    assert key.sign(b"m") == key.sign(b"m")


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_changed_signature_is_refused(key, at):
    """One bit is enough."""
    signature = bytearray(key.sign(b"m"))
    signature[at] ^= 1
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        key.public.verify(bytes(signature), b"m")


def test_another_message_is_refused(key):
    """A signature is of one message."""
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        key.public.verify(key.sign(b"m"), b"n")


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_other_lengths_are_refused(key, length):
    """64 bytes, not DER and not padded."""
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        key.public.verify(bytes(length), b"m")


def test_high_s_is_refused():
    """The other s of the same ES256 signature would make another fingerprint of the same statement."""
    signature = P256.sign(b"m")
    s = int.from_bytes(signature[32:], "big")
    high = signature[:32] + (ORDER - s).to_bytes(32, "big")
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        P256.public.verify(high, b"m")


def test_every_es256_signature_has_low_s():
    """About half of all raw signatures do not; all of ours do."""
    for at in range(64):
        assert int.from_bytes(P256.sign(bytes([at]))[32:], "big") <= ORDER // 2


def test_ed25519_is_that_of_other_libraries():
    """Same seed, same key and signature."""
    other = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    assert other.sign(b"m") == ED.sign(b"m")
    raw = other.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    assert raw == ED.public.raw


def test_thumbprint_is_of_the_required_parameters(key):
    """RFC 9679: SHA-256 of the deterministic COSE_Key with exactly these parameters."""
    parts = cbor2.loads(key.public.cose_key())
    assert parts.keys() == ({1, -1, -2} if key.public.alg is Alg.EDDSA else {1, -1, -2, -3})
    assert key.public.kid == sha256(key.public.cose_key()).digest()


def test_thumbprint_of_the_rfc():
    """The example key of RFC 9679 section 6 has the thumbprint printed there."""
    x = "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
    y = "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
    key = PublicKey(Alg.ES256, bytes.fromhex(x + y))
    assert key.kid.hex() == "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"


def test_cose_key_round_trip(key):
    """A key comes back out of its one encoding."""
    assert PublicKey.from_cose(key.public.cose_key()) == key.public


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x00",
        b"\xa0",
        cbor2.dumps({1: 1, -1: 6, -2: ED.public.raw, 3: -8}),  # a parameter too many
        cbor2.dumps({1: True, -1: 6, -2: ED.public.raw}),
        cbor2.dumps({1: 2, -1: 6, -2: ED.public.raw}),  # wrong type
        cbor2.dumps({1: 1, -1: 4, -2: ED.public.raw}),  # X25519
        cbor2.dumps({1: 1, -1: 6, -2: ED.public.raw[:31]}),
        cbor2.dumps({1: 1, -1: 6, -2: ED.public.raw, -4: b"\x01" * 32}),  # a private key
        cbor2.dumps({-1: 6, 1: 1, -2: ED.public.raw}),  # not sorted
        cbor2.dumps({1: 2, -1: 1, -2: P256.public.raw[:32], -3: False}),  # compressed
        cbor2.dumps({1: 2, -1: 1, -2: P256.public.raw[:32], -3: bytes(32)}),  # not on the curve
        cbor2.dumps({1: 2, -1: 2, -2: P256.public.raw[:32], -3: P256.public.raw[32:]}),  # P-384
        cbor2.dumps({1: 2, -1: 1, -2: b"\x00" + P256.public.raw[:32], -3: P256.public.raw[32:]}),
    ],
)
def test_bad_keys_are_refused(encoded):
    """Only the required parameters of the two curves, deterministic, and a point of the curve."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        PublicKey.from_cose(encoded)


@pytest.mark.parametrize("first", [0, 1, 0xEC, 0xED, 0xEE])
def test_low_order_keys_are_refused(first):
    """Under a key of low order anybody can make signatures."""
    raw = bytes([first]) + (bytes(31) if first < 2 else b"\xff" * 30 + b"\x7f")
    with pytest.raises(Rejected, match="BAD_KEY"):
        PublicKey(Alg.EDDSA, raw)


def test_signature_with_low_order_point_is_refused():
    """An ordinary key and R = identity: some libraries take it, which would split a network."""
    order = (1 << 252) + 27742317777372353535851937790883648493
    digest = nacl.bindings.crypto_hash_sha512(b"\x01" * 32)
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    point = b"\x01" + bytes(31)
    k = int.from_bytes(nacl.bindings.crypto_hash_sha512(point + ED.public.raw + b"m"), "little") % order
    forged = point + (k * scalar % order).to_bytes(32, "little")
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        ED.public.verify(forged, b"m")
    ed25519.Ed25519PublicKey.from_public_bytes(ED.public.raw).verify(forged, b"m")


def test_secrets_are_not_shown(key):
    """Neither repr nor str of a key tells its secret."""
    assert "_secret" not in repr(key)
    assert (b"\x01" * 32).hex() not in str(key)


def test_pem_keys_are_read():
    """A P-256 key comes from an unencrypted PEM file."""
    pem = ec.derive_private_key(3, ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert P256Key.from_pem(pem).public == P256.public


def _pem_of(secret, encryption=None):
    kind = serialization.PrivateFormat.PKCS8
    return secret.private_bytes(serialization.Encoding.PEM, kind, encryption or serialization.NoEncryption())


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\n",
        _pem_of(ec.derive_private_key(3, ec.SECP384R1())),
        _pem_of(ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)),
        _pem_of(ec.derive_private_key(3, ec.SECP256R1()), serialization.BestAvailableEncryption(b"x")),
    ],
    ids=["empty", "cut", "P-384", "Ed25519", "encrypted"],
)
def test_other_pem_files_are_refused(pem):
    """Another curve, no key, or a password that nobody gave."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        P256Key.from_pem(pem)


@pytest.mark.parametrize("value", [0, -1, ORDER, ORDER + 1])
def test_private_numbers_out_of_range_are_refused(value):
    """1 to order - 1."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        P256Key.from_private_value(value)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_seeds_of_other_lengths_are_refused(length):
    """32 bytes."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        Ed25519Key.from_seed(bytes(length))


@pytest.mark.parametrize("x", [0, 5, 6, 8])
def test_security_a_point_has_one_key(x):
    """x + p names the same point, and would have another thumbprint: a second key for one secret."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    y = pow(x**3 - 3 * x + b, (prime + 1) // 4, prime)
    PublicKey(Alg.ES256, x.to_bytes(32, "big") + y.to_bytes(32, "big"))
    with pytest.raises(Rejected, match="BAD_KEY"):
        PublicKey(Alg.ES256, (x + prime).to_bytes(32, "big") + y.to_bytes(32, "big"))


def test_security_an_ed25519_signature_has_one_s():
    """S + L verifies with libraries that do not compare S with the order."""
    order = (1 << 252) + 27742317777372353535851937790883648493
    signature = ED.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + order
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        ED.public.verify(signature[:32] + s.to_bytes(32, "little"), b"m")
