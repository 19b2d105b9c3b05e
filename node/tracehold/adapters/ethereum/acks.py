"""Acknowledgements: the EIP-712 digest that a holder signs, and 64-byte EIP-2098 signatures.

Type `Ack(uint32 node,bytes32 log,uint64 prevSize,bytes32 prevRoot,uint64 size,bytes32 root)`, whose
node and log are the creator's, in the domain {name "tracehold", version "1", chainId,
verifyingContract, salt}. The contract checks the same.
"""

from dataclasses import dataclass

from coincurve import PrivateKey, PublicKey
from eth_abi.abi import encode
from eth_hash.auto import keccak

from tracehold.core.errors import Rejected
from tracehold.journey.ports import Pledge

_DOMAIN_TYPE = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
_ACK_TYPE = keccak(b"Ack(uint32 node,bytes32 log,uint64 prevSize,bytes32 prevRoot,uint64 size,bytes32 root)")
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts. `salt` is the block hash that the contract fixed at its deployment."""

    chain_id: int
    contract: bytes
    salt: bytes

    def separator(self) -> bytes:
        """EIP-712 domain separator, 32 bytes."""
        fields = (_DOMAIN_TYPE, keccak(b"tracehold"), keccak(b"1"), self.chain_id, self.contract, self.salt)
        return keccak(encode(("bytes32", "bytes32", "bytes32", "uint256", "address", "bytes32"), fields))


@dataclass(frozen=True, slots=True)
class Ack:
    """What a holder says it durably keeps: the creator's log from the segment's start to `size`. See
    `ack_of`.
    """

    node: int
    log: bytes
    prev_size: int
    prev_root: bytes
    size: int
    root: bytes

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that are signed: keccak256(0x1901 || domain separator || struct hash)."""
        fields = (_ACK_TYPE, self.node, self.log, self.prev_size, self.prev_root, self.size, self.root)
        kinds = ("bytes32", "uint32", "bytes32", "uint64", "bytes32", "uint64", "bytes32")
        return keccak(b"\x19\x01" + domain.separator() + keccak(encode(kinds, fields)))


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
