"""Blocks with receipts tries for tests, made with the libraries of Ethereum (rlp, trie), not with our own
readers.
"""

from dataclasses import dataclass, replace
from typing import Any

import rlp
from Crypto.Hash import keccak
from trie.hexary import HexaryTrie

from tests.logs import START, Log
from tracehold.core.anchor import Anchor, AnchorProof
from tracehold.core.anchorproof import AnchoredEvent

CHAIN_ID = 1337
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
BLOCK_TIME = START + 110
_SIGNATURE = b"Anchored(uint32,uint64,uint64,bytes32,uint32[])"


def keccak256(data: bytes) -> bytes:
    """Keccak-256."""
    return keccak.new(data=data, digest_bits=256).digest()


def word(value: int) -> bytes:
    """A number as an ABI word."""
    return value.to_bytes(32, "big")


def anchored_log(event: AnchoredEvent, contract: bytes = CONTRACT) -> list:
    """The event as a log entry: [address, topics, ABI data]."""
    words = [word(event.prev_size), word(event.size), event.root, word(128), word(len(event.ackers))]
    return [contract, [keccak256(_SIGNATURE), word(event.node)], b"".join([*words, *map(word, event.ackers)])]


def receipt(logs: list, status: bytes = b"\x01", kind: int = 2) -> bytes:
    """A transaction receipt, typed as in EIP-2718 unless kind is 0."""
    body = rlp.encode([status, 21_000, bytes(256), logs])
    return bytes([kind]) + body if kind else body


def trie_of(receipts: list[bytes]) -> HexaryTrie:
    """The receipts trie of a block."""
    trie = HexaryTrie({})
    for index, encoded in enumerate(receipts):
        trie[rlp.encode(index)] = encoded
    return trie


def header(number: int, parent: bytes, receipts_root: bytes, time: int) -> bytes:
    """RLP of a header with the fields of a London block; what a proof does not read is empty."""
    fields = [parent, bytes(32), bytes(20), bytes(32), bytes(32), receipts_root, bytes(256)]
    return rlp.encode([*fields, 0, number, 30_000_000, 21_000, time, b"", bytes(32), bytes(8), 7])


@dataclass(frozen=True)
class Block:
    """A block with its receipts, and those built on it, as RLP of their headers."""

    number: int
    receipts: list[bytes]
    time: int = BLOCK_TIME
    depth: int = 2

    @property
    def headers(self) -> tuple[bytes, ...]:
        """This block's header and those upon it."""
        root = trie_of(self.receipts).root_hash
        headers = [header(self.number, bytes(32), root, self.time)]
        for at in range(1, self.depth + 1):
            headers.append(header(self.number + at, keccak256(headers[-1]), bytes(32), self.time + at))
        return tuple(headers)

    def proof(self, tx_index: int) -> AnchorProof:
        """The proof of one transaction's receipt."""
        path = trie_of(self.receipts).get_proof(rlp.encode(tx_index))
        return AnchorProof(self.headers, tx_index, tuple(rlp.encode(node) for node in path))


def anchor(log: Log, size: int, prev_size: int = 0, *, others: int = 3, **changes: Any) -> Anchor:
    """The proved anchor of `log` at `size`, in a block with `others` transactions before it."""
    event = AnchoredEvent(1, prev_size, size, log.root(size), (2, 3))
    other = receipt([[bytes(20), [bytes(32)], b"other"]], kind=0)
    block = Block(7, [other] * others + [receipt([anchored_log(event)])])
    return replace(
        Anchor(
            CHAIN_ID,
            CONTRACT,
            event.node,
            log.id,
            prev_size,
            size,
            event.root,
            block.number,
            keccak256(block.headers[0]),
            block.time,
            bytes(32),
            others,
            block.proof(others),
        ),
        **changes,
    )


def proof_of(found: Anchor) -> AnchorProof:
    """The proof of an anchor that has one."""
    assert found.proof is not None
    return found.proof
