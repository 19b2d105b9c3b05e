"""Attachments: block manifests, their names, and leaves with their paths.

The content of every case is the first `size` bytes of BLAKE3's extended output over nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from blake3 import blake3

from tracehold.core import cbor
from tracehold.core.blocks import Block, Blocks, blocks_of, chunk_path, encode_blocks
from tracehold.core.cid import Cid, Codec
from tracehold.core.limits import BLOCK_BYTES, CHUNK_BYTES
from tracehold.core.merkle import root_of

Case = tuple[str, dict[str, Any]]
MIB = 1 << 20


def content(size: int) -> bytes:
    """The bytes that a case is about."""
    return blake3().digest(length=size)


def attachments() -> Iterator[Case]:
    """Good ones, then those that must be refused."""
    yield _good("one-byte", "A single leaf.", 1, 0)
    yield _good("plain", "64 KiB: named by its fingerprint alone.", 64 << 10, 63)
    yield _good("one-block", "64 KiB and a byte: the last leaf is one byte.", (64 << 10) + 1, 64)
    yield _good("whole-block", "Exactly one block.", MIB, 1023)
    yield _good("next-block", "A block and a byte.", MIB + 1, 1024)
    yield _good("three-blocks", "The leaf is in the middle.", 2 * MIB + 3000, 1500)
    yield from _spelled()
    yield from _false()
    yield from _leaves()


SIZE = 2 * MIB + 3000
_BLOCKS = blocks_of(content(SIZE))
_RAW = encode_blocks(_BLOCKS)
_LINK = Cid(Codec.RAW, _BLOCKS.blocks[0].digest).link()


def _spelled() -> Iterator[Case]:
    first = _BLOCKS.blocks[0]
    untagged = _RAW.replace(_LINK, cbor.encode(first.digest))
    yield _bad("trailing-byte", "A byte after the manifest.", _RAW + b"\0")
    yield _bad("truncated", "The last byte is missing.", _RAW[:-1])
    yield _bad("empty", "No bytes at all.", b"")
    yield _bad(
        "long-size", "The size in eight bytes.", _RAW.replace(_size(SIZE), b"\x1b" + SIZE.to_bytes(8, "big"))
    )
    yield _bad("other-type", "A manifest of another version.", _RAW.replace(b"/v1", b"/v2"))
    yield _bad("untagged", "A digest instead of a link.", untagged)
    yield _bad(
        "other-codec",
        "A block that is no raw block.",
        _RAW.replace(_LINK, Cid(Codec.DAG_CBOR, first.digest).link()),
    )
    yield _bad(
        "other-hash", "A link with SHA2-256.", _RAW.replace(_LINK, _LINK.replace(b"\x1e\x20", b"\x12\x20"))
    )
    yield _bad("unsorted", "Keys in alphabetical order.", _unsorted())


def _false() -> Iterator[Case]:
    first, second, third = _BLOCKS.blocks
    yield _bad("swapped", "Two blocks in turned order.", _encoded(blocks=(second, first, third)))
    yield _bad(
        "changed-digest",
        "Another block's digest, the tree as it was.",
        _encoded(blocks=(Block(second.digest, first.subtree), second, third)),
    )
    yield _bad("missing-block", "A block less.", _encoded(blocks=(first, second)))
    yield _bad("block-more", "A block too many.", _encoded(blocks=(first, second, third, third)))
    yield _bad("other-root", "A root that the subtrees do not give.", _encoded(root=blake3(b"root").digest()))
    refolded = first, third, second
    yield _bad(
        "refolded",
        "Turned order, with a root to match.",
        _encoded(blocks=refolded, root=root_of(each.subtree for each in refolded)),
    )
    yield _bad("other-fingerprint", "Of another content.", _encoded(fingerprint=blake3(b"other").digest()))
    yield _bad("other-size", "One byte less, in as many blocks.", _encoded(size=SIZE - 1))
    yield _bad("huge", "Over 1 GiB.", _encoded(size=(1 << 30) + 1))


def _leaves() -> Iterator[Case]:
    path = _path(SIZE, 1500)
    yield _bad("other-leaf", "The leaf before it.", _RAW, code="PROOF_INVALID", chunk=_chunk(SIZE, 1499))
    yield _bad(
        "short-leaf",
        "A leaf without its last byte.",
        _RAW,
        code="PROOF_INVALID",
        chunk=_chunk(SIZE, 1500)[:-1],
    )
    yield _bad("short-path", "A path without its last step.", _RAW, code="PROOF_INVALID", path=path[:-1])
    yield _bad("long-path", "A step too many.", _RAW, code="PROOF_INVALID", path=[*path, bytes(32)])
    yield _bad("beyond", "A leaf that is not there.", _RAW, code="PROOF_INVALID", number=1 << 20)


def _encoded(**other: Any) -> bytes:
    return encode_blocks(replace(_BLOCKS, **other))


def _size(size: int) -> bytes:
    return cbor.encode(size)


def _unsorted() -> bytes:
    root = cbor.encode("root") + cbor.encode(_BLOCKS.root)
    blocks_at, end = _RAW.index(cbor.encode("blocks")), _RAW.index(cbor.encode("fingerprint"))
    rest = _RAW[1 + len(root) : blocks_at]
    return _RAW[:1] + _RAW[blocks_at:end] + _RAW[end:] + root + rest


def _chunk(size: int, number: int) -> bytes:
    return content(size)[number * CHUNK_BYTES :][:CHUNK_BYTES]


def _path(size: int, number: int) -> list[bytes]:
    start = number * CHUNK_BYTES // BLOCK_BYTES * BLOCK_BYTES
    return chunk_path(blocks_of(content(size)), number, content(size)[start:][:BLOCK_BYTES])


def _good(name: str, description: str, size: int, number: int) -> Case:
    blocks: Blocks = blocks_of(content(size))
    return f"attachments/{name}", {
        "description": description,
        "name": name,
        "size": size,
        "fingerprint": blocks.fingerprint.hex(),
        "root": blocks.root.hex(),
        "manifest": encode_blocks(blocks).hex(),
        "blocks": blocks.digest.hex() if blocks.digest else None,
        "cid": str(blocks.cid),
        "number": number,
        "chunk": _chunk(size, number).hex(),
        "path": [each.hex() for each in _path(size, number)],
    }


def _bad(
    name: str,
    description: str,
    manifest: bytes,
    code: str = "ATTACHMENT_MISMATCH",
    number: int = 1500,
    chunk: bytes = _chunk(SIZE, 1500),
    path: list[bytes] | None = None,
) -> Case:
    return f"attachments/{name}_fail", {
        "description": description,
        "size": SIZE,
        "fingerprint": _BLOCKS.fingerprint.hex(),
        "manifest": manifest.hex(),
        "blocks": blake3(manifest).hexdigest(),
        "number": number,
        "chunk": chunk.hex(),
        "path": [each.hex() for each in (_path(SIZE, 1500) if path is None else path)],
        "code": code,
    }
