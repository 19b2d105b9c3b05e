"""Blocks as one stream: a content-addressable archive, version 1 (https://ipld.io/specs/transport/car/carv1).

A header in dag-cbor, then each block behind its length and its CID. The daemon compares every block with its
CID while it reads.
"""

from collections.abc import Iterable, Iterator, Mapping

from tracehold.core import cbor
from tracehold.core.cid import Cid


def car(blocks: Mapping[Cid, bytes]) -> Iterator[bytes]:
    """The stream of these blocks, of which there is at least one: the first is named as its root."""
    root = next(iter(blocks))
    yield _framed(
        b"".join((b"\xa2", cbor.encode("roots"), b"\x81", root.link(), cbor.encode("version"), b"\x01"))
    )
    for cid, raw in blocks.items():
        name = cid.encode()
        yield _varint(len(name) + len(raw)) + name
        yield raw


def parts(blocks: Mapping[Cid, bytes], most: int) -> Iterable[Mapping[Cid, bytes]]:
    """The same blocks in maps of up to so many bytes, or of one block."""
    part: dict[Cid, bytes] = {}
    size = 0
    for cid, raw in blocks.items():
        if part and size + len(raw) > most:
            yield part
            part, size = {}, 0
        part[cid] = raw
        size += len(raw)
    if part:
        yield part


def _framed(raw: bytes) -> bytes:
    return _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    """Unsigned LEB128, as multiformats write numbers."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
