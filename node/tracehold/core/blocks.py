"""Attachments in blocks: one signed digest that vouches for every block and every KiB of it, by two hash
functions (docs/spec/attachment.md).

Blocks of 1 MiB are named by BLAKE3-256, as IPFS names them. Over leaves of 1 KiB stands a tree of SHA-256
(RFC 9162 section 2.1.1), so that one KiB can be asked for and proved. A block is 1,024 leaves: the roots of
the blocks, folded as leaves are, give the root of all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from blake3 import blake3

from tracehold.core import cbor, merkle
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, Root
from tracehold.core.limits import (
    BLOCK_BYTES,
    CHUNK_BYTES,
    MAX_ATTACHMENT_BYTES,
    MAX_PLAIN_ATTACHMENT_BYTES,
)
from tracehold.core.tree import leaf_hash, node_hash

TYPE = "tracehold/blocks/v1"
MAX_BLOCKS = MAX_ATTACHMENT_BYTES // BLOCK_BYTES
MAX_MANIFEST_BYTES = 80 << 10
"""A block manifest; the longest has some 78,000 bytes."""

_ROOT_AT, _SIZE_AT = 8, 45  # a5 "root" 58 20 <root> "size"
_ENTRY_BYTES = 76


class Block(NamedTuple):
    """One block: BLAKE3-256 of its bytes, and the root of the SHA-256 tree over its leaves."""

    digest: bytes
    subtree: bytes


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is known of an attachment once all of it was hashed: `fingerprint` is BLAKE3-256 over the whole,
    `root` that of the SHA-256 tree.
    """

    fingerprint: Fingerprint
    size: int
    root: Root
    blocks: tuple[Block, ...]

    @property
    def digest(self) -> bytes | None:
        """What a record names beside the fingerprint: BLAKE3-256 of the manifest, None up to 64 KiB."""
        return blake3(encode_blocks(self)).digest() if self.size > MAX_PLAIN_ATTACHMENT_BYTES else None

    @property
    def cid(self) -> Cid:
        """Its name in IPFS: of the manifest, and up to 64 KiB of the bytes themselves."""
        return cid_of(self.fingerprint, self.digest)


def cid_of(fingerprint: Fingerprint, blocks: bytes | None) -> Cid:
    """The CID of an attachment that a record names by these digests."""
    return Cid(Codec.RAW, fingerprint) if blocks is None else Cid(Codec.DAG_CBOR, blocks)


