"""CIDs: the names of blocks in IPFS, made of BLAKE3-256 digests (docs/spec/attachment.md).

Version 1 only, of two codecs, with a multihash of BLAKE3 over 32 bytes: `bafkr4i...` is one block of bytes,
`bafyr4i...` a block of dag-cbor (https://github.com/multiformats/cid, https://ipld.io/specs/codecs/dag-cbor).
"""

from base64 import b32decode, b32encode
from enum import IntEnum
from typing import NamedTuple

from tracehold.core import cbor
from tracehold.core.errors import Rejected

_MULTIHASH = b"\x1e\x20"  # blake3, 32 bytes
_LENGTH = 36
CID_CHARS = 59
"""Length of every CID's text."""


class Codec(IntEnum):
    """What the bytes of a block are."""

    RAW = 0x55
    DAG_CBOR = 0x71


class Cid(NamedTuple):
    """The name of one block: its BLAKE3-256 digest, and how its bytes are to be read."""

    codec: Codec
    digest: bytes

    def encode(self) -> bytes:
        """The 36 bytes of its binary form."""
        return bytes((1, self.codec)) + _MULTIHASH + self.digest

    def link(self) -> bytes:
        """A link of dag-cbor: tag 42 over a byte string of the binary form behind a zero byte."""
        return b"\xd8\x2a" + cbor.encode(b"\x00" + self.encode())

    def __str__(self) -> str:
        """Its text: `b` and base32 in lower case without padding (RFC 4648 section 6)."""
        return "b" + b32encode(self.encode()).decode().lower().rstrip("=")


def parse_cid(text: str) -> Cid:
    """The CID that a text names; BAD_REQUEST where it has another form than ours, or is another spelling."""
    if len(text) == CID_CHARS and text.isascii() and text.startswith("b"):
        try:
            raw = b32decode(text[1:].upper() + "=" * 6)
        except ValueError:
            raw = b""
        if len(raw) == _LENGTH and raw[1] in tuple(Codec):
            cid = Cid(Codec(raw[1]), raw[4:])
            if str(cid) == text:
                return cid
    raise Rejected(
        "BAD_REQUEST", "a CID is of version 1, raw or dag-cbor, over BLAKE3-256, in base32", path="cid"
    )
