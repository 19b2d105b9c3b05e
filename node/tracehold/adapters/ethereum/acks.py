"""Acknowledgements under a ledger account: 64-byte EIP-2098 signatures of the digest in
`core.acknowledgement`. The contract checks the same.
"""

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

from tracehold.core.acknowledgement import Ack, Domain
from tracehold.core.errors import Rejected
from tracehold.journey.ports import Pledge

__all__ = ["Ack", "Domain", "ack_of", "address_of", "sign", "signer"]

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def ack_of(pledge: Pledge) -> Ack:
    """The pledge as the contract reads it. Before the first anchor it has no previous root, and takes 32 zero
    bytes: not the root of an empty tree.
    """
    before = pledge.prev_root if pledge.prev_size else bytes(32)
    return Ack(pledge.creator, pledge.log, pledge.prev_size, before, pledge.size, pledge.root)


def address_of(key: PublicKey) -> bytes:
    """Ledger account of a public key, 20 bytes."""
    return keccak(key.format(compressed=False)[1:])[-20:]


def sign(digest: bytes, key: PrivateKey) -> bytes:
    """EIP-2098 signature of a digest: r, then the low s with the parity in its top bit (RFC 6979 nonce)."""
    found = key.sign_recoverable(digest, hasher=None)
    return found[:32] + bytes([found[32] | found[64] << 7]) + found[33:64]


def signer(digest: bytes, signature: bytes) -> bytes:
    """Account that made the signature. Raises
    `Rejected("BAD_SIGNATURE")` where the contract would find none.
    """
    if len(signature) != 64:
        raise Rejected("BAD_SIGNATURE", "an acknowledgement's signature has 64 bytes")
    parity, first = divmod(signature[32], 128)
    plain = signature[:32] + bytes([first]) + signature[33:]
    if int.from_bytes(plain[32:]) > _HALF_ORDER:
        raise Rejected("BAD_SIGNATURE", "the signature's s is high")
    try:
        return address_of(PublicKey.from_signature_and_message(plain + bytes([parity]), digest, hasher=None))
    except ValueError:
        raise Rejected("BAD_SIGNATURE", "no account made this signature") from None