def block_count(size: int) -> int:
    """Blocks of so many bytes."""
    return -(-size // BLOCK_BYTES)


class BlockTree:
    """Hashes an attachment while it passes, in memory of one block. `fed` counts its bytes."""

    def __init__(self) -> None:
        self.fed = 0
        self._whole = blake3()
        self._open = bytearray()
        self._blocks: list[Block] = []

    def feed(self, piece: bytes) -> None:
        """The next bytes, however many. ATTACHMENT_TOO_LARGE over 1 GiB."""
        self.fed += len(piece)
        if self.fed > MAX_ATTACHMENT_BYTES:
            raise too_large()
        self._whole.update(piece)
        if not self._open and len(piece) == BLOCK_BYTES:  # as those who read in blocks do: nothing is copied
            self._blocks.append(_block(piece))
            return
        self._open += piece
        while len(self._open) >= BLOCK_BYTES:
            self._blocks.append(_block(bytes(self._open[:BLOCK_BYTES])))
            del self._open[:BLOCK_BYTES]

    def finish(self) -> Blocks:
        """All that was fed; to be called once."""
        if self._open:
            self._blocks.append(_block(bytes(self._open)))
        root = merkle.root_of(block.subtree for block in self._blocks)
        return Blocks(Fingerprint(self._whole.digest()), self.fed, root, tuple(self._blocks))


def blocks_of(raw: bytes) -> Blocks:
    """Of bytes that are in memory."""
    tree = BlockTree()
    tree.feed(raw)
    return tree.finish()


def too_large(most: int = MAX_ATTACHMENT_BYTES) -> Rejected:
    """ATTACHMENT_TOO_LARGE."""
    return Rejected("ATTACHMENT_TOO_LARGE", f"an attachment has at most {most} bytes")


def encode_blocks(blocks: Blocks) -> bytes:
    """The manifest: dag-cbor, keys shorter first, then bytewise."""
    parts = [
        b"\xa5",
        cbor.encode("root"),
        cbor.encode(blocks.root),
        cbor.encode("size"),
        cbor.encode(blocks.size),
    ]
    parts += [cbor.encode("type"), cbor.encode(TYPE), cbor.encode("blocks")]
    parts.append(cbor.encode_head(cbor.ARRAY, len(blocks.blocks)))
    for digest, subtree in blocks.blocks:
        parts += [b"\x82", Cid(Codec.RAW, digest).link(), cbor.encode(subtree)]
    parts += [cbor.encode("fingerprint"), cbor.encode(blocks.fingerprint)]
    return b"".join(parts)


def decode_blocks(raw: bytes, fingerprint: Fingerprint, size: int, digest: bytes) -> Blocks:
    """The manifest of the attachment that a record names so: it is the signed one, of this content, and its
    subtrees give its root. So a block may be checked before any other came. Raises ATTACHMENT_MISMATCH.
    """
    if len(raw) > MAX_MANIFEST_BYTES or blake3(raw).digest() != digest:
        raise _mismatch("these bytes are not the block manifest that was asked for")
    blocks = read_blocks(raw)
    if (blocks.fingerprint, blocks.size) != (fingerprint, size):
        raise _mismatch("the block manifest is of another content than the record names")
    return blocks


def read_blocks(raw: bytes) -> Blocks:
    """What a manifest says; ATTACHMENT_MISMATCH where its bytes are not exactly those that `encode_blocks`
    gives, or its root is not that of its subtrees. Whether anybody vouches for it is not asked.
    """
    try:
        major, size, at = cbor.decode_head(raw[:MAX_MANIFEST_BYTES], _SIZE_AT)
    except Rejected:
        raise _mismatch("the block manifest ends early") from None
    if major != cbor.UINT or size > MAX_ATTACHMENT_BYTES:
        raise _mismatch("the block manifest names no size that an attachment may have")
    count = block_count(size)
    at += len(cbor.encode("type") + cbor.encode(TYPE) + cbor.encode("blocks"))
    at += len(cbor.encode_head(cbor.ARRAY, count))
    listed = tuple(_entries(raw, at, count))
    root = Root(raw[_ROOT_AT : _ROOT_AT + 32])
    blocks = Blocks(Fingerprint(raw[-32:]), size, root, listed)
    if encode_blocks(blocks) != raw:  # one content has one manifest, and it has one spelling
        raise _mismatch("the bytes are no block manifest")
    if merkle.root_of(block.subtree for block in listed) != root:
        raise _mismatch("the block manifest's subtrees do not give its root")
    return blocks


def _entries(raw: bytes, at: int, count: int) -> Iterator[Block]:
    for start in range(at, at + count * _ENTRY_BYTES, _ENTRY_BYTES):
        entry = raw[start : start + _ENTRY_BYTES]
        yield Block(entry[10:42], entry[44:])


def check_block(blocks: Blocks, number: int, raw: bytes) -> None:
    """Returns if these bytes are this block, by both hashes; else ATTACHMENT_MISMATCH. IndexError where it
    has no such block."""
    named = blocks.blocks[number]
    if len(raw) != block_length(blocks.size, number) or _block(raw) != named:
        raise _mismatch(f"block {number} has other bytes than the record vouches for")


def block_length(size: int, number: int) -> int:
    """Bytes of one block of an attachment of this size."""
    return min(BLOCK_BYTES, size - number * BLOCK_BYTES)


def chunk_path(blocks: Blocks, number: int, block: bytes) -> list[bytes]:
    """The inclusion path of leaf `number` (RFC 9162 section 2.1.3.1), given the whole block that it is in."""
    leaves = _leaves(block)
    within = BLOCK_BYTES // CHUNK_BYTES
    path = merkle.inclusion_path(number % within, len(leaves), lambda level, at: _fold(leaves, level, at))
    above = [each.subtree for each in blocks.blocks]
    upper = merkle.inclusion_path(number // within, len(above), lambda level, at: _fold(above, level, at))
    return path + upper


def check_chunk(chunk: bytes, number: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Returns if `chunk` is leaf `number` of the attachment of this size under this root; else
    PROOF_INVALID."""
    if len(chunk) != min(CHUNK_BYTES, size - number * CHUNK_BYTES):
        raise Rejected("PROOF_INVALID", f"leaf {number} has another length")
    merkle.verify_inclusion(leaf_hash(chunk), number, -(-size // CHUNK_BYTES), path, root)


def _leaves(block: bytes) -> list[bytes]:
    return [leaf_hash(block[start : start + CHUNK_BYTES]) for start in range(0, len(block), CHUNK_BYTES)]


def _block(raw: bytes) -> Block:
    return Block(blake3(raw).digest(), _subtree(raw))


def _subtree(raw: bytes) -> bytes:
    level = _leaves(raw)
    if len(level) & (len(level) - 1):
        return merkle.root_of(level)
    while len(level) > 1:  # a whole block: folded level by level, which is twice as fast
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def _fold(leaves: Sequence[bytes], level: int, at: int) -> bytes:
    return merkle.root_of(leaves[at << level : (at + 1) << level])


def _mismatch(message: str) -> Rejected:
    return Rejected("ATTACHMENT_MISMATCH", message)
