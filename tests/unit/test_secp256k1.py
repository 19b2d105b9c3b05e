"""Recovery of accounts in Python says what coincurve says, of good signatures and of all others."""

import pytest
from coincurve import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.blocks import keccak256
from tests.sealing import ORDER
from tracehold.adapters.ethereum import acks
from tracehold.core.errors import Rejected
from tracehold.core.secp256k1 import account_of, compact_account

SECRETS = st.integers(1, ORDER - 1).map(lambda value: value.to_bytes(32, "big"))
DIGESTS = st.binary(min_size=32, max_size=32)
BASE_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798


def verdict(recover, digest, signature):
    """The account, or the code of the refusal."""
    try:
        return recover(digest, signature)
    except Rejected as refusal:
        return refusal.code


@settings(max_examples=40, deadline=None)
@given(SECRETS, DIGESTS)
def test_the_signers_account_is_found(secret, digest):
    """Of any key, over any digest."""
    key = PrivateKey(secret)
    assert compact_account(digest, acks.sign(digest, key)) == acks.address_of(key.public_key)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=64, max_size=64), DIGESTS)
def test_any_64_bytes_get_the_verdict_of_coincurve(signature, digest):
    """Half of all r are of no point, and half of all s are high."""
    assert verdict(compact_account, digest, signature) == verdict(acks.signer, digest, signature)


@pytest.mark.parametrize("secret", [1, 2, 3, ORDER - 1, ORDER - 2])
@pytest.mark.parametrize(
    "digest", [bytes(32), b"\xff" * 32, ORDER.to_bytes(32, "big"), b"\x01".rjust(32, b"\0")]
)
def test_keys_and_digests_at_the_edges(secret, digest):
    """Where points meet in an addition."""
    key = PrivateKey(secret.to_bytes(32, "big"))
    assert compact_account(digest, acks.sign(digest, key)) == acks.address_of(key.public_key)


@pytest.mark.parametrize("parity", [0, 1])
@pytest.mark.parametrize("s", [1, 2, 3, 7])
@pytest.mark.parametrize("z", [0, 1, 2, 3, 7, ORDER - 1, ORDER - 7])
def test_a_nonce_of_one(parity, s, z):
    """R is the base point or its opposite: additions of equal and of opposite points, and infinity."""
    digest = z.to_bytes(32, "big")
    second = bytearray(s.to_bytes(32, "big"))
    second[0] |= parity << 7
    signature = BASE_X.to_bytes(32, "big") + bytes(second)
    assert verdict(compact_account, digest, signature) == verdict(acks.signer, digest, signature)


def test_attack_high_s_zeros_and_other_lengths():
    """One signature has one form."""
    digest, key = keccak256(b"any"), PrivateKey(b"\x05" * 32)
    good = acks.sign(digest, key)
    over, high = ORDER.to_bytes(32, "big"), b"\x7f" + b"\xff" * 31
    for bad in (
        good[:32] + high,
        bytes(64),
        good[:-1],
        good + b"\0",
        bytes(32) + good[32:],
        over + good[32:],
    ):
        assert verdict(compact_account, digest, bad) == "BAD_SIGNATURE"
    parity, s = good[32] >> 7, int.from_bytes(good[32:], "big") & ~(1 << 255)
    assert account_of(digest, good[:32], s.to_bytes(32, "big"), parity) == acks.address_of(key.public_key)
    with pytest.raises(Rejected, match="high"):
        account_of(digest, good[:32], (ORDER - s).to_bytes(32, "big"), 1 - parity)
    for parity in (-1, 2, 27):
        with pytest.raises(Rejected):
            account_of(digest, good[:32], good[32:], parity)
