"""Keys and signatures: Ed25519 and P-256, with one verdict on every node.

Libraries disagree on odd Ed25519 signatures, which would split a network; so only libsodium
(PyNaCl) judges them. P-256 signatures are taken with the lower of the two values of s only, since
the other makes other bytes of the same statement.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any, Protocol

import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId

SIGNATURE_BYTES = 64

_P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MAX_KEY_ITEMS = 16
_KTY, _CRV, _X, _Y = 1, -1, -2, -3  # RFC 9053 section 7.1 and 7.2


class Alg(IntEnum):
    """Signature algorithms by their COSE numbers (RFC 9053 section 2)."""

    EDDSA = -8
    ES256 = -7


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verifying key: 32 bytes for Ed25519, x and y (64 bytes) for P-256.

    Raises BAD_KEY when made of bytes that are no point of the curve, or one of low order.
    """

    alg: Alg
    raw: bytes
    kid: KeyId = field(init=False, compare=False)
    """RFC 9679 thumbprint: SHA-256 of the key's required parameters, which is all that `cose_key` writes."""

    def __post_init__(self) -> None:
        _check_point(self.alg, self.raw)
        object.__setattr__(self, "kid", KeyId(sha256(self.cose_key()).digest()))

    def cose_key(self) -> bytes:
        """COSE_Key of exactly the required parameters, deterministic (RFC 9053 section 7)."""
        if self.alg is Alg.EDDSA:
            return cbor.encode({_KTY: 1, _CRV: 6, _X: self.raw})
        return cbor.encode({_KTY: 2, _CRV: 1, _X: self.raw[:32], _Y: self.raw[32:]})

    @classmethod
    def from_cose(cls, encoded: bytes) -> "PublicKey":
        """The key of such a COSE_Key; BAD_KEY for any other parameter, curve or encoding."""
        try:
            parts = cbor.decode(encoded, _MAX_KEY_ITEMS)
        except Rejected as error:
            raise Rejected("BAD_KEY", "the key is no deterministic COSE_Key") from error
        match parts:
            case {-1: 6, -2: bytes(x)}:
                key = cls(Alg.EDDSA, x)
            case {-1: 1, -2: bytes(x), -3: bytes(y)} if len(x) == len(y) == 32:
                key = cls(Alg.ES256, x + y)
            case _:
                raise Rejected("BAD_KEY", "the key is neither Ed25519 nor P-256")
        if key.cose_key() != encoded:
            raise Rejected("BAD_KEY", "the key's type is wrong, or it has parameters beyond its point")
        return key

    def verify(self, signature: bytes, message: bytes) -> None:
        """Returns if `signature` (64 bytes) is this key's over `message`; otherwise raises BAD_SIGNATURE."""
        if len(signature) != SIGNATURE_BYTES:
            raise Rejected("BAD_SIGNATURE", f"a signature has 64 bytes, not {len(signature)}")
        verify = _verify_ed25519 if self.alg is Alg.EDDSA else _verify_p256
        verify(self.raw, signature, message)


class SigningKey(Protocol):
    """Something that signs with one key: a key in memory, or a vault that never gives it out."""

    @property
    def public(self) -> PublicKey:
        """The verifying key."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes: Ed25519, or r and s of ES256 with low s."""


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 key in memory (RFC 8032), made of its 32-byte seed. It never shows its secret."""

    public: PublicKey
    _secret: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> "Ed25519Key":
        """The key of a 32-byte seed; BAD_KEY for another length."""
        if len(seed) != 32:
            raise Rejected("BAD_KEY", "an Ed25519 seed has 32 bytes")
        public, secret = nacl.bindings.crypto_sign_seed_keypair(seed)
        return cls(PublicKey(Alg.EDDSA, public), secret)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return bytes(nacl.bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES])


@dataclass(frozen=True, slots=True)
class P256Key:
    """A P-256 key in memory. It signs as in RFC 6979, without a
    source of randomness, and never shows its secret.
    """

    public: PublicKey
    _secret: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def from_private_value(cls, value: int) -> "P256Key":
        """The key of this private number; BAD_KEY outside 1 to the curve's order."""
        if not 0 < value < _P256_ORDER:
            raise Rejected("BAD_KEY", "the private number is out of range")
        return cls._of(ec.derive_private_key(value, ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "P256Key":
        """The key of an unencrypted PEM file; BAD_KEY for anything but P-256."""
        try:
            secret = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise Rejected("BAD_KEY", "no unencrypted private key in PEM") from error
        if not isinstance(secret, ec.EllipticCurvePrivateKey) or secret.curve.name != "secp256r1":
            raise Rejected("BAD_KEY", "the key is not on P-256")
        return cls._of(secret)

    @classmethod
    def _of(cls, secret: ec.EllipticCurvePrivateKey) -> "P256Key":
        point = secret.public_key().public_numbers()
        return cls(PublicKey(Alg.ES256, _pair(point.x, point.y)), secret)

    def sign(self, message: bytes) -> bytes:
        """r and s (64 bytes) of `message`, with low s."""
        der = self._secret.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return _pair(r, min(s, _P256_ORDER - s))


def _pair(first: int, second: int) -> bytes:
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def _check_point(alg: Alg, raw: bytes) -> None:
    if alg is Alg.ES256:
        _p256(raw)
    # libsodium: canonical, on the curve, in the prime-order group; so no key has
    # low order or a low-order part.
    elif len(raw) != 32 or not nacl.bindings.crypto_core_ed25519_is_valid_point(raw):
        raise Rejected("BAD_KEY", "the bytes are no Ed25519 key")


@lru_cache(maxsize=4096)
def _p256(raw: bytes) -> Any:
    if len(raw) != 64:
        raise Rejected("BAD_KEY", "a P-256 key has 64 bytes")
    x, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    if max(x, y) >= _P256_PRIME:
        # SEC 1 section 2.3.4. The library would reduce it: the same point, under a second thumbprint.
        raise Rejected("BAD_KEY", "a coordinate is not below the prime of P-256")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise Rejected("BAD_KEY", "the point is not on P-256") from error


def _verify_ed25519(raw: bytes, signature: bytes, message: bytes) -> None:
    try:
        nacl.bindings.crypto_sign_open(signature + message, raw)
    except nacl.exceptions.BadSignatureError:
        raise Rejected("BAD_SIGNATURE", "the Ed25519 signature is not this key's") from None


def _verify_p256(raw: bytes, signature: bytes, message: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < _P256_ORDER and 0 < s <= _P256_ORDER // 2):
        raise Rejected("BAD_SIGNATURE", "r or s of the ES256 signature is out of range, or s is not low")
    try:
        _p256(raw).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Rejected("BAD_SIGNATURE", "the ES256 signature is not this key's") from None
