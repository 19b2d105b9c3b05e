"""Clique seals (EIP-225): who sealed the headers of a block and of those upon it, checked against the signers
that the chain is known to have.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.core.errors import Rejected
from tracehold.core.rlp import Item, decode_rlp, encode_rlp
from tracehold.core.secp256k1 import account_of
from tracehold.core.trie import keccak256

VANITY_BYTES, SEAL_BYTES, ADDRESS_BYTES = 32, 65, 20
"""Parts of a header's extraData: free bytes, on some blocks the list of all signers, the seal."""

IN_TURN, OUT_OF_TURN = 2, 1
"""Difficulty of a block of the signer whose turn it is, and of any other."""

_FIELDS = {15, 16}  # Clique ends with Paris: there is the base fee of London, and nothing after it
_MAX_HEADER_ITEMS = 64
_DIFFICULTY, _NUMBER, _EXTRA = 7, 8, 12


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """A header's number and difficulty, the account that sealed it, and the signers that it lists, as the
    block before an epoch's votes does; most list none.
    """

    number: int
    difficulty: int
    signer: bytes
    listed: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """Blocks first to last were sealed by these distinct signers."""

    first: int
    last: int
    signers: frozenset[bytes]


def check_seals(headers: Sequence[bytes], signers: frozenset[bytes], threshold: int) -> Sealed:
    """As many of the headers (RLP, each upon the one before; that is not checked here) as it takes until
    `threshold` distinct signers sealed them, each by the rules of a chain of exactly these signers.

    Raises UNTRUSTED where a header has no seal, a stranger's, or one that breaks the rules, and where there
    are too few; BAD_SIGNATURE where a seal is of nobody.
    """
    order = sorted(signers)
    sealers: list[bytes] = []
    for raw in headers:
        header = read_seal(raw)
        _check_rules(header, order, sealers)
        sealers.append(header.signer)
        if len(set(sealers)) >= threshold:
            return Sealed(header.number - len(sealers) + 1, header.number, frozenset(sealers))
    raise _untrusted(f"{len(set(sealers))} of the pinned signers sealed the blocks; {threshold} must have")


def read_seal(raw: bytes) -> SealedHeader:
    """Who sealed a header: over its RLP without the seal. Raises UNTRUSTED where it has none, BAD_SIGNATURE
    where it is of nobody, MALFORMED_PROOF where it is no header.
    """
    fields = decode_rlp(raw, _MAX_HEADER_ITEMS)
    if not isinstance(fields, list) or len(fields) not in _FIELDS:
        raise _untrusted("a header is of no Clique chain: it has other fields")
    number, extra = int.from_bytes(_bytes(fields[_NUMBER]), "big"), _bytes(fields[_EXTRA])
    listed = extra[VANITY_BYTES:-SEAL_BYTES]
    if len(extra) < VANITY_BYTES + SEAL_BYTES or len(listed) % ADDRESS_BYTES:
        raise _untrusted(f"block {number} has no seal")
    fields[_EXTRA], seal = extra[:-SEAL_BYTES], extra[-SEAL_BYTES:]
    signer = account_of(keccak256(encode_rlp(fields)), seal[:32], seal[32:64], seal[64])
    addresses = (listed[at : at + ADDRESS_BYTES] for at in range(0, len(listed), ADDRESS_BYTES))
    return SealedHeader(number, int.from_bytes(_bytes(fields[_DIFFICULTY]), "big"), signer, tuple(addresses))


def _check_rules(header: SealedHeader, signers: list[bytes], before: list[bytes]) -> None:
    """`before` are the signers of the headers below. A signer seals one of floor(signers / 2) + 1 blocks in a
    row, and its difficulty says whether it was its turn: so a list that is not the chain's is noticed.
    """
    number, by = header.number, header.signer
    if by not in signers:
        raise _untrusted(f"block {number} is sealed by 0x{by.hex()}, which is no pinned signer")
    if header.listed and list(header.listed) != signers:
        raise _untrusted(f"block {number} lists other signers than the pinned ones")
    if by in before[max(0, len(before) - len(signers) // 2) :]:
        raise _untrusted(f"block {number} is sealed by 0x{by.hex()} again, too early")
    turn = IN_TURN if signers[number % len(signers)] == by else OUT_OF_TURN
    if header.difficulty != turn:
        raise _untrusted(f"block {number} has difficulty {header.difficulty}; by the pinned signers, {turn}")


def _bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise Rejected("MALFORMED_PROOF", "bytes must stand here", path="headers")
    return item


def _untrusted(message: str) -> Rejected:
    return Rejected("UNTRUSTED", message)
