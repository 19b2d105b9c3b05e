"""What a holder signs to acknowledge entries: the EIP-712 digest that the contract checks, and who signed it
(docs/spec/contract.md).

Type `Ack(uint32 node,bytes32 log,uint64 prevSize,bytes32 prevRoot,uint64 size,bytes32 root)`, whose
node and log are the creator's, in the domain {name "tracehold", version "1", chainId,
verifyingContract, salt}.
"""

from dataclasses import dataclass

from tracehold.core.trie import keccak256

_DOMAIN_TYPE = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
_ACK_TYPE = keccak256(
    b"Ack(uint32 node,bytes32 log,uint64 prevSize,bytes32 prevRoot,uint64 size,bytes32 root)"
)
_NAME, _VERSION = keccak256(b"tracehold"), keccak256(b"1")


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts. `salt` is the block hash that the contract fixed at its deployment."""

    chain_id: int
    contract: bytes
    salt: bytes

    def separator(self) -> bytes:
        """EIP-712 domain separator, 32 bytes."""
        where = (_word(self.chain_id), _left(self.contract), self.salt)
        return keccak256(b"".join((_DOMAIN_TYPE, _NAME, _VERSION, *where)))


@dataclass(frozen=True, slots=True)
class Ack:
    """What a holder says it durably keeps: the creator's log from the segment's start to `size`. Before the
    first anchor `prev_root` is 32 zero bytes: not the root of an empty tree.
    """

    node: int
    log: bytes
    prev_size: int
    prev_root: bytes
    size: int
    root: bytes

    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that are signed: keccak256(0x1901 || domain separator || struct hash)."""
        sizes = (_word(self.prev_size), self.prev_root, _word(self.size), self.root)
        struct = keccak256(b"".join((_ACK_TYPE, _word(self.node), self.log, *sizes)))
        return keccak256(b"\x19\x01" + domain.separator() + struct)


def _word(value: int) -> bytes:
    """A number as an ABI word."""
    return value.to_bytes(32, "big")


def _left(address: bytes) -> bytes:
    """An address as an ABI word."""
    return address.rjust(32, b"\0")
